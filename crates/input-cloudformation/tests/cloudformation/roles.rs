//! Roles of templates: their policies in every form, their places, their grants.

use crate::common::{read, read_as, template};
use model::{Breadth, Cloud, Grant};

const TEXT_DOCUMENT: &str = r#"
Parameters: {Vendor: {Type: String, Default: '999988887777'}}
Resources:
  # é moves bytes, not characters
  R:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: TAG|
        {
          "Version": "2012-10-17",
          "Statement": [{
            "Effect": "Allow", "Action": "sts:AssumeRole",
            "Principal": {"AWS": "arn:aws:iam::VENDOR:root"},
            "Condition": {"StringEquals": {"sts:ExternalId": "é-123"}}
          }]
        }
"#;

#[test]
fn json_text_in_a_block_scalar_has_true_places() {
    for eol in ["\n", "\r\n"] {
        let text = TEXT_DOCUMENT.replace("TAG", "").replace("VENDOR", "999988887777").replace('\n', eol);
        let read = read(&text);
        assert!(read.lowered.problems.is_empty(), "{:?}", read.lowered.problems);
        assert_eq!(
            read.principal(),
            ("arn:aws:iam::999988887777:root".to_owned(), "arn:aws:iam::999988887777:root".to_owned())
        );
        assert_eq!(read.condition(), ("é-123".to_owned(), "é-123".to_owned()));
        let id = &read.variant().policy.statements[0].value.principals.items[0].id;
        assert_eq!(read.line(id.span).line, 13);
    }
}

#[test]
fn a_substituted_text_document_keeps_its_places() {
    let read = read(&TEXT_DOCUMENT.replace("TAG", "!Sub ").replace("VENDOR", "${Vendor}"));
    let place = "arn:aws:iam::${Vendor}:root".to_owned();
    assert_eq!(read.principal(), ("arn:aws:iam::999988887777:root".to_owned(), place));
    assert_eq!(read.condition(), ("é-123".to_owned(), "é-123".to_owned()));
}

#[test]
fn a_computed_condition_key_is_text_of_a_substitution() {
    let text = r#"
Resources:
  Oidc: {Type: AWS::IAM::OIDCProvider, Properties: {Url: https://oidc.example.com/id}}
  R:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Fn::Sub:
          - |
            {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity",
             "Principal": {"Federated": "${Oidc}"},
             "Condition": {"StringEquals": {"${Host}:sub": "system:serviceaccount:a:b"}}}}
          - Host: !Join ['/', [oidc.example.com, id]]
"#;
    let read = read(text);
    let statement = &read.variant().policy.statements[0].value;
    assert_eq!(statement.conditions[0].value.key.value.to_string(), "oidc.example.com/id:sub");
    assert_eq!(read.sources.snippet(statement.conditions[0].value.key.span), "${Host}:sub");
    assert_eq!(read.principal().0, "arn:${partition}:iam::${own account}:oidc-provider/oidc.example.com/id");
}

#[test]
fn yaml_and_json_of_one_template_agree() {
    let yaml = r#"
Parameters:
  Id: {Type: String, Default: ''}
  Vendor: {Type: String, Default: 012345678901}
Conditions:
  HasId: !Not [!Equals [!Ref Id, '']]
Resources:
  R:
    Type: AWS::IAM::Role
    Properties:
      RoleName: scan
      MaxSessionDuration: 7200
      AssumeRolePolicyDocument:
        Version: 2012-10-17
        Statement:
          - Effect: Allow
            Action: [sts:AssumeRole, sts:TagSession]
            Principal: {AWS: !Sub 'arn:${AWS::Partition}:iam::${Vendor}:root', Service: ec2.amazonaws.com}
            Condition:
              Bool: {aws:SecureTransport: true}
              StringEquals: !If [HasId, {sts:ExternalId: !Ref Id}, !Ref AWS::NoValue]
"#;
    let json = r#"{
  "Parameters": {"Id": {"Type": "String", "Default": ""}, "Vendor": {"Type": "String", "Default": "012345678901"}},
  "Conditions": {"HasId": {"Fn::Not": [{"Fn::Equals": [{"Ref": "Id"}, ""]}]}},
  "Resources": {"R": {"Type": "AWS::IAM::Role", "Properties": {
    "RoleName": "scan", "MaxSessionDuration": "7200",
    "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [{
      "Effect": "Allow", "Action": ["sts:AssumeRole", "sts:TagSession"],
      "Principal": {"AWS": {"Fn::Sub": "arn:${AWS::Partition}:iam::${Vendor}:root"}, "Service": "ec2.amazonaws.com"},
      "Condition": {"Bool": {"aws:SecureTransport": "true"},
        "StringEquals": {"Fn::If": ["HasId", {"sts:ExternalId": {"Ref": "Id"}}, {"Ref": "AWS::NoValue"}]}}}]}}}}
}"#;
    let (yaml, json) = (read(yaml), read_as("t.template", json.as_bytes()));
    let shapes = |read: &crate::common::Read| -> Vec<_> {
        read.role().trust.iter().map(|v| (v.assumptions[0].when.to_string(), v.policy.canonical())).collect()
    };
    assert_eq!(shapes(&yaml), shapes(&json));
    assert_eq!(shapes(&yaml).len(), 2);
    let (yaml, json) = (yaml.role(), json.role());
    assert_eq!((&yaml.name, &yaml.max_session), (&json.name, &json.max_session));
    assert_eq!(yaml.max_session.as_ref().map(|m| m.value.to_string()).as_deref(), Some("7200"));
}

#[test]
fn yaml_flow_style_that_is_no_json_is_read_as_yaml() {
    let text =
        "{Resources: {R: {Type: 'AWS::IAM::Role', Properties: {AssumeRolePolicyDocument: {Statement: []}}}}}";
    assert_eq!(&*read_as("-", text.as_bytes()).role().address, "R");
}

#[test]
fn a_role_is_named_by_its_logical_id() {
    let text = format!("\u{feff}{}", template("Description: 'é'", "'*'").replace('\n', "\r\n"));
    let read = read(&text);
    let role = read.role();
    assert_eq!((role.cloud, &*role.kind, &*role.address), (Cloud::Aws, "AWS::IAM::Role", "R"));
    assert_eq!(read.sources.snippet(role.span), "R");
    let document = read.sources.snippet(role.document);
    assert!(document.starts_with("Version") && document.ends_with("AWS: '*'"), "{document:?}");
    assert_eq!(read.principal(), ("*".to_owned(), "*".to_owned()));
}

#[test]
fn merge_keys_and_anchors_build_policies() {
    let text = "
Resources:
  A:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: &doc
        Statement: {Effect: Allow, Action: 'sts:AssumeRole', Principal: {AWS: '111122223333'}}
  B:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: *doc
  C:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        <<: *doc
        Version: 2012-10-17
";
    let read = read(text);
    let meanings: Vec<_> = read.roles().iter().map(|r| r.trust[0].policy.canonical()).collect();
    assert_eq!(meanings[0], meanings[1]);
    assert_eq!(meanings[2], meanings[0].replace("V2008", "V2012"));
    assert_eq!(read.sources.snippet(read.roles()[1].document), "*doc");
}

#[test]
fn duplicate_keys_count_once_and_are_named() {
    let text = "
Resources:
  R: {Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: {Statement: [1]}}}
  R:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {Statement: [2]}
      AssumeRolePolicyDocument:
        Statement: {Effect: Allow, Action: 'sts:AssumeRole', Principal: {AWS: 'a', AWS: 'b'}}
";
    let read = read(text);
    assert_eq!(read.principal().0, "b");
    let messages: Vec<_> = read.lowered.problems.iter().map(|p| (p.relevant, &*p.message)).collect();
    let twice = |key: &str| {
        messages.iter().filter(|(r, m)| !r && m.starts_with(&format!("`{key}` stands twice"))).count()
    };
    assert_eq!((twice("R"), twice("AssumeRolePolicyDocument"), twice("AWS")), (1, 1, 1), "{messages:?}");
}

#[test]
fn a_policy_that_is_not_understood_is_unknown_and_not_dropped() {
    for document in [
        "'{ no json'",
        "[1, 2]",
        "!ImportValue x",
        "!Ref AWS::NoValue",
        "{{ policy }}",
        "!vault x",
        "12",
        "{'Fn::Transform': {Name: 'AWS::Include'}}",
    ] {
        let text = format!(
            "Resources:\n  R:\n    Type: AWS::IAM::Role\n    Properties:\n      AssumeRolePolicyDocument: {document}\n"
        );
        let read = read(&text);
        assert!(read.variant().policy.open.is_some(), "{document}");
    }
    let without = read("Resources:\n  R:\n    Type: AWS::IAM::Role\n");
    assert!(without.variant().policy.open.is_some());
    assert_eq!(without.lowered.problems.len(), 1);
    let macro_given = read(
        "Resources:\n  R:\n    Type: AWS::IAM::Role\n    Properties:\n      Fn::Transform: {Name: AWS::Include}\n",
    );
    let open = macro_given.variant().policy.open.clone().unwrap();
    assert_eq!(&*open.what, "`Fn::Transform`");
}

#[test]
fn what_the_role_may_do_is_collected() {
    let text = "
Parameters: {Extra: {Type: String, Default: ''}}
Conditions: {HasExtra: !Not [!Equals [!Ref Extra, '']]}
Resources:
  R:
    Type: AWS::IAM::Role
    Properties:
      RoleName: app
      PermissionsBoundary: !If [HasExtra, !Ref Extra, !Ref AWS::NoValue]
      AssumeRolePolicyDocument: {Statement: []}
      ManagedPolicyArns:
        - arn:aws:iam::aws:policy/ReadOnlyAccess
        - !Ref Managed
      Policies:
        - PolicyName: inline
          PolicyDocument: {Statement: {Effect: Allow, Action: 's3:Get*', Resource: '*'}}
  Managed:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      PolicyDocument: {Statement: {Effect: Allow, Action: '*', Resource: '*'}}
  ByReference:
    Type: AWS::IAM::Policy
    Properties:
      Roles: [!Ref Other, !Ref R]
      PolicyDocument: !Sub '{\"Statement\": {\"Effect\": \"Allow\", \"Action\": \"s3:*\", \"Resource\": \"*\"}}'
  ByName:
    Type: AWS::IAM::RolePolicy
    Properties:
      RoleName: app
      PolicyDocument: !ImportValue x
  Elsewhere:
    Type: AWS::IAM::Policy
    Properties:
      Roles: [someone]
      PolicyDocument: {Statement: {Effect: Allow, Action: '*', Resource: '*'}}
";
    let read = read(text);
    let role = read.role();
    let kinds: Vec<_> = role
        .grants
        .iter()
        .map(|g| match &g.value {
            Grant::Managed(arn) => arn.to_string(),
            Grant::Document(Breadth::Unknown(u)) => format!("unknown {}", u.what),
            Grant::Document(breadth) => format!("{breadth:?}"),
        })
        .collect();
    assert_eq!(
        kinds,
        [
            "arn:aws:iam::aws:policy/ReadOnlyAccess",
            "Administrator",
            "ReadOnly",
            "Other",
            "unknown `Fn::ImportValue`"
        ]
    );
    assert!(role.boundary.is_none(), "the default leaves it out");
    assert!(role.grants_open.is_none(), "{:?}", role.grants_open);
}

#[test]
fn conditional_grants_leave_the_list_open() {
    let text = template("Conditions: {C: !Equals [!Ref AWS::Region, x]}", "'*'").replace(
        "    Properties:\n",
        "    Properties:\n      ManagedPolicyArns: [one, !If [C, two, !Ref AWS::NoValue]]\n      PermissionsBoundary: !If [C, b, !Ref AWS::NoValue]\n",
    );
    let read = read(&text);
    let role = read.role();
    assert_eq!(role.grants.len(), 1);
    assert!(role.grants_open.is_some());
    assert!(role.boundary.as_ref().unwrap().value.has_unknown());
}

#[test]
fn an_attachment_that_depends_on_a_condition_leaves_the_list_open() {
    let attached = "
  P:
    Type: AWS::IAM::Policy
    Properties:
      Roles: [!If [C, !Ref R, other]]
      PolicyDocument: {Statement: {Effect: Allow, Action: '*', Resource: '*'}}
";
    let read =
        read(&format!("{}{attached}", template("Conditions: {C: !Equals [!Ref AWS::Region, x]}", "'*'")));
    assert!(read.role().grants.is_empty());
    assert_eq!(&*read.role().grants_open.as_ref().unwrap().what, "`P`");
}

#[test]
fn ros_roles_are_read_in_their_own_grammar() {
    let text = r#"{
  "ROSTemplateFormatVersion": "2015-09-01",
  "Parameters": {"Id": {"Type": "String", "Default": "abcd1234"}},
  "Resources": {
    "Scan": {
      "Type": "ALIYUN::RAM::Role",
      "Properties": {
        "RoleName": "scan",
        "MaxSessionDuration": 7200,
        "AssumeRolePolicyDocument": {"Version": "1", "Statement": [{
          "Action": "sts:AssumeRole", "Effect": "Allow",
          "Principal": {"RAM": [{"Fn::Join": ["", ["acs:ram::", {"Ref": "ALIYUN::TenantId"}, ":root"]]}, "acs:ram::1234567890123456:root"]},
          "Condition": {"StringEquals": {"sts:ExternalId": {"Ref": "Id"}}}
        }]},
        "Policies": [{"PolicyName": "p", "PolicyDocument": {"Version": "1", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}}],
        "PolicyAttachments": {"System": ["AliyunOSSReadOnlyAccess"]}
      }
    },
    "Attach": {"Type": "ALIYUN::RAM::AttachPolicyToRole",
      "Properties": {"PolicyName": "AdministratorAccess", "PolicyType": "System", "RoleName": {"Fn::GetAtt": ["Scan", "RoleName"]}}}
  }
}"#;
    let read = read_as("x.ros", text.as_bytes());
    let role = read.role();
    assert_eq!((role.cloud, &*role.kind), (Cloud::Alibaba, "ALIYUN::RAM::Role"));
    assert_eq!(read.principal().0, "acs:ram::${own account}:root");
    assert_eq!(read.condition().0, "abcd1234");
    assert_eq!(role.grants.len(), 3);
    assert_eq!(role.grants[2].value, Grant::Managed("AdministratorAccess".into()));
}

#[test]
fn every_document_of_a_file_is_a_template() {
    let one = template("", "'*'");
    assert_eq!(read(&format!("{one}---\n{one}")).roles().len(), 2);
}
