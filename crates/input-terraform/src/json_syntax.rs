//! Terraform's JSON syntax as the same blocks and expressions that its own syntax gives.
//!
//! Terraform tells blocks from attributes by the schema of each resource. Here a property is a nested block if its name
//! is that of one that matters and it holds objects; everything else is an attribute. Not here: JSON text (the syntax
//! crate).

use model::{Decoded, Entry, FileId, Node, Origin, Span, Value};
use syntax::json;

use crate::ir::{Attribute, Block, Body, Content, Expr, ExprKind, Fault, Name, Part};
use crate::parse::{Parsed, parse_expression_text, parse_template_file};
use crate::relocate::{self, Way};

/// Top-level blocks and how many labels each has.
const BLOCKS: &[(&str, usize)] = &[
    ("check", 1),
    ("data", 2),
    ("ephemeral", 2),
    ("import", 0),
    ("locals", 0),
    ("module", 1),
    ("moved", 0),
    ("output", 1),
    ("provider", 1),
    ("removed", 0),
    ("resource", 2),
    ("terraform", 0),
    ("variable", 1),
];

/// Blocks inside others.
const NESTED: &[&str] = &[
    "assume_role",
    "assume_role_with_web_identity",
    "condition",
    "content",
    "inline_policy",
    "lifecycle",
    "not_principals",
    "principal",
    "principals",
    "statement",
    "validation",
];

/// How deep `//` comments, labels and bodies may nest is bounded by the JSON parser.
pub(crate) fn parse(text: &str, file: FileId) -> Parsed {
    let mut reader = Reader { file, parsed: Parsed::default() };
    match json::parse(text, file) {
        Ok(root) => reader.top(&root),
        Err(error) => {
            let lost = Span::new(file, 0, text.len());
            let message = format!("cannot be parsed as Terraform's JSON syntax: {}", error.message);
            reader.parsed.faults.push(Fault { span: error.span, lost, message });
        }
    }
    reader.parsed
}

struct Reader {
    file: FileId,
    parsed: Parsed,
}

/// The objects that a value is: one, or the elements of a list.
fn objects(node: &Node) -> Option<Vec<&Node>> {
    match &node.value {
        Value::Object(_) => Some(vec![node]),
        Value::List(list) => list
            .items
            .iter()
            .map(|item| matches!(item.value, Value::Object(_)).then_some(item))
            .collect::<Option<Vec<_>>>(),
        _ => None,
    }
}

fn entries(node: &Node) -> &[Entry] {
    match &node.value {
        Value::Object(object) => &object.entries,
        _ => &[],
    }
}

/// The key as a name; `None` for the comments of this syntax.
fn name(entry: &Entry) -> Option<Name> {
    let text = entry.key.value.as_str()?;
    (text != "//").then(|| Name { text: text.into(), span: entry.key.span })
}

impl Reader {
    fn fault(&mut self, at: &Node, message: &str) {
        let message = format!("cannot be read as Terraform's JSON syntax: {message}");
        self.parsed.faults.push(Fault { span: at.span, lost: at.span, message });
    }

    fn top(&mut self, root: &Node) {
        let Some(objects) = objects(root) else {
            return self.fault(root, "an object is needed here");
        };
        for entry in objects.into_iter().flat_map(entries) {
            let Some(ident) = name(entry) else {
                continue;
            };
            match BLOCKS.iter().find(|(word, _)| *word == &*ident.text) {
                Some((_, labels)) => self.labelled(&ident, &[], *labels, &entry.value),
                None => self.fault(&entry.value, &format!("there is no block `{}`", ident.text)),
            }
        }
    }

    /// Blocks under so many more labels.
    fn labelled(&mut self, ident: &Name, labels: &[Name], more: usize, node: &Node) {
        let Some(objects) = objects(node) else {
            return self.fault(node, &format!("an object is needed for the block `{}`", ident.text));
        };
        for object in objects {
            if more == 0 {
                let block = self.block(ident, labels, object);
                self.parsed.blocks.push(block);
                continue;
            }
            for entry in entries(object) {
                if let Some(label) = name(entry) {
                    let labels = [labels, &[label]].concat();
                    self.labelled(ident, &labels, more - 1, &entry.value);
                }
            }
        }
    }

    fn block(&mut self, ident: &Name, labels: &[Name], node: &Node) -> Block {
        let span = ident.span.to(node.span);
        let header = labels.last().map_or(ident.span, |last| last.span);
        let content = Content::Parsed(self.body(ident, node));
        Block { ident: ident.clone(), labels: labels.to_vec(), content, header, span }
    }

    fn body(&mut self, holder: &Name, node: &Node) -> Body {
        let mut body = Body::default();
        for entry in entries(node) {
            let Some(key) = name(entry) else {
                continue;
            };
            if &*key.text == "dynamic" {
                self.dynamic(&key, &entry.value, &mut body);
                continue;
            }
            let nested = NESTED.contains(&&*key.text) && &*holder.text != "locals";
            if let Some(objects) = objects(&entry.value).filter(|_| nested) {
                for object in objects {
                    let block = self.block(&key, &[], object);
                    body.blocks.push(block);
                }
                continue;
            }
            let value = match (&*holder.text, &*key.text) {
                // Names and types stand in quotes here.
                ("variable", "type") | (_, "iterator" | "provider" | "depends_on") => self.code(&entry.value),
                ("variable", "default") | ("module", "source" | "version") => self.literal(&entry.value),
                _ => self.expr(&entry.value),
            };
            body.attributes.push(Attribute { name: key, value });
        }
        body
    }

    /// `"dynamic": {"condition": {"for_each": …, "content": …}}`, with lists of objects at each level.
    fn dynamic(&mut self, ident: &Name, node: &Node, body: &mut Body) {
        for entry in objects(node).into_iter().flatten().flat_map(entries) {
            let Some(label) = name(entry) else {
                continue;
            };
            for object in objects(&entry.value).into_iter().flatten() {
                let block = self.block(ident, std::slice::from_ref(&label), object);
                body.blocks.push(block);
            }
        }
    }

    /// An expression: strings are templates.
    fn expr(&mut self, node: &Node) -> Expr {
        self.tree(node, &|reader, node| {
            let decoded = Decoded::of(node)?;
            let place = Span::new(reader.file, 0, decoded.text().len());
            let kind = match parse_template_file(decoded.text(), place) {
                Ok(parts) => ExprKind::of_parts(parts, place),
                Err(fault) => {
                    let span = decoded.origin().span(fault.span.start as usize..fault.span.end as usize);
                    let span = span.unwrap_or(node.span);
                    reader.parsed.faults.push(Fault { span, lost: node.span, message: fault.message });
                    ExprKind::Null
                }
            };
            let mut expr = Expr { kind, span: place };
            moved(&mut expr, decoded.origin(), node.span);
            Some(expr)
        })
    }

    /// An expression whose strings are taken as they are.
    fn literal(&mut self, node: &Node) -> Expr {
        self.tree(node, &|_, node| {
            let Value::Text(text) = &node.value else {
                return None;
            };
            let text = text.as_str()?;
            let verbatim = text.len() == node.span.len() as usize;
            let part = Part::Literal { text: text.into(), span: node.span, verbatim };
            Some(Expr { kind: ExprKind::of_parts(vec![part], node.span), span: node.span })
        })
    }

    /// An expression whose strings are expressions without marks.
    fn code(&mut self, node: &Node) -> Expr {
        self.tree(node, &|reader, node| {
            let decoded = Decoded::of(node)?;
            let mut expr = parse_expression_text(decoded.text(), reader.file)?;
            moved(&mut expr, decoded.origin(), node.span);
            Some(expr)
        })
    }

    fn tree(&mut self, node: &Node, text: &dyn Fn(&mut Reader, &Node) -> Option<Expr>) -> Expr {
        let kind = match &node.value {
            Value::Null => ExprKind::Null,
            Value::Bool(b) => ExprKind::Bool(*b),
            Value::Number(n) => ExprKind::Number(n.clone()),
            Value::Text(_) => match text(self, node) {
                Some(expr) => return expr,
                None => {
                    self.fault(node, "this text is no expression");
                    ExprKind::Null
                }
            },
            Value::List(list) => {
                ExprKind::List(list.items.iter().map(|item| self.tree(item, text)).collect())
            }
            Value::Object(object) => {
                let pair = |e: &Entry| {
                    let key = Node::new(Value::Text(e.key.value.clone()), e.key.span);
                    (self.tree(&key, text), self.tree(&e.value, text))
                };
                ExprKind::Object(object.entries.iter().map(pair).collect())
            }
            // The JSON parser makes none of these from a file.
            Value::OneOf(_) | Value::Unknown(_) => ExprKind::Null,
        };
        Expr { kind, span: node.span }
    }
}

/// Moves an expression in a decoded string to the file; `whole` is all of the string.
fn moved(expr: &mut Expr, origin: &Origin, whole: Span) {
    let of = |span: Span| origin.span(span.start as usize..span.end as usize).unwrap_or(whole);
    relocate::expr(expr, Way { of: &of, verbatim: true, gaps: false });
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{LoadError, Loader, SourceMap};

    struct One(&'static str);

    impl Loader for One {
        fn load(&self, _: &str) -> Result<Vec<u8>, LoadError> {
            Ok(self.0.as_bytes().to_vec())
        }

        fn admits(&self, _: &str) -> bool {
            true
        }
    }

    fn read(text: &'static str) -> (Parsed, SourceMap) {
        let sources = SourceMap::new(vec!["main.tf.json".to_owned()], Box::new(One(text)));
        let id = sources.open("main.tf.json").unwrap();
        (parse(text, id), sources)
    }

    #[test]
    fn objects_and_lists_of_objects_are_blocks() {
        let text = r#"{"//": "c", "resource": [{"aws_iam_role": {"a": [{"name": "x"}, {"name": "y"}]}},
            {"aws_iam_role": {"b": {"//": 1, "name": "z"}}}], "locals": {"condition": {"k": 1}}}"#;
        let (parsed, sources) = read(text);
        assert!(parsed.faults.is_empty(), "{:?}", parsed.faults);
        let labels: Vec<_> = parsed.blocks.iter().map(|b| (&*b.ident.text, b.label(1))).collect();
        assert_eq!(
            labels,
            [("resource", Some("a")), ("resource", Some("a")), ("resource", Some("b")), ("locals", None)]
        );
        let names: Vec<_> = parsed
            .blocks
            .iter()
            .take(3)
            .map(|b| sources.snippet(b.body().attributes[0].value.span))
            .collect();
        assert_eq!(names, ["x", "y", "z"]);
        assert_eq!(&*parsed.blocks[3].body().attributes[0].name.text, "condition");
    }

    #[test]
    fn strings_are_templates_with_their_places() {
        let text = r#"{"data": {"aws_iam_policy_document": {"d": {"statement": [{"dynamic": {"condition": {
            "for_each": "${var.x == \"\u0061\" ? [1] : []}", "iterator": "it", "content": {"test": "a\tb-${var.y}"}}}}]}}}}"#;
        let (parsed, sources) = read(text);
        assert!(parsed.faults.is_empty(), "{:?}", parsed.faults);
        let dynamic = &parsed.blocks[0].body().blocks[0].body().blocks[0];
        assert_eq!((&*dynamic.ident.text, dynamic.label(0)), ("dynamic", Some("condition")));
        let mut seen = Vec::new();
        let each = &dynamic.body().attribute("for_each").unwrap().value;
        let content = &dynamic.body().blocks[0].body().attribute("test").unwrap().value;
        for expr in [each, content] {
            let ExprKind::Template(parts) = &expr.kind else { panic!("{expr:?}") };
            for part in parts {
                match part {
                    Part::Interpolation { value, span } => {
                        seen.push(sources.snippet(*span));
                        seen.push(sources.snippet(value.span));
                    }
                    Part::Literal { text, span, .. } => {
                        seen.push(format!("{text:?} {}", sources.snippet(*span)))
                    }
                    other => panic!("{other:?}"),
                }
            }
        }
        let each = r#"var.x == \"\u0061\" ? [1] : []"#;
        assert_eq!(
            seen,
            [
                format!("${{{each}}}"),
                each.to_owned(),
                r#""a\tb-" a\tb-"#.to_owned(),
                "${var.y}".to_owned(),
                "var.y".to_owned()
            ]
        );
        assert!(
            matches!(&dynamic.body().attribute("iterator").unwrap().value.kind, ExprKind::Name(name) if &**name == "it")
        );
    }

    #[test]
    fn what_is_wrong_is_told_and_neighbours_live() {
        let (parsed, _) = read(
            r#"{"resource": 1, "nonsense": {}, "variable": {"v": {"default": "${x"}, "w": {"description": "${"}}}"#,
        );
        assert_eq!(parsed.faults.len(), 3, "{:?}", parsed.faults);
        assert_eq!(parsed.blocks.len(), 2);
        let (parsed, _) = read("{");
        assert_eq!((parsed.faults.len(), parsed.blocks.len()), (1, 0));
    }
}
