//! Whether callers noticed that the store of the limits was away.

use std::fmt;

use palisade::store::Outage;

use super::held;
use crate::gateway::drive::deciders::Deciders;
use crate::gateway::drive::tally::Tally;
use crate::gateway::plan::Plan;

/// Who decided on the limits, and whether every request was answered for all that.
#[derive(Clone, Debug)]
pub struct StoreVerdict {
    deciders: Deciders,
    requests: u64,
    unanswered: u64,
    /// Those that were refused for want of the store.
    refused: u64,
    /// Whether a limit wants that.
    may_refuse: bool,
}

impl StoreVerdict {
    /// None, if no limit was in a store.
    #[must_use]
    pub fn new(plan: &Plan, total: &Tally) -> Option<Self> {
        plan.redis.as_ref()?;
        let layers = plan.limits.iter().chain(plan.routes.iter().flat_map(|route| &route.limits));
        let denies = |outage| outage == Outage::Deny;
        let may_refuse = layers.into_iter().any(|layer| {
            let own = layer.limits.iter().filter_map(|limit| limit.on_outage);
            denies(layer.on_outage) || own.into_iter().any(denies)
        });
        Some(Self {
            deciders: total.deciders.clone(),
            requests: total.requests(),
            unanswered: total.unanswered,
            refused: total.refused.get("store_down").copied().unwrap_or_default(),
            may_refuse,
        })
    }

    /// Whether no request failed that no limit wants to fail.
    #[must_use]
    pub fn held(&self) -> bool {
        self.unanswered == 0 && (self.may_refuse || self.refused == 0)
    }
}

impl fmt::Display for StoreVerdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { deciders, requests, unanswered, refused, .. } = self;
        write!(f, "the store {}: of {requests} requests ", held(self.held()))?;
        match (unanswered, refused) {
            (0, 0) => f.write_str("none failed for want of it")?,
            _ => write!(f, "{unanswered} got no answer, and {refused} a 503 for want of it")?,
        }
        for (at, decider) in deciders.iter().enumerate() {
            let before = if at == 0 { "; decisions by" } else { "," };
            write!(f, "{before} {} {}", decider.source.label(), decider.times)?;
            if decider.source.is_degraded() {
                let (from, to) = deciders.stretch(decider);
                write!(f, " (from {:.2} s to {:.2} s)", from.as_secs_f64(), to.as_secs_f64())?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use axum::http::StatusCode;
    use palisade::ratelimit::config::RateLimitConfig;
    use tokio::time::Instant;

    use super::*;
    use crate::gateway::drive::tally::Asked;
    use crate::gateway::plan::Redis;

    /// What becomes of 4 requests, of which the gateway decided on the second by itself and the third
    /// was refused for want of the store, if limits may want that.
    fn verdict(outage: Outage) -> StoreVerdict {
        let (mut tally, begin) = (Tally::default(), Instant::now());
        for (n, told) in [(0, "a=store"), (1, "a=share"), (2, ""), (3, "a=store")] {
            let due = begin + Duration::from_millis(100 * n);
            let (status, reason) = match n {
                2 => (StatusCode::SERVICE_UNAVAILABLE, Some("store_down".to_owned())),
                _ => (StatusCode::OK, None),
            };
            let (status, decided_by) = (Some(status), Some(told.to_owned()));
            tally.add(&Asked { due, sent: due, ended: due, status, reason, decided_by });
        }
        let layer = RateLimitConfig { on_outage: outage, ..RateLimitConfig::default() };
        let redis = Some(Redis::default());
        StoreVerdict::new(&Plan { redis, limits: vec![layer], ..Plan::default() }, &tally).unwrap()
    }

    #[test]
    fn a_request_that_fails_for_want_of_the_store_is_a_fault_unless_a_limit_wants_it() {
        assert_eq!(
            verdict(Outage::Deny).to_string(),
            "the store held: of 4 requests 0 got no answer, and 1 a 503 for want of it; decisions by \
             store 2, share 1 (from 0.10 s to 0.10 s)"
        );
        assert!(!verdict(Outage::Share).held());
        let unanswered = StoreVerdict { unanswered: 1, ..verdict(Outage::Deny) };
        assert!(!unanswered.held(), "that, no limit wants");
    }

    #[test]
    fn without_a_store_there_is_no_verdict() {
        assert!(StoreVerdict::new(&Plan::default(), &Tally::default()).is_none());
    }
}
