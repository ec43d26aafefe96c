//! Recorded plans beside their code and by themselves: what they say of a role besides its trust, whatever made them,
//! and what becomes of it when they are damaged.

#![cfg(test)]
#![allow(clippy::disallowed_methods, reason = "these tests read the recorded plans and their code")]

use std::collections::BTreeMap;
use std::fs;

use model::{
    Breadth, Grant, Input, LoadError, Loader, Located, Lowered, Place, Problem, Role, SourceMap, Span, Text,
    Unit, Variant,
};
use serde_json::Value;
use trustproof_input_terraform_plan::PlanInput;

mod support;

use support::{RECORDED, addresses, data, read, role, roles};

/// Permissions that are known, in an order of their own.
fn known_grants(role: &Role) -> Vec<String> {
    let said = |grant: &Located<Grant>| match &grant.value {
        Grant::Managed(name) => name.as_str().map(str::to_owned),
        Grant::Document(Breadth::Unknown(_)) => None,
        Grant::Document(breadth) => Some(format!("{breadth:?}")),
    };
    let mut out: Vec<_> = role.grants.iter().filter_map(said).collect();
    out.sort();
    out
}

fn text(text: Option<&Located<Text>>) -> Option<&Text> {
    text.map(|text| &text.value)
}

#[test]
fn permissions_and_limits_are_those_of_the_code() {
    let (mut granted, mut limited) = (0, 0);
    for recorded in RECORDED {
        let read = read(recorded);
        for mine in roles(&read.plan) {
            let Some(code) = roles(&read.code).into_iter().find(|code| code.address == mine.address) else {
                panic!("{recorded}: the code has no {} among {:?}", mine.address, addresses(&read.code));
            };
            let context = format!("{recorded}: {}", mine.address);
            assert_eq!(known_grants(mine), known_grants(code), "{context}");
            assert_eq!(text(mine.max_session.as_ref()), text(code.max_session.as_ref()), "{context}");
            assert_eq!(text(mine.boundary.as_ref()), text(code.boundary.as_ref()), "{context}");
            assert_eq!(mine.path, code.path, "{context}");
            granted += mine.grants.len();
            limited += usize::from(mine.max_session.is_some()) + usize::from(mine.boundary.is_some());
        }
    }
    assert!(granted >= 15 && limited >= 7, "{granted} {limited}");
}

#[test]
fn permissions_stand_where_the_code_gives_them() {
    let read = read("attached/plan.json");
    let of = |address: &str| {
        let grants = role(&read.plan, address).grants.iter();
        let mut said: Vec<_> = grants.map(|grant| read.sources.snippet(grant.span)).collect();
        said.sort();
        said
    };
    assert_eq!(
        of("aws_iam_role.inline"),
        [
            "arn:aws:iam::aws:policy/AdministratorAccess",
            "arn:aws:iam::aws:policy/SecurityAudit",
            "local.everything",
            "local.reading",
        ]
    );
    assert_eq!(of("aws_iam_role.none"), ["arn:aws:iam::aws:policy/ReadOnlyAccess"]);
    assert_eq!(
        of("aws_iam_role.exclusive"),
        ["arn:aws:iam::aws:policy/IAMFullAccess", "arn:aws:iam::aws:policy/PowerUserAccess"]
    );
    // The role's name is known only after apply, and its attachment stands in a module.
    assert_eq!(of("aws_iam_role.generated"), ["arn:aws:iam::aws:policy/AdministratorAccess"]);
    assert_eq!(of("module.scan[1].aws_iam_role.this"), ["data.aws_iam_policy_document.all.json"]);
    assert_eq!(of("alicloud_ram_role.ali"), ["alicloud_ram_policy.ali.policy_name"]);
}

/// A plan by itself.
struct Alone(Vec<u8>);

impl Loader for Alone {
    fn load(&self, _: &str) -> Result<Vec<u8>, LoadError> {
        Ok(self.0.clone())
    }

    fn admits(&self, path: &str) -> bool {
        path == "plan.json"
    }
}

fn alone(plan: &str) -> Lowered {
    let sources = SourceMap::new(vec!["plan.json".to_owned()], Box::new(Alone(plan.as_bytes().to_vec())));
    assert!(PlanInput::default().claims("plan.json", plan.as_bytes()));
    PlanInput::default().read(&Unit { files: sources.ids().collect() }, &sources)
}

/// What a plan tells of each role, without places.
type Said = (String, Option<Text>, Option<Text>, Vec<String>, Vec<Variant>);

fn told(lowered: &Lowered) -> BTreeMap<String, Said> {
    let of = |role: &&Role| {
        let (name, boundary) = (text(role.name.as_ref()).cloned(), text(role.boundary.as_ref()).cloned());
        let said = (role.kind.to_string(), name, boundary, known_grants(role), role.trust.clone());
        (role.address.to_string(), said)
    };
    roles(lowered).iter().map(of).collect()
}

/// Which documents reach a role is known from the configuration alone.
#[test]
fn documents_that_are_read_later_are_found_without_the_code() {
    let lowered = alone(&fs::read_to_string(data().join("outputs/plan.json")).unwrap());
    let statements = |address: &str| role(&lowered, address).trust[0].policy.statements.len();
    for address in [
        "aws_iam_role.counted[0]",
        "aws_iam_role.counted[1]",
        "aws_iam_role.from_module",
        "aws_iam_role.keyed[\"a.b\"]",
        "aws_iam_role.keyed[\"q\\\"é\"]",
        "aws_iam_role.one",
        "module.role.aws_iam_role.this",
    ] {
        assert_eq!(statements(address), 1, "{address}");
    }
    // One document is known, of the other that it includes only that there is one.
    let joined = &role(&lowered, "aws_iam_role.joined").trust[0].policy;
    assert!(joined.statements.len() == 1 && joined.open.is_some());
    // A plan does not say what a local or the element of a collection is.
    for address in ["aws_iam_role.by_local", "aws_iam_role.each[\"a.b\"]"] {
        assert!(role(&lowered, address).trust[0].policy.open.is_some(), "{address}");
    }
    let value = |address: &str| {
        let conditions = &role(&lowered, address).trust[0].policy.statements[0].value.conditions;
        conditions[0].value.values.items[0].value.to_string()
    };
    assert_eq!(value("aws_iam_role.keyed[\"a.b\"]"), "repo:acme/*:*");
    assert_eq!(value("aws_iam_role.keyed[\"q\\\"é\"]"), "repo:acme/infra:ref:refs/heads/main");
}

#[test]
fn what_is_left_open_in_a_plan_is_what_the_code_says() {
    let read = read("outputs/plan.json");
    let policy = &role(&read.plan, "aws_iam_role.joined").trust[0].policy;
    assert!(policy.open.is_none());
    let values: Vec<_> = policy
        .statements
        .iter()
        .flat_map(|statement| &statement.value.conditions)
        .flat_map(|condition| &condition.value.values.items)
        .map(|value| (value.value.to_string(), read.sources.snippet(value.span)))
        .collect();
    assert_eq!(values, [("repo:acme/*:*".to_owned(), "each.value".to_owned())]);
}

/// OpenTofu documents the same format under the same version; what it writes otherwise is its own version and the
/// addresses of its registry. No plan of its own making is recorded here: these are Terraform's, changed in that.
#[test]
fn plans_of_opentofu_say_the_same() {
    for recorded in RECORDED {
        let text = fs::read_to_string(data().join(recorded)).unwrap();
        let (terraform, tofu) = ("registry.terraform.io/", "registry.opentofu.org/");
        assert!(text.contains(terraform), "{recorded}");
        let changed = text.replace(terraform, tofu).replace("1.11.4", "1.10.6");
        let (before, after) = (alone(&text), alone(&changed));
        assert_eq!(told(&before), told(&after), "{recorded}");
        assert_eq!(after.problems.len(), before.problems.len(), "{recorded}");
    }
}

fn is_open(text: &Text) -> bool {
    text.has_unknown()
}

/// Whether a role says that something of its trust is not known.
fn undecided(role: &Role) -> bool {
    role.trust.iter().any(|variant| {
        variant.policy.open.is_some()
            || variant.policy.statements.iter().any(|statement| {
                let statement = &statement.value;
                statement.principals.open.is_some()
                    || statement.actions.open.is_some()
                    || statement.conditions_open.is_some()
                    || statement.principals.items.iter().any(|p| is_open(&p.id.value))
                    || statement.actions.items.iter().any(|action| is_open(&action.value))
                    || statement.conditions.iter().any(|condition| {
                        let values = &condition.value.values;
                        values.open.is_some() || values.items.iter().any(|value| is_open(&value.value))
                    })
            })
    })
}

/// Every node of a document, as the way to it.
fn ways(value: &Value, way: String, out: &mut Vec<String>) {
    out.push(way.clone());
    match value {
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, item)| ways(item, format!("{way}/{index}"), out));
        }
        Value::Object(members) => members.iter().for_each(|(key, member)| {
            ways(member, format!("{way}/{}", key.replace('~', "~0").replace('/', "~1")), out);
        }),
        _ => {}
    }
}

/// Absence is written as null: a change without `after` destroys, and a list that is not there is empty.
fn may_be_absent(way: &str) -> bool {
    ["/change/after", "/resources", "/instances", "/values"].iter().any(|end| way.ends_with(end))
}

/// Whatever type stands anywhere: reading ends, and no role is lost or read otherwise without a word.
#[test]
fn wrong_types_anywhere_hide_no_role() {
    for recorded in
        ["changes/plan.json", "deferred/plan.json", "changes/after/after.json", "changes/after/after.tfstate"]
    {
        let text = fs::read_to_string(data().join(recorded)).unwrap();
        let tree: Value = serde_json::from_str(&text).unwrap();
        let expected = told(&alone(&text));
        let mut all = Vec::new();
        ways(&tree, String::new(), &mut all);
        all.retain(|way| !way.is_empty());
        for (index, way) in all.iter().enumerate() {
            let old = tree.pointer(way).unwrap();
            let others = [
                serde_json::json!(7),
                serde_json::json!([]),
                serde_json::json!({"a": {}}),
                serde_json::json!(true),
                serde_json::json!("x"),
                Value::Null,
            ];
            let same_type = |other: &Value| std::mem::discriminant(other) == std::mem::discriminant(old);
            let others: Vec<_> = others.into_iter().filter(|other| !same_type(other)).collect();
            // One of the types for each node: together they meet every kind of node.
            for other in [&others[index % others.len()]] {
                let mut changed = tree.clone();
                *changed.pointer_mut(way).unwrap() = other.clone();
                let changed = changed.to_string();
                if !PlanInput::default().claims("plan.json", changed.as_bytes()) {
                    continue;
                }
                let lowered = alone(&changed);
                let now = told(&lowered);
                let context = format!("{recorded} {way} = {other}: {:?}", lowered.problems);
                let named = lowered.problems.iter().any(|problem| problem.relevant);
                for (address, before) in &expected {
                    match now.get(address) {
                        None => assert!(
                            named || (other.is_null() && may_be_absent(way)),
                            "{address} is lost, {context}"
                        ),
                        Some(after) if after == before => {}
                        Some((.., trust)) => {
                            let role = role(&lowered, address);
                            let sound = *trust == before.4 || named || undecided(role);
                            assert!(sound, "{address} is another, {context}");
                        }
                    }
                }
            }
        }
    }
}

/// Cut off anywhere, no recording is a plan.
#[test]
fn cut_recordings_are_named() {
    for recorded in RECORDED {
        let text = fs::read_to_string(data().join(recorded)).unwrap();
        for end in (1..text.len() / 1_000).map(|thousands| text.floor_char_boundary(thousands * 1_000)) {
            let (cut, _) = text.split_at(end);
            if PlanInput::default().claims("plan.json", cut.as_bytes()) {
                let lowered = alone(cut);
                let named = |problem: &Problem| problem.relevant && problem.message.contains("cut off");
                assert!(lowered.problems.iter().any(named), "{recorded} at {end}: {:?}", lowered.problems);
                let inside = |span: Span| cut.get(span.start as usize..span.end as usize).is_some();
                assert!(
                    lowered.problems.iter().all(|p| matches!(p.place, Place::Span(span) if inside(span)))
                );
            }
        }
    }
}

/// What a change has left over, and what a state still holds of it, is no role of its own.
#[test]
fn leftovers_are_no_roles() {
    let text = fs::read_to_string(data().join("changes/after/after.json")).unwrap();
    let mut tree: Value = serde_json::from_str(&text).unwrap();
    let resources = tree.pointer_mut("/values/root_module/resources").unwrap().as_array_mut().unwrap();
    let mut left = resources[0].clone();
    let address = left["address"].as_str().unwrap().to_owned();
    left["deposed_key"] = "8a1b2c3d".into();
    resources.push(left);
    let lowered = alone(&tree.to_string());
    assert_eq!(addresses(&lowered), addresses(&alone(&text)));
    assert!(lowered.problems.iter().all(|problem| !problem.relevant));
    assert!(lowered.problems[0].message.contains(&address), "{:?}", lowered.problems);

    let text = fs::read_to_string(data().join("changes/after/after.tfstate")).unwrap();
    let mut tree: Value = serde_json::from_str(&text).unwrap();
    let instances = tree.pointer_mut("/resources/0/instances").unwrap().as_array_mut().unwrap();
    let mut left = instances[0].clone();
    left["deposed"] = "8a1b2c3d".into();
    instances.push(left);
    let lowered = alone(&tree.to_string());
    assert_eq!(addresses(&lowered), addresses(&alone(&text)));
    assert_eq!(lowered.problems.len(), 1);

    // Drift is what somebody else did; the plan's own changes say what comes of it.
    let moves = read("moves/plan.json");
    assert_eq!(
        addresses(&moves.plan),
        [
            "aws_iam_role.counted[\"blue.green\"]",
            "aws_iam_role.counted[\"q\\\"]\"]",
            "aws_iam_role.drifted",
            "aws_iam_role.first",
            "aws_iam_role.waits",
            "module.team[\"new\"].aws_iam_role.this",
        ]
    );
    let drifted = role(&moves.plan, "aws_iam_role.drifted");
    let id = &drifted.trust[0].policy.statements[0].value.principals.items[0].id;
    assert_eq!(id.value.as_str(), Some("arn:aws:iam::210987654321:root"));
}
