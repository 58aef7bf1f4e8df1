//! What came back, and how late.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::http::StatusCode;
use tokio::time::Instant;

use super::deciders::Deciders;

/// One request.
#[derive(Clone, Debug)]
pub struct Asked {
    /// When it was to be sent.
    pub due: Instant,
    /// When it was.
    pub sent: Instant,
    /// When its answer was complete, or given up.
    pub ended: Instant,
    /// What the answer was; none, if there was none.
    pub status: Option<StatusCode>,
    /// The reason that a layer gave in its problem document.
    pub reason: Option<String>,
    /// What the answer tells of who decided on the limits.
    pub decided_by: Option<String>,
}

/// The requests of one client, counted.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// 200.
    pub served: u64,
    /// 429.
    pub limited: u64,
    /// 503 by a layer, each with its reason.
    pub refused: BTreeMap<String, u64>,
    /// 504.
    pub late: u64,
    /// Any other answer.
    pub other: u64,
    /// Those without an answer.
    pub unanswered: u64,
    /// Who decided on the limits, as far as answers tell.
    pub deciders: Deciders,
    latencies: Vec<Duration>,
    span: Option<Span>,
}

/// When something was decided about the first and the last request, from outside: after the first
/// moment and before the second.
#[derive(Clone, Copy, Debug)]
struct Span {
    first: (Instant, Instant),
    last: (Instant, Instant),
}

impl Tally {
    /// Counts one.
    pub fn add(&mut self, asked: &Asked) {
        let count = match (asked.status, &asked.reason) {
            (Some(StatusCode::OK), _) => &mut self.served,
            (Some(StatusCode::TOO_MANY_REQUESTS), _) => &mut self.limited,
            (Some(StatusCode::SERVICE_UNAVAILABLE), Some(reason)) => {
                self.refused.entry(reason.clone()).or_default()
            }
            (Some(StatusCode::GATEWAY_TIMEOUT), _) => &mut self.late,
            (Some(_), _) => &mut self.other,
            (None, _) => &mut self.unanswered,
        };
        *count += 1;
        self.deciders.add(asked);
        if asked.status.is_some() {
            self.latencies.push(asked.ended.saturating_duration_since(asked.due));
            self.extend(asked);
        }
    }

    /// Counts what another client counted.
    pub fn add_all(&mut self, other: &Self) {
        self.served += other.served;
        self.limited += other.limited;
        for (reason, count) in &other.refused {
            *self.refused.entry(reason.clone()).or_default() += count;
        }
        self.late += other.late;
        self.other += other.other;
        self.unanswered += other.unanswered;
        self.deciders.add_all(&other.deciders);
        self.latencies.extend(&other.latencies);
    }

    /// All requests.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.passed() + self.limited + self.unanswered
    }

    /// Those that the limits let pass.
    #[must_use]
    pub fn passed(&self) -> u64 {
        self.served + self.unavailable() + self.late + self.other
    }

    /// Those that a breaker or a bulkhead refused.
    #[must_use]
    pub fn unavailable(&self) -> u64 {
        self.refused.values().sum()
    }

    /// The latencies of what was answered, the shortest first.
    #[must_use]
    pub fn latencies(&self) -> Vec<Duration> {
        let mut latencies = self.latencies.clone();
        latencies.sort_unstable();
        latencies
    }

    /// The least and the most time that lay between the decisions about the first and the last
    /// request that were answered.
    #[must_use]
    pub fn span(&self) -> (Duration, Duration) {
        self.span.map_or((Duration::ZERO, Duration::ZERO), |Span { first, last }| {
            (last.0.saturating_duration_since(first.1), last.1.saturating_duration_since(first.0))
        })
    }

    fn extend(&mut self, asked: &Asked) {
        let &Asked { sent, ended, .. } = asked;
        let span = self.span.get_or_insert(Span { first: (sent, ended), last: (sent, ended) });
        span.first = (span.first.0.min(sent), span.first.1.min(ended));
        span.last = (span.last.0.max(sent), span.last.1.max(ended));
    }
}

/// The smallest of `sorted` that `percent` of them do not exceed; none of none.
#[must_use]
pub fn percentile(sorted: &[Duration], percent: usize) -> Option<Duration> {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn millis(millis: impl IntoIterator<Item = u64>) -> Vec<Duration> {
        millis.into_iter().map(Duration::from_millis).collect()
    }

    #[test]
    fn a_percentile_is_a_value_that_was_measured() {
        let hundred = millis(1..=100);
        for (percent, expected) in [(0, 1), (1, 1), (50, 50), (99, 99), (100, 100)] {
            let expected = Some(Duration::from_millis(expected));
            assert_eq!(percentile(&hundred, percent), expected, "{percent}");
        }
        assert_eq!(percentile(&millis([1, 2, 3]), 50), Some(Duration::from_millis(2)));
        assert_eq!(percentile(&millis([1, 2, 3, 4]), 50), Some(Duration::from_millis(2)));
        assert_eq!(percentile(&millis([7]), 99), Some(Duration::from_millis(7)));
        assert_eq!(percentile(&[], 50), None);
    }

    /// A request that was due, sent and ended at so many milliseconds.
    fn asked(begin: Instant, [due, sent, ended]: [u64; 3], status: Option<u16>) -> Asked {
        let at = |after| begin + Duration::from_millis(after);
        let status = status.map(|code| StatusCode::from_u16(code).unwrap());
        Asked {
            due: at(due),
            sent: at(sent),
            ended: at(ended),
            status,
            reason: None,
            decided_by: None,
        }
    }

    #[test]
    fn each_request_counts_once_and_its_latency_from_when_it_was_due() {
        let (mut tally, begin) = (Tally::default(), Instant::now());
        for (times, status) in [
            ([30, 31, 35], Some(200)),
            ([0, 20, 24], Some(200)),
            ([10, 21, 22], Some(429)),
            ([20, 22, 522], Some(504)),
            ([40, 41, 44], Some(500)),
            ([50, 51, 60], None),
        ] {
            tally.add(&asked(begin, times, status));
        }
        let reason = Some("circuit_open".to_owned());
        tally.add(&Asked { reason, ..asked(begin, [5, 25, 35], Some(503)) });
        assert_eq!((tally.served, tally.limited, tally.late), (2, 1, 1));
        assert_eq!((tally.unavailable(), tally.other, tally.unanswered), (1, 1, 1));
        assert_eq!((tally.requests(), tally.passed()), (7, 5));
        assert_eq!(tally.latencies(), millis([4, 5, 12, 24, 30, 502]), "of what was answered");
        let span = millis([41 - 22, 522 - 20]);
        assert_eq!(tally.span(), (span[0], span[1]));
    }
}
