//! How many copies of a resource there are: the attribute `Count` of ROS.

use model::{Assumption, Node, Standing, Value};

use super::Evaluator;
use crate::lift::Outcome;
use crate::template::Resource;

/// How many copies of one resource are read: they differ in their index alone.
const MAX_COPIES: usize = 16;

/// The copies of a resource.
#[derive(Debug, Default)]
pub(crate) struct Copies {
    /// Which are read, each by its index; without one where there is no `Count` or it is not known.
    pub(crate) indices: Vec<Option<usize>>,
    /// How many there are that are not read.
    pub(crate) left_out: usize,
    /// What must hold for there to be any.
    pub(crate) assumption: Option<Assumption>,
}

impl Copies {
    fn some(assumption: Option<Assumption>) -> Self {
        Copies { indices: vec![None], left_out: 0, assumption }
    }
}

impl Evaluator<'_> {
    /// The copies of a resource; none where nothing that is permitted makes one.
    pub(crate) fn copies(&self, resource: &Resource<'_>) -> Copies {
        let Some(written) = resource.node.get("Count").filter(|_| self.template.ros) else {
            return Copies::some(None);
        };
        let count = match self.eval(written) {
            Outcome::Absent => return Copies::some(None),
            outcome => outcome.needed(written.span),
        };
        let assumed = |choice: String, when: String, standing| {
            let (choice, when) = (format!("{}{choice}", self.prefix).into(), when.into());
            Some(Assumption { choice, when, standing, span: written.span })
        };
        match (&count.value, number(&count)) {
            (_, Some(0)) if !self.depends_on_input(written) => Copies::default(),
            (_, Some(0)) => {
                let choice = format!("the count of `{}`", resource.name());
                let when = "its parameters are given other values".to_owned();
                Copies::some(assumed(choice, when, Standing::Permitted))
            }
            (_, Some(count)) => Copies {
                indices: (0..count.min(MAX_COPIES)).map(Some).collect(),
                left_out: count.saturating_sub(MAX_COPIES),
                assumption: None,
            },
            (Value::OneOf(one), None) => {
                let mut some = one.branches.iter().filter(|b| number(&b.node) != Some(0));
                let strongest = some.clone().min_by_key(|b| b.standing);
                match (some.next(), strongest) {
                    (None, _) | (_, None) => Copies::default(),
                    (Some(_), Some(branch)) => {
                        let every = one.branches.iter().all(|b| number(&b.node) != Some(0));
                        let assumption = Assumption {
                            choice: one.choice.clone(),
                            when: branch.when.clone(),
                            standing: branch.standing,
                            span: one.span,
                        };
                        Copies::some((!every).then_some(assumption))
                    }
                }
            }
            _ => {
                let choice = format!("the count of `{}`", resource.name());
                Copies::some(assumed(choice, "it is not 0".to_owned(), Standing::Unsettled))
            }
        }
    }
}

/// A whole number that is known.
fn number(node: &Node) -> Option<usize> {
    node.scalar()?.value.as_str()?.trim().parse().ok()
}
