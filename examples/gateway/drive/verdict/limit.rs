//! What the limits allow in the time that was, and whether that is what a client got.

use std::fmt;
use std::ops::RangeInclusive;
use std::time::Duration;

use palisade::Quota;

use super::held;
use crate::gateway::drive::bound::Bound;
use crate::gateway::drive::tally::Tally;

/// Whether a client who asked for more than its quota got its quota, neither more nor less.
#[derive(Clone, Debug)]
pub struct LimitVerdict {
    name: String,
    quota: Quota,
    passed: u64,
    unanswered: u64,
    requests: u64,
    allowed: RangeInclusive<u64>,
    longest: Duration,
}

impl LimitVerdict {
    /// What a client may who must pass several limits is what all of them allow; none, if there is
    /// no limit.
    ///
    /// When its first and last request were decided is known to within what the network and we
    /// took, which is why it is a range: for buckets of one or two, unless this machine is very
    /// busy.
    #[must_use]
    pub fn new(name: &str, bounds: &[Bound], tally: &Tally) -> Option<Self> {
        let (shortest, longest) = tally.span();
        // A gateway that decides by itself may keep a small part of a limit, and what it let pass then may not
        // all be held against it afterwards.
        let is_degraded = tally.deciders.are_degraded();
        let most = |bound: &Bound| {
            let more = if is_degraded { bound.more_in_an_outage() } else { 0 };
            bound.most(longest).saturating_add(more)
        };
        let binding = bounds.iter().min_by_key(|bound| most(bound))?;
        let least = bounds.iter().map(|bound| bound.least(shortest)).min()?;
        let least = if is_degraded { 0 } else { least.min(tally.requests()) };
        Some(Self {
            name: name.to_owned(),
            quota: binding.quota,
            passed: tally.passed(),
            unanswered: tally.unanswered,
            requests: tally.requests(),
            allowed: least..=most(binding),
            longest,
        })
    }

    /// Whether it did. Of a request without an answer it is not known whether it passed.
    #[must_use]
    pub fn held(&self) -> bool {
        self.passed <= *self.allowed.end() && self.passed + self.unanswered >= *self.allowed.start()
    }
}

impl fmt::Display for LimitVerdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, quota, passed, requests, .. } = self;
        let (least, most) = (self.allowed.start(), self.allowed.end());
        let seconds = self.longest.as_secs_f64();
        write!(f, "the limit {}: ", held(self.held()))?;
        write!(f, "{name} got {passed} of its {requests} requests, ")?;
        write!(f, "and {quota}, allows {least} to {most} in {seconds:.2} s")
    }
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;
    use palisade::{per_minute, per_second};
    use tokio::time::Instant;

    use super::*;
    use crate::gateway::drive::tally::Asked;

    /// A hundred requests, one each 10 ms and answered 1 ms later; the first `passed` of them pass.
    fn tally(passed: u64) -> Tally {
        let (mut tally, begin) = (Tally::default(), Instant::now());
        for n in 0..100 {
            let due = begin + Duration::from_millis(10 * n);
            let status = if n < passed { StatusCode::OK } else { StatusCode::TOO_MANY_REQUESTS };
            let ended = due + Duration::from_millis(1);
            tally.add(&Asked {
                due,
                sent: due,
                ended,
                status: Some(status),
                reason: None,
                decided_by: None,
            });
        }
        tally
    }

    fn verdict(bounds: &[Bound], passed: u64) -> LimitVerdict {
        LimitVerdict::new("greedy", bounds, &tally(passed)).unwrap()
    }

    #[test]
    fn the_burst_and_what_flows_in_is_what_is_allowed() {
        // 989 to 991 ms: 9.89 to 9.91 requests, upon a burst of 20.
        let bucket = [Bound::bucket(per_second(10).burst(20))];
        assert_eq!(
            verdict(&bucket, 29).to_string(),
            "the limit held: greedy got 29 of its 100 requests, and 10 per second, burst 20, allows 29 \
             to 30 in 0.99 s"
        );
        assert!(verdict(&bucket, 30).held());
        assert!(!verdict(&bucket, 28).held(), "refused too much");
        assert!(!verdict(&bucket, 31).held(), "passed too much");
    }

    #[test]
    fn who_asks_for_less_than_the_burst_gets_all() {
        let bucket = [Bound::bucket(per_second(1).burst(200))];
        assert!(verdict(&bucket, 100).held());
        assert!(!verdict(&bucket, 99).held());
    }

    #[test]
    fn of_several_limits_the_one_that_allows_least_counts() {
        let limits = [Bound::bucket(per_second(50)), Bound::bucket(per_second(10).burst(20))];
        assert!(
            verdict(&limits, 29).to_string().contains("and 10 per second, burst 20, allows 29")
        );
        assert!(!verdict(&limits, 28).held() && !verdict(&limits, 31).held());
        assert!(LimitVerdict::new("free", &[], &tally(100)).is_none());
    }

    #[test]
    fn a_window_allows_its_limit_once_for_each_that_was_touched() {
        let limits = [Bound::bucket(per_second(90)), Bound::window(per_minute(40))];
        for (passed, held) in [(39, false), (40, true), (80, true), (81, false)] {
            assert_eq!(verdict(&limits, passed).held(), held, "{passed}");
        }
    }

    #[test]
    fn what_the_gateway_decides_by_itself_may_be_less_and_up_to_two_limits_more() {
        let held = |passed| {
            let (mut tally, now) = (tally(passed), Instant::now());
            let decided_by = Some("client=share".to_owned());
            let (status, reason) = (Some(StatusCode::TOO_MANY_REQUESTS), None);
            tally.add(&Asked { due: now, sent: now, ended: now, status, reason, decided_by });
            let bucket = [Bound::bucket(per_second(10).burst(20))];
            LimitVerdict::new("greedy", &bucket, &tally).unwrap().held()
        };
        assert!(held(0) && held(30 + 2 * 20));
        assert!(!held(31 + 2 * 20));
    }

    #[test]
    fn a_request_without_an_answer_counts_either_way() {
        let mut tally = tally(28);
        let now = Instant::now();
        tally.add(&Asked {
            due: now,
            sent: now,
            ended: now,
            status: None,
            reason: None,
            decided_by: None,
        });
        let bucket = [Bound::bucket(per_second(10).burst(20))];
        assert!(LimitVerdict::new("greedy", &bucket, &tally).unwrap().held());
    }
}
