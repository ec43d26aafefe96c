//! From files to roles: which input reads which file, and every unit read behind a wall, in parallel.
//!
//! Deliberately not here: any format (inputs) and any judgement. Results are collected in the order of the files,
//! so the number of threads changes nothing.

use std::collections::{BTreeMap, BTreeSet};

use model::{
    Before, Directive, FileId, Input, Located, Lowered, Place, Problem, ReadError, Role, SourceMap, Subject,
    Told, Unit, ZoneFact,
};
use rayon::prelude::*;

use crate::discover::{Candidate, STDIN};
use crate::guard::guarded;
use crate::progress::Progress;

/// Everything that was read.
#[derive(Debug, Default)]
pub(crate) struct Reading {
    pub(crate) roles: Vec<Role>,
    pub(crate) zone_facts: BTreeSet<ZoneFact>,
    pub(crate) directives: Vec<Directive>,
    pub(crate) problems: Vec<Problem>,
    /// Files of a kind that is read.
    pub(crate) files: usize,
    /// The names of the inputs that read any.
    pub(crate) inputs: BTreeSet<&'static str>,
}

/// Reads the candidates with the first of `inputs` that claims each.
pub(crate) fn read(
    inputs: &[&dyn Input],
    candidates: &[Candidate],
    sources: &SourceMap,
    progress: &Progress,
) -> Reading {
    let scannable: Vec<&Candidate> = candidates
        .iter()
        .filter(|c| c.explicit || inputs.iter().any(|input| input.scannable(&c.name)))
        .collect();
    progress.stage("looking", scannable.len());
    let looks: Vec<Look> = scannable
        .par_iter()
        .map(|candidate| {
            let look = look(inputs, candidate, sources);
            progress.step();
            look
        })
        .collect();

    let mut reading = Reading::default();
    let mut roles = Vec::new();
    let mut claimed: Vec<Vec<FileId>> = vec![Vec::new(); inputs.len()];
    for look in looks {
        reading.files += usize::from(look.scannable);
        reading.problems.extend(look.problem);
        if let Some((file, input)) = look.claim
            && let Some(files) = claimed.get_mut(input)
        {
            files.push(file);
            reading.inputs.extend(inputs.get(input).map(|input| input.name()));
        }
    }
    let mut units: Vec<(&dyn Input, Unit)> = Vec::new();
    for (input, files) in inputs.iter().zip(&claimed) {
        match guarded(|| input.units(files, sources)) {
            Ok(found) => units.extend(found.into_iter().map(|unit| (*input, unit))),
            Err(message) => {
                let internal = |file| Problem::relevant(Place::File(file), internal_error(&message));
                reading.problems.extend(files.iter().copied().map(internal));
            }
        }
    }
    progress.stage("reading", units.len());
    let lowered: Vec<Vec<Lowered>> = units
        .par_iter()
        .map(|(input, unit)| {
            let lowered = read_unit(*input, unit, sources);
            progress.step();
            with_embedded(lowered, inputs, sources)
        })
        .collect();
    let mut missing = Vec::new();
    let mut told = BTreeSet::new();
    for lowered in lowered.into_iter().flatten() {
        for subject in lowered.subjects {
            match subject {
                Subject::Role(role) => roles.push((*role, !lowered.told.is_empty())),
            }
        }
        reading.zone_facts.extend(lowered.zone_facts);
        reading.directives.extend(lowered.directives);
        reading.problems.extend(lowered.problems);
        missing.extend(lowered.missing);
        told.extend(lowered.told);
    }
    reading.roles = once(roles, &told, sources);
    reading.problems.extend(each_once(missing, sources));
    reading
}

/// All roles but those that somebody tells better: of one block a plan knows the most, then a state, then the code. They
/// point at the same place.
fn once(roles: Vec<(Role, bool)>, told: &BTreeSet<Told>, sources: &SourceMap) -> Vec<Role> {
    if told.is_empty() {
        return roles.into_iter().map(|(role, _)| role).collect();
    }
    let known = |role: &Role| {
        let file = sources.path(role.calls.first().map_or(role.span, |call| call.span).file);
        let root = file.rsplit_once('/').map_or("", |(directory, _)| directory).into();
        Told { root, block: model::block(&role.address).into() }
    };
    let ranked: Vec<(Told, Knows, Role)> = roles
        .into_iter()
        .map(|(role, told)| {
            let knows = match (told, &role.before) {
                (false, _) => Knows::Code,
                (true, Before::Untold) => Knows::State,
                (true, Before::Absent | Before::Same | Before::Other(_)) => Knows::Change,
            };
            (known(&role), knows, role)
        })
        .collect();
    let mut most: BTreeMap<Told, Knows> = told.iter().map(|told| (told.clone(), Knows::State)).collect();
    for (told, knows, _) in &ranked {
        if let Some(most) = most.get_mut(told) {
            *most = (*most).max(*knows);
        }
    }
    let best = |told: &Told, knows| most.get(told).is_none_or(|most| *most <= knows);
    ranked.into_iter().filter(|(told, knows, _)| best(told, *knows)).map(|(.., role)| role).collect()
}

/// How much an input knows of a role.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Knows {
    Code,
    State,
    Change,
}

/// One problem for each piece of code that is called and not there, at the first of its calls.
fn each_once(mut missing: Vec<Located<Box<str>>>, sources: &SourceMap) -> Vec<Problem> {
    missing.sort_by_cached_key(|m| (m.value.clone(), sources.path(m.span.file), m.span.start));
    missing.dedup_by(|later, first| later.span == first.span && later.value == first.value);
    let same = missing.chunk_by(|a, b| a.value == b.value);
    same.filter_map(|calls| {
        let first = calls.first()?;
        let more = match calls.len() - 1 {
            0 => String::new(),
            1 => " (called once more)".to_owned(),
            n => format!(" (called {n} times more)"),
        };
        let message = format!(
            "`{}` is not downloaded{more}; roles that it makes are not judged (`terraform init` brings it)",
            first.value
        );
        Some(Problem::warning(first.span, message))
    })
    .collect()
}

/// What a first look at a file said.
#[derive(Default)]
struct Look {
    /// It is of a kind that is read.
    scannable: bool,
    /// The file and the index of the input that reads it.
    claim: Option<(FileId, usize)>,
    problem: Option<Problem>,
}

fn look(inputs: &[&dyn Input], candidate: &Candidate, sources: &SourceMap) -> Look {
    let named = candidate.name == STDIN || inputs.iter().any(|input| input.scannable(&candidate.name));
    let Some(file) = sources.open(&candidate.name) else {
        let place = Place::Path(candidate.name.as_str().into());
        let problem = Some(Problem::relevant(place, "cannot be read: no such file"));
        return Look { scannable: named, claim: None, problem };
    };
    if let Some(head) = sources.head(file)
        && let Some(input) = inputs.iter().position(|input| guarded(|| input.streams(&head)) == Ok(true))
    {
        return Look { scannable: true, claim: Some((file, input)), problem: None };
    }
    let bytes = match sources.bytes(file) {
        Ok(bytes) => bytes,
        Err(error) => {
            let problem = Some(Problem::relevant(Place::File(file), error.to_string()));
            return Look { scannable: true, claim: None, problem };
        }
    };
    // A file that the user named, and whose name says nothing, is looked at as standard input is.
    let name = if named { candidate.name.as_str() } else { STDIN };
    let claims = |input: &&dyn Input| guarded(|| input.claims(name, &bytes));
    for (index, input) in inputs.iter().enumerate() {
        match claims(input) {
            Ok(false) => {}
            Ok(true) => {
                sources.keep(file, bytes);
                return Look { scannable: true, claim: Some((file, index)), problem: None };
            }
            Err(message) => {
                let problem = Some(Problem::relevant(Place::File(file), internal_error(&message)));
                return Look { scannable: true, claim: None, problem };
            }
        }
    }
    let problem = unclaimed(&candidate.name, &bytes).map(|what| Problem::relevant(Place::File(file), what));
    Look { scannable: named, claim: None, problem }
}

/// What is wrong with a file that no input claims, if it may hold a trust policy all the same.
fn unclaimed(name: &str, bytes: &[u8]) -> Option<String> {
    let unreadable = if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        ReadError::Utf16.to_string()
    } else {
        match std::str::from_utf8(bytes) {
            Ok(_) if name == STDIN => "is in no format that is read".to_owned(),
            Ok(_) => return None,
            Err(error) => ReadError::NotUtf8(error.valid_up_to()).to_string(),
        }
    };
    mentions_roles(bytes).then_some(unreadable)
}

/// How deep code may stand inside other code.
const MAX_EMBEDDED: u8 = 4;

/// What stands in every file with a role or a trust policy, in lower case.
const TRACES: [&[u8]; 7] =
    [b"assumerole", b"assume_role", b"iam_role", b"ram_role", b"iam::role", b"ram::role", b"sts:"];

/// Whether bytes in whatever encoding speak of roles or trust. UTF-16 reads as ASCII once its zero bytes are gone.
fn mentions_roles(bytes: &[u8]) -> bool {
    let text: Vec<u8> = bytes.iter().filter(|b| **b != 0).map(u8::to_ascii_lowercase).collect();
    TRACES.iter().any(|trace| memchr::memmem::find(&text, trace).is_some())
}

fn read_unit(input: &dyn Input, unit: &Unit, sources: &SourceMap) -> Lowered {
    match guarded(|| input.read(unit, sources)) {
        Ok(lowered) => lowered,
        Err(message) => {
            let place =
                unit.files.first().map_or(Place::Path(input.name().into()), |file| Place::File(*file));
            let problem = Problem::relevant(place, internal_error(&message));
            Lowered { problems: vec![problem], ..Lowered::default() }
        }
    }
}

/// What was read from a unit, and from the code of other languages inside it.
fn with_embedded(first: Lowered, inputs: &[&dyn Input], sources: &SourceMap) -> Vec<Lowered> {
    let mut done = Vec::new();
    let mut open = vec![first];
    while let Some(mut lowered) = open.pop() {
        let root = lowered.told.first().map(|told| told.root.clone());
        for mut embedded in std::mem::take(&mut lowered.embedded) {
            embedded.depth = embedded.depth.saturating_add(1);
            if embedded.depth > MAX_EMBEDDED {
                let message = "code inside code inside code: not followed any deeper";
                lowered.problems.push(Problem::relevant(Place::Span(embedded.span), message));
                continue;
            }
            let read = guarded(|| inputs.iter().find_map(|input| input.read_embedded(&embedded, sources)));
            match read {
                Ok(Some(mut inner)) => {
                    // Who tells of a template better than its code does, tells better of the roles in it.
                    if let Some(root) = &root {
                        let told = |Subject::Role(role): &Subject| Told {
                            root: root.clone(),
                            block: model::block(&role.address).into(),
                        };
                        inner.told.extend(inner.subjects.iter().map(told));
                    }
                    open.push(inner);
                }
                Ok(None) => {
                    let message = "holds code of a language that is not read";
                    lowered.problems.push(Problem::relevant(Place::Span(embedded.span), message));
                }
                Err(message) => {
                    let place = Place::Span(embedded.span);
                    lowered.problems.push(Problem::relevant(place, internal_error(&message)));
                }
            }
        }
        done.push(lowered);
    }
    done
}

fn internal_error(message: &str) -> String {
    format!("internal error while reading: {message}; please report")
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{Cloud, LoadError, Loader, Span};

    struct Memory(Vec<(&'static str, Result<&'static [u8], &'static str>)>);

    impl Loader for Memory {
        fn load(&self, path: &str) -> Result<Vec<u8>, LoadError> {
            let found = self.0.iter().find(|(p, _)| *p == path).map(|(_, bytes)| *bytes);
            match found {
                Some(Ok(bytes)) => Ok(bytes.to_vec()),
                Some(Err(error)) => Err(LoadError(error.to_owned())),
                None => Err(LoadError("no such file".to_owned())),
            }
        }
        fn admits(&self, _: &str) -> bool {
            false
        }
    }

    /// Reads `*.role`: one role a file; panics where the file says so.
    struct Roles;

    impl Input for Roles {
        fn name(&self) -> &'static str {
            "roles"
        }
        fn scannable(&self, path: &str) -> bool {
            path.ends_with(".role")
        }
        fn claims(&self, path: &str, bytes: &[u8]) -> bool {
            assert!(bytes != b"panic early", "early");
            (self.scannable(path) || path == STDIN) && bytes.starts_with(b"role") || bytes == b"panic late"
        }
        fn units(&self, claimed: &[FileId], _: &SourceMap) -> Vec<Unit> {
            claimed.iter().map(|file| Unit { files: vec![*file] }).collect()
        }
        fn read(&self, unit: &Unit, sources: &SourceMap) -> Lowered {
            let file = unit.files[0];
            assert_ne!(&*sources.text(file).unwrap(), "panic late", "late");
            let span = Span::new(file, 0, 4);
            let role = Role::new(Cloud::Aws, "role", sources.path(file), span, span, Vec::new());
            Lowered { subjects: vec![Subject::Role(Box::new(role))], ..Lowered::default() }
        }
    }

    fn run(files: Vec<(&'static str, Result<&'static [u8], &'static str>)>, explicit: &[&str]) -> Summary {
        crate::guard::install();
        let names: Vec<String> = files.iter().map(|(name, _)| (*name).to_owned()).collect();
        let sources = SourceMap::new(names.clone(), Box::new(Memory(files)));
        let candidates: Vec<Candidate> = names
            .into_iter()
            .map(|name| Candidate { explicit: explicit.contains(&name.as_str()), name })
            .collect();
        let reading = read(&[&Roles], &candidates, &sources, &Progress::new());
        let place = |place: &Place| match place {
            Place::Span(span) => sources.path(span.file),
            Place::File(file) => sources.path(*file),
            Place::Path(path) => path.to_string(),
        };
        Summary {
            files: reading.files,
            roles: reading.roles.iter().map(|r| r.address.to_string()).collect(),
            problems: reading
                .problems
                .iter()
                .map(|p| {
                    format!("{}{}: {}", if p.relevant { "" } else { "warning " }, place(&p.place), p.message)
                })
                .collect(),
        }
    }

    struct Summary {
        files: usize,
        roles: Vec<String>,
        problems: Vec<String>,
    }

    #[test]
    fn a_panic_hides_no_neighbour() {
        let read = run(
            vec![
                ("a.role", Ok(b"role")),
                ("b.role", Ok(b"panic early")),
                ("c.role", Ok(b"panic late")),
                ("d.role", Ok(b"role")),
                ("e.txt", Ok(b"role")),
            ],
            &[],
        );
        assert_eq!(read.files, 4);
        assert_eq!(read.roles, ["a.role", "d.role"]);
        assert_eq!(read.problems.len(), 2);
        assert!(read.problems[0].starts_with("b.role: internal error while reading: early"));
        assert!(read.problems[1].starts_with("c.role: internal error while reading: "));
    }

    #[test]
    fn bytes_that_cannot_be_had_and_texts_that_may_hold_trust_are_problems() {
        let read = run(
            vec![
                ("a.role", Err("permission denied")),
                ("b.role", Ok(b"\xff\xfes\0t\0s\0:\0")),
                ("c.role", Ok(b"\xff\xfeh\0i\0")),
                ("d.role", Ok(b"AssumeRole \xc3")),
                ("e.role", Ok(b"latin \xe4")),
            ],
            &[],
        );
        assert_eq!(read.files, 5);
        assert_eq!(read.problems.len(), 3, "{:?}", read.problems);
        assert_eq!(read.problems[0], "a.role: cannot be read: permission denied");
        assert!(read.problems[1].starts_with("b.role: is UTF-16"));
        assert_eq!(read.problems[2], "d.role: is not UTF-8 from byte 11 on");
    }

    #[test]
    fn a_file_the_user_names_is_looked_at_whatever_its_name() {
        let read =
            run(vec![("README.md", Ok(b"# hi")), ("plan.out", Ok(b"role"))], &["README.md", "plan.out"]);
        assert_eq!(read.files, 1);
        assert_eq!(read.roles, ["plan.out"]);
        assert!(read.problems.is_empty());
    }

    #[test]
    fn standard_input_that_nobody_reads_is_no_silent_pass() {
        let read = run(vec![("-", Ok(b"resource \"aws_iam_role\" \"x\" {}"))], &["-"]);
        assert_eq!(read.files, 1);
        assert_eq!(read.problems, ["-: is in no format that is read"]);
    }
}
