//! The functions of the template language, each in the place of a principal.

use crate::common::{read, template};
use model::Standing;

/// Parameters, mappings, conditions and other resources that the expressions below may use.
const SECTIONS: &str = "
Parameters:
  Given: {Type: String, Default: '111122223333'}
  Missing: {Type: String}
  Hidden: {Type: String, Default: s3cret, NoEcho: true}
  Several: {Type: CommaDelimitedList, Default: 'a1, b2,c3'}
  Stored: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /x}
  Json: {Type: String, Default: text}
Mappings:
  Accounts:
    prod: {id: '444455556666'}
Conditions:
  Fixed: !Equals [a, a]
Outputs: {}";

fn principal_of(expression: &str) -> (String, String) {
    read(&template(SECTIONS, expression)).principal()
}

#[test]
fn every_function_gives_its_value_at_its_place() {
    // (expression, value, text under the value's span)
    let cases = [
        ("!Ref Given", "111122223333", "Given"),
        ("{Ref: Given}", "111122223333", "Given"),
        ("!Ref Missing", "${parameter `Missing`}", "Missing"),
        ("!Ref Hidden", "${parameter `Hidden`}", "Hidden"),
        ("!Ref Stored", "${parameter `Stored`}", "Stored"),
        ("!Ref AWS::AccountId", "${own account}", "AWS::AccountId"),
        ("!Ref AWS::StackName", "${`AWS::StackName`}", "AWS::StackName"),
        ("!Sub '${Given}'", "111122223333", "${Given}"),
        ("!Sub 'arn:aws:iam::${Given}:root'", "arn:aws:iam::111122223333:root", "arn:aws:iam::${Given}:root"),
        (
            "!Sub 'arn:${AWS::Partition}:iam::${AWS::AccountId}:root'",
            "arn:${partition}:iam::${own account}:root",
            "arn:${AWS::Partition}:iam::${AWS::AccountId}:root",
        ),
        ("!Sub ['${A}-${Given}', {A: !Ref Missing}]", "${parameter `Missing`}-111122223333", "${A}-${Given}"),
        ("!Sub 'a${!aws:x}b'", "a${aws:x}b", "a${!aws:x}b"),
        ("!Sub 'a${open'", "a${open", "a${open"),
        ("!Sub 012", "012", "012"),
        ("!Join [':', [arn, !Ref Given, x]]", "arn:111122223333:x", "[arn, !Ref Given, x]"),
        ("!Join ['-', !Ref Several]", "a1-b2-c3", "Several"),
        ("!Select [1, !Ref Several]", "b2", "Several"),
        ("!Select ['0', [x, y]]", "x", "x"),
        ("!Select [1, !Split [':', 'a:b:c']]", "b", "a:b:c"),
        (
            "!Select [2, !Split [':', !Sub 'x:y:${AWS::AccountId}:z']]",
            "${own account}",
            "x:y:${AWS::AccountId}:z",
        ),
        ("!FindInMap [Accounts, prod, id]", "444455556666", "[Accounts, prod, id]"),
        ("!If [Fixed, x, y]", "x", "x"),
        ("'{{resolve:ssm:/a}}'", "${{{resolve:ssm:/a}}}", "{{resolve:ssm:/a}}"),
        (
            "!Sub 'a-{{resolve:ssm:/${Given}}}-b'",
            "a-${{{resolve:ssm:/111122223333}}}-b",
            "a-{{resolve:ssm:/${Given}}}-b",
        ),
    ];
    for (expression, value, under) in cases {
        assert_eq!(principal_of(expression), (value.to_owned(), under.to_owned()), "{expression}");
    }
}

#[test]
fn what_is_not_evaluated_is_unknown_and_says_which_function() {
    for expression in [
        "!Ref Nobody",
        "!ImportValue x",
        "!Base64 {Ref: Missing}",
        "!GetAZs eu-west-1",
        "!Cidr [10.0.0.0/24, 300]",
        "!Cidr [no, 1]",
        "!FindInMap [Nothing, a, b]",
        "!FindInMap [Accounts, !Ref Missing, name]",
        "!FindInMap [Accounts, test, id]",
        "!Split [':', !Ref Missing]",
        "!Select [9, [a]]",
        "!Select [x, [a]]",
        "!Join [a]",
        "!Join ['', !Ref Missing]",
        "!If [Fixed]",
        "!GetAtt Nobody.Arn",
        "!GetAtt x",
        "!Sub {}",
        "{'Fn::Transform': {Name: AWS::Include}}",
        "!vault x",
    ] {
        let read = read(&template(SECTIONS, expression));
        let principals = &read.variant().policy.statements[0].value.principals;
        let unknown = principals.open.is_some() || principals.items.iter().any(|p| p.id.value.has_unknown());
        assert!(unknown, "{expression}: {principals:?}");
        assert!(read.relevant().is_empty(), "{expression}");
    }
}

#[test]
fn a_hidden_default_is_shown_nowhere() {
    let sections = format!("{SECTIONS}\n");
    let text = template(&sections, "!Sub '${Hidden}x'");
    let read = read(&text);
    assert!(!format!("{:?} {:?}", read.lowered.subjects, read.lowered.problems).contains("s3cret"));
}

#[test]
fn a_parameters_value_knows_where_it_is_defined() {
    let read = read(&template(SECTIONS, "!Ref Given"));
    let id = &read.variant().policy.statements[0].value.principals.items[0].id;
    assert_eq!(read.sources.snippet(id.defined.unwrap()), "111122223333");
}

#[test]
fn lists_of_one_parameter_are_lists() {
    let read = read(&template(SECTIONS, "!Ref Several"));
    let items = &read.variant().policy.statements[0].value.principals.items;
    assert_eq!(items.iter().map(|p| p.id.value.to_string()).collect::<Vec<_>>(), ["a1", "b2", "c3"]);
}

#[test]
fn identities_of_the_template_have_arns_in_the_own_account() {
    let others = "
Parameters: {N: {Type: String}}
Resources:
  Named: {Type: 'AWS::IAM::Role', Properties: {RoleName: app, Path: /team/, AssumeRolePolicyDocument: {Statement: []}}}
  Unnamed: {Type: 'AWS::IAM::Role', Properties: {AssumeRolePolicyDocument: {Statement: []}}}
  Oidc: {Type: 'AWS::IAM::OIDCProvider', Properties: {Url: 'https://token.actions.githubusercontent.com'}}
  Bucket: {Type: 'AWS::S3::Bucket'}
  Loop: {Type: 'AWS::IAM::User', Properties: {UserName: !Ref Loop}}
  R:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {Statement: {Effect: Allow, Action: 'sts:AssumeRole', Principal: {AWS: EXPRESSION}}}
";
    let cases = [
        ("!GetAtt Named.Arn", "arn:${partition}:iam::${own account}:role/team/app"),
        ("!GetAtt [Named, Arn]", "arn:${partition}:iam::${own account}:role/team/app"),
        ("!Sub '${Named.Arn}'", "arn:${partition}:iam::${own account}:role/team/app"),
        ("!Ref Named", "app"),
        ("!GetAtt Unnamed.Arn", "arn:${partition}:iam::${own account}:role/${the name of `Unnamed`}"),
        ("!Ref Unnamed", "${`Unnamed`}"),
        (
            "!Ref Oidc",
            "arn:${partition}:iam::${own account}:oidc-provider/token.actions.githubusercontent.com",
        ),
        ("!GetAtt Bucket.Arn", "${`Bucket.Arn`}"),
        ("!GetAtt Loop.Arn", "arn:${partition}:iam::${own account}:user/${`Loop.UserName`}"),
    ];
    for (expression, value) in cases {
        let read = read(&others.replace("EXPRESSION", expression));
        let roles = read.roles();
        let role = roles.iter().find(|r| &*r.address == "R").unwrap();
        let id = &role.trust[0].policy.statements[0].value.principals.items[0].id;
        assert_eq!(id.value.to_string(), value, "{expression}");
    }
}

/// The shapes of a policy: the clause and standing of its only condition, and its meaning.
fn shapes(text: &str) -> Vec<(String, Standing, String)> {
    let read = read(text);
    let shape = |v: &model::Variant| {
        let assumption = v.assumptions.first().unwrap();
        (assumption.when.to_string(), assumption.standing, v.policy.canonical())
    };
    read.role().trust.iter().map(shape).collect()
}

const GUARDED: &str = "
Parameters: {Id: {Type: String, Default: 'DEFAULT'}}
Conditions: {HasId: !Not [!Equals [!Ref Id, '']]}
Resources:
  R:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: '2012-10-17'
        Statement:
          - Effect: Allow
            Action: sts:AssumeRole
            Principal: {AWS: '999988887777'}
            Condition: !If [HasId, {StringEquals: {'sts:ExternalId': !Ref Id}}, !Ref AWS::NoValue]
";

#[test]
fn an_entry_without_value_is_missing_in_that_branch_only() {
    let shapes = shapes(&GUARDED.replace("DEFAULT", ""));
    assert_eq!(shapes.len(), 2);
    let (when, standing, meaning) = &shapes[0];
    assert_eq!((when.as_str(), *standing), ("`Id` is given another value", Standing::Permitted));
    // The value that is then given is not the default.
    assert!(meaning.contains("\"sts:externalid\"[?]"), "{meaning}");
    let (when, standing, meaning) = &shapes[1];
    assert_eq!((when.as_str(), *standing), ("`Id` is left at its default, empty", Standing::Selected));
    assert!(!meaning.contains("sts:externalid"), "{meaning}");
}

#[test]
fn the_default_selects_the_branch() {
    let shapes = shapes(&GUARDED.replace("DEFAULT", "x9"));
    assert_eq!(shapes[0].1, Standing::Selected);
    assert_eq!(shapes[0].0, "`Id` is left at its default");
    assert!(shapes[0].2.contains("\"x9\""), "{}", shapes[0].2);
    assert_eq!(shapes[1].1, Standing::Permitted);
}

#[test]
fn without_a_default_nothing_is_selected() {
    let text = GUARDED.replace(", Default: 'DEFAULT'", "");
    let shapes = shapes(&text);
    assert_eq!(shapes[0].0, "the condition `HasId` holds");
    assert!(shapes.iter().all(|s| s.1 == Standing::Unsettled));
}

#[test]
fn a_hidden_default_decides_but_is_not_shown() {
    let text = GUARDED.replace("Default: 'DEFAULT'", "NoEcho: true, Default: ''");
    assert_eq!(shapes(&text)[1].1, Standing::Selected);
}

#[test]
fn a_statement_or_an_element_may_be_conditional() {
    let statement = "
Parameters: {P: {Type: String, Default: 'no'}}
Conditions:
  Open: !Equals [!Ref P, 'yes']
  Shut: !Not [!Condition Open]
Resources:
  R:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement:
          - {Effect: Allow, Action: 'sts:AssumeRole', Principal: {Service: ec2.amazonaws.com}}
          - !If [Open, {Effect: Allow, Action: 'sts:AssumeRole', Principal: '*'}, !Ref AWS::NoValue]
          - Effect: Allow
            Action: sts:AssumeRole
            Principal: {AWS: ['111122223333', !If [Shut, !Ref AWS::NoValue, '444455556666']]}
";
    let read = read(statement);
    let trust = &read.role().trust;
    // `Shut` is `Open` negated, so there are two shapes and not four.
    assert_eq!(trust.len(), 2);
    let counts: Vec<_> = trust
        .iter()
        .map(|v| {
            let last = v.policy.statements.last().unwrap();
            (v.assumptions[0].standing, v.policy.statements.len(), last.value.principals.items.len())
        })
        .collect();
    assert_eq!(counts, [(Standing::Permitted, 3, 2), (Standing::Selected, 2, 1)]);
}

#[test]
fn conditions_combine_with_three_values() {
    // Each condition with whether `!If` leaves one shape (fixed), a selected one, or none selected.
    let cases = [
        ("!Equals [a, a]", "fixed yes"),
        ("!Equals [a, b]", "fixed no"),
        ("!Equals [!Ref D, d]", "selected yes"),
        ("!Equals [!Ref D, x]", "selected no"),
        ("!Equals [!Ref U, x]", "unsettled"),
        ("!Equals [!Ref AWS::Region, eu-west-1]", "unsettled"),
        ("!Equals [!Ref AWS::Region, !Ref AWS::Region]", "fixed yes"),
        ("!Not [!Equals [!Ref D, d]]", "selected no"),
        ("!And [!Equals [!Ref D, d], !Equals [!Ref U, x]]", "unsettled"),
        ("!And [!Equals [!Ref D, x], !Equals [!Ref U, x]]", "selected no"),
        ("!And [!Equals [a, b], !Equals [!Ref U, x]]", "fixed no"),
        ("!Or [!Equals [a, a], !Equals [!Ref U, x]]", "fixed yes"),
        ("!Or [!Equals [!Ref D, d], !Equals [!Ref U, x]]", "selected yes"),
        ("!Or [!Equals [!Ref D, x], !Equals [a, b]]", "selected no"),
        ("!Condition Loop", "unsettled"),
        ("!Condition Nobody", "unsettled"),
        ("text", "unsettled"),
        ("!Equals [a]", "unsettled"),
    ];
    for (condition, expected) in cases {
        let sections = format!(
            "Parameters: {{D: {{Type: String, Default: d}}, U: {{Type: String}}}}\n\
             Conditions: {{C: {condition}, Loop: !Condition Loop2, Loop2: !Not [!Condition Loop]}}"
        );
        let read = read(&template(&sections, "!If [C, 'yes', 'no']"));
        let trust = &read.role().trust;
        let principal =
            |v: &model::Variant| v.policy.statements[0].value.principals.items[0].id.value.to_string();
        let selected = trust.iter().find(|v| v.assumptions.iter().any(|a| a.standing == Standing::Selected));
        let got = match (trust.as_slice(), selected) {
            ([one], _) => format!("fixed {}", principal(one)),
            (_, Some(one)) => format!("selected {}", principal(one)),
            (_, None) => "unsettled".to_owned(),
        };
        assert_eq!(got, expected, "{condition}");
    }
}

#[test]
fn text_of_conditional_pieces_is_one_of_several_texts() {
    let sections = "Parameters: {P: {Type: String, Default: a}}\nConditions: {C: !Equals [!Ref P, a]}";
    for expression in [
        "!Join ['', [x, !If [C, y, z]]]",
        "!Sub ['x${V}', {V: !If [C, y, z]}]",
        "!Select [0, [!If [C, xy, xz], other]]",
    ] {
        let read = read(&template(sections, expression));
        let principal =
            |v: &model::Variant| v.policy.statements[0].value.principals.items[0].id.value.to_string();
        let principals: Vec<_> = read.role().trust.iter().map(principal).collect();
        assert_eq!(principals, ["xy", "xz"], "{expression}");
    }
}
