//! `Fn::Sub`: a text with names in it.

use std::ops::Range;

use model::{Decoded, DecodedBuilder, List, Node, Object, Span, Value};

use super::Evaluator;
use crate::lift;
use crate::text::{finish, holes, insert, literal, scalar_text};
use crate::value::invalid;

impl Evaluator<'_> {
    /// `Fn::Sub`: the text of the argument, or of its first element with the variables of the second.
    pub(super) fn substitute(&self, argument: &Node, span: Span) -> Node {
        let (template, variables) = match &argument.value {
            Value::List(list) => match list.items.as_slice() {
                [template] => (template, None),
                [template, variables] => (template, Some(variables)),
                _ => return invalid("Fn::Sub", "takes a text and an object", span),
            },
            _ => (argument, None),
        };
        // A number or a boolean is text here.
        let Some(text) = Decoded::of(template).or_else(|| scalar_text(template)) else {
            return invalid("Fn::Sub", "takes a text", template.span);
        };
        let variables = match variables.map(|v| (v, &v.value)) {
            None => Object::default(),
            Some((_, Value::Object(object))) => object.clone(),
            Some((node, _)) => return invalid("Fn::Sub", "takes an object of variables", node.span),
        };
        let mut names: Vec<(Range<usize>, Node)> = Vec::new();
        for range in holes(text.text()) {
            let name = text.text().get(range.start + 2..range.end - 1).unwrap_or_default();
            let at = text.origin().span(range.clone()).unwrap_or(template.span);
            names.push((range, self.variable(&variables, name, at)));
        }
        if let [(range, value)] = names.as_slice()
            && *range == (0..text.text().len())
            && value.scalar().is_some()
        {
            // The whole text is one variable: it keeps the place of its definition.
            return Node { span: template.span, ..value.clone() };
        }
        let values = names.iter().map(|(_, value)| value.clone()).collect();
        let values = Node::new(Value::List(List { items: values, open: None }), span);
        lift::distribute(&values, &self.budget, &|values| {
            let values = match &values.value {
                Value::List(list) => list.items.as_slice(),
                _ => &[],
            };
            let mut out = DecodedBuilder::default();
            let mut done = 0;
            for ((range, _), value) in names.iter().zip(values) {
                literal(&mut out, &text, done..range.start);
                insert(&mut out, value, text.origin().span(range.clone()).unwrap_or(template.span));
                done = range.end;
            }
            literal(&mut out, &text, done..text.text().len());
            finish(out, template.span, &self.budget)
        })
    }

    /// What `${name}` stands for.
    fn variable(&self, variables: &Object, name: &str, at: Span) -> Node {
        if let Some(value) = variables.get(name) {
            let value = self.value(value);
            let defined = value.defined.or(Some(value.span));
            return Node { span: at, defined, origin: None, ..value };
        }
        match (name, name.split_once('.')) {
            ("AWS::NoValue" | "ALIYUN::NoValue", _) => invalid("Fn::Sub", "takes no `NoValue`", at),
            (_, Some((resource, attribute))) => self.attribute_of(resource, attribute, at),
            (_, None) => self.named(name, at),
        }
    }
}
