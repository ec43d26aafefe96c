//! Files that are no good templates: named, bounded, and harmless to their neighbours.

use std::fmt::Write as _;

use crate::common::{read, read_as, template};
use model::Input;
use proptest::prelude::*;
use trustproof_input_cloudformation::CloudFormationInput;

#[test]
fn only_files_that_may_hold_roles_are_claimed() {
    let claims = |path: &str, text: &str| CloudFormationInput::default().claims(path, text.as_bytes());
    assert!(claims("a/b.YAML", "Type: AWS::IAM::Role"));
    assert!(claims("-", "Type: ALIYUN::RAM::Role"));
    assert!(claims("x.json", r#"{"Resources": {"R": {"Type": "AWS::IAM::\u0052ole"}}}"#));
    assert!(!claims("x.tf", "Type: AWS::IAM::Role"));
    assert!(!claims("x.yaml", "Resources: {}"));
    assert!(!claims("é", "AWS::IAM::Role"));
    assert!(
        CloudFormationInput::default().scannable("x.template")
            && !CloudFormationInput::default().scannable("yaml")
    );
}

#[test]
fn an_escaped_type_is_a_type() {
    let text = r#"{"Resources": {"R": {"Type": "AWS::IAM::\u0052ole", "Properties": {"AssumeRolePolicyDocument": {"Statement": []}}}}}"#;
    assert_eq!(read_as("x.json", text.as_bytes()).roles().len(), 1);
}

#[test]
fn a_mere_mention_is_no_role_and_no_problem() {
    for text in [
        "# AWS::IAM::Role\nResources: {B: {Type: 'AWS::S3::Bucket'}}",
        "Description: makes an AWS::IAM::Role\nResources: {}",
        "rules: [AWS::IAM::Role]",
        "- AWS::IAM::Role",
        "# AWS::IAM::Role",
        "Resources: # AWS::IAM::Role\n",
    ] {
        let read = read(text);
        let relevant = read.relevant();
        assert!(read.roles().is_empty() && relevant.is_empty(), "{text}: {relevant:?}");
    }
}

#[test]
fn roles_in_places_that_are_not_read_are_named() {
    let role = "{Type: 'AWS::IAM::Role', Properties: {AssumeRolePolicyDocument: {}}}";
    for text in [
        format!("resources: {{Resources: {{R: {role}}}}}"),
        format!("Resources: [{role}]"),
        format!("Resources:\n  'Fn::ForEach::X': [A, [b], {role}, more]"),
        format!("Resources: {{S: {{Type: 'AWS::Other::Thing', Properties: {{Body: {{Resources: {{R: {role}}}}}}}}}}}"),
        format!("Resources: {{S: {{Type: 'AWS::Other::Thing', Properties: {{TemplateBody: \"{role}\"}}}}}}"),
        format!("stacks: {{one: {{template_body: [{{'Fn::Sub': \"{role}\"}}]}}}}"),
        "# AWS::IAM::Role\nResources: {F: {Type: 'AWS::Other::Function', Properties: {AssumeRolePolicyDocument: {}}}}".to_owned(),
        "# AWS::IAM::Role\nResources: {F: {Properties: {AssumeRolePolicyDocument: {}}}}".to_owned(),
        "# AWS::IAM::Role\nResources: {F: !Include x}".to_owned(),
        "Transform: 'Aliyun::Other'\nWorkspace: {main.tf: 'resource \"alicloud_ram_role\" \"r\" {}'} # ALIYUN::RAM::Role".to_owned(),
    ] {
        let read = read(&text);
        assert_eq!(read.relevant().len(), 1, "{text}: {:?}", read.relevant());
        assert!(read.roles().is_empty());
    }
}

#[test]
fn a_text_that_only_shows_a_template_is_named_and_hides_nothing() {
    let role = "{Type: 'AWS::IAM::Role', Properties: {AssumeRolePolicyDocument: {}}}";
    for text in [
        format!("Remediation: {{Code: {{NativeIaC: \"{role}\"}}}}"),
        format!("- documents: [{{how: \"{role}\"}}]"),
        format!("Metadata: {{TemplateBodyOfOthers: \"{role}\"}}\nResources: {{}}"),
        format!("Resources: {{S: {{Type: 'AWS::Other::Thing', Properties: {{Notes: \"{role}\"}}}}}}"),
    ] {
        let read = read(&text);
        let told: Vec<_> = read.lowered.problems.iter().map(|p| &*p.message).collect();
        assert_eq!(told, ["a template with roles inside a text is not read"], "{text}");
        assert!(read.relevant().is_empty() && read.roles().is_empty(), "{text}");
    }
}

#[test]
fn resources_from_elsewhere_are_mentioned() {
    let text = "# AWS::IAM::Role\nResources: {'Fn::Transform': {Name: 'AWS::Include', Parameters: {Location: 's3://b/k'}}}";
    let read = read(text);
    assert_eq!(&*read.lowered.problems[0].message, "`Fn::Transform` may add resources; they are not read");
    assert!(read.relevant().is_empty());
}

#[test]
fn wrong_types_anywhere_leave_the_neighbours_unharmed() {
    for section in [
        "Parameters: [1]",
        "Parameters: {P: text}",
        "Parameters: {P: {Type: [1], Default: {a: b}, NoEcho: [x]}}",
        "Conditions: text",
        "Conditions: {C: {Fn::Equals: text}}",
        "Mappings: [1]",
        "Mappings: {M: text}",
        "Outputs: 1",
        "Metadata: [[]]",
        "? [a]\n: b",
    ] {
        for principal in [
            "!Ref P",
            "!If [C, a, b]",
            "!FindInMap [M, a, b]",
            "!Ref [x]",
            "!If text",
            "!Select {}",
            "!GetAtt [1, [2]]",
        ] {
            let read = read(&template(section, principal));
            assert_eq!(read.roles().len(), 1, "{section} {principal}");
            assert!(read.relevant().is_empty(), "{section} {principal}: {:?}", read.relevant());
        }
    }
    let text = format!(
        "{}  A: text\n  B: [1]\n  C: {{Type: 5}}\n  D:\n  E: {{Type: AWS::IAM::Role, Properties: 7}}\n",
        template("", "'*'")
    );
    assert_eq!(read(&text).roles().len(), 2);
}

#[test]
fn what_cannot_be_parsed_says_where() {
    let cut = template("", "{Ref: [x");
    let read = read(&cut);
    assert_eq!(read.relevant().len(), 1);
    assert!(read.relevant()[0].starts_with("may hold roles and cannot be parsed: "));
    let jinja = crate::common::read(
        "Resources:\n{% for r in roles %}\n  {{ r }}:\n    Type: AWS::IAM::Role\n{% endfor %}\n",
    );
    assert!(jinja.relevant()[0].contains("template of another tool"), "{:?}", jinja.relevant());
    let latin = read_as("x.yaml", b"# \xe9\nType: AWS::IAM::Role");
    assert_eq!(latin.relevant(), ["is not UTF-8 from byte 2 on"]);
    let json = read_as("x.json", br#"{"Resources": {"R": {"Type": "AWS::IAM::Role", }"#);
    assert_eq!(json.relevant().len(), 1);
}

#[test]
fn nesting_and_aliases_are_bounded() {
    for deep in ["- ".repeat(100_000), "[".repeat(100_000), "{a: ".repeat(100_000), "{\"a\":".repeat(100_000)]
    {
        let read = read_as("x.yaml", format!("{deep} AWS::IAM::Role").as_bytes());
        assert_eq!(read.relevant().len(), 1);
        assert!(read.relevant()[0].contains("inside one another"), "{:?}", read.relevant());
    }
    let mut laughs = String::from("# AWS::IAM::Role\na0: &a0 [x, x]\n");
    for i in 1..40 {
        let _ = writeln!(laughs, "a{i}: &a{i} [*a{0}, *a{0}, *a{0}]", i - 1);
    }
    assert!(read(&laughs).relevant()[0].contains("aliases"));
}

/// How many conditions do not hold in this shape.
fn dropped(variant: &model::Variant) -> usize {
    variant.assumptions.iter().filter(|a| a.when.contains("does not hold")).count()
}

#[test]
fn evaluation_is_bounded() {
    // Each name is two of the one before it.
    let mut text = String::from("Resources:\n");
    for i in 0..60 {
        let name = if i == 0 { "x".to_owned() } else { format!("!Sub '${{R{0}}}${{R{0}}}'", i - 1) };
        let _ = writeln!(
            text,
            "  R{i}: {{Type: 'AWS::IAM::Role', Properties: {{RoleName: {name}, AssumeRolePolicyDocument: {{Statement: []}}}}}}"
        );
    }
    assert_eq!(read(&text).roles().len(), 60);
    // Deep expressions that lead to one another.
    let deep = |inner: &str| format!("{}{inner}{}", "{'Fn::Join': ['', [".repeat(40), "]]}".repeat(40));
    let mut text = String::from("Resources:\n");
    for i in 0..100 {
        let name = deep(&format!("!Ref R{}", i + 1));
        let _ = writeln!(
            text,
            "  R{i}: {{Type: 'AWS::IAM::Role', Properties: {{RoleName: {name}, AssumeRolePolicyDocument: {{Statement: []}}}}}}"
        );
    }
    assert_eq!(read(&text).roles().len(), 100);
    let mut conditions = String::from("Conditions:\n");
    for i in 0..100 {
        let nested = format!("{}{{Condition: C{}}}{}", "{'Fn::Not': [".repeat(60), i + 1, "]}".repeat(60));
        let _ = writeln!(conditions, "  C{i}: {nested}");
    }
    assert_eq!(read(&template(&conditions, "!If [C0, a, b]")).roles().len(), 1);
    // Every condition is two of the one before it, and they form a circle.
    let mut conditions = String::from("Conditions:\n");
    for i in 0..200 {
        let _ = writeln!(conditions, "  C{i}: !And [!Condition C{0}, !Condition C{0}]", (i + 199) % 200);
    }
    assert_eq!(read(&template(&conditions, "!If [C7, a, b]")).roles().len(), 1);
    // Forty conditions in one list, and thirty nested ones.
    let mut conditions = String::from("Conditions:\n");
    let mut list = Vec::new();
    let mut nested = "x".to_owned();
    for i in 0..40 {
        let _ = writeln!(conditions, "  C{i}: !Equals [!Ref AWS::Region, r{i}]");
        list.push(format!("!If [C{i}, a{i}, !Ref AWS::NoValue]"));
        // Each takes three levels of what a tree may have.
        nested = if i >= 30 { nested } else { format!("[!If [C{i}, {nested}, !Ref AWS::NoValue]]") };
    }
    let open = read(&template(&conditions, &format!("[{}]", list.join(", "))));
    // Four conditions make sixteen shapes; what the others add is not listed but left open.
    assert_eq!(open.role().trust.len(), 16);
    for variant in &open.role().trust {
        let principals = &variant.policy.statements[0].value.principals;
        assert!(
            principals.open.is_some() && principals.items.len() == 4 - dropped(variant),
            "{principals:?}"
        );
    }
    let nested = read(&template(&conditions, &nested));
    assert_eq!(nested.roles().len(), 1, "{:?}", nested.relevant());
    let joined = list.join(", ").replace("!Ref AWS::NoValue", "z");
    assert_eq!(read(&template(&conditions, &format!("!Join ['', [{joined}]]"))).roles().len(), 1);
}

#[test]
fn large_templates_take_linear_time() {
    // Quadratic work on these would run for minutes.
    let mut text = String::from("{\"Resources\": {");
    for i in 0..20_000 {
        let _ = write!(
            text,
            r#""R{i}": {{"Type": "AWS::IAM::Role", "Properties": {{"AssumeRolePolicyDocument": {{"Statement": [{{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {{"AWS": {{"Fn::Sub": "arn:aws:iam::${{AWS::AccountId}}:root"}}}}}}]}}}}}}, "P{i}": {{"Type": "AWS::IAM::Policy", "Properties": {{"Roles": [{{"Ref": "R{i}"}}]}}}}, "#
        );
    }
    text.push_str("\"Z\": {}}}");
    let many = read_as("x.json", text.as_bytes());
    assert_eq!(many.roles().len(), 20_000);
    // A large template is not cut short.
    assert!(
        many.roles()
            .iter()
            .all(|r| !r.trust[0].policy.statements[0].value.principals.items[0].id.value.has_unknown())
    );
    let principals = vec!["'x'"; 300_000].join(",");
    assert_eq!(read(&template("", &format!("[{principals}]"))).roles().len(), 1);
    let holes = "${A".repeat(500_000);
    assert_eq!(read(&template("", &format!("!Sub '{holes}'"))).roles().len(), 1);
    let references = "{{resolve:x".repeat(200_000);
    assert_eq!(read(&template("", &format!("'{references}'"))).roles().len(), 1);
}

/// A template with every construct, in which nodes are exchanged.
const RICH: &str = "
Parameters: {P: {Type: String, Default: a, AllowedValues: [a, b], NoEcho: false}, L: {Type: CommaDelimitedList, Default: 'x,y'}}
Rules: {R: {RuleCondition: {'Fn::Equals': [{Ref: P}, a]}, Assertions: [{Assert: {'Fn::Contains': [[a, b], {Ref: P}]}}]}}
Mappings: {M: {a: {id: '111122223333'}}}
Conditions: {C: {'Fn::And': [{'Fn::Equals': [{Ref: P}, a]}, {'Fn::Not': [{Condition: D}]}]}, D: {'Fn::Equals': [{Ref: P}, b]}}
Globals: {Function: {PermissionsBoundary: x, AssumeRolePolicyDocument: {Statement: []}}}
Transform: [AWS::Serverless-2016-10-31]
Resources:
  R:
    Type: AWS::IAM::Role
    Condition: C
    Metadata: {trustproof: {ignore: [{rule: a, until: b, reason: c}]}, 'aws:cdk:path': S/R}
    Properties:
      RoleName: {'Fn::Sub': ['${X}-${P}', {X: {Ref: P}}]}
      Path: /x/
      ManagedPolicyArns: [{'Fn::If': [C, a, {Ref: 'AWS::NoValue'}]}]
      Policies: [{PolicyName: p, PolicyDocument: {Statement: [{Effect: Allow, Action: '*', Resource: '*'}]}}]
      AssumeRolePolicyDocument:
        Version: '2012-10-17'
        Statement:
          - Effect: Allow
            Action: [sts:AssumeRole]
            Principal: {AWS: [{'Fn::Join': [':', [{Ref: L}]]}, {'Fn::FindInMap': [M, {Ref: P}, id]}, {'Fn::Select': [0, {'Fn::Split': [',', 'a,b']}]}, {'Fn::GetAtt': [R, Arn]}]}
            Condition: {'Fn::If': [D, {StringEquals: {'sts:ExternalId': {'Fn::Base64': x}}}, {Ref: 'AWS::NoValue'}]}
  F: {Type: AWS::Serverless::Function, Properties: {Policies: [AWSLambdaExecute, {S3ReadPolicy: {BucketName: b}}], Role: {'Fn::If': [C, x, {Ref: 'AWS::NoValue'}]}}}
  S: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: t.yaml, Parameters: {P: b}}}
  T: {Type: AWS::CloudFormation::StackSet, Properties: {TemplateBody: 'Resources: {R: {Type: AWS::IAM::Role}}', Parameters: [{ParameterKey: P, ParameterValue: b}]}}
  'Fn::ForEach::X': [I, [a, {Ref: L}], {'Q${I}': {Type: AWS::IAM::Role, Properties: {RoleName: {'Fn::Cidr': [10.0.0.0/8, 2, 8]}}}}]
  A: {Type: AWS::IAM::Policy, Properties: {Roles: [{Ref: R}], PolicyDocument: {Statement: []}}}
";

/// What other dialects have, with children of its own.
const DIALECTS: &str = "
ROSTemplateFormatVersion: '2015-09-01'
Transform: AWS::Serverless-2016-10-31
Parameters: {N: {Type: Number, Default: 1}}
Conditions: {C: {'Fn::Equals': [{Ref: N}, 1]}}
Globals: {Function: {DeploymentPreference: {Type: AllAtOnce, Enabled: true}}}
Resources:
  Role:
    Type: AWS::IAM::Role
    Count: {Ref: N}
    Metadata: {'aws:cdk:path': a/b, trustproof: {ignore: [{rule: x, until: '2027-01-01'}]}}
    Properties:
      AssumeRolePolicyDocument: {Statement: [{Effect: Allow, Action: 'sts:AssumeRole', Principal: {AWS: [{'Fn::GetAtt': [Inner, Outputs.X]}]}}]}
  Inner:
    Type: ALIYUN::ROS::Stack
    Properties:
      Parameters: {Who: {Ref: N}, Other: {'Fn::GetAtt': [Inner, Outputs.X]}}
      TemplateBody: {Parameters: {Who: {Type: String}}, Outputs: {X: {Value: {Ref: Who}}}, Resources: {}}
  F: {Type: 'AWS::Serverless::Function', Properties: {Events: {E: {Type: ScheduleV2, Properties: {}}}, Policies: [{Statement: []}]}}
  M: {Type: 'AWS::Serverless::StateMachine', Properties: {Events: {E: {Type: Api, Properties: {RoleArn: x}}}}}
  G: {Type: 'AWS::Serverless::GraphQLApi', Properties: {Logging: {CloudWatchLogsRoleArn: x}, DataSources: {DynamoDb: {T: {ServiceRoleArn: x}}}}}
  'Fn::ForEach::L': [X, [a, b], {'${X}': {Type: 'AWS::SQS::Queue'}}]
";

/// The text of a value in JSON, in which `at` counts down to the node that becomes `other`.
fn exchanged(node: &model::Node, at: &mut Option<usize>, other: &str) -> String {
    match *at {
        Some(0) => {
            *at = None;
            return other.to_owned();
        }
        Some(more) => *at = Some(more - 1),
        None => {}
    }
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    match &node.value {
        model::Value::Object(object) => {
            let entry = |e: &model::Entry, at: &mut Option<usize>| {
                format!("{}: {}", quoted(&e.key.value.to_string()), exchanged(&e.value, at, other))
            };
            let entries: Vec<_> = object.entries.iter().map(|e| entry(e, at)).collect();
            format!("{{{}}}", entries.join(", "))
        }
        model::Value::List(list) => {
            let items: Vec<_> = list.items.iter().map(|n| exchanged(n, at, other)).collect();
            format!("[{}]", items.join(", "))
        }
        _ => node.scalar().map_or_else(|| "null".to_owned(), |t| quoted(&t.value.to_string())),
    }
}

#[test]
fn any_type_in_any_place_is_survived() {
    assert!(exchange_all(RICH) > 700);
    assert!(exchange_all(DIALECTS) > 400);
}

/// How often a text speaks of roles and of their policies.
fn mentions(text: &str) -> (usize, usize) {
    let count = |what: &str| text.matches(what).count();
    (count("\"AWS::IAM::Role\""), count("\"AssumeRolePolicyDocument\": "))
}

/// The roles that are read, each by its name in the template.
fn declared(read: &crate::common::Read) -> std::collections::BTreeSet<String> {
    let roles = read.roles().into_iter().filter(|r| &*r.kind == "AWS::IAM::Role");
    roles.map(|r| read.sources.snippet(r.span)).collect()
}

/// Puts values of other types into every place of a template and reads it; how many places that were.
fn exchange_all(template: &str) -> usize {
    let whole = crate::common::read_as("t.yaml", template.as_bytes());
    let file = whole.sources.open("t.yaml").unwrap();
    let tree = syntax::yaml::parse(template, file, &|_| None).unwrap().remove(0);
    let all = exchanged(&tree, &mut None, "");
    let known: Vec<String> = whole.relevant().iter().map(|message| (*message).to_owned()).collect();
    let (written, roles) = (mentions(&all), declared(&whole));
    let others = [
        "null",
        "7",
        "true",
        "\"text\"",
        "[]",
        "{}",
        "[[1]]",
        r#"{"Ref": "R"}"#,
        r#"{"Fn::If": ["C", 1, []]}"#,
    ];
    let mut count = 0;
    for (turn, other) in others.iter().enumerate() {
        // Every value in every second place.
        for place in (turn..).step_by(2) {
            let mut at = Some(place);
            let text = format!("{} ", exchanged(&tree, &mut at, other));
            if at.is_some() {
                break;
            }
            count += 1;
            // Reading must end, and not by a panic.
            let files: [(&str, &[u8]); 1] = [("t.yaml", text.as_bytes())];
            let read = crate::common::read_files(&files, &[]);
            for role in read.roles() {
                assert!(!role.trust.is_empty(), "{text}");
            }
            // A role that is still written is still read, or the run is not green.
            // What the whole template is not green for says nothing.
            let quiet = read.relevant().iter().all(|message| known.contains(&(*message).to_owned()));
            let green = quiet && !declared(&read).is_superset(&roles);
            assert!(!green || mentions(&text) != written, "{text}\n{:?}", read.messages());
        }
    }
    count
}

#[test]
fn circles_of_every_kind_end() {
    let text = "
Parameters: {P: {Type: String}}
Conditions:
  A: {'Fn::Not': [{Condition: B}]}
  B: {'Fn::Equals': [{'Fn::If': [A, x, y]}, {Ref: P}]}
  C: {Condition: C}
Rules: {R: {RuleCondition: {Condition: A}, Assertions: [{Assert: {'Fn::Equals': [{'Fn::If': [B, x, y]}, x]}}]}}
Resources:
  R:
    Type: AWS::IAM::Role
    Condition: A
    Properties:
      RoleName: !GetAtt S.Arn
      AssumeRolePolicyDocument: {'Fn::Transform': {Name: 'AWS::Include', Parameters: {Location: t.yaml}}}
  S:
    Type: AWS::IAM::Role
    Condition: C
    Properties:
      RoleName: !GetAtt R.Arn
      AssumeRolePolicyDocument: {Statement: {Effect: Allow, Action: 'sts:AssumeRole', Principal: {AWS: !If [B, !GetAtt R.Arn, !GetAtt S.Arn]}}}
";
    assert_eq!(read(text).roles().len(), 2);
}

#[test]
fn hard_questions_about_parameters_are_bounded() {
    // Twenty parameters in one rule that nothing satisfies, and as many conditions.
    let mut text = String::from("Parameters:\n");
    let mut equals = Vec::new();
    let mut conditions = String::from("Conditions:\n");
    let mut principals = Vec::new();
    for i in 0..20 {
        let _ = writeln!(text, "  P{i}: {{Type: String, Default: a}}");
        equals.push(format!("{{'Fn::Equals': [{{Ref: P{i}}}, v{i}]}}"));
        let _ = writeln!(conditions, "  C{i}: {{'Fn::Equals': [{{Ref: P{i}}}, {{Ref: P{}}}]}}", (i + 7) % 20);
        principals.push(format!("{{'Fn::If': [C{i}, a{i}, b{i}]}}"));
    }
    let _ =
        writeln!(text, "Rules: {{R: {{Assertions: [{{Assert: {{'Fn::Or': [{}]}}}}]}}}}", equals.join(", "));
    text.push_str(&conditions);
    for principal in &principals {
        assert_eq!(read(&template(&text, principal)).roles().len(), 1);
    }
    let few = format!("[{}]", principals[..6].join(", "));
    assert_eq!(read(&template(&text, &few)).roles().len(), 1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Whatever stands in the place of an expression: one role, no panic.
    #[test]
    fn no_expression_makes_it_panic(
        expression in "(!(Ref|Sub|Join|If|Select|Split|GetAtt|FindInMap|Equals) ){0,1}(\\[|\\{a: |'|\\$\\{|P|C|0|, |\\]|\\}|:|é|\\{\\{resolve:){0,12}"
    ) {
        let sections = "Parameters: {P: {Type: String}}\nConditions: {C: !Equals [!Ref P, x]}";
        let read = read(&template(sections, &expression));
        prop_assert_eq!(read.roles().len() + read.relevant().len(), 1);
    }
}
