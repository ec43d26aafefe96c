//! Which documents are trust policies, what is read from them, and what becomes of broken ones.

#![cfg(test)]

use std::collections::BTreeMap;

use model::{
    Breadth, Cloud, Effect, Grant, Input, LoadError, Loader, Lowered, Place, PrincipalKind, Problem, Role,
    SourceMap, Statement, Subject, Unit,
};
use proptest::prelude::*;
use trustproof_input_policy::PolicyInput;

struct Memory(BTreeMap<String, Vec<u8>>);

impl Loader for Memory {
    fn load(&self, path: &str) -> Result<Vec<u8>, LoadError> {
        self.0.get(path).cloned().ok_or_else(|| LoadError("no such file".to_owned()))
    }

    fn admits(&self, path: &str) -> bool {
        self.0.contains_key(path)
    }
}

/// What a run over the one file `a.json` gives, after the claim that a run depends on.
struct Read {
    sources: SourceMap,
    claimed: bool,
    lowered: Lowered,
}

fn read(bytes: impl Into<Vec<u8>>) -> Read {
    let bytes = bytes.into();
    let claimed = PolicyInput.claims("a.json", &bytes);
    let files = BTreeMap::from([("a.json".to_owned(), bytes)]);
    let sources = SourceMap::new(vec!["a.json".to_owned()], Box::new(Memory(files)));
    let ids: Vec<_> = sources.ids().collect();
    let units: Vec<Unit> = if claimed { PolicyInput.units(&ids, &sources) } else { Vec::new() };
    let mut lowered = Lowered::default();
    for unit in &units {
        let Lowered { subjects, zone_facts, problems, .. } = PolicyInput.read(unit, &sources);
        lowered.subjects.extend(subjects);
        lowered.zone_facts.extend(zone_facts);
        lowered.problems.extend(problems);
    }
    Read { sources, claimed, lowered }
}

impl Read {
    fn roles(&self) -> Vec<&Role> {
        let Lowered { subjects, .. } = &self.lowered;
        subjects.iter().map(|Subject::Role(role)| &**role).collect()
    }

    fn one(&self) -> &Role {
        match self.roles().as_slice() {
            [role] => role,
            other => panic!("{} roles, problems: {:?}", other.len(), self.lowered.problems),
        }
    }

    /// The texts under the principals of the first statement.
    fn principals(&self) -> Vec<String> {
        statement(self.one(), 0).principals.items.iter().map(|p| self.sources.snippet(p.id.span)).collect()
    }

    fn problem(&self) -> &Problem {
        match self.lowered.problems.as_slice() {
            [problem] => problem,
            other => panic!("{other:?}"),
        }
    }
}

fn statement(role: &Role, index: usize) -> &Statement {
    &role.trust[0].policy.statements[index].value
}

/// A policy with these members in its only statement.
fn policy(members: &str) -> String {
    format!(r#"{{"Version": "2012-10-17", "Statement": [{{{members}}}]}}"#)
}

#[test]
fn a_trust_policy_is_a_role_named_after_its_file() {
    let text = policy(
        r#""Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::210987654321:root"}, "Action": "sts:AssumeRole""#,
    );
    let run = read(text.clone());
    let role = run.one();
    assert_eq!((&*role.kind, &*role.address, role.cloud), ("policy", "a.json", Cloud::Aws));
    assert!(role.name.is_none());
    assert_eq!(run.sources.snippet(role.document), text);
    assert_eq!(run.sources.snippet(role.span), "{");
    assert_eq!(run.principals(), ["arn:aws:iam::210987654321:root"]);
    assert!(run.lowered.problems.is_empty());
}

#[test]
fn only_trust_policies_are_roles() {
    for (is_trust, members) in [
        (true, r#""Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole""#),
        (true, r#""Effect": "Allow", "Principal": "*", "Action": "STS:assumerole*""#),
        (true, r#""Effect": "Allow", "Principal": "*", "Action": "*""#),
        (true, r#""Effect": "Allow", "Principal": "*", "Action": ["s3:GetObject", "s?s:*"]"#),
        (true, r#""Effect": "Allow", "Principal": "*", "NotAction": "sts:TagSession""#),
        (true, r#""Effect": "Allow", "NotPrincipal": {"AWS": "1"}, "Action": "sts:*""#),
        (true, r#""Effect": "Allow", "Principal": {"AWS": "1"}, "Action": "sts:TagSession""#),
        (true, r#""Effect": "allow", "Principal": "*", "Action": "sts:AssumeRole""#),
        (true, r#""Principal": "*", "Action": "sts:AssumeRole""#),
        (true, r#""Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole", "Effect": "Allow""#),
        // An identity policy: it has no principal.
        (false, r#""Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*""#),
        // A bucket policy and the policy of a VPC endpoint.
        (false, r#""Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::b/*""#),
        // What all accounts have as a resource control policy; its statements of one's own can only deny.
        (false, r#""Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*""#),
        // A resource control policy.
        (false, r#""Effect": "Deny", "Principal": "*", "Action": "sts:*", "Resource": "*""#),
        // The policy of an image repository: no resource, but nothing about roles.
        (false, r#""Effect": "Allow", "Principal": "*", "Action": "ecr:*""#),
        // Nothing is allowed.
        (false, r#""Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole""#),
    ] {
        let run = read(policy(members));
        assert_eq!(run.roles().len(), usize::from(is_trust), "{members}");
        if !is_trust {
            assert!(run.lowered.problems.is_empty(), "{members}: {:?}", run.lowered.problems);
        }
    }
}

#[test]
fn a_single_statement_needs_no_list() {
    let run = read(r#"{"Statement": {"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}}"#);
    assert_eq!(run.principals(), ["*"]);
}

#[test]
fn alibaba_cloud_is_known_by_its_words() {
    for (cloud, version, principal) in [
        (Cloud::Alibaba, "1", r#"{"Service": "x"}"#),
        (Cloud::Alibaba, "2012-10-17", r#"{"RAM": ["1234567890123456"]}"#),
        (Cloud::Alibaba, "2012-10-17", r#"{"Federated": ["acs:ram::1234567890123456:saml-provider/n"]}"#),
        (Cloud::Alibaba, "2012-10-17", r#"{"Service": "1234567890123456@log.aliyuncs.com"}"#),
        (Cloud::Aws, "2012-10-17", r#"{"Service": "ec2.amazonaws.com"}"#),
        (Cloud::Aws, "2008-10-17", r#""*""#),
    ] {
        let text = format!(
            r#"{{"Version": "{version}", "Statement": [{{"Effect": "Allow", "Principal": {principal}, "Action": "sts:AssumeRole"}}]}}"#
        );
        assert_eq!(read(text).one().cloud, cloud, "{version} {principal}");
    }
}

#[test]
fn every_reading_of_an_equal_key_counts() {
    let run = read(policy(
        r#""Effect": "Allow", "Principal": {"AWS": "*", "AWS": "111122223333"}, "Action": "sts:AssumeRole""#,
    ));
    let ids: Vec<_> = run
        .one()
        .trust
        .iter()
        .map(|v| run.sources.snippet(v.policy.statements[0].value.principals.items[0].id.span))
        .collect();
    assert_eq!(ids, ["*", "111122223333"]);
    assert!(!run.problem().relevant);
}

#[test]
fn a_wrong_effect_is_named_and_the_policy_is_read() {
    let run = read(policy(r#""Effect": "ALLOW", "Principal": "*", "Action": "sts:AssumeRole""#));
    let statement = statement(run.one(), 0);
    assert!(matches!(statement.effect, Effect::Unknown(_)));
    assert_eq!(run.sources.snippet(statement.rejected[0].span), "ALLOW");
    assert!(run.problem().message.contains("`ALLOW`"));
}

#[test]
fn a_resource_too_many_hides_no_trust_policy() {
    let run = read(policy(
        r#""Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole", "Resource": "*""#,
    ));
    assert_eq!(run.principals(), ["*"]);
    assert!(run.problem().message.contains("`Resource` does not belong"), "{:?}", run.problem());
}

#[test]
fn an_action_without_its_service_is_named() {
    let run = read(policy(
        r#""Effect": "Allow", "Principal": "*", "Action": ["AssumeRole", "sts:TagSession", "**", "*"]"#,
    ));
    let problem = run.problem();
    let Place::Span(span) = problem.place else { panic!("{problem:?}") };
    assert_eq!(run.sources.snippet(span), "AssumeRole");
    assert!(problem.message.contains("names no service"), "{}", problem.message);
}

#[test]
fn escaped_words_hide_nothing() {
    let text = policy(r#""Effect": "Allow", "\u0050rincipal": "*", "Action": "sts:\u0041ssumeRole""#)
        .replace("Statement", "\\u0053tatement");
    let run = read(text);
    assert_eq!(run.principals(), ["*"]);
    assert_eq!(run.sources.snippet(statement(run.one(), 0).actions.items[0].span), "sts:\\u0041ssumeRole");
}

#[test]
fn numbers_as_account_ids_keep_their_spelling() {
    let run = read(policy(
        r#""Effect": "Allow", "Principal": {"AWS": [111122223333, "012345678901"]}, "Action": "sts:AssumeRole""#,
    ));
    assert_eq!(run.principals(), ["111122223333", "012345678901"]);
}

const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"210987654321"},"Action":"sts:AssumeRole"}]}"#;

#[test]
fn the_answer_of_get_role_is_a_role() {
    let encoded = TRUST.replace('"', "%22").replace('{', "%7B").replace('}', "%7D").replace(' ', "%20");
    let quoted = serde_json::to_string(TRUST).unwrap();
    let twice = serde_json::to_string(&encoded).unwrap();
    for document in [TRUST, &quoted, &twice] {
        let run = read(format!(
            r#"{{"Role": {{"Path": "/team/", "RoleName": "scan", "Arn": "arn:aws:iam::111122223333:role/team/scan",
                "AssumeRolePolicyDocument": {document}, "MaxSessionDuration": 7200,
                "PermissionsBoundary": {{"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": "arn:aws:iam::1:policy/b"}}}}}}"#
        ));
        let role = run.one();
        assert_eq!((&*role.kind, &*role.address), ("policy", "arn:aws:iam::111122223333:role/team/scan"));
        assert_eq!(run.sources.snippet(role.span), "scan");
        let [fact] = &run.lowered.zone_facts[..] else { panic!("{:?}", run.lowered.zone_facts) };
        assert_eq!(&*fact.account, "111122223333");
        assert_eq!(run.principals(), ["210987654321"]);
        assert!(role.name.as_ref().unwrap().value.is("scan"));
        assert!(role.path.as_ref().unwrap().is("/team/"));
        assert_eq!(run.sources.snippet(role.max_session.as_ref().unwrap().span), "7200");
        assert!(role.boundary.as_ref().unwrap().value.is("arn:aws:iam::1:policy/b"));
        assert!(run.lowered.problems.is_empty(), "{:?}", run.lowered.problems);
    }
}

#[test]
fn account_dumps_hold_many_roles_with_their_permissions() {
    let run = read(format!(
        r#"{{"UserDetailList": [], "RoleDetailList": [
            {{"RoleName": "one", "AssumeRolePolicyDocument": {TRUST},
              "AttachedManagedPolicies": [{{"PolicyName": "AdministratorAccess", "PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}}],
              "RolePolicyList": [
                {{"PolicyName": "all", "PolicyDocument": {{"Statement": [{{"Effect": "Allow", "Action": "*", "Resource": "*"}}]}}}},
                {{"PolicyName": "bad", "PolicyDocument": "%7B"}}]}},
            {{"RoleName": "two", "AssumeRolePolicyDocument": {TRUST}}}]}}"#
    ));
    let [one, two] = run.roles()[..] else { panic!("{:?}", run.lowered) };
    assert_eq!((&*one.address, &*two.address), ("one", "two"));
    let grants: Vec<_> = one.grants.iter().map(|g| &g.value).collect();
    assert!(
        matches!(grants[0], Grant::Managed(arn) if arn.is("arn:aws:iam::aws:policy/AdministratorAccess"))
    );
    assert_eq!(grants[1], &Grant::Document(Breadth::Administrator));
    assert!(matches!(grants[2], Grant::Document(Breadth::Unknown(_))));
    assert!(two.grants.is_empty());
}

#[test]
fn the_answers_of_aliyun_are_roles() {
    let document = r#"{"Version": "1", "Statement": [{"Effect": "Allow", "Principal": {"RAM": ["acs:ram::1234567890123456:root"]}, "Action": "sts:AssumeRole"}]}"#;
    let quoted = serde_json::to_string(document).unwrap();
    let run = read(format!(
        r#"{{"Roles": {{"Role": [{{"RoleName": "scan", "Arn": "acs:ram::6543210987654321:role/scan", "AssumeRolePolicyDocument": {quoted}}}]}}}}"#
    ));
    assert_eq!(run.one().cloud, Cloud::Alibaba);
    assert_eq!(run.principals(), ["acs:ram::1234567890123456:root"]);
    assert_eq!(statement(run.one(), 0).principals.items[0].kind, PrincipalKind::Ram);
}

#[test]
fn lists_of_documents_and_of_answers_are_read() {
    let run =
        read(format!(r#"[{TRUST}, {{"Role": {{"RoleName": "x", "AssumeRolePolicyDocument": {TRUST}}}}}]"#));
    let addresses: Vec<_> = run.roles().iter().map(|r| r.address.to_string()).collect();
    assert_eq!(addresses, ["a.json[0]", "x"]);
}

#[test]
fn a_role_with_an_unreadable_document_is_a_role_of_which_nothing_is_known() {
    let run = read(r#"{"Role": {"RoleName": "x", "AssumeRolePolicyDocument": "{\"Statement\": [sts:"}}"#);
    assert!(run.one().trust[0].policy.open.is_some());
    assert!(run.problem().relevant);
    let Place::Span(span) = run.problem().place else { panic!("{:?}", run.problem()) };
    assert_eq!(run.sources.snippet(span), "s");
}

#[test]
fn schemas_that_use_the_same_words_are_no_roles() {
    let run = read(
        r#"{"Role": {"AssumeRolePolicyDocument": {"type": "object"}}, "Roles": {"AssumeRolePolicyDocument": "the Principal of a Statement"}}"#,
    );
    assert!(run.claimed && run.roles().is_empty() && run.lowered.problems.is_empty());
}

#[test]
fn placeholders_of_templates_are_unknown() {
    let run = read(policy(
        r#""Effect": "Allow", "Principal": {"AWS": ["arn:aws:iam::${account_id}:root", ${others}, "{{ cookiecutter.vendor }}"]},
           "Action": "sts:AssumeRole", "Condition": {"StringEquals": {"aws:PrincipalTag/team": "${aws:username}"}}"#,
    ));
    let statement = statement(run.one(), 0);
    let ids: Vec<_> = statement.principals.items.iter().map(|p| p.id.value.to_string()).collect();
    assert_eq!(ids, ["arn:aws:iam::${account_id}:root", "${cookiecutter.vendor}"]);
    assert_eq!(run.principals(), ["arn:aws:iam::${account_id}:root", "{{ cookiecutter.vendor }}"]);
    assert_eq!(&*statement.principals.open.as_ref().unwrap().what, "others");
    // A policy variable is no placeholder.
    assert!(statement.conditions[0].value.values.items[0].value.is("${aws:username}"));
}

#[test]
fn statements_that_a_template_fills_in_may_be_trust() {
    let run = read(r#"{"Statement": ${statements_of_sts:AssumeRole}}"#);
    assert!(run.problem().relevant);
    let run = read(r#"{"Statement": [${statements}], "Id": "sts:AssumeRole"}"#);
    assert!(run.problem().relevant && run.roles().is_empty());
    let run = read(r#"{"Statement": [{"Principal": "*", "Action": "s3:*", "Resource": "*"} ${more}]}"#);
    assert!(!run.problem().relevant && run.roles().is_empty());
}

#[test]
fn broken_files_that_mention_trust_are_named() {
    let (cut, _) = TRUST.split_at(TRUST.len() - 10);
    let run = read(cut);
    assert!(run.problem().relevant && run.roles().is_empty());
    let Place::Span(span) = run.problem().place else { panic!("{:?}", run.problem()) };
    assert_eq!(span.end as usize, cut.len());

    let run = read(format!("{TRUST} trailing"));
    let Place::Span(span) = run.problem().place else { panic!("{:?}", run.problem()) };
    assert!(run.problem().relevant);
    assert_eq!(run.sources.snippet(span), "t");

    // A broken bucket policy hides no role.
    let run = read(r#"{"Statement": [{"Principal": "*", "Action": "s3:*", }]}"#);
    assert!(!run.problem().relevant);
}

#[test]
fn unreadable_texts_that_mention_trust_are_named() {
    let mut latin1 = TRUST.replace("Version", "Versio\u{1}").into_bytes();
    latin1.iter_mut().filter(|b| **b == 1).for_each(|b| *b = 0xe9);
    assert!(read(latin1).problem().relevant);
}

#[test]
fn marks_and_line_ends_of_windows_change_nothing() {
    let text = format!("\u{feff}{}", TRUST.replace(',', ",\r\n"));
    let run = read(text);
    assert_eq!(run.principals(), ["210987654321"]);
    assert!(run.lowered.problems.is_empty());
}

#[test]
fn other_files_are_left_alone() {
    assert!(!read(r#"{"name": "package", "dependencies": {}}"#).claimed);
    assert!(!PolicyInput.claims("a.yaml", TRUST.as_bytes()));
    assert!(PolicyInput.claims("-", TRUST.as_bytes()));
    for (path, scannable) in [
        ("a.json", true),
        ("b/A.JSON", true),
        ("x.policy", true),
        ("-", true),
        ("a.json.tpl", false),
        ("json", false),
    ] {
        assert_eq!(PolicyInput.scannable(path), scannable, "{path}");
    }
    // It may mention everything and still be nothing.
    let run = read(r#"{"note": "Statement Principal sts:AssumeRole", "n": 1}"#);
    assert!(run.claimed && run.roles().is_empty() && run.lowered.problems.is_empty());
}

#[test]
fn hostile_sizes_give_clean_answers() {
    let nested = format!("{{\"Statement\":{}\"sts:AssumeRole Principal", "[".repeat(100_000));
    assert!(read(nested).problem().relevant);
    let principals = vec!["\"210987654321\""; 250_000].join(",");
    let run = read(policy(&format!(
        r#""Effect": "Allow", "Principal": {{"AWS": [{principals}]}}, "Action": "sts:AssumeRole""#
    )));
    assert_eq!(run.principals().len(), 250_000);
    let run = read(format!("[{}]", vec![TRUST; 30_000].join(",")));
    assert_eq!(run.roles().len(), 30_000);
    let encoded = format!("%7B{}", "%22".repeat(1_000_000));
    let run = read(format!(r#"{{"RoleName": "Statement sts:", "AssumeRolePolicyDocument": "{encoded}"}}"#));
    assert!(run.problem().relevant);
    let braces = "{{ a".repeat(1_000_000);
    assert!(read(format!("Statement sts: {braces}")).problem().relevant);
}

proptest! {
    /// Whatever is cut or damaged: no panic, every place inside the file and on whole characters, and a policy that
    /// mentions trust is read or named.
    #[test]
    fn damaged_policies_are_read_or_named(
        cut in any::<prop::sample::Index>(),
        junk in "[{}\\[\\]\",:$é\\\\u0]{0,3}",
        keep in any::<bool>(),
    ) {
        let text = policy(r#""Effect": "Allow", "Principal": {"AWS": ["${a}", "é", "111122223333"]}, "Action": "sts:AssumeRole""#);
        let mut at = cut.index(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        let (head, tail) = text.split_at(at);
        let damaged = format!("{head}{junk}{}", if keep { tail } else { "" });
        let run = read(damaged.clone());
        let mut spans: Vec<_> = run.roles().iter().flat_map(|r| [r.span, r.document]).collect();
        for problem in &run.lowered.problems {
            let Place::Span(span) = problem.place else { panic!("{problem:?}") };
            spans.push(span);
        }
        for span in spans {
            prop_assert!(damaged.get(span.start as usize..span.end as usize).is_some(), "{span:?}");
        }
        let valid = serde_json::from_str::<serde_json::Value>(&damaged).is_ok();
        let mentions = damaged.contains("Statement") && damaged.contains("sts:AssumeRole");
        if mentions && !valid && run.roles().is_empty() {
            prop_assert!(run.lowered.problems.iter().any(|p| p.relevant), "{damaged}");
        }
    }
}

#[test]
fn endless_objects_take_linear_time() {
    // Comparing every key with every other would take minutes.
    let distinct: Vec<_> = (0..60_000).map(|n| format!(r#""k{n}": 1"#)).collect();
    let repeated: Vec<_> = (0..30_000).map(|n| format!(r#""k{n}": 1, "k{n}": 2"#)).collect();
    let same = vec![r#""k": 1"#; 60_000];
    for members in [distinct.join(","), repeated.join(","), same.join(",")] {
        let run = read(policy(&format!(
            r#""Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole", {members}"#
        )));
        assert!(!run.one().trust.is_empty());
        let run = read(policy(&format!(
            r#""Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole", "Condition": {{{members}}}"#
        )));
        assert!(!run.one().trust.is_empty());
    }
}
