//! A limit as a sentence.

use std::fmt;

use palisade::Quota;
use palisade::key::By;
use palisade::ratelimit::config::{Algorithm, LimitConfig, RateLimitConfig};

use super::switched;

/// What a layer of limits allows.
#[derive(Clone, Copy, Debug)]
pub struct LimitSentence<'p>(pub &'p RateLimitConfig);

impl fmt::Display for LimitSentence<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(layer) = self;
        write!(f, "{:?} allows ", layer.name)?;
        for (at, limit) in layer.limits.iter().enumerate() {
            f.write_str(if at > 0 { ", and " } else { "" })?;
            clause(limit, f)?;
            match &limit.by {
                Some(by) if *by != layer.by => write!(f, " by {by}")?,
                _ => {}
            }
        }
        if layer.by == By::default() {
            f.write_str(", to all callers together")?;
        } else {
            write!(f, ", by {}", layer.by)?;
        }
        f.write_str(switched(layer.enabled))
    }
}

/// A limit of a layer, with its tiers: "2 per second (premium 10 per second)".
fn clause(limit: &LimitConfig, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(f, "{}", limit.quota)?;
    let algorithm = match limit.algorithm {
        Algorithm::FixedWindow => " in a fixed window",
        Algorithm::SlidingWindow => " in a sliding window",
        Algorithm::SlidingLog => " in any window",
        Algorithm::Shaper => " and lets others wait",
        _ => "",
    };
    f.write_str(algorithm)?;
    let mut tiers: Vec<_> = limit.tiers.iter().collect();
    tiers.sort_by_key(|(_, quota)| per_day(**quota));
    for (at, (tier, quota)) in tiers.into_iter().enumerate() {
        write!(f, "{}{tier} {quota}", if at > 0 { ", " } else { " (" })?;
    }
    f.write_str(if limit.tiers.is_empty() { "" } else { ")" })
}

/// How much a quota gives in the long run.
fn per_day(quota: Quota) -> u128 {
    const DAY: u128 = 86_400_000_000;
    u128::from(quota.limit()) * DAY / u128::from(quota.period_micros())
}

#[cfg(test)]
mod tests {
    use palisade::{per_day, per_hour, per_second};

    use super::*;

    #[test]
    fn each_limit_is_a_clause_and_tiers_stand_in_the_order_of_their_quotas() {
        let tiers = [("b", per_day(50)), ("a", per_hour(9)), ("c", per_second(1))];
        let tiers = tiers.map(|(tier, quota)| (tier.to_owned(), quota)).into();
        let bucket = LimitConfig { tiers, ..LimitConfig::new(per_day(1)) };
        let by = Some("header x-tenant".parse().unwrap());
        let algorithm = Algorithm::FixedWindow;
        let window = LimitConfig { by, algorithm, ..LimitConfig::new(per_hour(2)) };
        let layer = RateLimitConfig {
            name: "api".to_owned(),
            by: "client_ip behind 1".parse().unwrap(),
            limits: vec![bucket, window],
            ..RateLimitConfig::default()
        };
        let says = "\"api\" allows 1 per day (b 50 per day, a 9 per hour, c 1 per second), and 2 per \
                    hour in a fixed window by header x-tenant, by client_ip behind 1";
        assert_eq!(LimitSentence(&layer).to_string(), says);
        let (by, limits) = (By::default(), vec![LimitConfig::new(per_day(1))]);
        let off = RateLimitConfig { enabled: false, by, limits, ..layer };
        let says = "\"api\" allows 1 per day, to all callers together, and is switched off";
        assert_eq!(LimitSentence(&off).to_string(), says);
    }
}
