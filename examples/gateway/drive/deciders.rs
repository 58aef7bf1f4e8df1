//! Who decided on the limits, how often, and from when to when.

use std::time::Duration;

use palisade::store::Source;
use tokio::time::Instant;

use super::tally::Asked;

/// The decisions that answers tell of, by who made them.
#[derive(Clone, Debug, Default)]
pub struct Deciders(Vec<Decider>);

/// The decisions of one.
#[derive(Clone, Copy, Debug)]
pub struct Decider {
    /// Who.
    pub source: Source,
    /// How many.
    pub times: u64,
    /// When the first request that it decided on was sent.
    pub first: Instant,
    /// When the last one was answered.
    pub last: Instant,
}

impl Deciders {
    /// Counts what the answer to a request tells: `client=store, account=share`.
    pub(super) fn add(&mut self, asked: &Asked) {
        let told = asked.decided_by.iter().flat_map(|told| told.split(", "));
        for label in told.filter_map(|limit| limit.rsplit('=').next()) {
            if let Some(source) = Source::ALL.into_iter().find(|source| source.label() == label) {
                self.count(Decider { source, times: 1, first: asked.sent, last: asked.ended });
            }
        }
    }

    pub(super) fn add_all(&mut self, other: &Self) {
        other.0.iter().for_each(|decider| self.count(*decider));
    }

    fn count(&mut self, more: Decider) {
        match self.0.iter_mut().find(|known| known.source == more.source) {
            Some(known) => {
                known.times += more.times;
                known.first = known.first.min(more.first);
                known.last = known.last.max(more.last);
            }
            None => self.0.push(more),
        }
    }

    /// Those who decided at all, the store first.
    pub fn iter(&self) -> impl Iterator<Item = Decider> {
        Source::ALL.into_iter().filter_map(|source| self.of(source))
    }

    /// The decisions of one.
    #[must_use]
    pub fn of(&self, source: Source) -> Option<Decider> {
        self.0.iter().find(|known| known.source == source).copied()
    }

    /// Whether the gateway decided anything by itself.
    #[must_use]
    pub fn are_degraded(&self) -> bool {
        self.0.iter().any(|known| known.source.is_degraded())
    }

    /// From when to when this one decided, as times since the first decision of all.
    #[must_use]
    pub fn stretch(&self, of: Decider) -> (Duration, Duration) {
        let begin = self.0.iter().map(|known| known.first).min().unwrap_or(of.first);
        let since = |at: Instant| at.saturating_duration_since(begin);
        (since(of.first), since(of.last))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_limit_that_an_answer_tells_of_counts_for_who_decided_on_it() {
        let (mut deciders, begin) = (Deciders::default(), Instant::now());
        for (at, told) in [
            (0, Some("client=store, account=store")),
            (10, Some("a=b=share, account=store")),
            (20, Some("client=share")),
            (30, Some("client=nobody we know, ")),
            (40, None),
        ] {
            let sent = begin + Duration::from_millis(at);
            let ended = sent + Duration::from_millis(5);
            let decided_by = told.map(str::to_owned);
            let asked = Asked { due: sent, sent, ended, status: None, reason: None, decided_by };
            deciders.add(&asked);
        }
        let told: Vec<_> = deciders.iter().map(|known| (known.source, known.times)).collect();
        assert_eq!(told, [(Source::Store, 3), (Source::Share, 2)]);
        let share = deciders.of(Source::Share).unwrap();
        let millis = |millis| Duration::from_millis(millis);
        assert_eq!(deciders.stretch(share), (millis(10), millis(25)));
        assert!(deciders.are_degraded());
    }
}
