//! Everything that is analysed, judged, with the shapes of each policy brought together.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use decide::{Adversary, Exposure, Judgement, Key, Proof, Reach, Scope, Verdict, Verdicts, Zone};
use model::{
    Before, Cause, Located, Principal, Role, Span, Standing, Statement, TrustPolicy, Unknown, Variant,
};
use sha2::{Digest, Sha256};

use crate::Settings;

/// All judged roles of a run.
#[derive(Clone, Debug, Default)]
pub struct Estate {
    /// In the order in which they are reported.
    pub roles: Vec<Judged>,
}

/// A role and what the law says of each shape its policy can take.
#[derive(Clone, Debug)]
pub struct Judged {
    /// The role.
    pub role: Role,
    /// What its owner sets.
    pub(crate) settings: Arc<Settings>,
    /// The role as it was before the change that was read, if it was another.
    pub(crate) before: Option<Box<Judged>>,
    /// One for each shape of its policy, in the same order; none if it is not judged.
    judgements: Vec<Ruled>,
}

/// A judgement with what every finding asks of it.
#[derive(Clone, Debug)]
struct Ruled {
    judgement: Judgement,
    /// What nobody can use for certain.
    dead: BTreeSet<(usize, Option<usize>)>,
    /// The meaning of each statement.
    meanings: Vec<Meaning>,
}

/// What a statement means, short: the same wherever and however it is written.
pub(crate) type Meaning = [u8; 32];

/// One shape that a role's policy can take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape<'a> {
    /// The policy.
    pub(crate) variant: &'a Variant,
    /// What the law says of it.
    pub(crate) judgement: &'a Judgement,
    ruled: &'a Ruled,
}

/// Something that holds of one statement in some shape of a role's policy.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen<'a, T> {
    /// What holds.
    pub(crate) what: T,
    /// Of which policy.
    pub(crate) policy: &'a TrustPolicy,
    /// Of which statement.
    pub(crate) statement: &'a Located<Statement>,
    /// What that statement means.
    pub(crate) meaning: &'a Meaning,
    /// Of which of its principals, if not of all.
    pub(crate) principal: Option<&'a Principal>,
    /// The shape of the policy in which it holds, if that is not settled.
    pub(crate) assumed: Option<&'a Variant>,
}

/// What an adversary reaches.
pub(crate) type Reached<'a> = Seen<'a, &'a Exposure>;

/// Judges a role under its owner's settings. Roles that AWS itself writes and nobody can edit are not judged.
pub fn judge(settings: &Arc<Settings>, role: Role) -> Judged {
    let reserved = ["/aws-service-role/", "/aws-reserved/sso.amazonaws.com/"];
    let path = role.path.as_ref().and_then(|p| p.as_str()).unwrap_or_default();
    let judgements = if reserved.iter().any(|r| path.starts_with(r)) {
        Vec::new()
    } else {
        let rule = |variant: &Variant| {
            let judgement = decide::judge(&variant.policy, &settings.zone);
            let certain = judgement.dead.iter().filter(|d| d.possible.is_empty());
            let dead = certain.map(|d| (d.statement, d.principal)).collect();
            let statements = variant.policy.statements.iter();
            let meanings = statements.map(|s| Sha256::digest(s.value.canonical()).into()).collect();
            Ruled { judgement, dead, meanings }
        };
        role.trust.iter().map(rule).collect()
    };
    let before = match &role.before {
        Before::Other(before) => Some(Box::new(judge(settings, (**before).clone()))),
        Before::Untold | Before::Absent | Before::Same => None,
    };
    Judged { role, settings: Arc::clone(settings), before, judgements }
}

impl Judged {
    /// What is known of the role against each adversary: an exposure that only another input would open, or that
    /// only some shapes of an unsettled policy have, is undetermined.
    pub fn verdicts(&self) -> Verdicts {
        let of = |pick: &dyn Fn(&Verdicts) -> Verdict| {
            let shapes: Vec<(Standing, Verdict)> = self
                .shapes()
                .map(|shape| (standing(shape.variant), pick(&shape.judgement.verdicts)))
                .collect();
            let of_standing =
                |wanted: Standing| shapes.iter().filter(move |(s, _)| *s == wanted).map(|(_, v)| *v);
            let selected = of_standing(Standing::Selected).max();
            let unsettled =
                match (of_standing(Standing::Unsettled).min(), of_standing(Standing::Unsettled).max()) {
                    (Some(least), Some(most)) if least != most && most == Verdict::Exposed => {
                        Some(Verdict::Undetermined)
                    }
                    (_, most) => most,
                };
            let permitted = of_standing(Standing::Permitted).max().map(|v| v.min(Verdict::Undetermined));
            [selected, unsettled, permitted].into_iter().flatten().max().unwrap_or(Verdict::NotApplicable)
        };
        Verdicts {
            stranger: of(&|v| v.stranger),
            third_party: of(&|v| v.third_party),
            service: of(&|v| v.service),
            oidc: of(&|v| v.oidc),
            saml: of(&|v| v.saml),
        }
    }

    fn shapes(&self) -> impl Iterator<Item = Shape<'_>> {
        let pairs = self.role.trust.iter().zip(&self.judgements);
        pairs.map(|(variant, ruled)| Shape { variant, judgement: &ruled.judgement, ruled })
    }

    /// Who is no stranger to it.
    pub(crate) fn zone(&self) -> &Zone {
        &self.settings.zone
    }

    /// Whether the role was judged at all.
    pub(crate) fn is_judged(&self) -> bool {
        !self.judgements.is_empty()
    }

    /// What holds in any shape, each place and thing once, the surest first. `of` gives the things of one shape with
    /// the indices of their statement and principal.
    pub(crate) fn seen<'a, T: Copy>(
        &'a self,
        of: impl Fn(Shape<'a>) -> Vec<(usize, Option<usize>, T)>,
        same: impl Fn(T, T) -> bool,
    ) -> Vec<Seen<'a, T>> {
        let mut shapes: Vec<_> = self.shapes().collect();
        shapes.sort_by_key(|shape| standing(shape.variant));
        let unsettled = shapes.iter().filter(|s| standing(s.variant) == Standing::Unsettled).count();
        let mut out: Vec<(Seen<'_, T>, usize)> = Vec::new();
        let mut by_place: HashMap<(Span, Option<Span>), Vec<usize>> = HashMap::new();
        for shape in shapes {
            let variant = shape.variant;
            let assumed = (standing(variant) != Standing::Selected).then_some(variant);
            for (statement, principal, what) in of(shape) {
                let meaning = shape.ruled.meanings.get(statement);
                let Some((statement, meaning)) = variant.policy.statements.get(statement).zip(meaning) else {
                    continue;
                };
                let principal = principal.and_then(|i| statement.value.principals.items.get(i));
                let policy = &variant.policy;
                let seen = Seen { what, policy, statement, meaning, principal, assumed };
                let here = by_place.entry(seen.place()).or_default();
                let known = here.iter().find(|i| out.get(**i).is_some_and(|(k, _)| same(k.what, what)));
                match known.and_then(|i| out.get_mut(*i)) {
                    Some((_, shapes)) => *shapes += 1,
                    None => {
                        here.push(out.len());
                        out.push((seen, 1));
                    }
                }
            }
        }
        out.into_iter()
            .map(|(seen, shapes)| {
                // In every shape of an unsettled policy alike: then it does not matter which one it is.
                let everywhere =
                    seen.assumed.is_some_and(|v| standing(v) == Standing::Unsettled) && shapes == unsettled;
                Seen { assumed: seen.assumed.filter(|_| !everywhere), ..seen }
            })
            .collect()
    }

    /// What adversaries reach through statements that somebody can use: of the others `dead-trust` says all there
    /// is to say.
    pub(crate) fn reached(&self) -> Vec<Reached<'_>> {
        self.seen(
            |shape| {
                let exposures = shape.judgement.exposures.iter();
                let living = exposures.filter(|e| !shape.is_dead(e.statement, e.principal));
                living.map(|e| (e.statement, e.principal, e)).collect()
            },
            |a, b| a.adversary == b.adversary && kind(a) == kind(b),
        )
    }

    /// A caller outside the zone that may come in, guarded or not, with what is not known of it: the first for
    /// which that is nothing, else the first.
    pub(crate) fn outsider(&self) -> Option<(Reached<'_>, Vec<Unknown>)> {
        let outsiders = self.reached().into_iter().filter(Reached::is_outsider);
        let doubted = outsiders.map(|r| (r, r.doubts()));
        doubted.reduce(|first, next| if next.1.is_empty() && !first.1.is_empty() { next } else { first })
    }

    /// The policies that may hold statements nobody knows of, with the reason.
    pub(crate) fn open(&self) -> impl Iterator<Item = (&Variant, &Unknown)> {
        self.shapes().filter_map(|shape| shape.variant.policy.open.as_ref().map(|open| (shape.variant, open)))
    }
}

/// The weakest claim among the assumptions of a shape.
fn standing(variant: &Variant) -> Standing {
    variant.assumptions.iter().map(|a| a.standing).max().unwrap_or(Standing::Selected)
}

impl<'a> Shape<'a> {
    /// Whether it is certain that nobody can use a statement, or can use it as one of its principals.
    pub(crate) fn is_dead(&self, statement: usize, principal: Option<usize>) -> bool {
        let dead = &self.ruled.dead;
        dead.contains(&(statement, None)) || dead.contains(&(statement, principal))
    }

    /// The statements that somebody may be able to use, with their indices.
    pub(crate) fn living(self) -> impl Iterator<Item = (usize, &'a Located<Statement>)> {
        let statements = self.variant.policy.statements.iter().enumerate();
        statements.filter(move |(index, statement)| {
            let principals = statement.value.principals.items.len();
            let all_dead = principals > 0 && (0..principals).all(|p| self.is_dead(*index, Some(p)));
            !all_dead && !self.is_dead(*index, None)
        })
    }
}

impl<T> Seen<'_, T> {
    fn place(&self) -> (Span, Option<Span>) {
        (self.statement.span, self.principal.map(|p| p.id.span))
    }

    /// What is not known because the shape of the policy is not settled.
    pub(crate) fn assumptions(&self) -> Vec<Unknown> {
        let assumptions = self.assumed.map(|v| v.assumptions.as_slice()).unwrap_or_default();
        assumptions
            .iter()
            .filter(|a| a.standing != Standing::Selected)
            .map(|a| {
                let why = Cause::Undecided(format!("an input; this holds when {}", a.when).into());
                Unknown::new(a.choice.clone(), why, Some(a.span))
            })
            .collect()
    }
}

impl Reached<'_> {
    /// Whether the adversary is a caller outside the zone, and gets in if it knows what it should.
    pub(crate) fn is_outsider(&self) -> bool {
        let outside = match &self.what.adversary {
            Adversary::Stranger
            | Adversary::ThirdParty(_)
            | Adversary::ForeignService { .. }
            | Adversary::Oidc { scope: Scope::OtherTenant, .. } => true,
            Adversary::Oidc { scope: Scope::WholeTenant | Scope::AnyRun, .. }
            | Adversary::Saml { .. }
            | Adversary::Service { .. }
            | Adversary::Unclear
            | Adversary::Nobody => false,
        };
        outside && self.what.reach != Reach::Closed
    }

    /// What is not known of whether the adversary exists and comes in, guarded or not.
    fn doubts(&self) -> Vec<Unknown> {
        let mut out = self.assumptions();
        match &self.what.reach {
            Reach::Open(Proof::Possible(unknowns)) | Reach::Undecided(unknowns) => {
                out.extend(unknowns.iter().cloned());
            }
            Reach::Open(Proof::Proved(_)) | Reach::Guarded { .. } | Reach::Closed => {}
        }
        if out.is_empty() && self.what.adversary == Adversary::ThirdParty(None) {
            let named = self.principal.iter().flat_map(|p| p.id.value.unknowns());
            out.extend(named.map(|u| (**u).clone()));
        }
        out
    }
}

/// Which rule an exposure may come under.
fn kind(exposure: &Exposure) -> u8 {
    let weak = |keys: &[Key]| keys.iter().any(|key| key.strength.weakness.is_some());
    match &exposure.reach {
        Reach::Open(_) => 0,
        // Who reads the code knows an ExternalId whatever it is; of a third party's tenants that depends on it.
        Reach::Guarded { .. } if exposure.adversary == Adversary::Stranger => 1,
        Reach::Guarded { keys, .. } if weak(keys) => 1,
        Reach::Guarded { unknown, .. } if !unknown.is_empty() => 2,
        Reach::Guarded { .. } => 3,
        Reach::Closed => 4,
        Reach::Undecided(_) => 5,
    }
}
