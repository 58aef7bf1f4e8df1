//! Whether a bulkhead let in as many as it should, and never more.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use palisade::text::duration;

use super::held;
use crate::gateway::demo::NARROW;
use crate::gateway::drive::crowd::Crowd;

/// What became of requests that were sent at once.
#[derive(Clone, Debug)]
pub struct BulkheadVerdict {
    name: String,
    places: u32,
    /// How many the upstream had at once; none where it may have had some that the gateway had given up.
    at_once: Option<u64>,
    at_a_time: usize,
    requests: u64,
    served: u64,
    least: u64,
    most: u64,
    /// How long all bursts took together.
    span: Duration,
    told: BTreeMap<String, u64>,
}

impl BulkheadVerdict {
    /// None, if nothing was sent.
    ///
    /// The first requests find all places free, so as many as there are must be served. And nobody has a
    /// place for less time than the upstream takes: that is how many may be, in the time that was.
    #[must_use]
    pub fn new(crowd: &Crowd) -> Option<Self> {
        let (bulkhead, bursts) = (crowd.bulkhead(), crowd.bursts());
        let first = &bursts.first()?.tally;
        let places = u64::from(bulkhead.max_concurrent);
        let mut verdict = Self {
            name: bulkhead.name.clone(),
            places: bulkhead.max_concurrent,
            at_once: Some(crowd.most_at_once()),
            at_a_time: crowd.size(),
            requests: 0,
            served: 0,
            least: places.min(first.passed()),
            most: 0,
            span: Duration::ZERO,
            told: BTreeMap::new(),
        };
        for burst in bursts {
            let turns = burst.span.as_micros() / NARROW.as_micros();
            let turns = u64::try_from(turns).unwrap_or(u64::MAX);
            verdict.most = verdict.most.saturating_add(places.saturating_mul(turns));
            verdict.span += burst.span;
            verdict.requests += burst.tally.requests();
            verdict.served += burst.tally.served;
            for (reason, count) in &burst.tally.refused {
                *verdict.told.entry(reason.clone()).or_default() += count;
            }
            if burst.tally.late + burst.tally.unanswered > 0 {
                verdict.at_once = None;
                verdict.least = 0;
            }
        }
        Some(verdict)
    }

    /// Whether it let in what it should.
    #[must_use]
    pub fn held(&self) -> bool {
        self.at_once.is_none_or(|most| most <= self.places.into())
            && (self.least..=self.most).contains(&self.served)
    }
}

impl fmt::Display for BulkheadVerdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, places, requests, served, least, most, .. } = self;
        write!(f, "the bulkhead {}: ", held(self.held()))?;
        if let Some(at_once) = self.at_once {
            write!(f, "never more than {at_once} at once in {name}; ")?;
        }
        let (taken, seconds) = (duration::display(NARROW), self.span.as_secs_f64());
        write!(f, "of {requests} requests, {} at once, {served} were served, ", self.at_a_time)?;
        write!(f, "and {places} places, each taken for {taken}, allow {least} to {most} ")?;
        write!(f, "in {seconds:.2} s")?;
        for (reason, count) in &self.told {
            write!(f, "; {count} got 503, {reason}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;
    use palisade::bulkhead::config::BulkheadConfig;
    use tokio::time::Instant;

    use super::*;
    use crate::gateway::demo::Crowding;
    use crate::gateway::drive::crowd::Burst;
    use crate::gateway::drive::tally::{Asked, Tally};

    /// A bulkhead of 2 places, asked for 10 at once by a client that had its answers after 120 ms.
    fn verdict(served: u64) -> BulkheadVerdict {
        let (mut tally, now) = (Tally::default(), Instant::now());
        for n in 0..10 {
            let (status, reason) = match n < served {
                true => (StatusCode::OK, None),
                false => (StatusCode::SERVICE_UNAVAILABLE, Some("queue_full".to_owned())),
            };
            tally.add(&Asked {
                due: now,
                sent: now,
                ended: now,
                status: Some(status),
                reason,
                decided_by: None,
            });
        }
        let burst = Burst { span: Duration::from_millis(120), tally };
        let name = "db".to_owned();
        let bulkhead = BulkheadConfig { name, max_concurrent: 2, ..BulkheadConfig::default() };
        BulkheadVerdict::new(&Crowd::of(bulkhead, Crowding::default(), vec![burst])).unwrap()
    }

    #[test]
    fn each_place_serves_as_many_as_fit_one_after_another_into_the_time() {
        assert_eq!(
            verdict(4).to_string(),
            "the bulkhead held: never more than 0 at once in db; of 10 requests, 10 at once, 4 were \
             served, and 2 places, each taken for 50ms, allow 2 to 4 in 0.12 s; 6 got 503, queue_full"
        );
        assert!(verdict(2).held());
        assert!(!verdict(1).held(), "a place was free");
        assert!(!verdict(5).held(), "there are not so many places");
    }

    #[test]
    fn more_at_once_than_there_are_places_are_a_fault() {
        let more = |at_once| BulkheadVerdict { at_once, ..verdict(4) };
        assert!(more(Some(2)).held() && more(None).held());
        assert!(!more(Some(3)).held());
    }
}
