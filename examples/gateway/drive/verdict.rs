//! What a limit allows in the time that was, and whether that is what a client got.

use std::fmt;
use std::ops::RangeInclusive;
use std::time::Duration;

use palisade::Quota;

use super::tally::Tally;

/// Whether a client who asked for more than its quota got its quota, neither more nor less.
#[derive(Clone, Debug)]
pub struct Verdict {
    name: &'static str,
    quota: Quota,
    passed: u64,
    unanswered: u64,
    requests: u64,
    allowed: RangeInclusive<u64>,
    longest: Duration,
}

impl Verdict {
    /// A bucket that is full before the first request gives its burst, and what flows in until the
    /// last one. When that was decided is known to within what the network and we took, which is
    /// why it is a range: of one or two, unless this machine is very busy.
    #[must_use]
    pub fn new(name: &'static str, quota: Quota, tally: &Tally) -> Self {
        let (shortest, longest) = tally.span();
        let burst = u64::from(quota.burst_size());
        let inflow = |time: Duration| time.as_micros() * u128::from(quota.limit());
        let period = u128::from(quota.period_micros());
        let least = burst + u64::try_from(inflow(shortest) / period).unwrap_or(u64::MAX);
        let most = burst + u64::try_from(inflow(longest).div_ceil(period)).unwrap_or(u64::MAX);
        Self {
            name,
            quota,
            passed: tally.passed(),
            unanswered: tally.unanswered,
            requests: tally.requests(),
            allowed: least.min(tally.requests())..=most,
            longest,
        }
    }

    /// Whether it did. Of a request without an answer it is not known whether it passed.
    #[must_use]
    pub fn held(&self) -> bool {
        self.passed <= *self.allowed.end() && self.passed + self.unanswered >= *self.allowed.start()
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, quota, passed, requests, .. } = self;
        let (least, most) = (self.allowed.start(), self.allowed.end());
        let seconds = self.longest.as_secs_f64();
        write!(f, "the limit {}: ", if self.held() { "held" } else { "DID NOT HOLD" })?;
        write!(f, "{name} got {passed} of its {requests} requests, ")?;
        write!(f, "and {quota}, allows {least} to {most} in {seconds:.2} s")
    }
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;
    use palisade::per_second;
    use tokio::time::Instant;

    use super::super::tally::Asked;
    use super::*;

    /// A hundred requests, one each 10 ms and answered 1 ms later; the first `passed` of them pass.
    fn tally(passed: u64) -> Tally {
        let (mut tally, begin) = (Tally::default(), Instant::now());
        for n in 0..100 {
            let due = begin + Duration::from_millis(10 * n);
            let status = if n < passed { StatusCode::OK } else { StatusCode::TOO_MANY_REQUESTS };
            let ended = due + Duration::from_millis(1);
            tally.add(&Asked { due, sent: due, ended, status: Some(status) });
        }
        tally
    }

    #[test]
    fn the_burst_and_what_flows_in_is_what_is_allowed() {
        // 989 to 991 ms: 9.89 to 9.91 requests, upon a burst of 20.
        let verdict = |passed| Verdict::new("greedy", per_second(10).burst(20), &tally(passed));
        assert_eq!(
            verdict(29).to_string(),
            "the limit held: greedy got 29 of its 100 requests, and 10 per second, burst 20, allows 29 \
             to 30 in 0.99 s"
        );
        assert!(verdict(30).held());
        assert!(!verdict(28).held(), "refused too much");
        assert!(!verdict(31).held(), "passed too much");
    }

    #[test]
    fn who_asks_for_less_than_the_burst_gets_all() {
        let verdict = |passed| Verdict::new("greedy", per_second(1).burst(200), &tally(passed));
        assert!(verdict(100).held());
        assert!(!verdict(99).held());
    }

    #[test]
    fn a_request_without_an_answer_counts_either_way() {
        let mut tally = tally(28);
        let now = Instant::now();
        tally.add(&Asked { due: now, sent: now, ended: now, status: None });
        assert!(Verdict::new("greedy", per_second(10).burst(20), &tally).held());
    }
}
