//! The solver: does a request in an adversary's domain exist that one Allow admits and no Deny forbids?
//!
//! All conditions of the Allow must hold, and of each Deny that speaks of the caller one condition must fail.
//! Each choice gives clauses over single keys; each key is solved on its own. What is unknown is read against
//! the adversary ([`Bound::Proved`]) or for it ([`Bound::Possible`]); the first finds requests that work for
//! every filling, the second shows that none works for any.

use std::collections::BTreeMap;

use foldhash::{HashMap, HashMapExt};
use model::{Condition, Effect, Piece, Statement, TrustPolicy};

use crate::adversary::domain::Domain;
use crate::adversary::setting::account_of;
use crate::adversary::situation::Situation;
use crate::evaluate::acts;
use crate::evaluate::keys;
use crate::evaluate::pattern::Variable;
use crate::evaluate::principal::{AccountCaller, Caller, Identity, covers, holds_caller, would_mean};
use crate::work::Work;
use crate::{Request, Truth, evaluate};

mod candidates;
mod choose;
mod key;
mod tie;

/// How unknowns are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Bound {
    /// Against the adversary: what is found holds for every filling.
    Proved,
    /// For the adversary: what is not found exists for no filling.
    Possible,
}

/// What a search came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// This request is allowed (under [`Bound::Possible`]: may be).
    Allowed(Request),
    /// No request is.
    Impossible,
    /// The budget is spent, or the keys hang together in a way that is not solved.
    GaveUp,
}

/// An adversary in one concrete setting.
pub(crate) struct Model<'a> {
    /// Who calls.
    pub(crate) caller: Caller,
    /// The caller's identifier in the request.
    pub(crate) principal: String,
    /// What a key (in lower case) can be.
    pub(crate) domain: &'a dyn Fn(&str) -> Domain,
    /// Keys that a witness shows even if no condition tests them.
    pub(crate) shown: Vec<(String, String)>,
    /// What searching may still cost.
    pub(crate) work: &'a Work,
}

/// How many keys are solved in one search before it gives up.
const BUDGET: usize = 20_000;

/// What sorting a condition to its key costs, and to find what came out for it before.
const GROUPED: usize = 15;

/// Searches for a request that statement `allow` admits and that all of `actions` are allowed for.
pub(crate) fn search(
    policy: &TrustPolicy,
    allow: usize,
    actions: &[&str],
    model: &Model<'_>,
    bound: Bound,
) -> Outcome {
    let account = matches!(model.caller, Caller::Account(_));
    let mut gave_up = false;
    for situation in Situation::all(policy, account, model.domain, model.work) {
        let narrowed = |key: &str| situation.narrow(key, model.domain);
        let domain: &dyn Fn(&str) -> Domain = if situation.is_any() { model.domain } else { &narrowed };
        let (caller, principal) = (model.caller.clone(), model.principal.clone());
        let model = Model { caller, principal, domain, shown: model.shown.clone(), work: model.work };
        let solved = HashMap::new();
        let search =
            Search { policy, actions, model: &model, bound, assigned: BTreeMap::new(), solved, steps: 0 };
        match search.run(allow) {
            found @ Outcome::Allowed(_) => return found,
            Outcome::Impossible => {}
            Outcome::GaveUp => gave_up = true,
        }
    }
    if gave_up { Outcome::GaveUp } else { Outcome::Impossible }
}

/// A condition that must hold, or must not.
type Clause<'p> = (&'p Condition, bool);

struct Search<'a, 'p> {
    policy: &'p TrustPolicy,
    actions: &'a [&'a str],
    model: &'a Model<'a>,
    bound: Bound,
    /// The values of the variables in the case that is tried.
    assigned: BTreeMap<String, Variable>,
    /// What came out for keys that no case bears on, by how unknowns were read and the clauses.
    solved: HashMap<(Bound, Vec<(usize, bool)>), Answer>,
    steps: usize,
}

/// What one key can be under its clauses.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Answer {
    Absent,
    /// One value.
    Value(String),
    /// The values of a key that holds several.
    Several(Vec<String>),
    /// A fixed value that is not known; only in a search for what is possible.
    Somehow,
    No,
    GaveUp,
}

/// What each key (in lower case) can be, and how it is spelled.
type Answers<'p> = BTreeMap<String, (&'p str, Answer)>;

impl<'p> Search<'_, 'p> {
    fn run(mut self, allow: usize) -> Outcome {
        let Some((first, rest)) = self.actions.split_first() else { return Outcome::Impossible };
        if self.policy.open.is_some() {
            // A statement that is not known may deny.
            if self.bound == Bound::Proved {
                return Outcome::Impossible;
            }
            self.model.work.doubt();
        }
        if !self.model.work.spend(self.size(allow)) {
            return Outcome::GaveUp;
        }
        let Some(clauses) = self.admitted_by(allow, first) else { return Outcome::Impossible };
        let denies = self.denies();
        self.admit(clauses, rest, &denies)
    }

    /// Whether a truth counts as wanted.
    fn accepts(&self, truth: Truth, want: bool) -> bool {
        if truth == Truth::Unknown {
            self.model.work.doubt();
        }
        match self.bound {
            Bound::Proved => truth == Truth::from(want),
            Bound::Possible => truth != Truth::from(!want),
        }
    }

    /// How many statements and principals a search looks at before it chooses anything.
    fn size(&self, allow: usize) -> usize {
        let statements = self.policy.statements.iter().enumerate();
        let asked = statements.filter(|(at, s)| *at == allow || s.value.effect != Effect::Allow);
        asked.map(|(_, s)| s.value.principals.items.len()).sum::<usize>()
            + self.policy.statements.len() / 4
            + 10
    }

    /// Chooses an Allow for each further action, depth first, then keeps the Denies from firing.
    fn admit(
        &mut self,
        clauses: Vec<Clause<'p>>,
        actions: &[&str],
        denies: &[Vec<&'p Condition>],
    ) -> Outcome {
        let Some((action, rest)) = actions.split_first() else { return self.falsify(clauses, denies) };
        let mut gave_up = false;
        for index in 0..self.policy.statements.len() {
            let Some(more) = self.admitted_by(index, action) else { continue };
            let together: Vec<Clause<'p>> = clauses.iter().copied().chain(more).collect();
            // Where these two do not go together nothing that is added helps.
            let tied = !self.untied(&together).is_empty();
            if self.solve_as(tied, &together) == Err(Outcome::Impossible) {
                continue;
            }
            match self.admit(together, rest, denies) {
                found @ Outcome::Allowed(_) => return found,
                Outcome::Impossible => {}
                Outcome::GaveUp => gave_up = true,
            }
        }
        if gave_up { Outcome::GaveUp } else { Outcome::Impossible }
    }

    /// The conditions under which a statement allows an action; `None` if it does not at all.
    ///
    /// That further conditions, an operator or a key are not known is looked at here, in `constrain` and in `solve`
    /// only to stop early: what a search for a proof found without would be a request that the evaluator, which looks
    /// again, does not confirm, and the search would go on. So no test can tell whether it is.
    fn admitted_by(&self, index: usize, action: &str) -> Option<Vec<Clause<'p>>> {
        let statement = &self.policy.statements.get(index)?.value;
        let may = match statement.effect {
            Effect::Allow => Truth::True,
            Effect::Unknown(_) => Truth::Unknown,
            Effect::Deny => Truth::False,
        };
        let speaks = may.and(self.speaks_of(statement, action));
        let open = if statement.conditions_open.is_some() { Truth::Unknown } else { Truth::True };
        if !statement.rejected.is_empty() || !self.accepts(speaks.and(open), true) {
            return None;
        }
        Some(statement.conditions.iter().map(|c| (&c.value, true)).collect())
    }

    fn speaks_of(&self, statement: &Statement, action: &str) -> Truth {
        let deny = statement.effect == Effect::Deny;
        let what = acts(statement, action, self.policy.cloud);
        if what == Truth::False {
            return what;
        }
        let who = covers(&statement.principals, &self.model.caller, self.policy.cloud, deny);
        // Whom a form means that is refused on save nobody can say; an Allow gives nothing by it.
        let refused = would_mean(&statement.principals, &self.model.caller, self.policy.cloud);
        // A role calls by a session, which may be checked against those whom a Deny spares too.
        let unclear = deny && (refused || (statement.principals.negated && self.hides_a_session(statement)));
        what.and(if unclear { who.or(Truth::Unknown) } else { who })
    }

    /// Whether the caller is a role of which a statement lists no session.
    fn hides_a_session(&self, statement: &Statement) -> bool {
        let Caller::Account(caller) = &self.model.caller else { return false };
        let of_role = |listed: AccountCaller| {
            matches!(listed.kind, Identity::Session { .. }) && holds_caller(caller, &listed)
        };
        let listed = statement.principals.items.iter().filter_map(|p| account_of(&p.id.value));
        matches!(caller.kind, Identity::Role(_)) && !listed.into_iter().any(of_role)
    }

    /// The conditions of each Deny that must be kept from firing.
    fn denies(&self) -> Vec<Vec<&'p Condition>> {
        let mut out = Vec::new();
        for statement in &self.policy.statements {
            let statement = &statement.value;
            let may = match statement.effect {
                Effect::Deny => Truth::True,
                Effect::Unknown(_) => Truth::Unknown,
                Effect::Allow => continue,
            };
            let speaks = Truth::any(self.actions.iter().map(|a| self.speaks_of(statement, a)));
            let uncertain = statement.conditions_open.is_some() || !statement.rejected.is_empty();
            let fires = may.and(speaks).and(if uncertain { Truth::Unknown } else { Truth::True });
            // A Deny that certainly stays silent, or may (read for the adversary), needs nothing.
            if self.accepts(!fires, true) {
                continue;
            }
            out.push(statement.conditions.iter().map(|c| &c.value).collect());
        }
        out.sort_by_key(Vec::len);
        out
    }

    /// What a variable stands for is settled at the end; until then it is read for the adversary.
    fn solve_as(&mut self, tied: bool, clauses: &[Clause<'p>]) -> Result<Answers<'p>, Outcome> {
        let bound = self.bound;
        if tied {
            self.model.work.doubt();
            self.bound = Bound::Possible;
        }
        let solved = self.solve(clauses);
        self.bound = bound;
        solved
    }

    /// Solves every key that the clauses test.
    fn solve(&mut self, clauses: &[Clause<'p>]) -> Result<Answers<'p>, Outcome> {
        if !self.model.work.spend(GROUPED * clauses.len()) {
            return Err(Outcome::GaveUp);
        }
        let mut by_key: BTreeMap<String, Vec<Clause<'p>>> = BTreeMap::new();
        for (condition, want) in clauses {
            match condition.key.value.as_str() {
                Some(key) => by_key.entry(key.to_ascii_lowercase()).or_default().push((condition, *want)),
                // A key that is not known decides nothing.
                None if self.bound == Bound::Proved => return Err(Outcome::Impossible),
                None => self.model.work.doubt(),
            }
        }
        let mut answers = BTreeMap::new();
        let mut gave_up = false;
        for (key, clauses) in by_key {
            self.steps += 1;
            let size = clauses.iter().map(|(c, _)| size(c)).sum();
            if self.steps > BUDGET || !self.model.work.spend(size) {
                return Err(Outcome::GaveUp);
            }
            match self.key_once(&key, &clauses) {
                Answer::No => return Err(Outcome::Impossible),
                Answer::GaveUp => gave_up = true,
                answer => {
                    let written = clauses.first().and_then(|(c, _)| c.key.value.as_str());
                    let spelling = keys::spelling(&key).or(written).unwrap_or_default();
                    answers.insert(key, (spelling, answer));
                }
            }
        }
        if gave_up { Err(Outcome::GaveUp) } else { Ok(answers) }
    }

    fn variable(&self, name: &str) -> Variable {
        self.assigned.get(&name.to_ascii_lowercase()).cloned().unwrap_or(Variable::Unknown)
    }

    /// Builds the request and has the evaluator check it.
    fn request(&self, answers: &Answers<'p>) -> Outcome {
        let mut request = Request { principal: self.model.principal.clone(), ..Request::default() };
        let mut opaque = false;
        for (key, value) in &self.model.shown {
            request.context.insert(key.clone(), vec![value.clone()]);
        }
        for (name, value) in &self.assigned {
            if let Variable::Is(value) = value
                && !answers.contains_key(name)
            {
                request.context.insert(keys::spelled(name), vec![value.clone()]);
            }
        }
        for (key, answer) in answers.values() {
            match answer {
                Answer::Value(value) => {
                    request.context.insert((*key).to_owned(), vec![value.clone()]);
                }
                Answer::Several(values) => {
                    request.context.insert((*key).to_owned(), values.clone());
                }
                Answer::Absent => {
                    request.context.remove(*key);
                }
                Answer::Somehow => opaque = true,
                Answer::No | Answer::GaveUp => return Outcome::GaveUp,
            }
        }
        self.couple(&mut request);
        request.multivalued = request.context.keys().filter(|k| keys::is_multivalued(k)).cloned().collect();
        for action in self.actions.iter().rev() {
            request.action = (*action).to_owned();
            self.model.work.spend(4 * self.policy.statements.len());
            let decided = evaluate(self.policy, &request).allowed;
            if !opaque && !self.accepts(decided, true) {
                return Outcome::GaveUp;
            }
        }
        Outcome::Allowed(request)
    }

    /// Keys that follow from others: the caller is the one whose ARN the request shows, and session tags are
    /// listed among the tag keys.
    fn couple(&self, request: &mut Request) {
        // Of a session the key shows the role, of which it is one.
        if let Caller::Account(caller) = &self.model.caller
            && !matches!(caller.kind, Identity::Session { .. })
            && let Some([arn]) = request.context.get("aws:PrincipalArn").map(Vec::as_slice)
        {
            request.principal = arn.clone();
        }
        let tags: Vec<String> = request
            .context
            .keys()
            .filter_map(|key| key.split_once('/'))
            .filter(|(prefix, _)| prefix.eq_ignore_ascii_case("aws:RequestTag"))
            .map(|(_, tag)| tag.to_owned())
            .collect();
        if !tags.is_empty() {
            let listed = request.context.entry("aws:TagKeys".to_owned()).or_default();
            for tag in tags {
                if !listed.contains(&tag) {
                    listed.push(tag);
                }
            }
        }
    }
}

/// What reading a condition costs.
fn size(condition: &Condition) -> usize {
    let pieces = condition.values.items.iter().flat_map(|v| v.value.pieces());
    let text = |piece: &Piece| match piece {
        Piece::Lit(text) => text.len(),
        Piece::Symbol(_) | Piece::Hole(_) => 1,
    };
    40 + pieces.map(|piece| 10 + text(piece) / 2).sum::<usize>()
}
