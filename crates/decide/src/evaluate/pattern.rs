//! The text of a condition value, read as its operator reads it: wildcards, policy variables, unknown pieces.

use model::{Piece, Text};

use crate::string::glob::{Class, Glob};

/// How an operator reads its values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// Byte for byte.
    Literal,
    /// Letter case aside.
    Folded,
    /// `*` and `?` are wildcards.
    Like,
    /// As `Like`, in six parts between colons; wildcards stay inside the first five.
    Arn,
}

/// The value of a policy variable in some request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Variable {
    /// The key has this value.
    Is(String),
    /// The key is not in the request.
    Absent,
    /// The key has some value.
    Unknown,
}

/// Looks policy variables up; `None` where the policy's version has none.
pub(crate) type Variables<'a> = Option<&'a dyn Fn(&str) -> Variable>;

/// The strings a value stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Pattern {
    /// None: a variable without a value.
    Never,
    /// Exactly these.
    Exact(Glob),
    /// Some of these; which ones depends on what is not known or not documented.
    Within(Glob),
}

/// What stands around one variable in a value.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    /// Before it.
    pub(crate) before: Glob,
    /// After it.
    pub(crate) after: Glob,
    /// Whether letter case counts for nothing.
    pub(crate) folded: bool,
    /// Whether the variable's value may hold colons.
    pub(crate) colons: bool,
}

impl Frame {
    /// Reads a wholly known value in which the variable `name` stands once and all others have values. `None` if it is
    /// none, or if what the operator makes of it is not documented.
    pub(crate) fn of(
        text: &Text,
        style: Style,
        lookup: &dyn Fn(&str) -> Variable,
        name: &str,
    ) -> Option<Frame> {
        let units: Vec<Unit> = text.as_str()?.chars().map(Unit::Char).collect();
        let others = std::cell::Cell::new(0usize);
        let hole = |key: &str| {
            if key.eq_ignore_ascii_case(name) {
                return Variable::Unknown;
            }
            let value = lookup(key);
            others.set(others.get() + usize::from(value == Variable::Unknown));
            value
        };
        let steps = steps(&units, style, Some(&hole))?;
        let at = steps.iter().position(|s| matches!(s, Step::Hole))?;
        let (before, rest) = steps.split_at(at);
        let after = rest.get(1..)?;
        if others.get() > 0 || after.iter().any(|s| matches!(s, Step::Hole)) {
            return None;
        }
        let folded = style == Style::Folded;
        if style == Style::Arn {
            let mut colons = 0;
            let before = parts(before, &mut colons)?;
            let last = colons >= 5;
            let after = parts(after, &mut colons)?;
            return (colons >= 5).then_some(Frame { before, after, folded, colons: last });
        }
        let glob = |steps: &[Step]| match plain(steps, folded) {
            Pattern::Exact(glob) => Some(glob),
            Pattern::Within(_) | Pattern::Never => None,
        };
        Some(Frame { before: glob(before)?, after: glob(after)?, folded, colons: true })
    }

    /// The texts around the variable, if there is just one string for each value of it.
    pub(crate) fn literal(&self) -> Option<(&str, &str)> {
        if self.folded { None } else { self.before.as_literal().zip(self.after.as_literal()) }
    }
}

/// A character of the text, or a gap in it.
enum Unit {
    Char(char),
    Hole,
}

/// A step of the pattern.
enum Step {
    Char(char),
    Star,
    One,
    /// A variable's value.
    Filled(String),
    Hole,
}

impl Pattern {
    /// Reads a condition value.
    pub(crate) fn read(text: &Text, style: Style, variables: Variables<'_>) -> Pattern {
        if let Some(known) = text.as_str()
            && (variables.is_none() || !known.contains("${"))
        {
            match style {
                Style::Literal => return Pattern::Exact(Glob::literal(known)),
                Style::Folded => return Pattern::Exact(Glob::folded(known)),
                Style::Like => return Pattern::Exact(Glob::like(known)),
                Style::Arn => {}
            }
        }
        // A symbol that nobody resolved is as unknown here as a hole.
        let units: Vec<Unit> = text
            .pieces()
            .iter()
            .flat_map(|piece| match piece {
                Piece::Lit(lit) => lit.chars().map(Unit::Char).collect(),
                Piece::Symbol(_) | Piece::Hole(_) => vec![Unit::Hole],
            })
            .collect();
        let Some(steps) = steps(&units, style, variables) else { return Pattern::Never };
        match style {
            Style::Literal | Style::Folded | Style::Like => plain(&steps, style == Style::Folded),
            Style::Arn => arn(&steps),
        }
    }

    /// Whether a string is among those that the value stands for.
    pub(crate) fn matches(&self, text: &str) -> crate::Truth {
        match self {
            Pattern::Never => crate::Truth::False,
            Pattern::Exact(glob) => glob.matches(text).into(),
            Pattern::Within(glob) if glob.matches(text) => crate::Truth::Unknown,
            Pattern::Within(_) => crate::Truth::False,
        }
    }
}

/// The steps of the text; `None` if it holds a variable that has no value and no default.
fn steps(units: &[Unit], style: Style, variables: Variables<'_>) -> Option<Vec<Step>> {
    let wild = matches!(style, Style::Like | Style::Arn);
    let mut out = Vec::with_capacity(units.len());
    let mut rest = units;
    while let Some((unit, tail)) = rest.split_first() {
        rest = tail;
        match unit {
            Unit::Hole => out.push(Step::Hole),
            Unit::Char('$') if variables.is_some() && matches!(rest.first(), Some(Unit::Char('{'))) => {
                let Some(end) = rest.iter().position(|u| matches!(u, Unit::Char('}'))) else {
                    out.push(Step::Char('$'));
                    continue;
                };
                let (inside, after) = rest.split_at(end);
                rest = after.get(1..).unwrap_or_default();
                let name: Option<String> = inside
                    .iter()
                    .skip(1)
                    .map(|u| match u {
                        Unit::Char(c) => Some(*c),
                        Unit::Hole => None,
                    })
                    .collect();
                match (name, variables) {
                    (Some(name), Some(lookup)) => out.push(variable(&name, lookup)?),
                    _ => out.push(Step::Hole),
                }
            }
            Unit::Char('*') if wild => out.push(Step::Star),
            Unit::Char('?') if wild => out.push(Step::One),
            Unit::Char(c) => out.push(Step::Char(*c)),
        }
    }
    Some(out)
}

/// A variable's step: `key`, `key, 'default'`, or one of the escapes `*`, `?`, `$`.
fn variable(inside: &str, lookup: &dyn Fn(&str) -> Variable) -> Option<Step> {
    if let "*" | "?" | "$" = inside {
        return inside.chars().next().map(Step::Char);
    }
    let (key, default) = match inside.split_once(',') {
        Some((key, default)) => {
            let default = default.trim();
            let unquoted = default.strip_prefix('\'').and_then(|d| d.strip_suffix('\''));
            (key.trim(), Some(unquoted.unwrap_or(default)))
        }
        None => (inside.trim(), None),
    };
    match lookup(key) {
        Variable::Is(value) => Some(Step::Filled(value)),
        Variable::Absent => default.map(|d| Step::Filled(d.to_owned())),
        Variable::Unknown => Some(Step::Hole),
    }
}

fn plain(steps: &[Step], folded: bool) -> Pattern {
    let mut glob = Glob::default();
    let mut exact = true;
    let one = |c: char| if folded { Class::Folded(c) } else { Class::Char(c) };
    for step in steps {
        match step {
            Step::Char(c) => glob.one(one(*c)),
            Step::Filled(text) => text.chars().for_each(|c| glob.one(one(c))),
            Step::Star => glob.star(Class::Any),
            Step::One => glob.one(Class::Any),
            Step::Hole => {
                exact = false;
                glob.star(Class::Any);
            }
        }
    }
    if exact { Pattern::Exact(glob) } else { Pattern::Within(glob) }
}

/// An ARN pattern is cut into its parts before variables are filled in, so a value filled into one of the first
/// five parts can match only if it has no colon.
fn arn(steps: &[Step]) -> Pattern {
    if steps.iter().any(|s| matches!(s, Step::Hole)) {
        // What is unknown may hold colons, so the parts cannot be told: any string of the shape is possible.
        return match plain(steps, false) {
            Pattern::Exact(glob) | Pattern::Within(glob) => Pattern::Within(glob),
            Pattern::Never => Pattern::Never,
        };
    }
    let mut colons = 0;
    let Some(glob) = parts(steps, &mut colons) else { return Pattern::Never };
    if colons < 5 {
        // Fewer than six parts: what AWS makes of it is not documented.
        return Pattern::Within(Glob::any());
    }
    Pattern::Exact(glob)
}

/// The glob for a piece of an ARN pattern without holes that begins after this many colons. `None` if a value with a
/// colon is filled into one of the first five parts.
fn parts(steps: &[Step], colons: &mut usize) -> Option<Glob> {
    let mut glob = Glob::default();
    for step in steps {
        let last = *colons >= 5;
        let wild = if last { Class::Any } else { Class::Not(':') };
        match step {
            Step::Char(':') => {
                *colons += 1;
                glob.text(":");
            }
            Step::Char(c) => glob.one(Class::Char(*c)),
            Step::Filled(text) if last || !text.contains(':') => glob.text(text),
            Step::Filled(_) => return None,
            Step::Star => glob.star(wild),
            Step::One => glob.one(wild),
            Step::Hole => {}
        }
    }
    Some(glob)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Truth;
    use model::{Cause, Unknown};

    fn read(text: &str, style: Style) -> Pattern {
        let lookup = |key: &str| match key.to_ascii_lowercase().as_str() {
            "aws:principalaccount" => Variable::Is("111122223333".to_owned()),
            "aws:username" => Variable::Is("a:b*".to_owned()),
            _ => Variable::Absent,
        };
        Pattern::read(&Text::lit(text), style, Some(&lookup))
    }

    #[test]
    fn variables_are_literal_and_have_defaults() {
        assert_eq!(read("x-${aws:PrincipalAccount}", Style::Literal).matches("x-111122223333"), Truth::True);
        assert_eq!(read("${aws:username}", Style::Like).matches("a:b*"), Truth::True);
        assert_eq!(read("${aws:username}", Style::Like).matches("a:bc"), Truth::False);
        assert_eq!(read("${no:key}", Style::Like), Pattern::Never);
        assert_eq!(read("${no:key, 'all'}", Style::Literal).matches("all"), Truth::True);
        assert_eq!(read("${*}", Style::Like).matches("*"), Truth::True);
        assert_eq!(read("${*}", Style::Like).matches("x"), Truth::False);
        assert_eq!(Pattern::read(&Text::lit("${a}"), Style::Literal, None).matches("${a}"), Truth::True);
    }

    #[test]
    fn arn_wildcards_stay_in_their_part() {
        let p = read("arn:aws:sqs:*:111122223333:*", Style::Arn);
        assert_eq!(p.matches("arn:aws:sqs:us-east-1:111122223333:q:x"), Truth::True);
        assert_eq!(p.matches("arn:aws:sqs:us-east-1:999999999999:x:111122223333:y"), Truth::False);
        assert_eq!(read("arn:aws:sns:*", Style::Arn).matches("arn:aws:sns:r:a:t"), Truth::Unknown);
        // Filled into the last part a value keeps its colons; into an earlier one it cannot match.
        assert_eq!(read("a:b:c:d:e:${aws:username}", Style::Arn).matches("a:b:c:d:e:a:b*"), Truth::True);
        assert_eq!(read("a:b:c:d:${aws:username}:e", Style::Arn), Pattern::Never);
    }

    #[test]
    fn unknown_pieces_leave_room_but_not_for_everything() {
        let mut text = Text::lit("repo:");
        text.append(&Text::unknown(Unknown::new("var.o", Cause::NoValue, None)));
        text.push_str("/app");
        let p = Pattern::read(&text, Style::Literal, None);
        assert_eq!(p.matches("repo:acme/app"), Truth::Unknown);
        assert_eq!(p.matches("repo:acme/web"), Truth::False);
    }
}
