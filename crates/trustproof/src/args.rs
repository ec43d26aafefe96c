//! What can be said on the command line. A contract: scripts rely on these names.
//!
//! Deliberately not here: any effect. Parsing alone decides what is a usage error.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::builder::NonEmptyStringValueParser;
use clap::{Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use regex::Regex;
use rules::Severity;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::assign::Assignments;
use crate::can::RoleArn;

/// Finds unsafe role trust policies in infrastructure as code and proves each finding with a concrete request.
#[derive(Debug, Parser)]
#[command(name = "trustproof", version, propagate_version = true, disable_help_subcommand = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Scan files and directories
    #[command(after_help = "Exit status:
  0  no finding at or above --fail-on
  1  at least one such finding
  2  the job could not be done: bad usage or configuration, nothing to scan, or something that
     could not be read")]
    Check(Check),
    /// Ask one request: may this caller assume this role?
    #[command(after_help = CAN_HELP)]
    Can(Can),
    /// Write a first trustproof.toml: everybody that the roles trust, for you to sort
    Init(Init),
    /// Print a rule's page, or the list of rules
    Explain {
        /// The rule's id; without it, all rules are listed
        rule: Option<String>,
    },
    /// Print the manual page
    Man,
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: Shell,
    },
}

#[derive(Debug, clap::Args)]
pub(crate) struct Init {
    /// What to scan, and where to write
    #[arg(value_name = "PATH", default_value = ".")]
    pub(crate) path: PathBuf,
    /// Write over a file that is there already
    #[arg(long)]
    pub(crate) force: bool,
    /// Write to standard output instead
    #[arg(long)]
    pub(crate) stdout: bool,
    /// Also read what .gitignore hides
    #[arg(long)]
    pub(crate) no_ignore: bool,
}

const CAN_HELP: &str = "\
The caller is assumed to have every permission on its own side, so the trust policy alone decides.

A batch has one question a line, and one answer a line comes back in the same order:
  {\"trust_policy\": {…} or its text, \"role_arn\": \"…\", \"principal\": \"…\",
   \"action\": \"sts:AssumeRole\", \"context\": {\"sts:ExternalId\": [\"…\"]}, \"multi\": [\"…\"]}
  {\"decision\": \"allow\" or \"deny\", \"undetermined\": false, \"statement\": 0}
All but `trust_policy` and `principal` can be left out; fields of your own are passed over.
`statement` counts from 0: the first matching Deny, else the first matching Allow, null if none
matches. Where the policy or the cloud's documentation leaves the answer open, it is the first
statement that does. A line that is no question is answered with {\"error\": \"…\"}.

Exit status:
  0  allowed; with --batch, every line was answered
  1  denied or undetermined
  2  bad usage, or something that could not be read; with --batch, also a line that is no question";

#[derive(Debug, clap::Args)]
pub(crate) struct Can {
    /// The trust policy, a JSON document; `-` is standard input
    #[arg(long, value_name = "FILE", required_unless_present = "batch")]
    pub(crate) policy: Option<PathBuf>,
    /// Who calls: an ARN, an account id, a service, an identity provider
    #[arg(long, value_name = "P", required_unless_present = "batch", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) principal: Option<String>,
    /// The action
    #[arg(long, value_name = "A", default_value = "sts:AssumeRole")]
    pub(crate) action: String,
    /// The role; a principal of another partition than the role's is never allowed
    #[arg(long, value_name = "R", value_parser = RoleArn::parse)]
    pub(crate) role_arn: Option<RoleArn>,
    /// A context key of the request and its value; may be repeated, a repeated key has several values
    #[arg(long, value_name = "K=V", value_parser = context)]
    pub(crate) context: Vec<(String, String)>,
    /// A context key that holds several values, even if it has one here; may be repeated
    #[arg(long, value_name = "K")]
    pub(crate) multi: Vec<String>,
    /// Answer many questions, a line of JSON each [default file: standard input]
    #[arg(
        long,
        value_name = "FILE",
        num_args = 0..=1,
        default_missing_value = "-",
        conflicts_with_all = ["policy", "principal", "action", "role_arn", "context", "multi"]
    )]
    pub(crate) batch: Option<PathBuf>,
}

/// A key of the request's context and one of its values.
fn context(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        Some(_) | None => Err("expected KEY=VALUE, for example `sts:ExternalId=…`".to_owned()),
    }
}

/// A parameter and its value, which may be empty.
fn parameter(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        Some(_) | None => Err("expected NAME=VALUE, for example `ExternalId=…`".to_owned()),
    }
}

#[derive(Debug, clap::Args)]
pub(crate) struct Check {
    /// Files and directories to scan; `-` is standard input
    #[arg(value_name = "PATH", default_value = ".")]
    pub(crate) paths: Vec<PathBuf>,
    /// The report on standard output
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(crate) format: Format,
    /// Also write a report to a file; may be repeated
    #[arg(long, value_name = "FORMAT=FILE", value_parser = Output::parse)]
    pub(crate) output: Vec<Output>,
    /// What tells this SARIF report from others of the same commit in code scanning, where the last of a category
    /// counts [default: `trustproof` and the PATHs]
    #[arg(long, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) sarif_category: Option<String>,
    /// Lowest severity of a proved finding that fails the run [default: high]
    #[arg(long, value_enum, value_name = "SEVERITY")]
    pub(crate) fail_on: Option<FailOn>,
    /// Findings that are only possible fail the run too
    #[arg(long)]
    pub(crate) strict: bool,
    /// The one configuration of the run [default: every trustproof.toml from the repository root down, each for its directory]
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Read no configuration
    #[arg(long, conflicts_with = "config")]
    pub(crate) no_config: bool,
    /// An account of yours, not a third party, in addition to the configuration; may be repeated
    #[arg(long, value_name = "ID", value_parser = account)]
    pub(crate) own_account: Vec<String>,
    /// An organisation of yours, in addition to the configuration; may be repeated
    #[arg(long, value_name = "ID", value_parser = organization)]
    pub(crate) own_org: Vec<String>,
    /// Report only what this file does not list
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<PathBuf>,
    /// Write a file that lists the findings of this run, which are accepted by it
    #[arg(long, value_name = "FILE", conflicts_with = "new_since")]
    pub(crate) write_baseline: Option<PathBuf>,
    /// Report only what was not there where the checkout and this commit parted
    #[arg(long, value_name = "REV", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) new_since: Option<String>,
    #[command(flatten)]
    pub(crate) assignments: Assignments,
    /// The value of a parameter of CloudFormation and ROS templates; may be repeated
    #[arg(long, value_name = "NAME=VALUE", value_parser = parameter)]
    pub(crate) parameter: Vec<(String, String)>,
    /// Values of parameters, in a form of the AWS command line, of CodePipeline, or a plain JSON object; may be
    /// repeated
    #[arg(long, value_name = "FILE")]
    pub(crate) parameter_file: Vec<PathBuf>,
    /// Where the Terraform code of a plan lies [default: found from the plan's directory]
    #[arg(long, value_name = "DIR")]
    pub(crate) source: Option<PathBuf>,
    /// Only what a plan brings in fails the run
    #[arg(long)]
    pub(crate) introduced_only: bool,
    /// Also read what .gitignore hides
    #[arg(long)]
    pub(crate) no_ignore: bool,
    /// Number of threads [default: all cores]
    #[arg(long, value_name = "N")]
    pub(crate) threads: Option<NonZeroUsize>,
}

/// A form of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    Human,
    /// For scripts
    Json,
    /// For code scanning
    Sarif,
    /// Workflow commands of GitHub Actions
    Github,
    /// For a job's summary
    Markdown,
    /// GitLab's code quality report
    Gitlab,
    /// For build servers
    Junit,
}

/// A report in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Output {
    pub(crate) format: Format,
    pub(crate) file: PathBuf,
}

impl Output {
    fn parse(text: &str) -> Result<Self, String> {
        let (format, file) =
            text.split_once('=').ok_or("expected FORMAT=FILE, for example `sarif=report.sarif`")?;
        if file.is_empty() {
            return Err("the file is missing after `=`".to_owned());
        }
        let format = Format::from_str(format, false).map_err(|_| {
            let known: Vec<String> = Format::value_variants().iter().map(value_name).collect();
            format!("`{format}` is no format; there are {}", known.join(", "))
        })?;
        Ok(Output { format, file: PathBuf::from(file) })
    }
}

fn value_name(format: &Format) -> String {
    format.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
}

/// From which severity on a finding fails the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum FailOn {
    Critical,
    High,
    Medium,
    Low,
    Info,
    Never,
}

impl FailOn {
    /// The lowest severity that fails; `None` if none does.
    pub(crate) fn threshold(self) -> Option<Severity> {
        match self {
            FailOn::Critical => Some(Severity::Critical),
            FailOn::High => Some(Severity::High),
            FailOn::Medium => Some(Severity::Medium),
            FailOn::Low => Some(Severity::Low),
            FailOn::Info => Some(Severity::Info),
            FailOn::Never => None,
        }
    }
}

/// What account and organisation ids look like.
pub(crate) const ACCOUNT: &str = "^([0-9]{12}|[0-9]{16})$";
pub(crate) const ORGANIZATION: &str = "^(o|rd)-[0-9A-Za-z]+$";

fn fits(pattern: &str, text: &str) -> bool {
    Regex::new(pattern).is_ok_and(|pattern| pattern.is_match(text))
}

/// An account id: 12 digits on AWS, 16 on Alibaba Cloud. Never a number: leading zeros count.
pub(crate) fn account(text: &str) -> Result<String, String> {
    if fits(ACCOUNT, text) {
        Ok(text.to_owned())
    } else {
        Err("an account id has 12 digits (AWS) or 16 digits (Alibaba Cloud)".to_owned())
    }
}

/// An organisation id: `o-…` on AWS, `rd-…` on Alibaba Cloud.
pub(crate) fn organization(text: &str) -> Result<String, String> {
    if fits(ORGANIZATION, text) {
        Ok(text.to_owned())
    } else {
        Err("an organisation id looks like `o-a1b2c3d4e5` (AWS) or `rd-a1b2c3` (Alibaba Cloud)".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Args::command().debug_assert();
    }

    #[test]
    fn ids_keep_their_leading_zeros_and_their_length() {
        assert_eq!(account("012345678901"), Ok("012345678901".to_owned()));
        assert_eq!(account("0123456789012345"), Ok("0123456789012345".to_owned()));
        assert!(account("12345678901").is_err());
        assert!(account("12345678901x").is_err());
        assert_eq!(organization("o-a1b2c3d4e5"), Ok("o-a1b2c3d4e5".to_owned()));
        assert!(organization("o-*").is_err());
        assert!(organization("acme").is_err());
    }

    #[test]
    fn a_parameter_has_a_name_and_a_value() {
        assert_eq!(parameter("A=b=c"), Ok(("A".to_owned(), "b=c".to_owned())));
        assert_eq!(parameter("A="), Ok(("A".to_owned(), String::new())));
        assert!(parameter("A").is_err());
        assert!(parameter("=b").is_err());
    }

    #[test]
    fn an_output_is_a_format_and_a_file() {
        let output = Output { format: Format::Sarif, file: PathBuf::from("a=b.sarif") };
        assert_eq!(Output::parse("sarif=a=b.sarif"), Ok(output));
        assert!(Output::parse("report.sarif").is_err());
        assert!(Output::parse("sarif=").is_err());
        assert!(Output::parse("xml=a").is_err_and(|e| e.contains("human, json, sarif, github")));
    }
}
