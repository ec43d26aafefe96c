//! Modules that call one another: who is judged through whom, with which values, under which address.

use model::{Role, Standing};

use crate::support::Scan;

/// A module with an optional guard, as vendors ship it.
const VENDOR: &str = r#"
variable "external_id" {
  type    = string
  default = null
}
data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "AWS"
      identifiers = ["210987654321"]
    }
    dynamic "condition" {
      for_each = var.external_id != null ? [1] : []
      content {
        test     = "StringEquals"
        variable = "sts:ExternalId"
        values   = [var.external_id]
      }
    }
  }
}
resource "aws_iam_role" "scan" {
  name               = "scan"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}
"#;

fn scan(files: &[(&str, &str)]) -> Scan {
    let files: Vec<(&str, &[u8])> = files.iter().map(|(path, text)| (*path, text.as_bytes())).collect();
    Scan::of(&files)
}

/// The ExternalIds that the first statement asks for in each shape, `-` for none, and the standing of each shape.
fn guards(role: &Role) -> Vec<(String, Standing)> {
    let shape = |variant: &model::Variant| {
        let conditions = &variant.policy.statements[0].value.conditions;
        let values = conditions.iter().flat_map(|c| &c.value.values.items).map(|v| v.value.to_string());
        let values: Vec<String> = values.collect();
        let standing = variant.assumptions.iter().map(|a| a.standing).max().unwrap_or(Standing::Selected);
        (if conditions.is_empty() { "-".to_owned() } else { values.join(",") }, standing)
    };
    role.trust.iter().map(shape).collect()
}

fn judged(scan: &Scan) -> Vec<(String, Vec<(String, Standing)>)> {
    let mut judged: Vec<_> =
        scan.roles().into_iter().map(|role| (role.address.to_string(), guards(role))).collect();
    judged.sort_by_key(|(address, _)| address.clone());
    judged
}

fn certain(address: &str, guard: &str) -> (String, Vec<(String, Standing)>) {
    (address.to_owned(), vec![(guard.to_owned(), Standing::Selected)])
}

#[test]
fn a_called_module_has_its_callers_values() {
    let main = "module \"v\" {\n  source      = \"./mod\"\n  external_id = \"7Qd2-x\"\n}\n";
    let scan = scan(&[("main.tf", main), ("mod/main.tf", VENDOR)]);
    assert_eq!(scan.messages(), Vec::<&str>::new());
    assert_eq!(judged(&scan), [certain("module.v.aws_iam_role.scan", "7Qd2-x")]);
    let role = scan.role();
    assert_eq!(scan.sources.path(role.span.file), "mod/main.tf");
    assert_eq!(scan.snippet(role.span), "resource \"aws_iam_role\" \"scan\"");
    let value = &role.trust[0].policy.statements[0].value.conditions[0].value.values.items[0];
    assert_eq!(scan.snippet(value.span), "var.external_id");
    assert_eq!(scan.sources.path(value.span.file), "mod/main.tf");
    let defined = value.defined.expect("a definition");
    assert_eq!(scan.snippet(defined), "7Qd2-x");
    assert_eq!(scan.sources.path(defined.file), "main.tf");
}

#[test]
fn a_module_that_nobody_calls_has_its_defaults() {
    let main = "module \"x\" {\n  source = \"./other\"\n}\n";
    let scan = scan(&[("mod/main.tf", VENDOR), ("main.tf", main), ("other/main.tf", "")]);
    assert_eq!(scan.messages(), Vec::<&str>::new());
    assert_eq!(
        judged(&scan),
        [(
            "aws_iam_role.scan".to_owned(),
            vec![
                ("-".to_owned(), Standing::Selected),
                ("${var.external_id}".to_owned(), Standing::Permitted)
            ]
        )]
    );
}

#[test]
fn each_call_is_a_role_of_its_own() {
    let main = "module \"guarded\" {\n  source = \"../mod\"\n  external_id = \"a\"\n}\n\
                module \"open\" {\n  source = \"../mod/\"\n}\n\
                module \"null\" {\n  source = \"./../mod\"\n  external_id = null\n}\n";
    let scan = scan(&[("env/main.tf", main), ("mod/main.tf", VENDOR)]);
    assert_eq!(
        judged(&scan),
        [
            certain("module.guarded.aws_iam_role.scan", "a"),
            // Nobody else can set what these calls leave out.
            certain("module.null.aws_iam_role.scan", "-"),
            certain("module.open.aws_iam_role.scan", "-"),
        ]
    );
}

#[test]
fn calls_of_one_name_hide_none() {
    let call = |id: &str| format!("module \"v\" {{\n  source = \"../mod\"\n  external_id = \"{id}\"\n}}\n");
    let scan = scan(&[("a/x.tf", &call("x")), ("a/y.tf", &call("y")), ("mod/main.tf", VENDOR)]);
    let address = "module.v.aws_iam_role.scan";
    assert_eq!(judged(&scan), [certain(address, "x"), certain(address, "y")]);
}

#[test]
fn every_root_judges_the_modules_it_calls() {
    let call = |id: &str| format!("module \"v\" {{\n  source = \"../mod\"\n  external_id = {id}\n}}\n");
    let scan =
        scan(&[("a/main.tf", &call("\"one\"")), ("b/main.tf", &call("null")), ("mod/main.tf", VENDOR)]);
    assert_eq!(
        judged(&scan),
        [certain("module.v.aws_iam_role.scan", "one"), certain("module.v.aws_iam_role.scan", "-")]
    );
}

#[test]
fn three_levels_down_the_roots_input_is_named() {
    let outer =
        "variable \"id\" {\n  default = null\n}\nmodule \"a\" {\n  source = \"./a\"\n  id = var.id\n}\n";
    let inner = "variable \"id\" {}\nlocals {\n  passed = var.id\n}\nmodule \"b\" {\n  source = \"./b\"\n  \
                 external_id = local.passed\n}\n";
    let scan = scan(&[("main.tf", outer), ("a/main.tf", inner), ("a/b/main.tf", VENDOR)]);
    let role = scan.role();
    assert_eq!(&*role.address, "module.a.module.b.aws_iam_role.scan");
    let whens: Vec<_> =
        role.trust.iter().map(|v| (&*v.assumptions[0].when, v.assumptions[0].standing)).collect();
    assert_eq!(
        whens,
        [
            ("`var.id` is left at its default, null", Standing::Selected),
            ("`var.id` is set", Standing::Permitted)
        ]
    );
    assert_eq!(guards(role)[1].0, "${var.id}");
}

#[test]
fn instances_of_a_call_have_addresses_and_values() {
    let main = "module \"v\" {\n  source = \"./mod\"\n  for_each = { eu = \"x\", us = null }\n  external_id = each.value\n}\n\
                module \"n\" {\n  source = \"./mod\"\n  count = 2\n  external_id = \"id-${count.index}\"\n}\n\
                module \"off\" {\n  source = \"./mod\"\n  count = 0\n}\n";
    let files = [("main.tf", main), ("mod/main.tf", VENDOR)];
    assert_eq!(
        judged(&scan(&files)),
        [
            certain("module.n[0].aws_iam_role.scan", "id-0"),
            certain("module.n[1].aws_iam_role.scan", "id-1"),
            certain("module.v[\"eu\"].aws_iam_role.scan", "x"),
            certain("module.v[\"us\"].aws_iam_role.scan", "-"),
        ]
    );
}

#[test]
fn unknown_keys_make_one_symbolic_instance() {
    let main = "variable \"ids\" {}\nmodule \"v\" {\n  source = \"./mod\"\n  for_each = var.ids\n  external_id = \"id-${each.key}\"\n}\n";
    let scan = scan(&[("main.tf", main), ("mod/main.tf", VENDOR)]);
    assert_eq!(judged(&scan), [certain("module.v.aws_iam_role.scan", "id-${var.ids}")]);
}

#[test]
fn a_module_that_defaults_leave_out_is_permitted() {
    let main = "variable \"on\" {\n  default = false\n}\nmodule \"v\" {\n  source = \"./mod\"\n  count = var.on ? 1 : 0\n}\n";
    let scan = scan(&[("main.tf", main), ("mod/main.tf", VENDOR)]);
    let role = scan.role();
    assert_eq!(&*role.address, "module.v[0].aws_iam_role.scan");
    let [variant] = role.trust.as_slice() else { panic!("{:?}", role.trust) };
    let [assumption] = variant.assumptions.as_slice() else { panic!("{:?}", variant.assumptions) };
    assert_eq!(
        (&*assumption.when, assumption.standing),
        ("`var.on` is given another value", Standing::Permitted)
    );
    assert_eq!(scan.snippet(assumption.span), "var.on ? 1 : 0");
}

#[test]
fn outputs_come_back() {
    let ids = "variable \"prefix\" {}\noutput \"id\" {\n  value = \"${var.prefix}-9\"\n}\noutput \"secret\" {\n  \
               value = \"hush\"\n  sensitive = true\n}\n";
    for (argument, expected) in [
        ("module.ids.id", "p-9"),
        ("module.keyed[\"k\"].id", "k-9"),
        ("module.counted[0].id", "0-9"),
        ("join(\"+\", module.counted[*].id)", "0-9+1-9"),
        ("join(\"+\", [for k, m in module.keyed : \"${k}=${m.id}\"])", "k=k-9"),
        ("join(\"+\", values(module.keyed)[*].id)", "k-9"),
        ("module.ids.secret", "${module.ids.secret}"),
        ("module.registry.id", "${module.registry.id}"),
        ("module.ids.nope", "${module.ids.nope}"),
    ] {
        let main = format!(
            "module \"ids\" {{\n  source = \"./ids\"\n  prefix = \"p\"\n}}\n\
             module \"keyed\" {{\n  source = \"./ids\"\n  for_each = toset([\"k\"])\n  prefix = each.key\n}}\n\
             module \"counted\" {{\n  source = \"./ids\"\n  count = 2\n  prefix = count.index\n}}\n\
             module \"registry\" {{\n  source = \"corp/ids/aws\"\n}}\n\
             module \"v\" {{\n  source = \"./mod\"\n  external_id = {argument}\n}}\n"
        );
        let scan = scan(&[("main.tf", &main), ("ids/main.tf", ids), ("mod/main.tf", VENDOR)]);
        let role = scan.role();
        let selected: Vec<_> = guards(role).into_iter().map(|(guard, _)| guard).collect();
        assert!(selected.contains(&expected.to_owned()), "{argument}: {selected:?}");
        assert!(!format!("{:?}", scan.lowered).contains("hush"), "{argument}");
    }
}

#[test]
fn modules_may_feed_each_other_but_no_value_itself() {
    let pass = "variable \"in\" {\n  default = \"x\"\n}\nvariable \"other\" {\n  default = \"y\"\n}\n\
                output \"out\" {\n  value = var.in\n}\noutput \"other\" {\n  value = var.other\n}\n";
    let main = |a: &str| {
        format!(
            "module \"a\" {{\n  source = \"./pass\"\n  in = {a}\n  other = \"seed\"\n}}\n\
             module \"b\" {{\n  source = \"./pass\"\n  in = module.a.other\n  other = module.a.out\n}}\n\
             module \"v\" {{\n  source = \"./mod\"\n  external_id = module.a.out\n}}\n"
        )
    };
    let fed = main("module.b.out");
    let fine = scan(&[("main.tf", &fed), ("pass/main.tf", pass), ("mod/main.tf", VENDOR)]);
    assert_eq!(judged(&fine), [certain("module.v.aws_iam_role.scan", "seed")]);
    let circle = main("module.b.other");
    let circle = scan(&[("main.tf", &circle), ("pass/main.tf", pass), ("mod/main.tf", VENDOR)]);
    let open = circle.role().trust[0].policy.statements[0].value.conditions_open.clone();
    let why = open.expect("unknown conditions").why.to_string();
    assert!(why.contains("in terms of itself"), "{why}");
}

#[test]
fn modules_that_call_each_other_in_a_circle_are_judged_once() {
    let call = |source: &str| {
        format!("{VENDOR}module \"next\" {{\n  source = \"{source}\"\n  external_id = \"x\"\n}}\n")
    };
    let scan =
        scan(&[("a/main.tf", &call("../b")), ("b/main.tf", &call("../a")), ("c/main.tf", &call("./."))]);
    let addresses: Vec<_> =
        scan.roles().iter().map(|r| (scan.sources.path(r.span.file), r.address.to_string())).collect();
    assert_eq!(
        addresses,
        [
            ("a/main.tf".to_owned(), "aws_iam_role.scan".to_owned()),
            ("b/main.tf".to_owned(), "module.next.aws_iam_role.scan".to_owned()),
            ("c/main.tf".to_owned(), "aws_iam_role.scan".to_owned()),
        ]
    );
    assert_eq!(scan.messages().len(), 2);
    assert!(scan.lowered.problems.iter().all(|p| p.relevant && p.message.contains("calls itself")));
}

#[test]
fn modules_that_double_at_each_level_are_bounded() {
    let mut files: Vec<(String, String)> = Vec::new();
    for level in 0..20 {
        let call = |name: &str| format!("module \"{name}\" {{\n  source = \"../m{}\"\n}}\n", level + 1);
        files.push((format!("m{level}/main.tf"), format!("{}{}", call("x"), call("y"))));
    }
    files.push(("m20/main.tf".to_owned(), VENDOR.to_owned()));
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let scan = scan(&files);
    assert!((1..=1_000).contains(&scan.roles().len()), "{}", scan.roles().len());
    assert!(scan.lowered.problems.iter().any(|p| p.relevant && p.message.contains("too many modules")));
}

#[test]
fn a_source_that_is_not_scanned_is_named_once_if_a_policy_needs_it() {
    let role = |name: &str| {
        format!(
            "resource \"aws_iam_role\" \"{name}\" {{\n  assume_role_policy = jsonencode({{ Version = \"2012-10-17\", Statement = [{{ \
             Effect = \"Allow\", Action = \"sts:AssumeRole\", Principal = {{ AWS = module.used.arn }} }}] }})\n}}\n"
        )
    };
    let main = format!(
        "module \"used\" {{\n  source = \"corp/x/aws\"\n}}\nmodule \"unused\" {{\n  source = \"corp/y/aws\"\n}}\n{}{}",
        role("a"),
        role("b")
    );
    let scan = scan(&[("main.tf", &main)]);
    assert_eq!(
        scan.messages(),
        [
            "the source of `module \"used\"` is not in the scanned tree; what trust policies take from it is not known"
        ]
    );
    assert!(!scan.lowered.problems[0].relevant);
    let principal = &scan.roles()[0].trust[0].policy.statements[0].value.principals;
    let why = principal.open.as_ref().expect("unknown principals").why.to_string();
    assert_eq!(why, "leads to nothing that was read: module `corp/x/aws` is not downloaded");
    let missing: Vec<_> = scan.lowered.missing.iter().map(|m| (&*m.value, scan.snippet(m.span))).collect();
    assert_eq!(missing, [("corp/x/aws", "corp/x/aws".to_owned()), ("corp/y/aws", "corp/y/aws".to_owned())]);
}

#[test]
fn a_directory_that_is_not_scanned_is_named() {
    let main = format!(
        "{VENDOR}module \"gone\" {{\n  source = \"./gone\"\n}}\nmodule \"out\" {{\n  source = \"../../out\"\n}}\n\
         module \"plain\" {{\n  source = \"./plain\"\n}}\n"
    );
    let scan = scan(&[("env/main.tf", &main), ("env/plain/main.tf", "output \"x\" {\n  value = 1\n}\n")]);
    assert_eq!(
        scan.messages(),
        [
            "there is no module at `env/gone` in the scanned tree; roles that it makes are not judged",
            "module `../../out` lies outside of what is scanned; roles that it makes are not judged"
        ]
    );
    assert!(scan.lowered.problems.iter().all(|problem| !problem.relevant));
    let places = scan.lowered.problems.iter().map(|p| match p.place {
        model::Place::Span(span) => scan.snippet(span),
        _ => panic!("no place"),
    });
    assert_eq!(places.collect::<Vec<_>>(), ["./gone", "../../out"]);
}

#[test]
fn paths_start_at_the_root_module() {
    let trust = |id: &str| {
        format!(
            "{{\"Version\": \"2012-10-17\", \"Statement\": [{{\"Effect\": \"Allow\", \"Action\": \"sts:AssumeRole\", \
             \"Principal\": {{\"AWS\": \"{id}\"}}}}]}}"
        )
    };
    let role = |name: &str, path: &str| {
        format!("resource \"aws_iam_role\" \"{name}\" {{\n  assume_role_policy = file({path})\n}}\n")
    };
    let module = "variable \"file\" {}\n".to_owned()
        + &role("own", "\"${path.module}/trust.json\"")
        + &role("passed", "var.file")
        + &role("root", "\"${path.root}/trust.json\"");
    let main = "module \"m\" {\n  source = \"../modules/m\"\n  file = \"${path.module}/trust.json\"\n}\n";
    let scan = scan(&[
        ("env/main.tf", main),
        ("env/trust.json", &trust("111111111111")),
        ("modules/m/main.tf", &module),
        ("modules/m/trust.json", &trust("222222222222")),
    ]);
    assert_eq!(scan.messages(), Vec::<&str>::new());
    let principal =
        |role: &Role| role.trust[0].policy.statements[0].value.principals.items[0].id.value.to_string();
    let seen: Vec<_> = scan.roles().into_iter().map(|r| (r.address.to_string(), principal(r))).collect();
    let expected = [("own", "222222222222"), ("passed", "111111111111"), ("root", "111111111111")];
    assert_eq!(seen, expected.map(|(name, id)| (format!("module.m.aws_iam_role.{name}"), id.to_owned())));
}

#[test]
fn a_broken_neighbour_does_not_cut_a_call_off() {
    let main = "locals {\n  x = {\n}\nmodule \"v\" {\n  source = \"./mod\"\n  external_id = \"x\"\n}\n";
    let scan = scan(&[("main.tf", main), ("mod/main.tf", VENDOR)]);
    assert_eq!(judged(&scan), [certain("module.v.aws_iam_role.scan", "x")]);
    assert_eq!(scan.messages().len(), 1);
    assert!(scan.lowered.problems[0].relevant);
}

#[test]
fn a_caller_in_json_gives_its_values() {
    let main = r#"{"module": {"v": {"source": "../mod", "external_id": "x"}}}"#;
    let scan = scan(&[("env/main.tf.json", main), ("mod/main.tf", VENDOR)]);
    assert_eq!(scan.messages(), Vec::<&str>::new());
    assert_eq!(judged(&scan), [certain("module.v.aws_iam_role.scan", "x")]);
}

#[test]
fn a_caller_that_cannot_be_read_is_never_silent() {
    let callers: [(&str, &[u8]); 3] = [
        ("env/main.tf.json", br#"{"module": {"v": {"source": "../mod", "external_id": }}}"#),
        ("env/main.tf", b"module \"v\" {\n  source = \"../mod\"\n  external_id =\n}\n"),
        ("env/main.tf", b"module \"v\" {\n  source = \"../mod\"\n  external_id = \"\xff\"\n}\n"),
    ];
    for (path, bytes) in callers {
        let scan = Scan::of(&[(path, bytes), ("mod/main.tf", VENDOR.as_bytes())]);
        assert_eq!(scan.roles().len(), 1, "{path}");
        assert_eq!(scan.messages().len(), 1, "{path}");
        assert!(scan.lowered.problems[0].relevant, "{path}");
    }
}

#[test]
fn conditions_of_two_instances_are_settled_apart() {
    let main = "variable \"a\" {}\nvariable \"b\" {}\nmodule \"a\" {\n  source = \"./pick\"\n  on = var.a\n}\n\
                module \"b\" {\n  source = \"./pick\"\n  on = var.b\n}\nresource \"aws_iam_role\" \"r\" {\n  \
                assume_role_policy = jsonencode({ Version = \"2012-10-17\", Statement = [{ Effect = \"Allow\", \
                Action = \"sts:AssumeRole\", Principal = { AWS = [module.a.id, module.b.id] } }] })\n}\n";
    let pick = "variable \"on\" {}\noutput \"id\" {\n  value = var.on ? \"yes\" : \"no\"\n}\n";
    let scan = scan(&[("main.tf", main), ("pick/main.tf", pick)]);
    let ids = |v: &model::Variant| {
        let items = &v.policy.statements[0].value.principals.items;
        items.iter().map(|p| p.id.value.to_string()).collect::<Vec<_>>().join(" ")
    };
    let mut seen: Vec<_> = scan.role().trust.iter().map(ids).collect();
    seen.sort();
    assert_eq!(seen, ["no no", "no yes", "yes no", "yes yes"]);
}
