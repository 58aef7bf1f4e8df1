//! The limits of a layer with all their tiers, as they stand at one moment.

use palisade_core::store::Outage;
use palisade_core::{Name, Quota, per_second};

use crate::engine::kind::Kind;
use crate::limit::Rule;

/// All limits of a layer. A change makes a new book; limits and tiers keep their places, only their
/// numbers differ.
#[derive(Clone, Debug)]
pub(crate) struct Book(Box<[Ruled]>);

/// A limit with its tiers.
#[derive(Clone, Debug)]
pub(crate) struct Ruled {
    pub(crate) name: Option<Name>,
    pub(crate) chargeable: bool,
    outage: Option<Outage>,
    /// The quota that it was made with: it keeps the name that it has from its period.
    first: Quota,
    own: Plan,
    tiers: Box<[(Box<str>, Plan)]>,
}

/// A quota, and the arithmetic that applies it.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) quota: Quota,
    pub(crate) kind: Kind,
}

/// Which of a limit's quotas applies: its own, or that of a tier.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tier(u8);

impl Plan {
    fn new(kind: Kind, quota: Quota) -> Self {
        Self { quota: kind.in_force(quota), kind }
    }
}

impl Book {
    pub(crate) fn new(rules: Vec<Rule>) -> Self {
        Self(rules.into_iter().map(Ruled::new).collect())
    }

    /// The rules that [`new`](Self::new) would make the book of.
    pub(crate) fn rules(&self) -> Vec<Rule> {
        self.0.iter().map(Ruled::rule).collect()
    }

    pub(crate) const fn limits(&self) -> &[Ruled] {
        &self.0
    }

    pub(crate) fn plan(&self, limit: u8, tier: Tier) -> Option<&Plan> {
        self.0.get(usize::from(limit)).map(|ruled| ruled.plan(tier))
    }

    /// The tier of this name of the limit at `limit`; its own quota if it has none.
    pub(crate) fn tier(&self, limit: u8, name: Option<&str>) -> Tier {
        match (name, self.0.get(usize::from(limit))) {
            (Some(name), Some(ruled)) => ruled.tier(name).unwrap_or_default(),
            _ => Tier::default(),
        }
    }

    pub(crate) fn first_quota(&self) -> Quota {
        self.0.first().map_or(per_second(0), |ruled| ruled.own.quota)
    }

    /// What each limit is called in a layer of this name; no two alike, since a store knows them by
    /// that.
    pub(crate) fn labels(&self, layer: Name) -> Box<[Name]> {
        let alone = self.0.len() == 1;
        let named = || self.0.iter().filter_map(|ruled| ruled.name);
        let mut labels: Vec<Name> = Vec::with_capacity(self.0.len());
        for ruled in &self.0 {
            let label = match ruled.name {
                Some(name) => name,
                None if alone => layer,
                None => Name::new(format!("{layer}-{}", ruled.first.period_name())),
            };
            // Who was given a name has it before any that is derived.
            let is_free = |text: &str| {
                let is_other = |name: &Name| name.as_str() != text;
                labels.iter().all(is_other)
                    && (ruled.name.is_some() || named().all(|name| is_other(&name)))
            };
            let numbered = || (2_u32..).map(|number| format!("{label}-{number}"));
            labels.push(match is_free(label.as_str()) {
                true => label,
                false => numbered().find(|text| is_free(text)).map_or(label, Name::new),
            });
        }
        labels.into()
    }

    /// Changes the quota of a limit, or of one of its tiers; `None` if there is none.
    pub(crate) fn set_quota(
        &mut self,
        limit: usize,
        tier: Option<&str>,
        quota: Quota,
    ) -> Option<()> {
        let ruled = self.0.get_mut(limit)?;
        let kind = ruled.own.kind.with_quota(quota);
        let plan = match tier {
            None => &mut ruled.own,
            Some(tier) => &mut ruled.tiers.iter_mut().find(|(name, _)| **name == *tier)?.1,
        };
        *plan = Plan::new(kind, quota);
        Some(())
    }

    /// What the limit at `limit` itself says becomes of it while its store does not answer.
    pub(crate) fn outage(&self, limit: u8) -> Option<Outage> {
        self.0.get(usize::from(limit))?.outage
    }

    /// Whether the limit at `limit` delays calls.
    pub(crate) fn shapes(&self, limit: u8) -> bool {
        let ruled = self.0.get(usize::from(limit));
        ruled.is_some_and(|ruled| matches!(ruled.own.kind, Kind::Shaper(_)))
    }
}

impl Ruled {
    fn new(rule: Rule) -> Self {
        let Rule { name, quota, kind, tiers, chargeable, outage } = rule;
        let plan = |quota| Plan::new(kind.with_quota(quota), quota);
        let tiers = tiers.into_iter().map(|(tier, quota)| (tier, plan(quota))).collect();
        Self { name, chargeable, outage, first: quota, own: Plan::new(kind, quota), tiers }
    }

    fn rule(&self) -> Rule {
        let Plan { quota, kind } = self.own.clone();
        let tiers = self.tiers.iter().map(|(name, plan)| (name.clone(), plan.quota)).collect();
        let Self { name, chargeable, outage, .. } = *self;
        Rule { name, quota, kind, tiers, chargeable, outage }
    }

    fn tier(&self, name: &str) -> Option<Tier> {
        let at = self.tiers.iter().position(|(known, _)| **known == *name)?;
        // There are 255 at most.
        u8::try_from(at + 1).ok().map(Tier)
    }

    pub(crate) const fn quota(&self) -> Quota {
        self.own.quota
    }

    pub(crate) fn tiers(&self) -> impl Iterator<Item = (&str, Quota)> {
        self.tiers.iter().map(|(name, plan)| (&**name, plan.quota))
    }

    pub(crate) fn plan(&self, Tier(tier): Tier) -> &Plan {
        match usize::from(tier).checked_sub(1).and_then(|tier| self.tiers.get(tier)) {
            Some((_, plan)) => plan,
            None => &self.own,
        }
    }
}
