//! What other tools write and read: SAM, the CDK, language extensions, ROS, and those that make templates.

use model::{Breadth, Cloud, Grant};

use crate::common::{principal_of, read, read_as, read_files};

const SAM: &str = "
Transform: AWS::Serverless-2016-10-31
Globals:
  Function:
    PermissionsBoundary: arn:aws:iam::aws:policy/Boundary
    AssumeRolePolicyDocument:
      Version: '2012-10-17'
      Statement:
        - {Effect: Allow, Action: 'sts:AssumeRole', Principal: {Service: lambda.amazonaws.com}}
Conditions: {Never: !Equals [a, b]}
Resources:
  Plain:
    Type: AWS::Serverless::Function
    Properties: {Handler: x}
  Open:
    Type: AWS::Serverless::Function
    Properties:
      AssumeRolePolicyDocument:
        Statement:
          - {Effect: Allow, Action: 'sts:AssumeRole', Principal: '*'}
      Policies:
        - AmazonS3ReadOnlyAccess
        - S3CrudPolicy: {BucketName: b}
        - Statement: [{Effect: Allow, Action: '*', Resource: '*'}]
  Own:
    Type: AWS::Serverless::Function
    Properties: {Role: arn:aws:iam::111122223333:role/x}
  Gone:
    Type: AWS::Serverless::Function
    Condition: Never
  Steps:
    Type: AWS::Serverless::StateMachine
    Properties: {Policies: !Ref Attached}
  Attached:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      Roles: [!Ref PlainRole]
      PolicyDocument: {Statement: {Effect: Allow, Action: 's3:Get*', Resource: '*'}}
";

#[test]
fn sam_makes_roles_for_what_has_none() {
    let read = read(SAM);
    assert!(read.lowered.problems.is_empty(), "{:?}", read.messages());
    assert_eq!(read.addresses(), ["Plain", "Open", "Steps"]);
    let plain = read.role_called("Plain");
    assert_eq!((&*plain.kind, plain.cloud), ("AWS::Serverless::Function", Cloud::Aws));
    assert_eq!(read.sources.snippet(plain.span), "Plain");
    assert_eq!(principal_of(&plain.trust[0]), "lambda.amazonaws.com");
    assert_eq!(plain.boundary.as_ref().unwrap().value.to_string(), "arn:aws:iam::aws:policy/Boundary");
    assert_eq!(plain.grants.last().unwrap().value, Grant::Document(Breadth::ReadOnly));
    let open = read.role_called("Open");
    // Lists of `Globals` come first.
    let statements = &open.trust[0].policy.statements;
    assert_eq!(statements.len(), 2);
    assert_eq!(read.sources.snippet(statements[1].value.principals.items[0].id.span), "*");
    let grants: Vec<String> = open
        .grants
        .iter()
        .map(|g| match &g.value {
            Grant::Managed(name) => name.to_string(),
            Grant::Document(Breadth::Unknown(_)) => "unknown".to_owned(),
            Grant::Document(breadth) => format!("{breadth:?}"),
        })
        .collect();
    assert_eq!(
        grants,
        [
            "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole",
            "AmazonS3ReadOnlyAccess",
            "unknown",
            "Administrator"
        ]
    );
    assert_eq!(principal_of(&read.role_called("Steps").trust[0]), "states.amazonaws.com");
}

#[test]
fn a_role_of_ones_own_in_one_case_leaves_the_other_to_sam() {
    let text = "
Parameters: {Role: {Type: String, Default: ''}}
Conditions: {HasRole: !Not [!Equals [!Ref Role, '']]}
Resources:
  FRole: {Type: 'AWS::Serverless::Function', Properties: {Role: !If [HasRole, !Ref Role, !Ref AWS::NoValue]}}
";
    assert_eq!(read(text).addresses(), ["FRole"]);
}

#[test]
fn events_deployments_and_data_sources_have_roles_of_their_own() {
    let text = "
Transform: AWS::Serverless-2016-10-31
Globals: {Function: {DeploymentPreference: {Type: AllAtOnce}}}
Resources:
  Twice: {Type: 'AWS::Serverless::Function'}
  F:
    Type: AWS::Serverless::Function
    Properties:
      Role: !Sub 'arn:aws:iam::${AWS::AccountId}:role/f'
      Events:
        Nightly: {Type: ScheduleV2, Properties: {ScheduleExpression: rate(1 day)}}
        Own: {Type: ScheduleV2, Properties: {RoleArn: !Sub 'arn:aws:iam::${AWS::AccountId}:role/s'}}
  M:
    Type: AWS::Serverless::StateMachine
    Properties:
      PermissionsBoundary: arn:aws:iam::aws:policy/B
      Events: {Rule: {Type: EventBridgeRule, Properties: {}}, Post: {Type: Api, Properties: {}}}
  G: {Type: 'AWS::Serverless::GraphQLApi', Properties: {DataSources: {DynamoDb: {Posts: {}}, Lambda: {L: {ServiceRoleArn: a}}}}}
  P: {Type: 'AWS::Serverless::CapacityProvider', Properties: {}}
  Twice: {Type: 'AWS::Serverless::Api'}
";
    let read = read(text);
    let found: Vec<(&str, String)> =
        read.roles().iter().map(|r| (&*r.address, principal_of(&r.trust[0]))).collect();
    let found: Vec<(&str, &str)> = found.iter().map(|(a, p)| (*a, p.as_str())).collect();
    assert_eq!(
        found,
        [
            ("FNightlyRole", "scheduler.amazonaws.com"),
            ("M", "states.amazonaws.com"),
            ("MRuleRole", "events.amazonaws.com"),
            ("MPostRole", "apigateway.amazonaws.com"),
            ("GCloudWatchRole", "appsync.amazonaws.com"),
            ("GPostsDynamoDBDataSourceRole", "appsync.amazonaws.com"),
            ("P", "lambda.amazonaws.com"),
            ("CodeDeployServiceRole", "codedeploy.amazonaws.com"),
        ]
    );
    let rule = read.role_called("MRuleRole");
    assert_eq!(read.sources.snippet(rule.span), "Rule");
    assert!(rule.boundary.is_some());
}

#[test]
fn a_macro_inside_a_role_is_mentioned() {
    let role = |macros: &str, inside: &str| {
        format!(
            "Resources: {{R: {{Type: 'AWS::IAM::Role', {macros} Properties: {{{inside} AssumeRolePolicyDocument: {{Statement: []}}}}}}}}"
        )
    };
    let call = "'Fn::Transform': {Name: AWS::Include, Parameters: {Location: s3://b/k}},";
    for text in [role(call, ""), role("", call)] {
        assert!(read(&text).messages().iter().any(|m| m.contains("may change this role")), "{text}");
    }
    assert!(read(&role("", "")).messages().is_empty());
}

#[test]
fn a_mapping_that_a_macro_fills_is_not_known() {
    let sections = "Mappings: {M: {'Fn::Transform': {Name: AWS::Include}, us-east-1: {id: '111122223333'}}}";
    let read = read(&crate::common::template(sections, "!FindInMap [M, !Ref AWS::Region, id]"));
    assert!(principal_of(&read.role().trust[0]).contains('?'), "{:?}", read.role().trust);
}

#[test]
fn computed_conditions_of_the_cdk_are_read() {
    let text = |value: &str| {
        format!(
            r#"{{"Resources": {{
  "Conditions": {{"Type": "Custom::AWSCDKCfnJson", "Properties": {{"ServiceToken": "x", "Value": {value}}}}},
  "R": {{"Type": "AWS::IAM::Role", "Properties": {{"AssumeRolePolicyDocument": {{"Statement": [{{
    "Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity",
    "Principal": {{"Federated": {{"Ref": "Provider"}}}},
    "Condition": {{"StringEquals": {{"Fn::GetAtt": ["Conditions", "Value"]}}}}}}]}}}}}},
  "Provider": {{"Type": "AWS::IAM::OIDCProvider", "Properties": {{"Url": "https://oidc.example.com/id/A"}}}}
}}}}"#
        )
    };
    let shown = |value: &str| -> Vec<(String, String, String)> {
        let read = read_as("t.json", text(value).as_bytes());
        let conditions = &read.variant().policy.statements[0].value.conditions;
        let parts = |c: &model::Located<model::Condition>| {
            let value = &c.value.values.items[0];
            (c.value.key.value.to_string(), value.value.to_string(), read.sources.snippet(value.span))
        };
        conditions.iter().map(parts).collect()
    };
    let joined = r#"{"Fn::Join": ["", ["{\"", {"Fn::Select": [1, {"Fn::Split": ["//", "https://oidc.example.com/id/A"]}]}, ":sub\":\"system:serviceaccount:ns:app\"}"]]}"#;
    let sub = "system:serviceaccount:ns:app".to_owned();
    assert_eq!(shown(joined), [("oidc.example.com/id/A:sub".to_owned(), sub.clone(), sub.clone())]);
    let late = r#"{"Fn::Join": ["", ["{\"", {"Fn::GetAtt": ["Cluster", "Issuer"]}, ":sub\":\"system:serviceaccount:ns:app\"}"]]}"#;
    let [(key, value, _)] = shown(late).try_into().unwrap();
    assert!(key.ends_with(":sub") && key.contains("Cluster.Issuer"), "{key}");
    assert_eq!(value, sub);
    // What it cannot be said of is not left out.
    for value in [r#""no json""#, "7", r#"{"Fn::GetAtt": ["Conditions", "Value"]}"#] {
        let read = read_as("t.json", text(value).as_bytes());
        let statement = &read.variant().policy.statements[0].value;
        assert!(statement.conditions_open.is_some() || !read.messages().is_empty(), "{value}: {statement:?}");
    }
}

#[test]
fn a_provider_that_the_cdk_makes_has_its_arn() {
    let url = "https://token.actions.githubusercontent.com";
    let sections =
        format!("X: &p {{Type: Custom::AWSCDKOpenIdConnectProvider, Properties: {{Url: '{url}'}}}}");
    let text = crate::common::template(&sections, "!Ref P").replace("Resources:", "Resources:\n  P: *p");
    let read = read(&text);
    let arn = "arn:${partition}:iam::${own account}:oidc-provider/token.actions.githubusercontent.com";
    assert_eq!(read.principal().0, arn);
}

const LOOPS: &str = "
Transform: AWS::LanguageExtensions
Parameters: {Teams: {Type: CommaDelimitedList, Default: 'red,blue'}, Late: {Type: CommaDelimitedList}}
Mappings: {Accounts: {red: {id: '111122223333'}, blue: {id: '444455556666'}}}
Resources:
  Fn::ForEach::Roles:
    - Team
    - !Ref Teams
    - ${Team}Role:
        Type: AWS::IAM::Role
        Properties:
          RoleName: !Sub 'role-${Team}'
          AssumeRolePolicyDocument:
            Statement:
              Fn::ForEach::Inner: nothing
              Effect: Allow
              Action: sts:AssumeRole
              Principal: {AWS: !FindInMap [Accounts, !Ref Team, id]}
  Fn::ForEach::Outer:
    - A
    - [x, 10.0.0.1]
    - Fn::ForEach::Inner:
        - B
        - [y]
        - R&{A}${B}:
            Type: AWS::IAM::Role
            Properties: {AssumeRolePolicyDocument: {Statement: {Effect: Allow, Action: 'sts:AssumeRole', Principal: {AWS: '${A}-${B}'}}}}
  Fn::ForEach::Late:
    - L
    - !Ref Late
    - Late${L}:
        Type: AWS::IAM::Role
        Properties: {AssumeRolePolicyDocument: {Statement: {Effect: Allow, Action: 'sts:AssumeRole', Principal: {AWS: !Sub 'arn:aws:iam::${L}:root'}}}}
";

#[test]
fn loops_are_written_out() {
    let read = read(LOOPS);
    let roles: Vec<(String, String)> =
        read.roles().iter().map(|r| (r.address.to_string(), principal_of(&r.trust[0]))).collect();
    let expected = [
        ("redRole", "111122223333"),
        ("blueRole", "444455556666"),
        ("Rxy", "x-y"),
        ("R10001y", "10.0.0.1-y"),
        ("Late${an element of `Fn::ForEach`}", "arn:aws:iam::${an element of `Fn::ForEach`}:root"),
    ];
    assert_eq!(roles, expected.map(|(a, p)| (a.to_owned(), p.to_owned())));
    assert_eq!(read.roles()[0].name.as_ref().unwrap().value.to_string(), "role-red");
    assert_eq!(read.sources.snippet(read.roles()[2].span), "R&{A}${B}");
    let id = &read.roles()[2].trust[0].policy.statements[0].value.principals.items[0].id;
    assert_eq!(read.sources.snippet(id.span), "${A}-${B}");
    assert!(read.relevant().is_empty(), "{:?}", read.messages());
}

#[test]
fn given_lists_drive_loops_and_hostile_ones_are_bounded() {
    let read = read_files(&[("t.yaml", LOOPS.as_bytes())], &[("Teams", "blue"), ("Late", "1,2")]);
    assert_eq!(read.addresses(), ["blueRole", "Rxy", "R10001y", "Late1", "Late2"]);
    let list = format!("[{}]", (0..400).map(|i| format!("v{i}")).collect::<Vec<_>>().join(","));
    let mut text = String::from("# AWS::IAM::Role\nResources:\n");
    let mut indent = String::from("  ");
    for depth in 0..10 {
        text.push_str(&format!(
            "{indent}Fn::ForEach::L{depth}:\n{indent}- I{depth}\n{indent}- {list}\n{indent}-\n"
        ));
        indent.push_str("  ");
    }
    text.push_str(&format!("{indent}R${{I9}}: {{Type: AWS::IAM::Role, Properties: {{}}}}\n"));
    assert!(!crate::common::read(&text).relevant().is_empty());
}

#[test]
fn the_cdk_says_where_a_role_was_made() {
    let template = r#"{"Resources": {"Scan1A2B": {"Type": "AWS::IAM::Role",
      "Properties": {"AssumeRolePolicyDocument": {"Statement": []}},
      "Metadata": {"aws:cdk:path": "MyStack/Scan/Resource"}},
     "Inner": {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": {"Fn::Sub": "https://s3.${AWS::Region}.amazonaws.com/x"}},
      "Metadata": {"aws:asset:path": "Inner.nested.template.json", "aws:asset:property": "TemplateURL"}}}}"#;
    let inner = r#"{"Resources": {"R": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {"Statement": []}}}}}"#;
    let manifest = r#"{"version": "36", "artifacts": {"MyStack": {"type": "aws:cloudformation:stack",
      "properties": {"templateFile": "MyStack.template.json"},
      "metadata": {"/MyStack/Scan/Resource": [{"type": "aws:cdk:logicalId", "data": "Scan1A2B", "trace": [
        "new Role (/home/u/app/node_modules/aws-cdk-lib/aws-iam/lib/role.js:1:2)",
        "new MyStack (/home/u/app/lib/my-stack.ts:2:5)"]}]}}}}"#;
    let program = "class MyStack {\n    new Role(this, 'Scan');\n}\n";
    let files: [(&str, &[u8]); 4] = [
        ("app/cdk.out/MyStack.template.json", template.as_bytes()),
        ("app/cdk.out/Inner.nested.template.json", inner.as_bytes()),
        ("app/cdk.out/manifest.json", manifest.as_bytes()),
        ("app/lib/my-stack.ts", program.as_bytes()),
    ];
    let read = read_files(&files, &[]);
    assert_eq!(read.addresses(), ["MyStack/Scan/Resource", "Inner/R"]);
    let call = &read.roles()[0].calls[0];
    assert_eq!(read.sources.path(call.span.file), "app/lib/my-stack.ts");
    assert_eq!(read.sources.snippet(call.span), "new Role(this, 'Scan');");
    // Without the program there is only the path.
    let alone = read_files(&files[..1], &[]);
    assert!(alone.role_called("MyStack/Scan/Resource").calls.is_empty());
}

#[test]
fn files_of_other_tools_are_recognised() {
    let role = "{Type: 'AWS::IAM::Role', Properties: {AssumeRolePolicyDocument: {Statement: {Effect: Allow, Action: 'sts:AssumeRole', Principal: {AWS: WHO}}}}}";
    let serverless = format!(
        "service: x\nprovider: {{name: aws}}\nresources:\n  Resources:\n    R: {}\n    S: {}\n",
        role.replace("WHO", "'arn:aws:iam::${self:custom.account}:root'"),
        role.replace("WHO", "'arn:aws:iam::${aws:accountId}:root'"),
    );
    let framework = read_as("serverless.yml", serverless.as_bytes());
    assert!(framework.relevant().is_empty(), "{:?}", framework.messages());
    assert!(framework.messages()[0].contains("Serverless Framework"));
    assert_eq!(principal_of(&framework.roles()[0].trust[0]), "arn:aws:iam::${`${self:custom.account}`}:root");
    assert_eq!(principal_of(&framework.roles()[1].trust[0]), "arn:aws:iam::${own account}:root");
    let formation = format!(
        "AWSTemplateFormatVersion: '2010-09-09-OC'\nOrganizationBindings: {{B: {{Account: '*'}}}}\nResources: {{R: {}}}",
        role.replace("WHO", "'Fn::EnumTargetAccounts B arn:aws:iam::${account}:root'")
    );
    let formation = read(&formation);
    assert!(formation.relevant().is_empty(), "{:?}", formation.messages());
    assert!(formation.messages()[0].contains("org-formation"));
    assert!(formation.variant().policy.statements[0].value.principals.open.is_some());
}

#[test]
fn templates_of_templates_are_named_only_if_they_may_hold_roles() {
    let jinja = |kind: &str| {
        format!("Resources:\n{{% if x %}}\n  {{{{ name }}}}:\n    Type: {kind}\n{{% endif %}}\n")
    };
    let with = read(&jinja("AWS::IAM::Role"));
    assert_eq!(with.relevant().len(), 1);
    assert!(with.relevant()[0].contains("template of another tool"));
    let without = read(&jinja("AWS::Serverless::Function"));
    assert!(without.relevant().is_empty());
}

#[test]
fn macros_are_mentioned() {
    let text = |transform: &str| {
        format!(
            "Transform: {transform}\nResources: {{R: {{Type: 'AWS::IAM::Role', Properties: {{AssumeRolePolicyDocument: {{Statement: []}}}}}}}}"
        )
    };
    assert!(read(&text("[AWS::LanguageExtensions, AWS::Serverless-2016-10-31]")).messages().is_empty());
    assert!(read(&text("[My::Macro]")).messages()[0].contains("`My::Macro`"));
    assert!(
        read(&text("{Name: 'AWS::Include', Parameters: {Location: x}}")).messages()[0]
            .contains("AWS::Include")
    );
}

#[test]
fn ros_has_functions_of_its_own() {
    let principal = |expression: &str| {
        let text = format!(
            "ROSTemplateFormatVersion: '2015-09-01'
Parameters: {{P: {{Type: String, Default: 'x,y'}}, J: {{Type: Json, Default: {{k: v}}}}}}
Resources:
  Named: {{Type: 'ALIYUN::RAM::Role', Properties: {{RoleName: named, AssumeRolePolicyDocument: {{Statement: []}}}}}}
  Saml: {{Type: 'ALIYUN::RAM::SAMLProvider', Properties: {{SAMLProviderName: idp}}}}
  R:
    Type: ALIYUN::RAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: '1'
        Statement: [{{Effect: Allow, Action: 'sts:AssumeRole', Principal: {{RAM: {expression}}}}}]
"
        );
        let read = read(&text);
        let role = read.role_called("R");
        principal_of(&role.trust[0])
    };
    let cases = [
        ("!Select [-1, [a, b]]", "b"),
        ("!Select [7, [a, b], d]", "d"),
        ("!Select [k, {k: v}]", "v"),
        ("!Replace [{a: b}, banana]", "bbnbnb"),
        ("{'Fn::ListMerge': [[a], [b]]}", "a"),
        ("{'Fn::GetJsonValue': [k, '{\"k\": \"v\"}']}", "v"),
        ("{'Fn::Base64Decode': eA==}", "x"),
        ("{'Fn::Str': 7}", "7"),
        ("!Ref Named", "named"),
        ("!GetAtt Named.Arn", "acs:ram::${own account}:role/named"),
        ("!GetAtt Saml.Arn", "acs:ram::${own account}:saml-provider/idp"),
        ("!Sub 'acs:ram::${ALIYUN::TenantId}:root'", "acs:ram::${own account}:root"),
        ("{'Fn::Jq': [First, .k, {k: v}]}", "?"),
        ("!Ref ALIYUN::StackName", "${`ALIYUN::StackName`}"),
    ];
    for (expression, expected) in cases {
        assert_eq!(principal(expression), expected, "{expression}");
    }
}

#[test]
fn aliyun_serverless_is_recognised() {
    let text = "
ROSTemplateFormatVersion: '2015-09-01'
Transform: Aliyun::Serverless-2018-04-03
Resources: {S: {Type: 'Aliyun::Serverless::Service', Properties: {Policies: [AliyunOSSReadOnlyAccess]}}}
";
    let read = read(text);
    assert!(read.relevant().is_empty() && read.messages()[0].contains("Aliyun Serverless"));
}
