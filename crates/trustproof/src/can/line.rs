//! One line of a batch: a question in JSON, and its answer in JSON.
//!
//! Deliberately not here: where lines come from and where answers go.

use std::borrow::Cow;
use std::fmt;

use decide::{Decision, Truth};
use model::{Cloud, TrustPolicy};
use serde::de::{Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

use super::question::{ACTION, Question, RoleArn};
use super::{parse, policy};
use crate::similar::similar;

/// The answer to a line, or why there is none.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub(super) enum Answer {
    /// What the policy says.
    Decided {
        /// `allow` or `deny`.
        decision: &'static str,
        /// Whether `deny` stands for an answer that is open.
        undetermined: bool,
        /// The statement that decided, from 0.
        statement: Option<usize>,
    },
    /// The line is no question.
    Error {
        /// Why.
        error: String,
    },
}

impl From<Decision> for Answer {
    fn from(Decision { allowed, statement }: Decision) -> Self {
        Answer::Decided {
            decision: if allowed == Truth::True { "allow" } else { "deny" },
            undetermined: allowed == Truth::Unknown,
            statement,
        }
    }
}

impl Answer {
    /// Appends the answer as a line.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        // Neither writing to memory nor serialising these types can fail.
        let _ = serde_json::to_writer(&mut *out, self);
        out.push(b'\n');
    }
}

/// Answers lines; remembers the policy of the last one, of which often many things are asked in a row.
#[derive(Debug, Default)]
pub(super) struct Reader {
    last: Option<(String, Cloud, TrustPolicy)>,
}

impl Reader {
    /// The answer to a line (without its end).
    pub(super) fn answer(&mut self, line: &[u8]) -> Answer {
        self.decide(line).map_or_else(|error| Answer::Error { error }, Answer::from)
    }

    fn decide(&mut self, line: &[u8]) -> Result<Decision, String> {
        let text = std::str::from_utf8(line)
            .map_err(|error| format!("not UTF-8 from byte {} on", error.valid_up_to()))?;
        let line: Line<'_> = serde_json::from_str(text).map_err(|error| said(&error))?;
        let mut question = Question::new(line.principal.0, line.action.0);
        if let Some(role) = line.role_arn {
            let role = RoleArn::parse(&role.0);
            question.of_role(role.map_err(|error| format!("`role_arn`: {error}"))?);
        }
        for (key, Values(values)) in line.context.0 {
            if question.knows(&key.0) {
                return Err(format!("`context` has the key `{}` twice, letter case aside", key.0));
            }
            *question.values(&key.0) = values;
        }
        for key in line.multi {
            question.multivalued(&key.0);
        }
        let policy = self.policy(line.trust_policy, question.cloud());
        Ok(question.put_to(policy.map_err(|error| format!("`trust_policy` {error}"))?))
    }

    fn policy(&mut self, written: &RawValue, home: Cloud) -> Result<&TrustPolicy, String> {
        let written = written.get();
        let known = self.last.take().filter(|(text, cloud, _)| text == written && *cloud == home);
        let known = match known {
            Some(known) => known,
            None => {
                let document = if written.starts_with('"') {
                    let text: String = serde_json::from_str(written).map_err(|error| said(&error))?;
                    parse(&text)?
                } else {
                    parse(written)?
                };
                (written.to_owned(), home, policy(&document, home).0)
            }
        };
        Ok(&self.last.insert(known).2)
    }
}

/// What the JSON reader says. A question is one line, so that only the column tells where.
fn said(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let (message, place) = text.rsplit_once(" at line ").unwrap_or((&text, ""));
    match place.rsplit_once(' ') {
        Some((_, column)) => format!("{message} (column {column})"),
        None => message.to_owned(),
    }
}

/// What a line can say. Other fields are the asker's own, but what is only misspelled must not be passed over.
const FIELDS: [&str; 6] = ["trust_policy", "role_arn", "principal", "action", "context", "multi"];

/// A question as it stands in a line.
#[derive(Debug)]
struct Line<'a> {
    trust_policy: &'a RawValue,
    role_arn: Option<Str<'a>>,
    principal: Str<'a>,
    action: Str<'a>,
    context: Context<'a>,
    multi: Vec<Str<'a>>,
}

/// A string, taken from the line where it has no escapes.
#[derive(Debug, Deserialize)]
struct Str<'a>(#[serde(borrow)] Cow<'a, str>);

/// The context keys in the order of the line.
#[derive(Debug, Default)]
struct Context<'a>(Vec<(Str<'a>, Values)>);

/// The values of a context key: strings, or one string.
#[derive(Debug)]
struct Values(Vec<String>);

impl<'de> Deserialize<'de> for Line<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct LineVisitor;

        impl<'de> Visitor<'de> for LineVisitor {
            type Value = Line<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Line<'de>, A::Error> {
                let (mut trust_policy, mut principal) = (None, None);
                let (mut role_arn, mut action, mut context, mut multi) = (None, None, None, None);
                while let Some(Str(key)) = map.next_key()? {
                    match &*key {
                        "trust_policy" => once(&mut map, &mut trust_policy, "trust_policy")?,
                        "role_arn" => once(&mut map, &mut role_arn, "role_arn")?,
                        "principal" => once(&mut map, &mut principal, "principal")?,
                        "action" => once(&mut map, &mut action, "action")?,
                        "context" => once(&mut map, &mut context, "context")?,
                        "multi" => once(&mut map, &mut multi, "multi")?,
                        other => match similar(other, FIELDS) {
                            Some(meant) => {
                                let message = format!("unknown field `{other}`; did you mean `{meant}`?");
                                return Err(A::Error::custom(message));
                            }
                            None => drop(map.next_value::<IgnoredAny>()?),
                        },
                    }
                }
                let missing = A::Error::missing_field;
                let principal: Str<'de> = principal.ok_or_else(|| missing("principal"))?;
                if principal.0.is_empty() {
                    return Err(A::Error::custom("`principal` is empty"));
                }
                Ok(Line {
                    trust_policy: trust_policy.ok_or_else(|| missing("trust_policy"))?,
                    role_arn: role_arn.flatten(),
                    principal,
                    action: action.flatten().unwrap_or(Str(Cow::Borrowed(ACTION))),
                    context: context.flatten().unwrap_or_default(),
                    multi: multi.flatten().unwrap_or_default(),
                })
            }
        }

        deserializer.deserialize_map(LineVisitor)
    }
}

/// Reads the value of a field that can stand once.
fn once<'de, A: MapAccess<'de>, T: Deserialize<'de>>(
    map: &mut A,
    field: &mut Option<T>,
    name: &'static str,
) -> Result<(), A::Error> {
    if field.is_some() {
        return Err(A::Error::duplicate_field(name));
    }
    *field = Some(map.next_value()?);
    Ok(())
}

impl<'de> Deserialize<'de> for Context<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ContextVisitor;

        impl<'de> Visitor<'de> for ContextVisitor {
            type Value = Context<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of context keys")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Context<'de>, A::Error> {
                let mut keys = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    keys.push(entry);
                }
                Ok(Context(keys))
            }
        }

        deserializer.deserialize_map(ContextVisitor)
    }
}

impl<'de> Deserialize<'de> for Values {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ValuesVisitor;

        impl<'de> Visitor<'de> for ValuesVisitor {
            type Value = Values;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string or a list of strings")
            }

            fn visit_str<E: Error>(self, value: &str) -> Result<Values, E> {
                Ok(Values(vec![value.to_owned()]))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Values, A::Error> {
                let mut values = Vec::new();
                while let Some(value) = list.next_element()? {
                    values.push(value);
                }
                Ok(Values(values))
            }
        }

        deserializer.deserialize_any(ValuesVisitor)
    }
}
