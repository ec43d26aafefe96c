//! What the templates inside of a template give back to it: their outputs.
//!
//! An output is evaluated where it is asked for, with the arguments that the template around it gives, which may be
//! outputs of other templates. Not here: the roles of those templates (`read`), which say what is wrong with them.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use model::{Cause, FileId, Node, SourceMap};

use crate::argument::Arguments;
use crate::evaluate::{Evaluator, Stacks};
use crate::nested::{self, Source};
use crate::template::{Resource, Template};
use crate::{document, foreach, foreign, sam};

/// How many bytes of templates one unit may have read for their outputs: dozens of the largest that the services take,
/// and a second or two of work. Beyond, an output is unknown and says so.
pub(crate) const MAX_BYTES: usize = 16 << 20;

/// How much less the evaluation of a template costs than its reading.
const EVALUATED: usize = 8;

/// The templates inside of one template.
pub(crate) struct Held<'s> {
    sources: &'s SourceMap,
    /// The files that are read around them, the outermost first.
    chain: Vec<FileId>,
    /// How many more may hold one another.
    depth: usize,
    prefix: String,
    /// How many bytes may still be read.
    left: Rc<Cell<usize>>,
    opened: RefCell<HashMap<String, Result<Rc<Opened>, Cause>>>,
    given: RefCell<HashMap<String, Result<Node, Cause>>>,
}

/// A template that was read, and what it is given.
struct Opened {
    documents: Vec<Node>,
    arguments: Arguments,
    file: Option<FileId>,
    bytes: usize,
}

impl<'s> Held<'s> {
    pub(crate) fn new(
        sources: &'s SourceMap,
        chain: Vec<FileId>,
        depth: usize,
        prefix: String,
        left: Rc<Cell<usize>>,
    ) -> Self {
        let (opened, given) = (RefCell::default(), RefCell::default());
        Held { sources, chain, depth, prefix, left, opened, given }
    }

    fn spend(&self, bytes: usize) -> Result<(), Cause> {
        let left = self.left.get().checked_sub(bytes);
        self.left.set(left.unwrap_or(0));
        left.map(|_| ()).ok_or_else(|| Cause::Unsupported("outputs of too many templates".into()))
    }

    fn opened(&self, resource: &Resource<'_>, within: &Evaluator<'_>) -> Result<Rc<Opened>, Cause> {
        // What is given to it hangs on what is taken for granted where the output is asked for.
        if within.is_assuming() {
            return self.open(resource, within).map(Rc::new);
        }
        if let Some(known) = self.opened.borrow().get(&resource.name()) {
            return known.clone();
        }
        let opened = self.open(resource, within).map(Rc::new);
        self.opened.borrow_mut().insert(resource.name(), opened.clone());
        opened
    }

    fn open(&self, resource: &Resource<'_>, within: &Evaluator<'_>) -> Result<Opened, Cause> {
        let Some(source) = nested::source(resource, within, self.sources) else {
            let why = format!("the outputs of a `{}`", resource.kind);
            return Err(Cause::Unsupported(why.into()));
        };
        if self.depth == 0 {
            return Err(Cause::Unsupported("templates hold one another too deep".into()));
        }
        let unparsed = || Cause::Unresolved("its template cannot be read".into());
        let arguments = nested::arguments(resource, within);
        let (documents, text, file) = match source {
            Source::File(file) if self.chain.contains(&file) => {
                return Err(Cause::Invalid("its template holds itself".into()));
            }
            Source::File(file) => {
                let text = self.sources.text(file).map_err(|_| unparsed())?;
                self.spend(text.len())?;
                let documents = document::parse(&text, file).map_err(|_| unparsed())?;
                (documents, text.to_string(), Some(file))
            }
            Source::Text(text) => {
                self.spend(text.text().len())?;
                let documents = document::parse_decoded(&text).map_err(|_| unparsed())?;
                (documents, text.text().to_owned(), None)
            }
            Source::Tree(tree) => (vec![tree], String::new(), None),
            Source::Missing(path) => return Err(Cause::Unresolved(format!("no file `{path}`").into())),
            Source::Elsewhere(place) => {
                return Err(Cause::Unresolved(format!("its template lies elsewhere: {place}").into()));
            }
            Source::Unknown(why) => return Err(why),
        };
        // What is odd in them is said where their roles are read.
        let mut unsaid = Vec::new();
        let mut parts = Vec::new();
        for document in &documents {
            for part in foreign::unwrap(document, &text, &mut unsaid) {
                parts.push(match text.contains(foreach::LOOP) {
                    true => foreach::expand(&part, &arguments, &mut unsaid),
                    false => part.into_owned(),
                });
            }
        }
        Ok(Opened { documents: parts, arguments, file, bytes: text.len() })
    }

    fn evaluated(&self, resource: &Resource<'_>, name: &str, within: &Evaluator<'_>) -> Result<Node, Cause> {
        let opened = self.opened(resource, within)?;
        self.spend(opened.bytes / EVALUATED)?;
        let missing = || Cause::Unresolved(format!("its template has no output `{name}`").into());
        let of = |document: &Node| Some(document.get("Outputs")?.get(name)?.get("Value")?.clone());
        let (document, value) =
            opened.documents.iter().find_map(|d| Some((d, of(d)?))).ok_or_else(missing)?;
        let mut unsaid = Vec::new();
        let implied = sam::implied(document);
        let template = Template::of(document, &implied, &mut unsaid);
        let prefix = format!("{}{}/", self.prefix, resource.name());
        let mut chain = self.chain.clone();
        chain.extend(opened.file);
        let inner = Held::new(self.sources, chain, self.depth - 1, prefix.clone(), Rc::clone(&self.left));
        let evaluator = Evaluator::new(&template, &opened.arguments, &inner, &prefix, document).below(within);
        Ok(evaluator.value(&value))
    }
}

impl Stacks for Held<'_> {
    fn output(&self, resource: &Resource<'_>, name: &str, within: &Evaluator<'_>) -> Result<Node, Cause> {
        if within.is_assuming() {
            return self.evaluated(resource, name, within);
        }
        let key = format!("{}.{name}", resource.name());
        if let Some(known) = self.given.borrow().get(&key) {
            return known.clone();
        }
        let value = self.evaluated(resource, name, within);
        self.given.borrow_mut().insert(key, value.clone());
        value
    }
}
