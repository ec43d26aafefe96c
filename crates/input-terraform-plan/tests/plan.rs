//! What is read from plans and states, and what becomes of files that are none. `data/*.json` are real plans of the
//! HCL beside them.

#![cfg(test)]

use std::collections::BTreeMap;

use model::{
    Breadth, Cause, Cloud, Grant, Input, LoadError, Loader, Located, Lowered, OperatorName, Place,
    PrincipalKind, Problem, Role, SourceMap, Span, Statement, Subject, Text, Unit,
};
use proptest::prelude::*;
use trustproof_input_terraform_plan::PlanInput;

const ROLES: &str = include_str!("data/roles.json");
const UNKNOWNS: &str = include_str!("data/unknowns.json");

struct Memory(BTreeMap<String, Vec<u8>>);

impl Loader for Memory {
    fn load(&self, path: &str) -> Result<Vec<u8>, LoadError> {
        self.0.get(path).cloned().ok_or_else(|| LoadError("no such file".to_owned()))
    }

    fn admits(&self, path: &str) -> bool {
        self.0.contains_key(path)
    }
}

struct Read {
    sources: SourceMap,
    claimed: bool,
    lowered: Lowered,
}

/// What a run over the one file `plan.json` gives.
fn read(bytes: impl Into<Vec<u8>>) -> Read {
    let bytes = bytes.into();
    let claimed = PlanInput::default().claims("plan.json", &bytes);
    let files = BTreeMap::from([("plan.json".to_owned(), bytes)]);
    let sources = SourceMap::new(vec!["plan.json".to_owned()], Box::new(Memory(files)));
    let ids: Vec<_> = sources.ids().collect();
    let units: Vec<Unit> = if claimed { PlanInput::default().units(&ids, &sources) } else { Vec::new() };
    let mut lowered = Lowered::default();
    for unit in &units {
        let Lowered { subjects, zone_facts, problems, embedded, .. } =
            PlanInput::default().read(unit, &sources);
        lowered.embedded.extend(embedded);
        lowered.subjects.extend(subjects);
        lowered.zone_facts.extend(zone_facts);
        lowered.problems.extend(problems);
    }
    Read { sources, claimed, lowered }
}

impl Read {
    fn roles(&self) -> Vec<&Role> {
        self.lowered.subjects.iter().map(|Subject::Role(role)| &**role).collect()
    }

    fn addresses(&self) -> Vec<&str> {
        self.roles().iter().map(|role| &*role.address).collect()
    }

    fn role(&self, address: &str) -> &Role {
        self.roles().into_iter().find(|role| &*role.address == address).expect("the role was read")
    }

    fn problem(&self) -> &Problem {
        match self.lowered.problems.as_slice() {
            [problem] => problem,
            other => panic!("{other:?}"),
        }
    }

    fn snippet(&self, span: Span) -> String {
        self.sources.snippet(span)
    }
}

fn statement(role: &Role) -> &Statement {
    &role.trust[0].policy.statements[0].value
}

fn known(text: Option<&Located<Text>>) -> &str {
    text.and_then(|text| text.value.as_str()).expect("a known text")
}

/// The managed policies of a role by ARN or name, and how far its documents reach.
fn grants(role: &Role) -> (Vec<String>, Vec<&Breadth>) {
    let mut managed = Vec::new();
    let mut documents = Vec::new();
    for grant in &role.grants {
        match &grant.value {
            Grant::Managed(policy) => managed.push(policy.to_string()),
            Grant::Document(breadth) => documents.push(breadth),
        }
    }
    (managed, documents)
}

#[test]
fn every_role_of_a_plan_is_read() {
    let run = read(ROLES);
    assert_eq!(
        run.addresses(),
        [
            "alicloud_ram_role.scan",
            "aws_iam_role.vendor",
            "module.team[\"a.b\"].aws_iam_role.this[\"x\"]",
            "module.team[\"a.b\"].aws_iam_role.this[\"y\"]",
        ]
    );
    assert!(run.lowered.problems.is_empty(), "{:?}", run.lowered.problems);
}

#[test]
fn a_role_carries_its_attributes() {
    let run = read(ROLES);
    let role = run.role("aws_iam_role.vendor");
    assert_eq!((role.cloud, &*role.kind), (Cloud::Aws, "aws_iam_role"));
    assert_eq!(known(role.name.as_ref()), "vendor-scan");
    assert!(role.path.as_ref().unwrap().is("/security/"));
    assert_eq!(known(role.max_session.as_ref()), "7200");
    assert_eq!(known(role.boundary.as_ref()), "arn:aws:iam::111122223333:policy/boundary");
    let (managed, documents) = grants(role);
    assert_eq!(
        managed,
        ["arn:aws:iam::aws:policy/SecurityAudit", "arn:aws:iam::aws:policy/AdministratorAccess"]
    );
    assert_eq!(documents, [&Breadth::Administrator]);
    assert!(role.grants_open.is_none());
    let other = run.role("module.team[\"a.b\"].aws_iam_role.this[\"x\"]");
    assert!(other.max_session.is_none() && other.boundary.is_none() && other.path.is_none());
}

#[test]
fn places_lead_to_the_escaped_bytes_of_the_plan() {
    let run = read(ROLES);
    let role = run.role("aws_iam_role.vendor");
    assert_eq!(run.snippet(role.span), "aws_iam_role.vendor");
    assert!(run.snippet(role.document).starts_with("{\\n  \\\"Version\\\": \\\"2012-10-17\\\""));
    let statement = statement(role);
    assert_eq!(run.snippet(statement.sid.as_ref().unwrap().span), "Größe");
    assert_eq!(run.snippet(statement.principals.items[0].id.span), "arn:aws:iam::210987654321:root");
    let condition = &statement.conditions[0].value;
    assert!(matches!(condition.operator.value, OperatorName::Known(_)));
    assert_eq!(run.snippet(condition.key.span), "sts:ExternalId");
    // A tab and a quote, escaped in the policy and again in the plan.
    assert_eq!(condition.values.items[0].value.as_str(), Some("a\tb\"c"));
    assert_eq!(run.snippet(condition.values.items[0].span), r#"a\\tb\\\"c"#);
    // The places are in `resource_changes`, not in `planned_values`.
    assert!(role.document.start as usize > ROLES.find("\"resource_changes\"").unwrap());
}

#[test]
fn alibaba_roles_are_read_under_either_attribute() {
    let run = read(ROLES);
    let role = run.role("alicloud_ram_role.scan");
    assert_eq!(role.cloud, Cloud::Alibaba);
    assert_eq!(known(role.name.as_ref()), "scan");
    assert_eq!(run.snippet(statement(role).principals.items[0].id.span), "acs:ram::1234567890123456:root");
    assert_eq!(grants(role).0, ["AdministratorAccess"]);
    let run = read(change(
        "alicloud_ram_role.old",
        r#"{"document": "{\"Version\":\"1\",\"Statement\":[]}"}"#,
        r#"{"assume_role_policy_document": true}"#,
    ));
    assert!(run.role("alicloud_ram_role.old").trust[0].policy.open.is_none());
}

#[test]
fn the_configuration_says_which_role_an_attachment_is_for() {
    let run = read(ROLES);
    for (key, managed) in [("x", &[][..]), ("y", &["arn:aws:iam::aws:policy/ReadOnlyAccess"][..])] {
        let role = run.role(&format!("module.team[\"a.b\"].aws_iam_role.this[\"{key}\"]"));
        let (names, documents) = grants(role);
        assert_eq!(names, managed);
        assert_eq!(documents, [&Breadth::ReadOnly]);
        assert!(role.grants_open.is_none());
    }
}

#[test]
fn own_accounts_are_learned() {
    let run = read(ROLES);
    let facts: Vec<_> =
        run.lowered.zone_facts.iter().map(|f| (&*f.account, &*f.source, run.snippet(f.span))).collect();
    assert_eq!(
        facts,
        [
            ("111122223333", "`data.aws_caller_identity.current`", "111122223333".to_owned()),
            ("444455556666", "`allowed_account_ids` of provider `aws`", "444455556666".to_owned()),
            (
                "777788889999",
                "the role that provider `aws` assumes",
                "arn:aws:iam::777788889999:role/deploy".to_owned()
            ),
        ]
    );
    let after = r#"{"assume_role_policy": "{\"Statement\":[]}", "arn": "arn:aws:iam::123123123123:role/x"}"#;
    let run = read(change("aws_iam_role.x", after, "{}"));
    assert_eq!(&*run.lowered.zone_facts[0].account, "123123123123");
}

#[test]
fn what_is_known_after_apply_is_unknown() {
    let run = read(UNKNOWNS);
    let role = run.role("aws_iam_role.late");
    let [variant] = &role.trust[..] else { panic!("{:?}", role.trust) };
    let why = variant.policy.open.as_ref().unwrap();
    assert_eq!((&*why.what, &why.why), ("aws_iam_role.late.assume_role_policy", &Cause::AfterApply));
    assert_eq!(run.snippet(why.span.unwrap()), "true");
    assert_eq!(run.snippet(role.document), "true");
    assert!(role.name.as_ref().unwrap().value.has_unknown());
    assert!(role.boundary.as_ref().unwrap().value.has_unknown());
    assert_eq!(&*role.grants_open.as_ref().unwrap().what, "aws_iam_role.late.managed_policy_arns");
    assert!(run.lowered.problems.is_empty());
}

#[test]
fn attachments_to_an_unknown_role_leave_the_roles_of_the_module_open() {
    let run = read(UNKNOWNS);
    let role = run.role("aws_iam_role.base");
    // The policy of the same plan is attached for sure, and its document is known although its ARN is not.
    assert_eq!(grants(role), (Vec::new(), vec![&Breadth::Administrator]));
    let why = role.grants_open.as_ref().unwrap();
    assert_eq!(&*why.what, "aws_iam_role_policy_attachment.somewhere[\"x\"].role");
}

/// A plan of two roles and an attachment, whose role the configuration says with `references`.
fn ambiguous(name: &str, references: &str) -> Read {
    let policy = r#""assume_role_policy": "{\"Statement\":[]}""#;
    let role = |block: &str| {
        format!(
            r#"{{"address": "aws_iam_role.{block}", "mode": "managed", "type": "aws_iam_role", "name": "{block}",
                "change": {{"after": {{{policy}, "name": "same"}}}}}}"#
        )
    };
    let (a, b) = (role("a"), role("b"));
    read(format!(
        r#"{{"resource_changes": [{a}, {b}, {{"address": "aws_iam_role_policy_attachment.p", "mode": "managed",
            "type": "aws_iam_role_policy_attachment", "name": "p",
            "change": {{"after": {{"policy_arn": "arn"{name}}}, "after_unknown": {{"role": {unknown}}}}}}}],
            "configuration": {{"root_module": {{"resources": [{{"address": "aws_iam_role_policy_attachment.p",
            "expressions": {{"role": {{"references": {references}}}}}}}]}}}}}}"#,
        unknown = name.is_empty(),
    ))
}

#[test]
fn an_attachment_goes_to_one_role_or_leaves_all_candidates_open() {
    let (known, unknown) = (r#", "role": "same""#, "");
    let one = r#"["aws_iam_role.b.name", "aws_iam_role.b"]"#;
    let either =
        r#"["var.c", "aws_iam_role.a.name", "aws_iam_role.a", "aws_iam_role.b.name", "aws_iam_role.b"]"#;
    let maybe = r#"["var.role", "aws_iam_role.b.name", "aws_iam_role.b"]"#;
    for (name, references, granted, open) in [
        (known, one, [0, 1], [false, false]),
        (known, either, [0, 0], [true, true]),
        (known, "[]", [0, 0], [true, true]),
        (unknown, one, [0, 1], [false, false]),
        (unknown, either, [0, 0], [true, true]),
        (unknown, maybe, [0, 0], [false, true]),
        (unknown, "[]", [0, 0], [true, true]),
    ] {
        let run = ambiguous(name, references);
        let roles = run.roles();
        assert_eq!([roles[0].grants.len(), roles[1].grants.len()], granted, "{name} {references}");
        assert_eq!(
            [roles[0].grants_open.is_some(), roles[1].grants_open.is_some()],
            open,
            "{name} {references}"
        );
    }
}

/// A plan with one resource.
fn change(address: &str, after: &str, unknown: &str) -> String {
    let (kind, name) = address.split_once('.').unwrap();
    format!(
        r#"{{"format_version": "1.2", "terraform_version": "1.11.4", "resource_changes": [{{"address": "{address}", "mode": "managed",
            "type": "{kind}", "name": "{name}", "change": {{"actions": ["create"], "after": {after}, "after_unknown": {unknown}}}}}]}}"#
    )
}

#[test]
fn destroyed_roles_are_gone_and_untouched_ones_are_not() {
    let plan = change("aws_iam_role.x", "null", "{}").replace("create", "delete");
    let run = read(plan);
    assert!(run.claimed && run.roles().is_empty() && run.lowered.problems.is_empty());
    let plan = change("aws_iam_role.x", r#"{"assume_role_policy": "{\"Statement\":[]}"}"#, "{}")
        .replace("create", "no-op");
    assert_eq!(read(plan).addresses(), ["aws_iam_role.x"]);
}

#[test]
fn a_broken_policy_is_unknown_and_named() {
    let run = read(change("aws_iam_role.x", r#"{"assume_role_policy": "{\"Statement\": [}"}"#, "{}"));
    let why = run.role("aws_iam_role.x").trust[0].policy.open.as_ref().unwrap();
    assert!(matches!(why.why, Cause::Invalid(_)));
    let problem = run.problem();
    let Place::Span(span) = problem.place else { panic!("{problem:?}") };
    assert!(problem.relevant);
    assert_eq!(run.snippet(span), "}");
}

#[test]
fn lists_of_old_roles_are_a_document() {
    let values = r#"{"services": ["ecs.aliyuncs.com"], "ram_users": ["acs:ram::1234567890123456:root"], "document": null}"#;
    let run = read(change("alicloud_ram_role.x", values, "{}"));
    let principals = &statement(run.role("alicloud_ram_role.x")).principals.items;
    let ids: Vec<_> = principals.iter().map(|p| (p.kind.clone(), p.id.value.to_string())).collect();
    assert_eq!(
        ids,
        [
            (PrincipalKind::Service, "ecs.aliyuncs.com".to_owned()),
            (PrincipalKind::Ram, "acs:ram::1234567890123456:root".to_owned())
        ]
    );
    assert_eq!(run.snippet(principals[0].id.span), "ecs.aliyuncs.com");
    let run = read(change(
        "alicloud_ram_role.x",
        r#"{"services": ["ecs.aliyuncs.com"]}"#,
        r#"{"ram_users": true}"#,
    ));
    assert!(statement(run.role("alicloud_ram_role.x")).principals.open.is_some());
    let unknown = r#"{"ram_users": true, "services": true, "document": true}"#;
    let run = read(change("alicloud_ram_role.x", "{}", unknown));
    assert_eq!(run.role("alicloud_ram_role.x").trust[0].policy.statements.len(), 0);
}

/// The parameters that a stack gives to its template; `None` if the template is not read.
fn arguments(kind: &str, after: &str, unknown: &str) -> Option<Vec<(String, bool)>> {
    let run = read(change(&format!("{kind}.x"), after, unknown));
    let read = run.lowered.embedded.first().map(|embedded| {
        assert_eq!(&*embedded.within, format!("{kind}.x"));
        let known = |value: &model::Node| !matches!(value.value, model::Value::Unknown(_));
        embedded.arguments.iter().map(|(name, value)| (name.value.to_string(), known(value))).collect()
    });
    assert_eq!(read.is_none(), run.lowered.problems.iter().any(|p| p.message.contains("are not judged")));
    read
}

#[test]
fn templates_get_the_parameters_of_their_stacks() {
    let aws = |after, unknown| arguments("aws_cloudformation_stack", after, unknown);
    let (known, later) = (|name: &str| (name.to_owned(), true), |name: &str| (name.to_owned(), false));
    let body = r#"{"template_body": "Resources: {}", "parameters": {"A": "x", "B": null}}"#;
    assert_eq!(aws(body, "{}"), Some(vec![known("A")]));
    // What is known only after apply is no default of the template.
    let part = aws(r#"{"template_body": "x", "parameters": {"A": "x"}}"#, r#"{"parameters": {"B": true}}"#);
    assert_eq!(part, Some(vec![known("A"), later("B")]));
    assert_eq!(aws(r#"{"template_body": "x"}"#, r#"{"parameters": true}"#), None);
    assert_eq!(aws("{}", r#"{"template_body": true}"#), None);
    assert_eq!(aws(r#"{"template_url": "https://x"}"#, r#"{"template_body": true}"#), None);
    let ros = r#"{"template_body": "x", "parameters": [{"parameter_key": "A", "parameter_value": "x"}]}"#;
    for kind in ["alicloud_ros_stack", "alicloud_ros_stack_group"] {
        assert_eq!(arguments(kind, ros, "{}"), Some(vec![known("A")]));
        let unknown = r#"{"parameters": [{"parameter_value": true}]}"#;
        let partly = ros.replace(r#", "parameter_value": "x""#, "");
        assert_eq!(arguments(kind, &partly, unknown), Some(vec![later("A")]));
    }
}

#[test]
fn a_role_without_a_document_is_unknown() {
    let run = read(change("alicloud_ram_role.x", r#"{"services": [], "document": null}"#, "{}"));
    let why = run.role("alicloud_ram_role.x").trust[0].policy.open.as_ref().unwrap();
    assert!(matches!(why.why, Cause::Unsupported(_)));
}

#[test]
fn entries_of_another_shape_are_named_and_their_neighbours_read() {
    let good = change("aws_iam_role.x", r#"{"assume_role_policy": "{\"Statement\":[]}"}"#, "{}");
    for bad in [
        "7",
        "{}",
        r#"{"change": {"after": {}}}"#,
        r#"{"address": 1, "type": "aws_iam_role", "name": "n", "change": {"after": {}}}"#,
    ] {
        let run = read(good.replace("\"resource_changes\": [", &format!("\"resource_changes\": [{bad}, ")));
        assert_eq!(run.addresses(), ["aws_iam_role.x"], "{bad}");
        assert!(run.problem().relevant, "{bad}");
    }
    assert!(read(r#"{"resource_changes": "none"}"#).problem().relevant);
    assert!(read(good.replace("{\"format", "{\"errored\": true, \"format")).problem().relevant);
}

#[test]
fn states_are_read() {
    let role = |address: &str, name: &str| {
        format!(
            r#"{{"address": "{address}", "mode": "managed", "type": "aws_iam_role", "name": "x",
                "values": {{"name": "{name}", "assume_role_policy": "{{\"Statement\":[]}}"}}}}"#
        )
    };
    let (root, child) = (role("aws_iam_role.x", "one"), role("module.a.module.b.aws_iam_role.x", "two"));
    let run = read(format!(
        r#"{{"format_version": "1.0", "terraform_version": "1.11.4", "values": {{"root_module": {{"resources": [{root}],
            "child_modules": [{{"address": "module.a", "child_modules": [{{"address": "module.a.module.b", "resources": [{child}]}}]}}]}}}}}}"#
    ));
    assert_eq!(run.addresses(), ["aws_iam_role.x", "module.a.module.b.aws_iam_role.x"]);
    assert!(run.lowered.problems.is_empty());
    let empty = read(r#"{"format_version": "1.0", "terraform_version": "1.11.4", "values": {}}"#);
    assert!(empty.claimed && empty.lowered.problems.is_empty());
}

#[test]
fn state_files_are_read() {
    let run = read(
        r#"{"version": 4, "terraform_version": "1.11.4", "serial": 1, "lineage": "l", "resources": [
            {"mode": "data", "type": "aws_caller_identity", "name": "me", "instances": [{"attributes": {"account_id": "111122223333"}}]},
            {"module": "module.a[\"k\"]", "mode": "managed", "type": "aws_iam_role", "name": "x", "instances": [
                {"index_key": "u\"v", "attributes": {"name": "one", "assume_role_policy": "{\"Statement\":[]}"}},
                {"index_key": 0, "attributes": {"name": "two", "assume_role_policy": "{\"Statement\":[]}"}}]},
            {"mode": "managed", "type": "aws_iam_role_policy_attachment", "name": "a", "instances": [
                {"attributes": {"role": "two", "policy_arn": "arn:aws:iam::aws:policy/AdministratorAccess"}}]}]}"#,
    );
    assert_eq!(
        run.addresses(),
        [r#"module.a["k"].aws_iam_role.x["u\"v"]"#, r#"module.a["k"].aws_iam_role.x[0]"#]
    );
    assert_eq!(run.snippet(run.roles()[0].span), "x");
    assert!(run.roles()[0].grants.is_empty());
    assert_eq!(grants(run.roles()[1]).0, ["arn:aws:iam::aws:policy/AdministratorAccess"]);
    assert_eq!(&*run.lowered.zone_facts[0].source, "`data.aws_caller_identity.me`");
    assert!(run.lowered.problems.is_empty());
}

#[test]
fn files_that_are_no_json_say_what_to_do() {
    let run = read(b"PK\x03\x04\x14\0\x08\0\xff\xfe".to_vec());
    assert!(run.problem().relevant && run.problem().message.contains("terraform show -json"));
    let run = read(
        "{\"@level\":\"info\",\"@message\":\"aws_iam_role.x: Plan to create\"}\n{\"@level\":\"info\"}\n",
    );
    assert!(run.problem().relevant && run.problem().message.contains("log"));
}

#[test]
fn a_plan_that_is_cut_off_says_so() {
    let (head, _) = ROLES.split_at(ROLES.len() / 2);
    let run = read(head);
    let problem = run.problem();
    assert!(problem.relevant && problem.message.starts_with("the plan is cut off"), "{problem:?}");
    let run = read(format!("{ROLES}\nWarning: something"));
    let Place::Span(span) = run.problem().place else { panic!("{:?}", run.problem()) };
    assert!(run.problem().relevant);
    assert_eq!(run.snippet(span), "W");
}

#[test]
fn other_files_are_left_alone() {
    assert!(!read(r#"{"Statement": []}"#).claimed);
    assert!(!read(r#"{"format_version": "1.0", "provider_schemas": {}}"#).claimed);
    assert!(!read("{\"@level\":\"info\",\"@message\":\"aws_s3_bucket.x: Plan to create\"}").claimed);
    for (path, scannable) in [
        ("a/plan.JSON", true),
        ("-", true),
        ("terraform.tfstate", true),
        ("p.tfplan", false),
        ("main.tf", false),
    ] {
        assert_eq!(PlanInput::default().scannable(path), scannable, "{path}");
    }
    // A test's mock data holds a plan and is none.
    let mock = format!("{{\"mock\": {ROLES}}}");
    let run = read(mock);
    assert!(run.roles().is_empty() && !run.problem().relevant);
}

#[test]
fn hostile_sizes_give_clean_answers() {
    assert!(read(format!("{{\"resource_changes\":{}", "[".repeat(100_000))).problem().relevant);
    let role = r#"{"address":"aws_iam_role.x","mode":"managed","type":"aws_iam_role","name":"x","change":{"after":{"name":"n","assume_role_policy":"{\"Statement\":[]}"}}}"#;
    let attachment = r#"{"address":"aws_iam_role_policy_attachment.a","mode":"managed","type":"aws_iam_role_policy_attachment","name":"a","change":{"after":{"role":"n","policy_arn":"p"}}}"#;
    let items = [vec![role; 10_000], vec![attachment; 10_000]].concat().join(",");
    let run = read(format!(r#"{{"resource_changes":[{items}]}}"#));
    assert_eq!(run.roles().len(), 10_000);
    for many in [r#"{"type":"aws_iam_role"}"#, "{}", "7"] {
        let run =
            read(format!(r#"{{"resource_changes":[{role},{}{role}]}}"#, format!("{many},").repeat(300_000)));
        let past = |problem: &&Problem| problem.relevant && problem.message.contains("more than 300000");
        assert_eq!(run.roles().len(), 1);
        assert_eq!(run.lowered.problems.iter().filter(past).count(), 1);
    }
    let values = format!(r#"{{"resource_changes":[{role}],"variables":"{}"}}"#, "x".repeat(300_000_000));
    assert!(read(values).problem().message.contains("256 MiB"));
    let escapes = "\\\\\\\"".repeat(1_000_000);
    let after = format!(r#"{{"assume_role_policy": "{escapes}"}}"#);
    assert!(read(change("aws_iam_role.x", &after, "{}")).problem().relevant);
}

/// Every place that a run names.
fn places(run: &Read) -> Vec<Span> {
    let mut spans = Vec::new();
    for role in run.roles() {
        spans.extend([role.span, role.document]);
        spans.extend(role.name.iter().chain(&role.max_session).chain(&role.boundary).map(|text| text.span));
        spans.extend(role.grants.iter().map(|grant| grant.span));
        for statement in role.trust.iter().flat_map(|variant| &variant.policy.statements) {
            spans.push(statement.span);
            spans.extend(statement.value.principals.items.iter().map(|p| p.id.span));
            spans.extend(statement.value.conditions.iter().map(|c| c.value.key.span));
        }
    }
    spans.extend(run.lowered.zone_facts.iter().map(|fact| fact.span));
    spans.extend(run.lowered.problems.iter().filter_map(|problem| match problem.place {
        Place::Span(span) => Some(span),
        Place::File(_) | Place::Path(_) => None,
    }));
    spans
}

proptest! {
    /// Whatever is cut or damaged in a plan: no panic, every place inside the file and on whole characters, and a
    /// file that is no JSON any more is a relevant problem.
    #[test]
    fn damaged_plans_are_read_or_named(
        cut in any::<prop::sample::Index>(),
        junk in "[{}\\[\\]\",:é\\\\0tn]{0,3}",
        drop in 0_usize..40,
        keep in any::<bool>(),
    ) {
        let boundary = |mut at: usize| {
            while !ROLES.is_char_boundary(at) {
                at -= 1;
            }
            at
        };
        let at = cut.index(ROLES.len());
        let (head, _) = ROLES.split_at(boundary(at));
        let (_, tail) = ROLES.split_at(boundary((at + drop).min(ROLES.len())));
        let damaged = format!("{head}{junk}{}", if keep { tail } else { "" });
        let run = read(damaged.clone());
        for span in places(&run) {
            prop_assert!(damaged.get(span.start as usize..span.end as usize).is_some(), "{span:?}");
        }
        if run.claimed && serde_json::from_str::<serde_json::Value>(&damaged).is_err() {
            prop_assert!(run.problem().relevant);
        }
    }

    /// Whatever strings a policy holds, and however often they are escaped: the text under a principal's place is
    /// that principal, escaped.
    #[test]
    fn the_text_under_a_principal_is_the_principal(id in "[a-z:\"\\\\\n\té😀/]{1,12}", ascii in any::<bool>()) {
        let document = serde_json::json!({
            "Version": "2012-10-17",
            "Statement": {"Effect": "Allow", "Principal": {"AWS": id}, "Action": "sts:AssumeRole"}
        });
        let escape = |text: &str| if ascii { ascii_only(text) } else { text.to_owned() };
        let policy = escape(&document.to_string());
        let after = escape(&serde_json::json!({ "assume_role_policy": policy }).to_string());
        let run = read(change("aws_iam_role.x", &after, "{}"));
        let principal = &statement(run.role("aws_iam_role.x")).principals.items[0].id;
        prop_assert_eq!(principal.value.as_str(), Some(id.as_str()));
        let once: String = serde_json::from_str(&format!("\"{}\"", run.snippet(principal.span))).unwrap();
        let twice: String = serde_json::from_str(&format!("\"{once}\"")).unwrap();
        prop_assert_eq!(twice, id);
    }
}

/// JSON text with everything beyond ASCII as escapes.
fn ascii_only(json: &str) -> String {
    let mut out = String::new();
    for char in json.chars() {
        if char.is_ascii() {
            out.push(char);
        } else {
            for unit in char.encode_utf16(&mut [0; 2]) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
    out
}
