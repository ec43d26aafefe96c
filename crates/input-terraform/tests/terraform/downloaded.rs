//! Modules from elsewhere: found through the list of what was downloaded, never fetched.

use crate::support::Scan;

const MODULES: &str = r#"{"Modules": [
  {"Key": "", "Source": "", "Dir": "."},
  {"Key": "vendor", "Source": "registry.terraform.io/acme/vendor/aws", "Version": "1.2.3", "Dir": ".terraform/modules/vendor/modules/role"},
  {"Key": "vendor.inner", "Source": "../inner", "Dir": ".terraform\\modules\\vendor\\modules\\inner"},
  {"Key": "out", "Source": "git::https://x", "Dir": "../../../etc"},
  {"Key": "abs", "Source": "git::https://x", "Dir": "/etc"}
]}"#;

const MAIN: &str = "module \"vendor\" {\n  source = \"acme/vendor/aws//modules/role\"\n  version = \"1.2.3\"\n  id = \"7Qd2\"\n}\n";

const VENDOR: &str = "variable \"id\" {}\nmodule \"inner\" {\n  source = \"../inner\"\n  id = var.id\n}\n";

const INNER: &str = r#"
variable "id" {}
resource "aws_iam_role" "r" {
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { AWS = var.id }
    }]
  })
}
"#;

fn files<'f>(main: &'f str, list: &'f str) -> Vec<(&'f str, &'f [u8])> {
    vec![
        ("env/main.tf", main.as_bytes()),
        ("env/.terraform/modules/modules.json", list.as_bytes()),
        ("env/.terraform/modules/vendor/modules/role/main.tf", VENDOR.as_bytes()),
        ("env/.terraform/modules/vendor/modules/inner/main.tf", INNER.as_bytes()),
        ("env/.terraform/modules/vendor/examples/main.tf", INNER.as_bytes()),
    ]
}

#[test]
fn a_downloaded_module_is_judged_through_its_caller_whether_the_walk_lists_it_or_not() {
    for listed in [true, false] {
        let files = files(MAIN, MODULES);
        let scan = if listed { Scan::of(&files) } else { Scan::walking(&files, &["env/main.tf"]) };
        assert_eq!(scan.messages(), Vec::<&str>::new());
        assert_eq!(scan.lowered.missing.len(), 0);
        let role = scan.role();
        assert_eq!(&*role.address, "module.vendor.module.inner.aws_iam_role.r");
        assert_eq!(scan.sources.path(role.span.file), "env/.terraform/modules/vendor/modules/inner/main.tf");
        let calls: Vec<_> = role.calls.iter().map(|c| (c.value.to_string(), scan.snippet(c.span))).collect();
        let expected =
            [("module.vendor", "module \"vendor\""), ("module.vendor.module.inner", "module \"inner\"")];
        assert_eq!(calls, expected.map(|(address, text)| (address.to_owned(), text.to_owned())));
        assert_eq!(
            role.trust[0].policy.statements[0].value.principals.items[0].id.value.as_str(),
            Some("7Qd2")
        );
    }
}

#[test]
fn a_list_that_leads_outside_is_refused_with_the_reason() {
    for (name, dir) in [("out", "../../../etc"), ("abs", "/etc")] {
        let main = format!("{INNER}module \"{name}\" {{\n  source = \"git::https://x\"\n}}\n");
        let scan = Scan::of(&files(&main, MODULES));
        let expected = format!(
            "module `git::https://x`: `{dir}` in the list of downloaded modules lies outside of what is scanned; roles that \
             it makes are not judged"
        );
        assert_eq!(scan.messages(), [expected]);
        assert!(!scan.lowered.problems[0].relevant);
    }
}

#[test]
fn sources_that_lie_outside_are_refused_and_those_not_downloaded_are_missing() {
    let call = |name: &str, source: &str| format!("module \"{name}\" {{\n  source = \"{source}\"\n}}\n");
    let main = [
        call("a", "../../x"),
        call("b", "/etc/modules"),
        call("c", "acme/gone/aws"),
        call("d", "git::ssh://git@example.com/x.git?ref=v1"),
        call("e", "acme/gone/aws"),
        "module \"none\" {}\n".to_owned(),
    ]
    .concat();
    let scan = Scan::of(&[("env/main.tf", main.as_bytes())]);
    assert_eq!(
        scan.messages(),
        [
            "module `../../x` lies outside of what is scanned; roles that it makes are not judged",
            "module `/etc/modules` lies outside of what is scanned; roles that it makes are not judged",
            "the call names no source; roles that it makes are not judged"
        ]
    );
    let missing: Vec<_> = scan.lowered.missing.iter().map(|m| &*m.value).collect();
    assert_eq!(missing, ["acme/gone/aws", "git::ssh://git@example.com/x.git?ref=v1"]);
}

#[test]
fn a_broken_list_is_named() {
    let scan = Scan::of(&files(MAIN, "{\"Modules\": ["));
    assert!(
        scan.lowered.problems.iter().any(|p| p.relevant && p.message.contains("list of downloaded modules"))
    );
}
