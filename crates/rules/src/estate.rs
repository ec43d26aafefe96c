//! Everything that is analysed, judged, with the shapes of each policy brought together.

use decide::{Exposure, Judgement, Proof, Reach, Verdict, Verdicts, Zone};
use model::{Cause, Located, Principal, Role, Span, Standing, Statement, Unknown, Variant};

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
    judgements: Vec<Judgement>,
}

/// What an adversary reaches in one statement, the shapes of the policy brought together.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reached<'a> {
    /// What is reached.
    pub(crate) exposure: &'a Exposure,
    /// The Allow.
    pub(crate) statement: &'a Located<Statement>,
    /// The principal that the adversary comes as.
    pub(crate) principal: Option<&'a Principal>,
    /// The shape of the policy in which it is reached, if that is not settled.
    pub(crate) assumed: Option<&'a Variant>,
}

/// Judges a role for the owner of a zone. Roles that AWS itself writes and nobody can edit are not judged.
pub fn judge(zone: &Zone, role: Role) -> Judged {
    let reserved = ["/aws-service-role/", "/aws-reserved/sso.amazonaws.com/"];
    let path = role.path.as_ref().and_then(|p| p.as_str()).unwrap_or_default();
    let judgements = if reserved.iter().any(|r| path.starts_with(r)) {
        Vec::new()
    } else {
        role.trust.iter().map(|variant| decide::judge(&variant.policy, zone)).collect()
    };
    Judged { role, judgements }
}

impl Judged {
    /// What is known of the role against each adversary: an exposure that only another input would open, or that
    /// only some shapes of an unsettled policy have, is undetermined.
    pub fn verdicts(&self) -> Verdicts {
        let of = |pick: &dyn Fn(&Verdicts) -> Verdict| {
            let shapes: Vec<(Standing, Verdict)> = self
                .shapes()
                .map(|(variant, judgement)| (standing(variant), pick(&judgement.verdicts)))
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

    fn shapes(&self) -> impl Iterator<Item = (&Variant, &Judgement)> {
        self.role.trust.iter().zip(&self.judgements)
    }

    /// Whether the role was judged at all.
    pub(crate) fn is_judged(&self) -> bool {
        !self.judgements.is_empty()
    }

    /// What adversaries reach in any shape, each place and adversary once, the surest first.
    pub(crate) fn reached(&self) -> Vec<Reached<'_>> {
        let mut shapes: Vec<_> = self.shapes().collect();
        shapes.sort_by_key(|(variant, _)| standing(variant));
        let unsettled = shapes.iter().filter(|(v, _)| standing(v) == Standing::Unsettled).count();
        let mut out: Vec<(Reached<'_>, usize)> = Vec::new();
        for (variant, judgement) in shapes {
            for exposure in &judgement.exposures {
                let Some(statement) = variant.policy.statements.get(exposure.statement) else { continue };
                let principal = exposure.principal.and_then(|i| statement.value.principals.items.get(i));
                let certain = standing(variant) == Standing::Selected;
                let reached =
                    Reached { exposure, statement, principal, assumed: (!certain).then_some(variant) };
                match out.iter_mut().find(|(known, _)| known.same_as(&reached)) {
                    Some((_, shapes)) => *shapes += 1,
                    None => out.push((reached, 1)),
                }
            }
        }
        out.into_iter()
            .map(|(reached, shapes)| {
                // In every shape of an unsettled policy alike: then it does not matter which one it is.
                let everywhere = reached.assumed.is_some_and(|v| standing(v) == Standing::Unsettled)
                    && shapes == unsettled;
                Reached { assumed: reached.assumed.filter(|_| !everywhere), ..reached }
            })
            .collect()
    }

    /// Whether a caller outside the zone may come in at all, guarded or not; `Some(false)` if only perhaps.
    pub(crate) fn admits_outsider(&self) -> Option<bool> {
        let reached = self.reached();
        let outsiders = reached.iter().filter(|r| r.is_outsider());
        outsiders.map(|r| r.assumed.is_none() && r.is_certain_outsider()).max()
    }

    /// The policies that may hold statements nobody knows of, with the reason.
    pub(crate) fn open(&self) -> impl Iterator<Item = (&Variant, &Unknown)> {
        self.shapes().filter_map(|(variant, _)| variant.policy.open.as_ref().map(|open| (variant, open)))
    }
}

/// The weakest claim among the assumptions of a shape.
fn standing(variant: &Variant) -> Standing {
    variant.assumptions.iter().map(|a| a.standing).max().unwrap_or(Standing::Selected)
}

impl Reached<'_> {
    fn same_as(&self, other: &Reached<'_>) -> bool {
        let place =
            |r: &Reached<'_>| -> (Span, Option<Span>) { (r.statement.span, r.principal.map(|p| p.id.span)) };
        place(self) == place(other)
            && self.exposure.adversary == other.exposure.adversary
            && kind(&self.exposure.reach) == kind(&other.exposure.reach)
    }

    /// Whether the adversary is a caller outside the zone, and gets in if it knows what it should.
    fn is_outsider(&self) -> bool {
        let outside = match &self.exposure.adversary {
            decide::Adversary::Stranger
            | decide::Adversary::ThirdParty(_)
            | decide::Adversary::Oidc { .. } => true,
            decide::Adversary::Service { .. } | decide::Adversary::Unclear | decide::Adversary::Nobody => {
                false
            }
        };
        outside && self.exposure.reach != Reach::Closed
    }

    fn is_certain_outsider(&self) -> bool {
        let known = !matches!(self.exposure.adversary, decide::Adversary::ThirdParty(None));
        known && !matches!(self.exposure.reach, Reach::Open(Proof::Possible(_)) | Reach::Undecided(_))
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

/// Which rule an exposure may come under.
fn kind(reach: &Reach) -> u8 {
    match reach {
        Reach::Open(_) => 0,
        Reach::Guarded { .. } => 1,
        Reach::Closed => 2,
        Reach::Undecided(_) => 3,
    }
}
