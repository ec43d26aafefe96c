//! What parameters may be: defaults, given values, and what a template permits.

use model::Standing;

use crate::common::{Read, principal_of, read, read_with, template};

/// The shapes of the only role: the standing of each and its first principal.
fn shapes(read: &Read) -> Vec<(Standing, String)> {
    let standing =
        |v: &model::Variant| v.assumptions.iter().map(|a| a.standing).max().unwrap_or(Standing::Selected);
    read.role().trust.iter().map(|v| (standing(v), principal_of(v))).collect()
}

/// A role that trusts `yes` if the condition holds and `no` otherwise.
fn choice(parameters: &str, condition: &str, more: &str) -> Read {
    read(&template(
        &format!("Parameters: {parameters}\nConditions: {{C: {condition}}}\n{more}"),
        "!If [C, 'y', 'n']",
    ))
}

#[test]
fn a_given_value_selects_as_a_default_does() {
    let text = template(
        "Parameters: {P: {Type: String, Default: ''}}\nConditions: {C: !Equals [!Ref P, '']}",
        "!If [C, '*', !Ref P]",
    );
    let read = read_with(&text, &[("P", "111122223333"), ("Nobody", "x")]);
    assert_eq!(
        shapes(&read),
        [(Standing::Permitted, "*".to_owned()), (Standing::Selected, "111122223333".to_owned())]
    );
    let whens: Vec<_> = read.role().trust.iter().map(|v| v.assumptions[0].when.to_string()).collect();
    assert_eq!(whens, ["`P` is given another value", "`P` has the value that is given"]);
    let (_, under) =
        read_with(&template("Parameters: {P: {Type: String}}", "!Ref P"), &[("P", "x")]).principal();
    assert_eq!(under, "P");
}

#[test]
fn given_lists_are_split_and_hidden_values_stay_hidden() {
    let lists = template("Parameters: {P: {Type: CommaDelimitedList}}", "!Ref P");
    let read_lists = read_with(&lists, &[("P", "a1, b2")]);
    let items = &read_lists.variant().policy.statements[0].value.principals.items;
    assert_eq!(items.iter().map(|p| p.id.value.to_string()).collect::<Vec<_>>(), ["a1", "b2"]);
    let hidden = template("Parameters: {P: {Type: String, NoEcho: true}}", "!Ref P");
    let read = read_with(&hidden, &[("P", "s3cret")]);
    assert!(read.variant().policy.statements[0].value.principals.items[0].id.value.has_unknown());
    assert!(!format!("{:?} {:?}", read.lowered.subjects, read.lowered.problems).contains("s3cret"));
    let stored = template("Parameters: {P: {Type: 'AWS::SSM::Parameter::Value<String>'}}", "!Ref P");
    let read = read_with(&stored, &[("P", "/path")]);
    assert!(read.variant().policy.statements[0].value.principals.items[0].id.value.has_unknown());
}

#[test]
fn excluded_values_open_no_branch() {
    // (declaration, condition, shapes that are left)
    let cases = [
        // `x` is the only other value than the default.
        ("{P: {Type: String, Default: a, AllowedValues: [a, x]}}", "!Equals [!Ref P, x]", "yn"),
        ("{P: {Type: String, Default: a, AllowedValues: [a, b]}}", "!Equals [!Ref P, x]", "n"),
        ("{P: {Type: String, Default: a, AllowedValues: [a]}}", "!Equals [!Ref P, a]", "y"),
        ("{P: {Type: String, Default: a, AllowedPattern: '.+'}}", "!Equals [!Ref P, '']", "n"),
        ("{P: {Type: String, Default: a, AllowedPattern: '.*'}}", "!Equals [!Ref P, '']", "yn"),
        ("{P: {Type: String, Default: a, AllowedPattern: '^(a|b)$'}}", "!Equals [!Ref P, c]", "n"),
        ("{P: {Type: String, Default: a, AllowedPattern: '^(a|b)$'}}", "!Equals [!Ref P, b]", "yn"),
        // What only the service's own engine understands excludes nothing.
        ("{P: {Type: String, Default: a, AllowedPattern: '(?!x).*'}}", "!Equals [!Ref P, x]", "yn"),
        ("{P: {Type: String, Default: abc, MinLength: 3}}", "!Equals [!Ref P, x]", "n"),
        ("{P: {Type: String, Default: abc, MaxLength: 3}}", "!Equals [!Ref P, wxyz]", "n"),
        ("{P: {Type: String, AllowedPattern: '.+'}}", "!Equals [!Ref P, '']", "n"),
        ("{P: {Type: String}}", "!Equals [!Ref P, '']", "yn"),
        // Part of a value may be anything that its pattern leaves.
        ("{P: {Type: String, Default: a-b}}", "!Equals [!Select [0, !Split ['-', !Ref P]], x]", "yn"),
        ("{P: {Type: String, Default: a, AllowedValues: [a, b]}}", "!Equals [!Sub 'x${P}', xc]", "n"),
        ("{P: {Type: String, Default: a}, Q: {Type: String, Default: a}}", "!Equals [!Ref P, !Ref Q]", "yn"),
        (
            "{P: {Type: String, Default: a, AllowedValues: [a]}, Q: {Type: String, Default: b, AllowedValues: [b]}}",
            "!Equals [!Ref P, !Ref Q]",
            "n",
        ),
        (
            "{P: {Type: CommaDelimitedList, Default: 'a', AllowedValues: [a]}}",
            "!Equals [!Join ['', !Ref P], x]",
            "yn",
        ),
    ];
    for (parameters, condition, expected) in cases {
        let left: String = shapes(&choice(parameters, condition, "")).into_iter().map(|(_, p)| p).collect();
        assert_eq!(left, expected, "{parameters} {condition}");
    }
}

#[test]
fn a_default_that_is_not_permitted_is_none() {
    let read = choice("{P: {Type: String, Default: '', AllowedPattern: '.+'}}", "!Equals [!Ref P, x]", "");
    let standings: Vec<_> = shapes(&read).into_iter().map(|(standing, _)| standing).collect();
    assert_eq!(standings, [Standing::Unsettled, Standing::Unsettled]);
}

const VENDOR: &str = "
Parameters:
  Account: {Type: String, Default: ''}
  Id: {Type: String, Default: ''}
Conditions:
  HasAccount: !Not [!Equals [!Ref Account, '']]
  HasId: !Not [!Equals [!Ref Id, '']]
RULES
Resources:
  R:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement:
          - !If
            - HasAccount
            - Effect: Allow
              Action: sts:AssumeRole
              Principal: {AWS: !Ref Account}
              Condition: !If [HasId, {StringEquals: {sts:ExternalId: !Ref Id}}, !Ref AWS::NoValue]
            - !Ref AWS::NoValue
";

const RULES: &str = "
Rules:
  Both:
    RuleCondition: !Not [!Equals [!Ref Account, '']]
    Assertions: [{Assert: !Not [!Equals [!Ref Id, '']]}]
";

/// The shapes: how many statements and conditions each has.
fn statements(text: &str, given: &[(&str, &str)]) -> Vec<(Standing, usize, usize)> {
    let read = read_with(text, given);
    let of = |v: &model::Variant| {
        let statements = &v.policy.statements;
        let conditions = statements.iter().map(|s| s.value.conditions.len()).sum();
        let standing = v.assumptions.iter().map(|a| a.standing).max().unwrap_or(Standing::Selected);
        (standing, statements.len(), conditions)
    };
    let mut shapes: Vec<_> = read.role().trust.iter().map(of).collect();
    shapes.sort_unstable();
    shapes.dedup();
    shapes
}

#[test]
fn rules_exclude_what_they_forbid_together() {
    let without = statements(&VENDOR.replace("RULES", ""), &[]);
    assert!(without.contains(&(Standing::Permitted, 1, 0)), "{without:?}");
    let with = statements(&VENDOR.replace("RULES", RULES), &[]);
    // Whether there is an Id matters only where there is an account.
    assert_eq!(with, [(Standing::Selected, 0, 0), (Standing::Permitted, 1, 1)]);
}

#[test]
fn what_is_selected_and_forbidden_leaves_the_rest_unsettled() {
    // An account is given, but no id: this cannot be deployed.
    let shapes = statements(&VENDOR.replace("RULES", RULES), &[("Account", "111122223333")]);
    assert!(shapes.iter().all(|(standing, ..)| *standing != Standing::Selected), "{shapes:?}");
    assert!(shapes.contains(&(Standing::Unsettled, 1, 1)), "{shapes:?}");
    assert!(!shapes.iter().any(|(_, statements, conditions)| *statements == 1 && *conditions == 0));
}

#[test]
fn rules_have_functions_of_their_own() {
    let rule = |assertion: &str| {
        let rules = format!("Rules: {{R: {{Assertions: [{{Assert: {assertion}}}]}}}}");
        let read = choice("{P: {Type: String, Default: a}}", "!Equals [!Ref P, x]", &rules);
        shapes(&read).into_iter().map(|(_, p)| p).collect::<String>()
    };
    assert_eq!(rule("{'Fn::Contains': [[a, b], !Ref P]}"), "n");
    assert_eq!(rule("{'Fn::Contains': [[a, x], !Ref P]}"), "yn");
    assert_eq!(rule("{'Fn::Not': [{'Fn::Contains': [[x], !Ref P]}]}"), "n");
    assert_eq!(rule("{'Fn::EachMemberIn': [[!Ref P], [a, b]]}"), "n");
    assert_eq!(rule("{'Fn::EachMemberEquals': [[!Ref P], x]}"), "y");
    // What is only known to the service excludes nothing.
    assert_eq!(rule("{'Fn::Contains': [{'Fn::RefAll': 'AWS::EC2::VPC::Id'}, !Ref P]}"), "yn");
    assert_eq!(rule("{'Fn::Nonsense': 1}"), "yn");
}

#[test]
fn conditions_on_one_parameter_exclude_each_other() {
    let sections = "
Parameters: {Env: {Type: String, Default: dev}}
Conditions:
  Prod: !Equals [!Ref Env, prod]
  Test: !Equals [!Ref Env, test]";
    let read = read(&template(sections, "[!If [Prod, p, '-'], !If [Test, t, '-']]"));
    let shapes: Vec<String> = read
        .role()
        .trust
        .iter()
        .map(|v| {
            let items = &v.policy.statements[0].value.principals.items;
            items.iter().map(|p| p.id.value.to_string()).collect()
        })
        .collect();
    assert_eq!(shapes.len(), 3, "{shapes:?}");
    assert!(!shapes.contains(&"pt".to_owned()));
}

#[test]
fn a_condition_says_what_its_parameter_is() {
    let sections = "
Parameters: {Env: {Type: String, Default: dev}, Way: {Type: String, Default: a, AllowedValues: [a, b]}}
Conditions: {Prod: !Equals [!Ref Env, prod], Second: !Not [!Equals [!Ref Way, a]]}";
    assert_eq!(shapes(&read(&template(sections, "!If [Prod, !Ref Env, x]")))[0].1, "prod");
    assert_eq!(shapes(&read(&template(sections, "!If [Second, !Ref Way, x]")))[0].1, "b");
}

#[test]
fn without_a_default_the_permitted_values_are_alternatives() {
    let of = |values: &str| {
        let sections = format!("Parameters: {{P: {{Type: String, AllowedValues: {values}}}}}");
        shapes(&read(&template(&sections, "!Sub 'arn:aws:iam::${P}:root'")))
    };
    assert_eq!(of("['111122223333']"), [(Standing::Selected, "arn:aws:iam::111122223333:root".to_owned())]);
    assert_eq!(
        of("['111122223333', '444455556666']"),
        [
            (Standing::Unsettled, "arn:aws:iam::111122223333:root".to_owned()),
            (Standing::Unsettled, "arn:aws:iam::444455556666:root".to_owned())
        ]
    );
    let sections =
        "Parameters: {P: {Type: String, AllowedValues: [a, b]}}\nConditions: {A: !Equals [!Ref P, a]}";
    let read = read(&template(sections, "[!Ref P, !If [A, first, second]]"));
    let second: Vec<_> = read
        .role()
        .trust
        .iter()
        .map(|v| {
            let items = &v.policy.statements[0].value.principals.items;
            items.iter().map(|p| p.id.value.to_string()).collect::<Vec<_>>().join(" ")
        })
        .collect();
    assert_eq!(second, ["a first", "b second"]);
}

#[test]
fn a_mapping_with_an_unknown_key_has_one_of_its_values() {
    let sections = "Mappings: {M: {eu-west-1: {id: '111122223333'}, us-east-1: {id: '444455556666'}}}";
    let found = shapes(&read(&template(sections, "!FindInMap [M, !Ref AWS::Region, id]")));
    let values: Vec<_> = found.iter().map(|(_, p)| p.as_str()).collect();
    assert_eq!(values, ["111122223333", "444455556666"]);
    let same = sections.replace("444455556666", "111122223333");
    let found = shapes(&read(&template(&same, "!FindInMap [M, !Ref AWS::Region, id]")));
    assert_eq!(found, [(Standing::Selected, "111122223333".to_owned())]);
    let default = shapes(&read(&template(sections, "!FindInMap [M, nowhere, id, {DefaultValue: d}]")));
    assert_eq!(default, [(Standing::Selected, "d".to_owned())]);
    // A region that is not listed has the default.
    let found =
        shapes(&read(&template(sections, "!FindInMap [M, !Ref AWS::Region, id, {DefaultValue: '*'}]")));
    let values: Vec<_> = found.iter().map(|(_, p)| p.as_str()).collect();
    assert_eq!(values, ["111122223333", "444455556666", "*"]);
    // Rows that are no regions are none of them.
    let mixed = sections.replace("us-east-1", "Default");
    let found = shapes(&read(&template(&mixed, "!FindInMap [M, !Ref AWS::Region, id]")));
    assert_eq!(found, [(Standing::Selected, "111122223333".to_owned())]);
}

#[test]
fn a_role_exists_under_its_condition() {
    let role =
        |condition: &str, principal: &str| {
            let sections = "Parameters: {P: {Type: String, Default: 'no'}}
Conditions: {Never: !Equals [a, b], Wanted: !Equals [!Ref P, 'yes'], Here: !Equals [!Ref AWS::Region, x]}";
            let text = template(sections, principal);
            read(&text.replace(
                "Type: AWS::IAM::Role",
                &format!("Type: AWS::IAM::Role\n    Condition: {condition}"),
            ))
        };
    assert!(role("Never", "'*'").roles().is_empty());
    assert_eq!(shapes(&role("Wanted", "'*'")), [(Standing::Permitted, "*".to_owned())]);
    assert_eq!(shapes(&role("Here", "'*'")), [(Standing::Unsettled, "*".to_owned())]);
    // Inside of it the condition holds.
    assert_eq!(shapes(&role("Wanted", "!If [Wanted, a, b]")), [(Standing::Permitted, "a".to_owned())]);
    // A condition that is not there decides nothing.
    assert_eq!(shapes(&role("Nobody", "'*'")).len(), 1);
}
