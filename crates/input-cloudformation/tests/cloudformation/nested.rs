//! Templates inside of templates: in files, in texts, spelled out; and code of other languages.

use model::{Dialect, Embedded, EmbeddedFile, Input, Located, Node, Standing, Value};
use trustproof_input_cloudformation::CloudFormationInput;

use crate::common::{Read, principal_of, read, read_files, template};

const CHILD: &str = "
Parameters: {Who: {Type: String, Default: '*'}}
Resources:
  R:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement: {Effect: Allow, Action: 'sts:AssumeRole', Principal: {AWS: !Ref Who}}
";

fn principals(read: &Read) -> Vec<(String, String)> {
    read.roles().iter().map(|r| (r.address.to_string(), principal_of(&r.trust[0]))).collect()
}

fn pair(address: &str, principal: &str) -> (String, String) {
    (address.to_owned(), principal.to_owned())
}

#[test]
fn a_nested_stack_is_read_with_what_it_is_given_and_only_so() {
    let parent = "
Resources:
  One: {Type: 'AWS::CloudFormation::Stack', Properties: {TemplateURL: ./inner/child.yaml, Parameters: {Who: '111122223333'}}}
  Two: {Type: 'AWS::CloudFormation::Stack', Properties: {TemplateURL: inner/../inner/child.yaml}}
  App: {Type: 'AWS::Serverless::Application', Properties: {Location: inner/child.yaml, Parameters: {Who: !Ref 'AWS::AccountId'}}}
";
    let files: [(&str, &[u8]); 2] =
        [("a/parent.yaml", parent.as_bytes()), ("a/inner/child.yaml", CHILD.as_bytes())];
    let read = read_files(&files, &[("Who", "444455556666")]);
    assert_eq!(
        principals(&read),
        [pair("One/R", "111122223333"), pair("Two/R", "*"), pair("App/R", "${own account}")]
    );
    let role = read.role_called("One/R");
    assert_eq!(read.sources.path(role.span.file), "a/inner/child.yaml");
    let call = &role.calls[0];
    assert_eq!((&*call.value, read.sources.snippet(call.span)), ("One", "One".to_owned()));
    let id = &role.trust[0].policy.statements[0].value.principals.items[0].id;
    assert_eq!(read.sources.snippet(id.span), "Who");
    assert_eq!(read.sources.snippet(id.defined.unwrap()), "111122223333");
    assert!(read.lowered.problems.is_empty(), "{:?}", read.messages());
}

#[test]
fn what_the_holder_says_is_not_speculated_about() {
    let child = CHILD
        .replace("Resources:", "Conditions: {Any: !Equals [!Ref Who, '*']}\nResources:")
        .replace("!Ref Who}", "!If [Any, open, !Ref Who]}");
    let parent = |given: &str| {
        let parent = format!(
            "Parameters: {{P: {{Type: String, Default: x}}}}\nConditions: {{Any: !Equals [!Ref P, y]}}\nResources: {{S: {{Type: 'AWS::CloudFormation::Stack', Properties: {{TemplateURL: c.yaml, Parameters: {given}}}}}}}"
        );
        let files: [(&str, &[u8]); 2] = [("p.yaml", parent.as_bytes()), ("c.yaml", child.as_bytes())];
        let read = read_files(&files, &[]);
        let standing =
            |v: &model::Variant| v.assumptions.iter().map(|a| a.standing).max().unwrap_or(Standing::Selected);
        read.roles()[0].trust.iter().map(|v| (standing(v), principal_of(v))).collect::<Vec<_>>()
    };
    assert_eq!(parent("{Who: a}"), [(Standing::Selected, "a".to_owned())]);
    assert_eq!(parent("{}"), [(Standing::Selected, "open".to_owned())]);
    assert_eq!(
        parent("{Who: !Ref P}"),
        [(Standing::Permitted, "open".to_owned()), (Standing::Selected, "x".to_owned())]
    );
}

#[test]
fn a_stack_exists_under_its_condition() {
    let parent = "
Parameters: {P: {Type: String, Default: 'no'}}
Conditions: {C: !Equals [!Ref P, 'yes'], Never: !Equals [a, b]}
Resources:
  S: {Type: 'AWS::CloudFormation::Stack', Condition: C, Properties: {TemplateURL: c.yaml}}
  N: {Type: 'AWS::CloudFormation::Stack', Condition: Never, Properties: {TemplateURL: c.yaml}}
";
    let files: [(&str, &[u8]); 2] = [("p.yaml", parent.as_bytes()), ("c.yaml", CHILD.as_bytes())];
    let read = read_files(&files, &[]);
    assert_eq!(read.addresses(), ["S/R"]);
    assert_eq!(read.role().trust[0].assumptions[0].standing, Standing::Permitted);
}

#[test]
fn circles_and_missing_files_are_named() {
    let holds = |file: &str| {
        format!(
            "Resources: {{S: {{Type: 'AWS::CloudFormation::Stack', Properties: {{TemplateURL: {file}}}}}, R: {{Type: 'AWS::IAM::Role', Properties: {{AssumeRolePolicyDocument: {{Statement: []}}}}}}}}"
        )
    };
    let files = [("a.yaml", holds("b.yaml")), ("b.yaml", holds("a.yaml")), ("c.yaml", holds("c.yaml"))];
    let files: Vec<(&str, &[u8])> = files.iter().map(|(path, text)| (*path, text.as_bytes())).collect();
    let read = read_files(&files, &[]);
    assert_eq!(read.addresses(), ["S/R", "R", "R"]);
    assert_eq!(read.relevant(), ["the template of `S` holds itself"; 2]);
    let missing = read_files(&[("a.yaml", holds("./none.yaml").as_bytes())], &[]);
    assert_eq!(missing.relevant(), ["the template of `S` is not there: no file `./none.yaml`"]);
    let remote = read_files(&[("a.yaml", holds("https://b.s3.amazonaws.com/x.yaml").as_bytes())], &[]);
    assert!(remote.relevant().is_empty());
    assert!(remote.messages()[0].contains("lies elsewhere"), "{:?}", remote.messages());
}

#[test]
fn templates_that_hold_each_other_many_times_are_bounded() {
    let stacks = |file: &str| -> String {
        let stack = |i| {
            format!("  S{i}: {{Type: 'AWS::CloudFormation::Stack', Properties: {{TemplateURL: {file}}}}}\n")
        };
        format!("Resources:\n{}", (0..40).map(stack).collect::<String>())
    };
    let files: Vec<(String, String)> =
        (0..20).map(|i| (format!("f{i:02}.yaml"), stacks(&format!("f{:02}.yaml", i + 1)))).collect();
    let mut files: Vec<(&str, &[u8])> = files.iter().map(|(p, t)| (p.as_str(), t.as_bytes())).collect();
    files.push(("f20.yaml", CHILD.as_bytes()));
    let read = read_files(&files, &[]);
    assert!(!read.relevant().is_empty());
    assert!(read.roles().len() <= 256);
}

#[test]
fn arguments_that_are_not_known_leave_no_default() {
    let parent = |given: &str| {
        let parent = format!(
            "Resources: {{S: {{Type: 'AWS::CloudFormation::Stack', Properties: {{TemplateURL: c.yaml, Parameters: {given}}}}}}}"
        );
        let child = CHILD.replace("Default: '*'", "Default: '111122223333'");
        let files: [(&str, &[u8]); 2] = [("p.yaml", parent.as_bytes()), ("c.yaml", child.as_bytes())];
        principals(&read_files(&files, &[])).remove(0).1
    };
    assert_eq!(parent("{}"), "111122223333");
    assert_eq!(parent("{Other: x}"), "111122223333");
    let unknown = "${parameter `Who`}";
    assert_eq!(parent("{'Fn::If': [C, {Who: '*'}, {}]}"), unknown);
    assert_eq!(parent("!Ref All"), unknown);
    assert_eq!(parent("[!Ref One]"), unknown);
    assert_eq!(parent("[{ParameterKey: Who, ParameterValue: '*'}, !Ref One]"), "*");
}

#[test]
fn files_of_a_workspace_that_are_no_text_are_named() {
    let lead =
        "ROSTemplateFormatVersion: '2015-09-01'\nTransform: Aliyun::Terraform-v1.2\n# alicloud_ram_role\n";
    for (workspace, told) in [
        ("{main.tf: {'Fn::Sub': 'x'}}", "`main.tf` of `Workspace` is an object, expected Terraform code"),
        ("[a]", "`Workspace` is a list, expected Terraform code"),
    ] {
        let read = read(&format!("{lead}Workspace: {workspace}\n"));
        assert_eq!(read.relevant(), [told]);
    }
}

#[test]
fn large_templates_that_are_held_often_are_bounded() {
    let child = format!("# {}\n{CHILD}", "x".repeat(1 << 20));
    let stack =
        |i| format!("  S{i}: {{Type: 'AWS::CloudFormation::Stack', Properties: {{TemplateURL: c.yaml}}}}\n");
    let parent = format!("Resources:\n{}", (0..20).map(stack).collect::<String>());
    let files: [(&str, &[u8]); 2] = [("p.yaml", parent.as_bytes()), ("c.yaml", child.as_bytes())];
    let read = read_files(&files, &[]);
    assert_eq!((read.roles().len(), read.relevant().len()), (15, 5), "{:?}", read.relevant());
    assert!(read.relevant()[0].contains("16 MB in all"));
}

#[test]
fn a_template_in_a_text_is_read_at_its_own_places() {
    for (eol, json) in [("\n", false), ("\r\n", false), ("\n", true)] {
        let body = match json {
            false => CHILD.trim_start().replace('\n', "\n        "),
            true => r#"{"Resources": {"R": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument":
        {"Statement": {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": {"Ref": "Who"}}}}}}},
        "Parameters": {"Who": {"Type": "String"}}}"#.to_owned(),
        };
        let text = format!(
            "# é\nResources:\n  Set:\n    Type: AWS::CloudFormation::StackSet\n    Properties:\n      \
             Parameters: [{{ParameterKey: Who, ParameterValue: '999988887777'}}]\n      TemplateBody: |\n        {body}\n"
        )
        .replace('\n', eol);
        let read = read(&text);
        assert!(read.lowered.problems.is_empty(), "{:?}", read.messages());
        let role = read.role_called("Set/R");
        assert_eq!(read.sources.snippet(role.span), "R");
        assert_eq!(read.principal(), ("999988887777".to_owned(), "Who".to_owned()));
        let kind = role.document;
        assert!(read.sources.snippet(kind).contains("sts:AssumeRole"), "{:?}", read.sources.snippet(kind));
    }
}

#[test]
fn a_substituted_body_keeps_its_places() {
    let text = "
Parameters: {Vendor: {Type: String, Default: '999988887777'}}
Resources:
  Set:
    Type: AWS::CloudFormation::StackSet
    Properties:
      TemplateBody: !Sub |
        Resources:
          R:
            Type: AWS::IAM::Role
            Properties:
              AssumeRolePolicyDocument:
                Statement:
                  - Effect: Allow
                    Action: sts:AssumeRole
                    Principal: {AWS: 'arn:aws:iam::${Vendor}:root'}
                    Condition: {StringEquals: {sts:ExternalId: ${AWS::StackName}}}
";
    let read = read(text);
    assert!(read.lowered.problems.is_empty(), "{:?}", read.messages());
    let arn = "arn:aws:iam::999988887777:root".to_owned();
    assert_eq!(read.principal(), (arn, "arn:aws:iam::${Vendor}:root".to_owned()));
    assert_eq!(read.condition(), ("${`AWS::StackName`}".to_owned(), "${AWS::StackName}".to_owned()));
}

#[test]
fn ros_stacks_spell_their_templates_out() {
    let text = "
ROSTemplateFormatVersion: '2015-09-01'
Resources:
  Inner:
    Type: ALIYUN::ROS::Stack
    Properties:
      Parameters: {Who: 'acs:ram::1111222233334444:root'}
      TemplateBody:
        ROSTemplateFormatVersion: '2015-09-01'
        Parameters: {Who: {Type: String}}
        Resources:
          R:
            Type: ALIYUN::RAM::Role
            Properties:
              RoleName: r
              AssumeRolePolicyDocument:
                Version: '1'
                Statement: [{Effect: Allow, Action: 'sts:AssumeRole', Principal: {RAM: [!Ref Who]}}]
";
    let read = read(text);
    assert_eq!(principals(&read), [pair("Inner/R", "acs:ram::1111222233334444:root")]);
}

const GIVES: &str = "
Parameters: {Who: {Type: String, Default: '111122223333'}}
Conditions: {Any: !Equals [!Ref Who, any]}
Resources:
  Q:
    Type: AWS::IAM::Role
    Properties: {RoleName: queue, AssumeRolePolicyDocument: {Statement: []}}
Outputs:
  Root: {Value: !Sub 'arn:aws:iam::${Who}:root'}
  Role: {Value: !GetAtt Q.Arn}
  Open: {Value: !If [Any, '*', !Ref Who]}
";

#[test]
fn what_a_nested_template_says_is_known_around_it_and_in_its_siblings() {
    let trust = |expression: &str| {
        format!(
            "{{Type: 'AWS::IAM::Role', Properties: {{AssumeRolePolicyDocument: {{Statement: {{Effect: Allow, Action: 'sts:AssumeRole', Principal: {{AWS: {expression}}}}}}}}}}}"
        )
    };
    let parent = format!(
        "
Parameters: {{P: {{Type: String, Default: '444455556666'}}}}
Resources:
  A: {{Type: 'AWS::CloudFormation::Stack', Properties: {{TemplateURL: gives.yaml, Parameters: {{Who: !Ref P}}}}}}
  B: {{Type: 'AWS::CloudFormation::Stack', Properties: {{TemplateURL: c.yaml, Parameters: {{Who: !GetAtt A.Outputs.Root}}}}}}
  R1: {}
  R2: {}
  R3: {}
  R4: {}
  R5: {}
",
        trust("!GetAtt A.Outputs.Root"),
        trust("!Sub '${A.Outputs.Role}'"),
        trust("!GetAtt [A, Outputs.Open]"),
        trust("!GetAtt A.Outputs.None"),
        trust("!GetAtt R1.Outputs.None"),
    );
    let files: [(&str, &[u8]); 3] =
        [("p.yaml", parent.as_bytes()), ("c.yaml", CHILD.as_bytes()), ("gives.yaml", GIVES.as_bytes())];
    let read = read_files(&files, &[]);
    let shapes = |address: &str| -> Vec<(Standing, String)> {
        let standing =
            |v: &model::Variant| v.assumptions.iter().map(|a| a.standing).max().unwrap_or(Standing::Selected);
        read.role_called(address).trust.iter().map(|v| (standing(v), principal_of(v))).collect()
    };
    let selected = |principal: &str| vec![(Standing::Selected, principal.to_owned())];
    assert_eq!(shapes("B/R"), selected("arn:aws:iam::444455556666:root"));
    assert_eq!(shapes("R1"), selected("arn:aws:iam::444455556666:root"));
    assert_eq!(shapes("R2"), selected("arn:${partition}:iam::${own account}:role/queue"));
    assert_eq!(
        shapes("R3"),
        [(Standing::Permitted, "*".to_owned()), (Standing::Selected, "444455556666".to_owned())]
    );
    assert_eq!(shapes("R4"), selected("${`A.Outputs.None`}"));
    assert_eq!(shapes("R5"), selected("${`R1.Outputs.None`}"));
    // Shown where it is used; defined where the other template says it.
    let id = &read.role_called("R1").trust[0].policy.statements[0].value.principals.items[0].id;
    assert_eq!(read.sources.snippet(id.span), "A.Outputs.Root");
    let why = |address: &str| {
        let id = &read.role_called(address).trust[0].policy.statements[0].value.principals.items[0].id;
        id.value.unknowns().next().unwrap().why.to_string()
    };
    assert!(why("R4").contains("its template has no output `None`"), "{}", why("R4"));
    assert!(why("R5").contains("the outputs of a `AWS::IAM::Role`"), "{}", why("R5"));
}

#[test]
fn an_input_that_goes_through_another_template_is_still_an_input() {
    let child = CHILD
        .replace("Resources:", "Conditions: {Any: !Equals [!Ref Who, '*']}\nResources:")
        .replace("!Ref Who}", "!If [Any, open, !Ref Who]}");
    let through = "Parameters: {Who: {Type: String}}\nOutputs: {Same: {Value: !Ref Who}}\nResources: {}";
    let parent = |given: &str| {
        let parent = format!(
            "Parameters: {{P: {{Type: String, Default: x}}}}\nResources:\n  A: {{Type: 'AWS::CloudFormation::Stack', Properties: {{TemplateURL: t.yaml, Parameters: {{Who: {given}}}}}}}\n  S: {{Type: 'AWS::CloudFormation::Stack', Properties: {{TemplateURL: c.yaml, Parameters: {{Who: !Sub '${{A.Outputs.Same}}'}}}}}}"
        );
        let files: [(&str, &[u8]); 3] =
            [("p.yaml", parent.as_bytes()), ("c.yaml", child.as_bytes()), ("t.yaml", through.as_bytes())];
        let read = read_files(&files, &[]);
        read.role_called("S/R").trust.iter().map(principal_of).collect::<Vec<_>>()
    };
    assert_eq!(parent("y"), ["y"]);
    assert_eq!(parent("!Ref P"), ["open", "x"]);
}

#[test]
fn outputs_in_a_circle_or_out_of_reach_say_so() {
    let stack = |file: &str, given: &str| {
        format!(
            "{{Type: 'AWS::CloudFormation::Stack', Properties: {{TemplateURL: {file}, Parameters: {{Who: {given}}}}}}}"
        )
    };
    let around = "Resources: {S: {Type: 'AWS::CloudFormation::Stack', Properties: {TemplateURL: p.yaml}}}\nOutputs: {Root: {Value: !GetAtt S.Outputs.Root}}";
    let why = |a: String, b: String| {
        let parent =
            format!("Resources:\n  A: {a}\n  B: {b}\nOutputs: {{Root: {{Value: !GetAtt A.Outputs.Root}}}}");
        let files: [(&str, &[u8]); 5] = [
            ("p.yaml", parent.as_bytes()),
            ("c.yaml", CHILD.as_bytes()),
            ("gives.yaml", GIVES.as_bytes()),
            ("around.yaml", around.as_bytes()),
            ("broken.yaml", b"Outputs: [ # AWS::IAM::Role"),
        ];
        let read = read_files(&files, &[]);
        let role = read.roles().into_iter().find(|r| r.address.ends_with("B/R")).unwrap();
        let id = &role.trust[0].policy.statements[0].value.principals.items[0].id.value;
        id.unknowns().next().unwrap_or_else(|| panic!("{id}")).why.to_string()
    };
    let asks = || stack("c.yaml", "!GetAtt A.Outputs.Root");
    let both = why(stack("gives.yaml", "!GetAtt A.Outputs.Root"), asks());
    assert!(both.contains("refers to itself"), "{both}");
    let itself = why(stack("around.yaml", "x"), asks());
    assert!(itself.contains("holds itself"), "{itself}");
    let elsewhere = why(stack("'https://b.s3.amazonaws.com/t'", "x"), asks());
    assert!(elsewhere.contains("lies elsewhere"), "{elsewhere}");
    assert!(why(stack("none.yaml", "x"), asks()).contains("no file `none.yaml`"));
    assert!(why(stack("broken.yaml", "x"), asks()).contains("cannot be read"));
}

#[test]
fn reading_for_outputs_is_bounded() {
    let filler = format!("# {}\n", "x".repeat(1 << 20));
    let gives = format!("{filler}{GIVES}");
    let mut parent = "Resources:\n".to_owned();
    for i in 0..20 {
        parent.push_str(&format!(
            "  A{i}: {{Type: 'AWS::CloudFormation::Stack', Properties: {{TemplateURL: gives.yaml}}}}\n  \
             B{i}: {{Type: 'AWS::CloudFormation::Stack', Properties: {{TemplateURL: c.yaml, Parameters: {{Who: !GetAtt A{i}.Outputs.Root}}}}}}\n"
        ));
    }
    let files: [(&str, &[u8]); 3] =
        [("p.yaml", parent.as_bytes()), ("c.yaml", CHILD.as_bytes()), ("gives.yaml", gives.as_bytes())];
    let read = read_files(&files, &[]);
    let last = &read.role_called("B19/R").trust[0].policy.statements[0].value.principals.items[0].id.value;
    assert!(last.unknowns().next().unwrap().why.to_string().contains("too many templates"), "{last}");
    assert_eq!(principal_of(&read.role_called("B0/R").trust[0]), "arn:aws:iam::111122223333:root");
}

#[test]
fn ros_resources_exist_as_often_as_they_are_counted() {
    let text = |count: &str| {
        format!(
            "
ROSTemplateFormatVersion: '2015-09-01'
Parameters: {{None: {{Type: Number, Default: 0}}, Some: {{Type: Number}}, Many: {{Type: Boolean, Default: true}}}}
Conditions: {{Several: {{'Fn::Equals': [{{Ref: Many}}, true]}}}}
Resources:
  R:
    Type: ALIYUN::RAM::Role
    Count: {count}
    Properties:
      RoleName: {{'Fn::Join': ['-', [r, {{Ref: 'ALIYUN::Index'}}]]}}
      AssumeRolePolicyDocument:
        Version: '1'
        Statement: [{{Effect: Allow, Action: 'sts:AssumeRole', Principal: {{RAM: ['acs:ram::1111222233334444:root']}}}}]
"
        )
    };
    let found = |count: &str| -> Vec<(String, String, Option<Standing>)> {
        let read = read(&text(count));
        assert!(read.relevant().is_empty(), "{:?}", read.messages());
        let standing = |r: &model::Role| r.trust[0].assumptions.iter().map(|a| a.standing).max();
        let name = |r: &model::Role| r.name.as_ref().map_or_else(String::new, |n| n.value.to_string());
        read.roles().iter().map(|r| (r.address.to_string(), name(r), standing(r))).collect()
    };
    let role = |address: &str, name: &str, standing| (address.to_owned(), name.to_owned(), standing);
    let unknown = "r-${`ALIYUN::Index`}";
    assert_eq!(found("0"), []);
    assert_eq!(found("2"), [role("R[0]", "r-0", None), role("R[1]", "r-1", None)]);
    assert_eq!(found("{Ref: None}"), [role("R", unknown, Some(Standing::Permitted))]);
    assert_eq!(found("{Ref: Some}"), [role("R", unknown, Some(Standing::Unsettled))]);
    assert_eq!(found("{'Fn::If': [Several, 1, 0]}"), [role("R", unknown, Some(Standing::Selected))]);
    assert_eq!(found("{'Fn::If': [Several, 0, 1]}"), [role("R", unknown, Some(Standing::Permitted))]);
    assert_eq!(found("100000000000").len(), 16);
}

#[test]
fn ros_stacks_say_what_they_made() {
    let text = "
ROSTemplateFormatVersion: '2015-09-01'
Resources:
  Inner:
    Type: ALIYUN::ROS::Stack
    Properties:
      Parameters: {Who: '1111222233334444'}
      TemplateBody:
        ROSTemplateFormatVersion: '2015-09-01'
        Parameters: {Who: {Type: String}}
        Resources: {}
        Outputs: {Root: {Value: {'Fn::Sub': 'acs:ram::${Who}:root'}}}
  R:
    Type: ALIYUN::RAM::Role
    Properties:
      RoleName: r
      AssumeRolePolicyDocument:
        Version: '1'
        Statement: [{Effect: Allow, Action: 'sts:AssumeRole', Principal: {RAM: [{'Fn::GetAtt': [Inner, Outputs.Root]}]}}]
";
    assert_eq!(principals(&read(text)), [pair("R", "acs:ram::1111222233334444:root")]);
}

#[test]
fn a_template_from_another_language_is_read_with_its_arguments() {
    let lead = "template = <<EOT\n";
    let text = format!("{lead}{CHILD}");
    let sources = read_files(&[("main.yaml", text.as_bytes())], &[]).sources;
    let file = sources.open("main.yaml").unwrap();
    let whole = model::Span::new(file, lead.len(), text.len());
    let mut builder = model::DecodedBuilder::default();
    builder.lit(CHILD, whole);
    let embedded = Embedded {
        dialect: Dialect::Template,
        within: "aws_cloudformation_stack.x".into(),
        span: whole,
        files: vec![EmbeddedFile { name: "".into(), text: builder.build() }],
        arguments: vec![(Located::new("Who".into(), whole), Node::text("111122223333", whole))],
        depth: 1,
    };
    let lowered = CloudFormationInput::default().read_embedded(&embedded, &sources).unwrap();
    let read = Read { sources, lowered };
    assert_eq!(principals(&read), [pair("aws_cloudformation_stack.x/R", "111122223333")]);
    assert_eq!(read.sources.snippet(read.role().span), "R");
    let other = Embedded { dialect: Dialect::Terraform, ..embedded };
    assert!(CloudFormationInput::default().read_embedded(&other, &read.sources).is_none());
}

#[test]
fn unknown_pieces_of_an_embedded_template_stay_unknown() {
    let sources = read_files(&[("main.yaml", template("", "'*'").as_bytes())], &[]).sources;
    let file = sources.open("main.yaml").unwrap();
    let span = model::Span::new(file, 0, 4);
    let hole = |what: &str| {
        let unknown = model::Unknown::new(what, model::Cause::NoValue, Some(span));
        Node::new(Value::Unknown(unknown), span)
    };
    let mut builder = model::DecodedBuilder::default();
    let text = template("", "'arn:aws:iam::HOLE:root'");
    let (before, after) = text.split_once("HOLE").unwrap();
    builder.converted(before, span);
    builder.filling(hole("var.account"));
    builder.converted(after, span);
    let text = builder.build();
    let embedded = Embedded {
        dialect: Dialect::Template,
        within: "x".into(),
        span,
        files: vec![EmbeddedFile { name: "".into(), text }],
        arguments: Vec::new(),
        depth: 1,
    };
    let lowered = CloudFormationInput::default().read_embedded(&embedded, &sources).unwrap();
    let read = Read { sources, lowered };
    assert_eq!(read.principal().0, "arn:aws:iam::${var.account}:root");
}

#[test]
fn terraform_in_a_ros_template_is_handed_on_at_its_lines() {
    let text = "ROSTemplateFormatVersion: '2015-09-01'
Transform: Aliyun::Terraform-v1.2
Parameters:
  name: {Type: String, Default: scan}
Workspace:
  main.tf: |-
    resource \"alicloud_ram_role\" \"r\" {
      name = var.name
    }
  variables.tf: |
    variable \"name\" {}
";
    let read = read_files(&[("t.yml", text.as_bytes())], &[("name", "given")]);
    assert!(read.relevant().is_empty(), "{:?}", read.messages());
    let [embedded] = read.lowered.embedded.as_slice() else {
        panic!("{:?}", read.lowered.embedded);
    };
    assert_eq!(embedded.dialect, Dialect::Terraform);
    let names: Vec<_> = embedded.files.iter().map(|f| &*f.name).collect();
    assert_eq!(names, ["main.tf", "variables.tf"]);
    let code = &embedded.files[0].text;
    let at = code.text().find("var.name").unwrap();
    let span = code.origin().span(at..at + 8).unwrap();
    assert_eq!((read.sources.snippet(span), read.line(span).line), ("var.name".to_owned(), 8));
    let argument = |name: &str| {
        let (_, node) = embedded.arguments.iter().find(|(n, _)| &*n.value == name).unwrap();
        node.scalar().unwrap().value.to_string()
    };
    assert_eq!(argument("ALIYUN__TenantId"), "${own account}");
    assert_eq!(argument("name"), "given");
}
