//! Plans joined to the code they were made from. Each directory under `data` holds a real plan or state, made by
//! Terraform, beside its code; what is asked here holds of all of them.

#![cfg(test)]
#![allow(clippy::disallowed_methods, reason = "these tests read the recorded plans and their code")]

use std::collections::BTreeSet;
use std::fs;

use decide::{Verdict, Zone};
use model::{
    Before, Input, LoadError, Loader, Located, Lowered, Piece, Problem, Role, SourceMap, Span, Text,
    TrustPolicy, Unit, Value,
};
use trustproof_input_terraform_plan::PlanInput;

mod support;

use support::{Disk, RECORDED, addresses, data, files, read, role, roles};

/// The texts of a policy with their places.
fn leaves(policy: &TrustPolicy) -> Vec<&Located<Text>> {
    let mut out = Vec::new();
    for statement in &policy.statements {
        let statement = &statement.value;
        out.extend(statement.principals.items.iter().map(|principal| &principal.id));
        out.extend(&statement.actions.items);
        for condition in &statement.conditions {
            out.push(&condition.value.key);
            out.extend(&condition.value.values.items);
        }
    }
    out
}

/// The places of a role that a report may show.
fn places(role: &Role) -> Vec<Span> {
    let mut out = vec![role.span, role.document];
    out.extend(role.name.iter().chain(&role.max_session).chain(&role.boundary).map(|text| text.span));
    out.extend(role.grants.iter().map(|grant| grant.span));
    for variant in &role.trust {
        out.extend(variant.policy.statements.iter().map(|statement| statement.span));
        out.extend(leaves(&variant.policy).iter().map(|text| text.span));
    }
    out
}

#[test]
fn every_place_of_every_role_lies_in_the_code() {
    for recorded in RECORDED {
        let read = read(recorded);
        assert!(!roles(&read.plan).is_empty(), "{recorded}");
        for role in roles(&read.plan) {
            for place in places(role) {
                let path = read.sources.path(place.file);
                assert!(path.ends_with(".tf"), "{recorded}: {} is shown in {path}", role.address);
            }
        }
    }
}

/// What an expression may stand for is not written in it; everything else stands there as it is.
fn says(snippet: &str, text: &Text) -> bool {
    let is_expression = ["var.", "local.", "each.", "count.", "condition.", "data.", "aws_", "(", "{"];
    if is_expression.iter().any(|sign| snippet.contains(sign)) {
        return true;
    }
    snippet == text.to_string()
}

#[test]
fn the_code_under_a_place_says_what_the_plan_says() {
    for recorded in RECORDED {
        let read = read(recorded);
        for role in roles(&read.plan) {
            let context = format!("{recorded}: {}", role.address);
            let block = model::block(&role.address);
            let name = block.rsplit('.').next().unwrap();
            assert_eq!(read.sources.snippet(role.span), format!("resource \"{}\" \"{name}\"", role.kind));
            let mut literal = 0;
            for leaf in role.trust.iter().flat_map(|variant| leaves(&variant.policy)) {
                let snippet = read.sources.snippet(leaf.span);
                assert!(says(&snippet, &leaf.value), "{context}: `{snippet}` for `{}`", leaf.value);
                literal += usize::from(snippet == leaf.value.to_string());
                // The known pieces of a template are written in it.
                if snippet.contains("${") {
                    let written = leaf.value.pieces().iter().any(|piece| match piece {
                        Piece::Lit(lit) => {
                            snippet.split("${").next().is_some_and(|head| lit.starts_with(head))
                        }
                        Piece::Symbol(_) | Piece::Hole(_) => true,
                    });
                    assert!(written, "{context}: `{snippet}` for `{}`", leaf.value);
                }
            }
            // Every policy here says its actions literally.
            assert!(literal > 0, "{context}");
        }
    }
}

/// The verdicts of a role whose policy is known but for the own account.
fn verdicts(role: &Role) -> Vec<[Verdict; 5]> {
    let zone = Zone { accounts: ["111122223333".to_owned()].into(), ..Zone::default() };
    let of = |policy: &TrustPolicy| {
        let v = decide::judge(policy, &zone).verdicts;
        [v.stranger, v.third_party, v.service, v.oidc, v.saml]
    };
    role.trust.iter().map(|variant| of(&variant.policy)).collect()
}

fn is_known(role: &Role) -> bool {
    let [variant] = role.trust.as_slice() else { return false };
    let policy = &variant.policy;
    let open = policy.statements.iter().map(|statement| &statement.value).any(|statement| {
        statement.principals.open.is_some()
            || statement.actions.open.is_some()
            || statement.conditions_open.is_some()
            || statement.conditions.iter().any(|condition| condition.value.values.open.is_some())
    });
    policy.open.is_none() && !open && !leaves(policy).iter().any(|leaf| leaf.value.has_unknown())
}

#[test]
fn the_verdict_is_that_of_the_code_where_both_know() {
    let mut compared = 0;
    for recorded in RECORDED {
        let read = read(recorded);
        for mine in roles(&read.plan).into_iter().filter(|role| is_known(role)) {
            let Some(code) = roles(&read.code).into_iter().find(|code| code.address == mine.address) else {
                panic!("{recorded}: the code has no {} among {:?}", mine.address, addresses(&read.code));
            };
            if is_known(code) {
                assert_eq!(verdicts(mine), verdicts(code), "{recorded}: {}", mine.address);
                compared += 1;
            }
        }
    }
    // Ten roles of `nested`, five of `changes` in each of its three forms, and of the others all whose code leaves nothing
    // open: in `moves` one has a sensitive ExternalId, in `outputs` four have a bucket's.
    assert_eq!(compared, 10 + 3 * 5 + 10 + 5 + 7);
}

#[test]
fn plan_and_code_of_the_same_time_do_not_differ() {
    for recorded in RECORDED {
        let read = read(recorded);
        assert_eq!(read.plan.problems, [], "{recorded}");
        let told: BTreeSet<_> = read.plan.told.iter().map(|told| &*told.root).collect();
        assert_eq!(told.into_iter().collect::<Vec<_>>(), [recorded.split('/').next().unwrap()]);
    }
}

#[test]
fn odd_keys_lead_to_their_instances() {
    let read = read("nested/plan.json");
    let ids = |address| {
        let role = role(&read.plan, address);
        let conditions = &role.trust[0].policy.statements[0].value.conditions;
        conditions.iter().flat_map(|c| &c.value.values.items).map(|v| v.value.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(
        ids(r#"module.vendor["eu.west"].aws_iam_role.scan"#),
        ["3f0c5a52-7a34-4d5e-9f0b-0f8f2c1d9a01"]
    );
    assert_eq!(
        ids(r#"module.vendor["q\"uote"].aws_iam_role.scan"#),
        ["7c1d3e9b-52c8-4f4a-8a42-b1f6d5e0c702"]
    );
    assert_eq!(ids(r#"module.vendor["ünïcode é"].aws_iam_role.scan"#), [""; 0]);
    let inner = role(&read.plan, r#"module.ci[1].module.role["release.x"].aws_iam_role.this"#);
    let calls: Vec<_> = inner.calls.iter().map(|call| read.sources.snippet(call.span)).collect();
    assert_eq!(calls, ["module \"ci\"", "module \"role\""]);
    assert_eq!(read.sources.path(inner.span.file), "nested/modules/ci/modules/role/main.tf");
}

#[test]
fn deferred_documents_are_decided_on_what_is_known() {
    let read = read("deferred/plan.json");
    for address in ["aws_iam_role.deferred", "module.passed.aws_iam_role.passed"] {
        let policy = &role(&read.plan, address).trust[0].policy;
        let texts: Vec<_> = leaves(policy).iter().map(|leaf| read.sources.snippet(leaf.span)).collect();
        assert_eq!(
            texts,
            [
                "arn:aws:iam::210987654321:root",
                "aws_s3_bucket.b.arn",
                "sts:AssumeRole",
                "sts:ExternalId",
                "var.ext",
                "aws_s3_bucket.b.id",
                "aws_iam_openid_connect_provider.gh.arn",
                "sts:AssumeRoleWithWebIdentity",
            ],
            "{address}"
        );
        let known: Vec<_> = leaves(policy).iter().map(|leaf| leaf.value.as_str().is_some()).collect();
        assert_eq!(known, [true, false, true, true, true, false, false, true], "{address}");
    }
    // The plan knows nothing of this policy, but the code does.
    let opaque = role(&read.plan, r#"aws_iam_role.opaque["a.b"]"#);
    assert_eq!(opaque.trust[0].policy.statements.len(), 1);
}

#[test]
fn what_was_there_before_is_told() {
    let read = read("changes/plan.json");
    let before = |address: &str| &role(&read.plan, address).before;
    assert!(matches!(before("aws_iam_role.created"), Before::Absent));
    assert!(matches!(before("aws_iam_role.same"), Before::Same));
    assert!(matches!(before("aws_iam_role.new_name"), Before::Same));
    assert!(matches!(before("aws_iam_role.replace"), Before::Same));
    let Before::Other(old) = before("aws_iam_role.update") else { panic!("the policy was another") };
    assert!(
        !old.trust[0].policy.statements[0].value.conditions[0].value.operator.value.eq(&role(
            &read.plan,
            "aws_iam_role.update"
        )
        .trust[0]
            .policy
            .statements[0]
            .value
            .conditions[0]
            .value
            .operator
            .value)
    );
    assert!(
        !addresses(&read.plan).iter().any(|address| address.contains("gone") || address.contains("old_name"))
    );
    for state in ["changes/after/after.json", "changes/after/after.tfstate"] {
        let state = self::read(state);
        assert!(roles(&state.plan).iter().all(|role| matches!(role.before, Before::Untold)));
        assert_eq!(
            addresses(&state.plan).into_iter().collect::<BTreeSet<_>>(),
            addresses(&read.plan).into_iter().collect()
        );
    }
}

/// A copy of a recording, changed.
struct Changed(std::collections::BTreeMap<String, Vec<u8>>);

impl Loader for Changed {
    fn load(&self, path: &str) -> Result<Vec<u8>, LoadError> {
        self.0.get(path).cloned().ok_or_else(|| LoadError("no such file".to_owned()))
    }

    fn admits(&self, path: &str) -> bool {
        self.0.contains_key(path)
    }

    fn list(&self, dir: &str) -> Vec<String> {
        let name = |path: &String| path.strip_prefix(&format!("{dir}/")).map(str::to_owned);
        self.0.keys().filter_map(name).filter(|name| !name.contains('/')).collect()
    }
}

fn changed(
    recorded: &str,
    change: impl Fn(&str, String) -> Option<(String, String)>,
) -> (SourceMap, Lowered) {
    let texts = files(recorded).into_iter().filter_map(|path| {
        let text = fs::read_to_string(data().join(&path)).unwrap();
        change(&path, text).map(|(path, text)| (path, text.into_bytes()))
    });
    let texts: std::collections::BTreeMap<_, _> = texts.collect();
    let sources = SourceMap::new(texts.keys().cloned().collect(), Box::new(Changed(texts)));
    let plan = sources.ids().find(|id| sources.path(*id).ends_with("plan.json")).unwrap();
    let lowered = PlanInput::default().read(&Unit { files: vec![plan] }, &sources);
    (sources, lowered)
}

fn messages(problems: &[Problem]) -> Vec<(&str, bool)> {
    problems.iter().map(|problem| (&*problem.message, problem.relevant)).collect()
}

#[test]
fn newer_code_is_named_and_the_plan_is_judged() {
    let (sources, lowered) = changed("changes/plan.json", |path, text| {
        Some((path.to_owned(), text.replace("StringEqualsIfExists", "StringEquals")))
            .filter(|_| !path.ends_with(".json"))
            .or_else(|| Some((path.to_owned(), fs::read_to_string(data().join(path)).unwrap())))
    });
    let [(message, relevant)] = messages(&lowered.problems)[..] else { panic!("{:?}", lowered.problems) };
    assert!(message.contains("another trust policy for `aws_iam_role.update`") && !relevant, "{message}");
    let update = role(&lowered, "aws_iam_role.update");
    let condition = &update.trust[0].policy.statements[0].value.conditions[0];
    assert!(format!("{:?}", condition.value.operator.value).contains("if_exists: true"));
    // The guard that the code says otherwise stands where its statement does.
    assert!(sources.snippet(condition.span).contains("StringEquals "), "{}", sources.snippet(condition.span));
    let (_, lowered) = changed("changes/plan.json", |path, text| {
        let text = if path.ends_with(".tf") { text.replace("\"created\"", "\"later\"") } else { text };
        Some((path.to_owned(), text))
    });
    let created =
        |(message, _): &(&str, bool)| message.contains("no role `aws_iam_role.created` is in the code");
    assert_eq!(messages(&lowered.problems).iter().filter(|m| created(m)).count(), 1);
}

#[test]
fn a_plan_elsewhere_finds_its_code_by_its_blocks() {
    let (sources, lowered) = changed("nested/plan.json", |path, text| {
        let path = if path.ends_with(".json") {
            "plans/today/plan.json".to_owned()
        } else {
            format!("infra/{path}")
        };
        Some((path, text))
    });
    assert!(lowered.problems.is_empty(), "{:?}", lowered.problems);
    for role in roles(&lowered) {
        assert!(sources.path(role.span.file).starts_with("infra/nested/"), "{}", role.address);
    }
}

#[test]
fn code_beside_a_plan_may_have_lost_half_of_its_blocks() {
    let (sources, lowered) = changed("deferred/plan.json", |path, text| {
        let text = text.replace("module \"passed\"", "resource \"aws_sns_topic\" \"passed\"");
        let text = text.replace("\"aws_iam_role\" \"opaque\"", "\"aws_sns_topic\" \"opaque\"");
        Some((path.to_owned(), text))
    });
    let deferred = role(&lowered, "aws_iam_role.deferred");
    assert_eq!(sources.path(deferred.span.file), "deferred/main.tf");
}

#[test]
fn without_its_module_a_role_stands_at_the_deepest_call() {
    let (sources, lowered) = changed("nested/plan.json", |path, text| {
        let gone = path.starts_with("nested/modules/ci/modules") || path.starts_with("nested/modules/vendor");
        (!gone).then(|| (path.to_owned(), text))
    });
    let at = |address| {
        let role = role(&lowered, address);
        for place in places(role) {
            assert_eq!(place, role.span);
        }
        (sources.path(role.span.file), sources.snippet(role.span))
    };
    let deep = at(r#"module.ci[0].module.role["main"].aws_iam_role.this"#);
    assert_eq!(deep, ("nested/modules/ci/main.tf".to_owned(), "module \"role\"".to_owned()));
    let near = at(r#"module.vendor["eu.west"].aws_iam_role.scan"#);
    assert_eq!(near, ("nested/main.tf".to_owned(), "module \"vendor\"".to_owned()));
}

#[test]
fn downloaded_code_is_shown_at_the_call_in_ones_own() {
    let manifest = r#"{"Modules":[{"Key":"","Dir":"."},{"Key":"vendor","Source":"acme/vendor/aws","Dir":".terraform/modules/vendor"},
        {"Key":"ci","Source":"./modules/ci","Dir":"modules/ci"},{"Key":"ci.role","Dir":"../../../etc"}]}"#;
    let (sources, lowered) = changed("nested/plan.json", |path, text| {
        let path = path.replace("nested/modules/vendor", "nested/.terraform/modules/vendor");
        if path.starts_with("nested/modules/ci/modules") {
            return Some(("nested/.terraform/modules/modules.json".to_owned(), manifest.to_owned()));
        }
        let text =
            text.replace("./modules/vendor", "acme/vendor/aws").replace("./modules/role", "acme/role/aws");
        Some((path, text))
    });
    let vendor = role(&lowered, r#"module.vendor["ünïcode é"].aws_iam_role.scan"#);
    assert_eq!(sources.snippet(vendor.span), "module \"vendor\"");
    let id = &vendor.trust[0].policy.statements[0].value.principals.items[0].id;
    assert_eq!(sources.snippet(id.span), "module \"vendor\"");
    let defined = id.defined.unwrap();
    assert_eq!(sources.path(defined.file), "nested/.terraform/modules/vendor/main.tf");
    assert_eq!(sources.snippet(defined), "arn:aws:iam::${var.account}:root");
    // A list of modules that leads out of the scan is not followed.
    let role = role(&lowered, r#"module.ci[1].module.role["main"].aws_iam_role.this"#);
    assert_eq!(sources.snippet(role.span), "module \"role\"");
}

#[test]
fn a_plan_without_code_stands_in_itself() {
    let (sources, lowered) =
        changed("changes/plan.json", |path, text| path.ends_with(".json").then(|| (path.to_owned(), text)));
    assert!(lowered.told.is_empty() && lowered.problems.is_empty());
    for role in roles(&lowered) {
        assert_eq!(sources.snippet(role.span), *role.address);
    }
}

#[test]
fn an_address_that_does_not_parse_is_read_all_the_same() {
    let (sources, lowered) = changed("changes/plan.json", |path, text| {
        Some((path.to_owned(), text.replace("aws_iam_role.created", "module.[[\\\"")))
    });
    let odd = role(&lowered, "module.[[\"");
    assert!(sources.path(odd.span.file).ends_with("plan.json"));
    assert!(
        messages(&lowered.problems).iter().any(|(m, _)| m.contains("no role `module.[[")),
        "{:?}",
        lowered.problems
    );
}

/// The values that no plan holds where it should: whatever stands there, reading ends, and says so if it is lost.
#[test]
fn wrong_types_anywhere_are_read_or_named() {
    let text = fs::read_to_string(data().join("deferred/plan.json")).unwrap();
    let tree = syntax::json::parse(
        &text,
        SourceMap::new(vec!["x".to_owned()], Box::new(Disk(data()))).ids().next().unwrap(),
    )
    .unwrap();
    let mut spans = Vec::new();
    fn walk(node: &model::Node, out: &mut Vec<Span>) {
        out.push(node.span);
        match &node.value {
            Value::List(list) => list.items.iter().for_each(|item| walk(item, out)),
            Value::Object(object) => object.entries.iter().for_each(|entry| walk(&entry.value, out)),
            _ => {}
        }
    }
    walk(&tree, &mut spans);
    let head = |end: u32| text.get(..end as usize).unwrap();
    let tail = |start: u32| text.get(start as usize..).unwrap();
    let quoted = |span: &Span| head(span.start).ends_with('"') && tail(span.end).starts_with('"');
    for (index, span) in spans.iter().enumerate() {
        let wrong = ["7", "[]", "{\"a\":{}}", "true", "\"x\"", "null"][index % 6];
        let (start, end) = if quoted(span) { (span.start - 1, span.end + 1) } else { (span.start, span.end) };
        let damaged = format!("{}{wrong}{}", head(start), tail(end));
        assert!(serde_json::from_str::<serde_json::Value>(&damaged).is_ok(), "{damaged}");
        let (sources, lowered) = changed("deferred/plan.json", |path, text| {
            Some((path.to_owned(), if path.ends_with(".json") { damaged.clone() } else { text }))
        });
        for role in roles(&lowered) {
            for place in places(role) {
                let text = sources.text(place.file).unwrap();
                assert!(text.get(place.start as usize..place.end as usize).is_some());
            }
        }
    }
}
