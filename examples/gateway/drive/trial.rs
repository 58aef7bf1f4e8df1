//! One client that asks a flaky upstream while that breaks down and recovers.
//!
//! It asks in turn, and turns the upstream's weather itself, between two requests: so each falls into one
//! phase, whatever time it takes, and what the breaker has to do with it follows from those before.

use std::time::Duration;

use axum::http::StatusCode;
use palisade::Ratio;
use palisade::breaker::config::BreakerConfig;
use palisade::key::By;
use tokio::time::{Instant, sleep_until};

use super::load::Sender;
use super::tally::{Asked, Tally};
use crate::gateway::demo::{Phase, Weather};

/// How much longer than the drive it may last until the breaker has opened and closed.
const GRACE: Duration = Duration::from_secs(5);

/// The breaker of a flaky upstream, and what became of the requests of its only caller.
#[derive(Clone, Debug)]
pub struct Trial {
    breaker: BreakerConfig,
    weather: Weather,
    entries: Vec<Entry>,
}

/// One request.
#[derive(Clone, Debug)]
pub struct Entry {
    /// How the upstream was.
    pub phase: Phase,
    /// What became of it.
    pub asked: Asked,
}

impl Trial {
    /// None, if it is not known what the breaker must do: it acts in part only, or keys have breakers
    /// of their own.
    #[must_use]
    pub fn new(breaker: BreakerConfig, weather: Weather) -> Option<Self> {
        let acts = breaker.enabled && breaker.enforce == Ratio::ONE;
        let is_plain = breaker.throttle_percent.is_none() && breaker.by == By::default();
        (acts && is_plain).then(|| Self { breaker, weather, entries: Vec::new() })
    }

    /// One that is over.
    #[cfg(test)]
    pub(super) fn of(breaker: BreakerConfig, entries: Vec<Entry>) -> Self {
        Self { breaker, weather: Weather::new(0), entries }
    }

    /// The breaker.
    #[must_use]
    pub fn breaker(&self) -> &BreakerConfig {
        &self.breaker
    }

    /// All requests, in the order in which they were sent.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Sends from `begin` on, each when it is due and the one before answered, until the drive is over and
    /// the breaker closed.
    pub async fn send(
        mut self,
        sender: Sender,
        begin: Instant,
        lasting: Duration,
    ) -> (Tally, Self) {
        let (mut tally, mut phase, mut due) = (Tally::default(), Phase::Usual, begin);
        let (end, mut broken) = (begin + lasting, None);
        while due.max(Instant::now()) < end || self.is_unfinished(phase, end) {
            sleep_until(due).await;
            if broken.is_none() && begin.elapsed() >= lasting / 4 && !self.weather.is_held() {
                broken = Some(Instant::now());
            }
            phase = self.next(phase, broken.map(|since| share(since, end)));
            self.weather.turn(phase);
            let asked = sender.clone().ask(due).await;
            tally.add(&asked);
            self.entries.push(Entry { phase, asked });
            due = (due + sender.every()).max(Instant::now());
        }
        (tally, self)
    }

    /// The phase of the next request, when it has broken down and this share of the time since then is
    /// over. An outage lasts until a request was refused, if it can be.
    fn next(&self, phase: Phase, elapsed: Option<f64>) -> Phase {
        let planned = match elapsed {
            None => Phase::Usual,
            Some(..0.13) => Phase::Failing,
            Some(..0.47) => Phase::Outage,
            Some(_) => Phase::Over,
        };
        let goes_on = phase < Phase::Over && !self.has_refused() && self.must_open();
        if planned == Phase::Over && goes_on { Phase::Outage } else { planned.max(phase) }
    }

    /// Whether the breaker has still to open or to close, and may take the time for it.
    fn is_unfinished(&self, phase: Phase, end: Instant) -> bool {
        let is_open = match phase {
            Phase::Over => !self.has_recovered(),
            _ => self.must_open(),
        };
        is_open && Instant::now() < end + GRACE
    }

    /// Whether an outage opens it for certain.
    fn must_open(&self) -> bool {
        self.breaker.consecutive_failures.is_some()
    }

    fn has_refused(&self) -> bool {
        self.entries.iter().any(|entry| entry.phase == Phase::Outage && entry.is_refused())
    }

    /// Whether so many of the last requests were served that the breaker must have closed.
    #[must_use]
    pub fn has_recovered(&self) -> bool {
        let enough = self.breaker.probes.max(self.breaker.close_after.unwrap_or_default()) as usize;
        let last = self.entries.iter().rev().take_while(|entry| entry.phase == Phase::Over);
        last.take(enough).filter(|entry| entry.is_served()).count() == enough
    }
}

/// The share of the time from then to the end that is over.
fn share(since: Instant, end: Instant) -> f64 {
    let all = end.saturating_duration_since(since);
    if all.is_zero() { 1.0 } else { since.elapsed().div_duration_f64(all) }
}

impl Entry {
    /// The breaker refused it.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        self.asked.reason.as_deref() == Some("circuit_open")
    }

    /// It reached the upstream, which failed.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        self.asked.reason.is_none()
            && self.asked.status.is_some_and(|status| status.is_server_error())
    }

    /// It got what it asked for.
    #[must_use]
    pub fn is_served(&self) -> bool {
        self.asked.status == Some(StatusCode::OK)
    }
}
