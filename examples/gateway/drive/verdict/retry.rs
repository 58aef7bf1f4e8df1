//! Whether a retry sent again what failed, and what that was good for.

use std::fmt;

use super::held;
use crate::gateway::drive::insistence::Insistence;

/// What callers got of a flaky upstream, and what they would have got of its first answers.
#[derive(Clone, Debug)]
pub struct RetryVerdict {
    name: String,
    is_on: bool,
    max_attempts: u64,
    /// Requests that the limits let pass.
    requests: u64,
    served: u64,
    /// Attempts after the first, of all of them together.
    further: u64,
    /// Requests that were given up before they had all their attempts, with a reason.
    given_up: u64,
}

/// Why the gateway may give a request up early that is safe to be sent twice.
const REASONS: [&str; 4] = ["budget", "deadline", "not_replayable", "stopped"];

impl RetryVerdict {
    /// None, if nothing was answered, or the page of metrics is missing.
    ///
    /// An attempt that failed was followed by another or was the last one of a request that failed. So
    /// what the client got and the number of further attempts say how many failed.
    #[must_use]
    pub fn new(insistence: &Insistence) -> Option<Self> {
        let (retry, tally) = (insistence.retry(), insistence.tally());
        let count = |metric: &str, labels: &str| {
            let name = &retry.name;
            let series = format!(r#"palisade_{metric}{{layer="retry",name="{name}"{labels}}} "#);
            let value = insistence.page().lines().find_map(|line| line.strip_prefix(&series));
            value.and_then(|value| value.parse().ok())
        };
        let reasons = REASONS.map(|why| count("retries_total", &format!(r#",result="{why}""#)));
        let verdict = Self {
            name: retry.name.clone(),
            is_on: retry.enabled,
            max_attempts: retry.max_attempts.into(),
            requests: tally.passed(),
            served: tally.served,
            further: count("retry_attempts_total", "")?,
            // Those of others are among them: each request of theirs is sent once.
            given_up: reasons.into_iter().flatten().sum::<u64>().min(tally.passed() - tally.served),
        };
        (verdict.requests > 0).then_some(verdict)
    }

    /// Whether each request that failed had all its attempts, but for those that were given up for a
    /// reason, and none had more; or nothing was sent twice, if it is switched off.
    #[must_use]
    pub fn held(&self) -> bool {
        let most = self.max_attempts - 1;
        let must_have = self.failed().saturating_sub(self.given_up);
        match self.is_on {
            true => (must_have * most..=self.requests * most).contains(&self.further),
            false => self.further == 0,
        }
    }

    fn failed(&self) -> u64 {
        self.requests - self.served
    }
}

impl fmt::Display for RetryVerdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, requests, served, further, given_up, .. } = self;
        let answered = Percent(*served, *requests);
        if !self.is_on {
            write!(f, "the retry was switched off, and that {}: ", held(self.held()))?;
            write!(f, "without retries {answered} of {requests} requests to {name} were answered")?;
            return match further {
                0 => Ok(()),
                _ => write!(f, "; yet {further} attempts were added"),
            };
        }
        let (attempts, failed) = (requests + further, further + self.failed());
        write!(f, "the retry {}: ", held(self.held()))?;
        write!(f, "with retries {answered} of {requests} requests to {name} were answered; ")?;
        write!(f, "of {attempts} attempts {} failed", Percent(failed, attempts))?;
        match given_up {
            0 => Ok(()),
            _ => write!(f, ", and {given_up} requests were given up early"),
        }
    }
}

/// A number as a share of another one, which is not 0.
struct Percent(u64, u64);

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Rounded down: all is all.
        let tenths = self.0 * 1_000 / self.1;
        write!(f, "{}.{} %", tenths / 10, tenths % 10)
    }
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;
    use palisade::retry::config::RetryConfig;
    use tokio::time::Instant;

    use super::*;
    use crate::gateway::drive::tally::{Asked, Tally};

    /// A hundred requests, of which so many failed, with so many further attempts.
    fn verdict(enabled: bool, failed: u64, further: u64, given_up: u64) -> RetryVerdict {
        let (mut tally, now) = (Tally::default(), Instant::now());
        for n in 0..100 {
            let failed = n < failed;
            let status = if failed { StatusCode::INTERNAL_SERVER_ERROR } else { StatusCode::OK };
            tally.add(&Asked {
                due: now,
                sent: now,
                ended: now,
                status: Some(status),
                reason: None,
                decided_by: None,
            });
        }
        let labels = r#"layer="retry",name="db""#;
        let page = format!(
            "palisade_retry_attempts_total{{{labels}}} {further}\n\
             palisade_retries_total{{{labels},result=\"budget\"}} {given_up}\n\
             palisade_retries_total{{{labels},result=\"exhausted\"}} 9\n"
        );
        let retry = RetryConfig { name: "db".to_owned(), enabled, ..RetryConfig::default() };
        RetryVerdict::new(&Insistence::of(retry, tally, &page)).unwrap()
    }

    #[test]
    fn what_was_answered_stands_beside_what_failed() {
        assert_eq!(
            verdict(true, 1, 18, 0).to_string(),
            "the retry held: with retries 99.0 % of 100 requests to db were answered; of 118 attempts \
             16.1 % failed"
        );
        assert_eq!(
            verdict(false, 15, 0, 0).to_string(),
            "the retry was switched off, and that held: without retries 85.0 % of 100 requests to db \
             were answered"
        );
    }

    #[test]
    fn who_fails_has_had_all_attempts_unless_there_was_a_reason() {
        assert!(verdict(true, 0, 0, 0).held());
        assert!(verdict(true, 3, 6, 0).held());
        assert!(!verdict(true, 3, 5, 0).held(), "one had only two");
        assert!(verdict(true, 3, 5, 1).held() && verdict(true, 3, 0, 3).held());
        assert!(verdict(true, 0, 200, 0).held());
        assert!(!verdict(true, 0, 201, 0).held(), "one had four");
    }

    #[test]
    fn nothing_is_sent_twice_where_it_is_switched_off() {
        assert!(verdict(false, 100, 0, 0).held());
        assert!(!verdict(false, 0, 1, 0).held());
    }
}
