//! `--var` and `--var-file`: values for Terraform variables, in the order in which the command line gives them.
//!
//! Deliberately not here: opening the files, what the values mean.

use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Command, FromArgMatches, value_parser};

/// One of the two options.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Assignment {
    /// A variable's name and the text of its value.
    Value(String, String),
    /// A file of values.
    File(PathBuf),
}

/// All of them, the last of which wins. The parser alone would forget how the two options stood among each other.
#[derive(Clone, Debug, Default)]
pub(crate) struct Assignments(pub(crate) Vec<Assignment>);

impl Assignments {
    /// The files among them, in their order.
    pub(crate) fn files(&self) -> impl Iterator<Item = &PathBuf> {
        self.0.iter().filter_map(|assignment| match assignment {
            Assignment::File(path) => Some(path),
            Assignment::Value(..) => None,
        })
    }
}

const VALUE: &str = "var";
const FILE: &str = "var_file";

impl clap::Args for Assignments {
    fn augment_args(command: Command) -> Command {
        let value = Arg::new(VALUE)
            .long("var")
            .value_name("NAME=VALUE")
            .value_parser(variable)
            .action(ArgAction::Append)
            .help("A value for a variable of Terraform root modules; may be repeated, the last wins");
        let file = Arg::new(FILE)
            .long("var-file")
            .value_name("FILE")
            .value_parser(value_parser!(PathBuf))
            .action(ArgAction::Append)
            .help("A file of values for variables of Terraform root modules; may be repeated, the last wins");
        command.arg(value).arg(file)
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Assignments {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut given = Self::default();
        given.update_from_arg_matches(matches)?;
        Ok(given)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        let indices = |id| matches.indices_of(id).into_iter().flatten();
        let values = matches.get_many(VALUE).into_iter().flatten().cloned();
        let values = values.map(|(name, text)| Assignment::Value(name, text));
        let files = matches.get_many(FILE).into_iter().flatten().cloned().map(Assignment::File);
        let mut all: Vec<(usize, Assignment)> =
            indices(VALUE).zip(values).chain(indices(FILE).zip(files)).collect();
        all.sort_by_key(|(index, _)| *index);
        self.0.extend(all.into_iter().map(|(_, assignment)| assignment));
        Ok(())
    }
}

/// A variable's name and the text of its value, which may be empty.
fn variable(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() => Ok((name.trim().to_owned(), value.to_owned())),
        Some(_) | None => Err("expected NAME=VALUE, for example `external_id=7Qd2-x`".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use clap::Args as _;

    use super::*;

    #[test]
    fn the_order_of_the_command_line_is_kept() {
        let command = Assignments::augment_args(Command::new("x"));
        let line = ["x", "--var=a=1", "--var-file", "f", "--var", "b=", "--var-file=g", "--var=a=2=3"];
        let given = Assignments::from_arg_matches(&command.get_matches_from(line)).unwrap();
        let value = |name: &str, text: &str| Assignment::Value(name.to_owned(), text.to_owned());
        let file = |path: &str| Assignment::File(path.into());
        assert_eq!(given.0, [value("a", "1"), file("f"), value("b", ""), file("g"), value("a", "2=3")]);
        assert_eq!(given.files().count(), 2);
    }
}
