//! Whether a breaker left an upstream alone while that failed, and let callers in again afterwards.

use std::fmt;
use std::time::Duration;

use palisade::breaker::config::BreakerConfig;
use palisade::text::duration;

use super::held;
use crate::gateway::demo::Phase;
use crate::gateway::drive::trial::{Entry, Trial};

/// What a breaker did before, during and after an outage.
#[derive(Clone, Debug)]
pub struct BreakerVerdict {
    breaker: BreakerConfig,
    /// From the first request in the outage to the end of the last one.
    outage: Duration,
    /// Of those in the outage, the ones that reached the upstream.
    reached: u64,
    /// How many may have; none where it depends on what was before.
    most: Option<u64>,
    /// Of those in the outage, the ones that were refused.
    refused: u64,
    /// Those that reached the upstream though the breaker must have been open.
    leaked: u64,
    /// Those that were refused after the outage when the wait must have been over.
    shut_out: u64,
    /// How long after the outage the first one was served.
    served_after: Option<Duration>,
    /// Whether so many were served in the end that it must have closed, and whether it has.
    closed: Option<bool>,
}

impl BreakerVerdict {
    /// `metrics` is the page after the last answer. None, if there was no outage.
    ///
    /// The trial's client asks in turn, so nothing else is under way when the breaker opens: from then
    /// on, for as long as it is to be open at least, nothing may pass.
    #[must_use]
    pub fn new(trial: &Trial, metrics: &str) -> Option<Self> {
        let (breaker, entries) = (trial.breaker(), trial.entries());
        let outage: Vec<_> = entries.iter().filter(|entry| entry.phase == Phase::Outage).collect();
        let (first, last) = (&outage.first()?.asked, &outage.last()?.asked);
        let length = last.ended.saturating_duration_since(first.sent);
        let count = |is: fn(&Entry) -> bool| outage.iter().filter(|entry| is(entry)).count() as u64;

        let after = entries.iter().filter(|entry| entry.phase == Phase::Over);
        let served = after.clone().find(|entry| entry.is_served());
        let wait_over = last.ended + breaker.open_at_most.max(breaker.open_for);
        let is_late = |entry: &&Entry| {
            breaker.ramp.is_zero() && entry.asked.sent > wait_over && entry.is_refused()
        };
        Some(Self {
            outage: length,
            reached: count(Entry::has_failed),
            most: most(breaker, length),
            refused: count(Entry::is_refused),
            leaked: leaked(breaker, &outage),
            shut_out: after.clone().filter(is_late).count() as u64,
            served_after: served
                .map(|entry| entry.asked.ended.saturating_duration_since(last.ended)),
            closed: trial.has_recovered().then(|| is_closed(&breaker.name, metrics)),
            breaker: breaker.clone(),
        })
    }

    /// Whether it did what it had to.
    #[must_use]
    pub fn held(&self) -> bool {
        self.most.is_none_or(|most| self.reached <= most)
            && self.leaked == 0
            && self.shut_out == 0
            && self.closed != Some(false)
    }
}

/// How many may reach an upstream in an outage of this length: those that open the breaker, then the probes
/// of each time that it was open.
fn most(breaker: &BreakerConfig, outage: Duration) -> Option<u64> {
    let times = 1 + outage.as_micros() / breaker.open_for.as_micros().max(1);
    let probes = u64::try_from(times).unwrap_or(u64::MAX).saturating_mul(breaker.probes.into());
    Some(probes.saturating_add(breaker.consecutive_failures?.into()))
}

/// How many reached it from when it must have opened to when the first probe was due: at the last failure
/// before the first refusal, since failures before the outage count, too; or, if it refuses nobody, when
/// enough have failed in a row.
fn leaked(breaker: &BreakerConfig, outage: &[&Entry]) -> u64 {
    let Some(row) = breaker.consecutive_failures else { return 0 };
    let is_shut = outage.iter().any(|entry| entry.is_refused());
    let before = outage.iter().take_while(|entry| !entry.is_refused());
    let mut before = before.filter(|entry| entry.has_failed()).take(row as usize);
    let opening = if is_shut { before.last() } else { before.nth(row as usize - 1) };
    let Some(opening) = opening else { return 0 };
    let shut = opening.asked.sent..opening.asked.sent + breaker.open_for;
    let after = outage.iter().filter(|entry| entry.asked.sent > shut.start);
    after.filter(|entry| entry.has_failed() && entry.asked.sent < shut.end).count() as u64
}

/// Whether a Prometheus page says so.
fn is_closed(name: &str, page: &str) -> bool {
    let labels = format!(r#"layer="breaker",name="{name}",state="closed""#);
    page.contains(&format!("palisade_breaker_state{{{labels}}} 1\n"))
}

impl fmt::Display for BreakerVerdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { breaker, outage, reached, refused, .. } = self;
        let (name, asked) = (&breaker.name, reached + refused);
        write!(f, "the breaker {}: ", held(self.held()))?;
        write!(f, "in an outage of {:.2} s {reached} of {asked} requests ", outage.as_secs_f64())?;
        write!(f, "reached {name}")?;
        if let Some(most) = self.most {
            let wait = duration::display(breaker.open_for);
            write!(f, ", and {most} may (what opens it, and {} each {wait})", breaker.probes)?;
        }
        write!(f, ", {refused} got 503 at once; ")?;
        if self.leaked > 0 {
            write!(f, "{} passed while it was open; ", self.leaked)?;
        }
        if self.shut_out > 0 {
            write!(f, "{} were refused when its wait was over; ", self.shut_out)?;
        }
        match self.served_after {
            Some(after) => {
                write!(f, "{:.2} s after it the next one was served", after.as_secs_f64())?;
            }
            None => write!(f, "none was served since")?,
        }
        f.write_str(match self.closed {
            Some(true) => ", and it has closed",
            Some(false) => ", and it has not closed",
            None => ", and it tries still",
        })
    }
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;
    use tokio::time::Instant;

    use super::*;
    use crate::gateway::drive::tally::Asked;

    const CLOSED: &str =
        "palisade_breaker_state{layer=\"breaker\",name=\"db\",state=\"closed\"} 1\n";

    /// A breaker that opens for 100 ms after two failures, behind which requests were sent one each
    /// 10 ms: in an outage, where `f` failed and `r` was refused, then after it, where `s` was served.
    fn verdict(outage: &str, after: &str, metrics: &str) -> BreakerVerdict {
        let wait = Duration::from_millis(100);
        let breaker = BreakerConfig {
            name: "db".to_owned(),
            consecutive_failures: Some(2),
            open_for: wait,
            open_at_most: wait,
            probes: 1,
            ..BreakerConfig::default()
        };
        let mut due = Instant::now();
        let outage = outage.chars().map(|answer| (Phase::Outage, answer));
        let entries = outage.chain(after.chars().map(|answer| (Phase::Over, answer)));
        let entries = entries.map(|(phase, answer)| {
            let (status, reason) = match answer {
                'f' => (StatusCode::INTERNAL_SERVER_ERROR, None),
                'r' => (StatusCode::SERVICE_UNAVAILABLE, Some("circuit_open".to_owned())),
                _ => (StatusCode::OK, None),
            };
            due += Duration::from_millis(10);
            Entry {
                phase,
                asked: Asked {
                    due,
                    sent: due,
                    ended: due,
                    status: Some(status),
                    reason,
                    decided_by: None,
                },
            }
        });
        BreakerVerdict::new(&Trial::of(breaker, entries.collect()), metrics).unwrap()
    }

    #[test]
    fn what_opens_it_and_a_probe_each_wait_may_reach_the_upstream() {
        let verdict = verdict("ffrrrrrrrrrfrr", "rrrrrrrss", CLOSED);
        assert_eq!(
            verdict.to_string(),
            "the breaker held: in an outage of 0.13 s 3 of 14 requests reached db, and 4 may (what opens \
             it, and 1 each 100ms), 11 got 503 at once; 0.08 s after it the next one was served, and it \
             has closed"
        );
    }

    #[test]
    fn what_passes_while_it_is_open_is_a_fault() {
        assert!(verdict("ff", "s", CLOSED).held());
        assert!(!verdict("ffrrf", "s", CLOSED).held(), "within its wait");
        assert!(!verdict("ffff", "s", CLOSED).held(), "it never opened");
        assert!(verdict("frrrrrrrrrff", "s", CLOSED).held(), "the one before the outage counted");
        assert!(!verdict("frrfrrrrr", "s", CLOSED).held(), "and it was open from then on");
    }

    #[test]
    fn so_is_a_wait_that_does_not_end() {
        assert!(verdict("ff", "rrrrrrrrrrs", CLOSED).held());
        assert!(!verdict("ff", "rrrrrrrrrrrs", CLOSED).held(), "refused after 110 ms");
    }

    #[test]
    fn so_is_a_breaker_that_stays_open_though_all_are_served() {
        assert!(!verdict("ff", "rs", "").held());
        let tries = verdict("ff", "r", "");
        assert!(
            tries.held()
                && tries.to_string().ends_with("none was served since, and it tries still")
        );
    }
}
