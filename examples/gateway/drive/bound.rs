//! How much a limit allows in a time.

use std::time::Duration;

use palisade::Quota;
use palisade::ratelimit::config::{Algorithm, LimitConfig, RateLimitConfig};
use palisade::ratelimit::{Missing, Ratio, per_second};

use super::seen::{Seen, Whose};

/// A limit as one caller meets it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bound {
    /// How much in which time, on the caller's tier.
    pub quota: Quota,
    is_window: bool,
    /// Whether others take of the same quota.
    is_shared: bool,
}

impl Bound {
    /// A token bucket of the caller's own.
    #[must_use]
    pub const fn bucket(quota: Quota) -> Self {
        Self { quota, is_window: false, is_shared: false }
    }

    /// A window of the caller's own.
    #[must_use]
    pub const fn window(quota: Quota) -> Self {
        Self { quota, is_window: true, is_shared: false }
    }

    /// The limits of a layer that the caller meets, and of which it is known what they allow.
    pub fn of<'c>(layer: &'c RateLimitConfig, seen: Seen<'c>) -> impl Iterator<Item = Self> {
        let acts = layer.enabled && layer.enforce == Ratio::ONE && !seen.is_skipped_by(layer);
        let limits = layer.limits.iter().filter(move |_| acts);
        limits.filter_map(move |limit| Self::met(layer, limit, seen))
    }

    fn met(layer: &RateLimitConfig, limit: &LimitConfig, seen: Seen<'_>) -> Option<Self> {
        let is_window = match limit.algorithm {
            Algorithm::TokenBucket | Algorithm::LeakyBucket => false,
            Algorithm::FixedWindow | Algorithm::SlidingWindow | Algorithm::SlidingLog => true,
            // It makes callers wait, and when it decided is not seen from outside.
            _ => return None,
        };
        let tier = seen.tier.and_then(|tier| limit.tiers.get(tier));
        let quota = *tier.unwrap_or(&limit.quota);
        match (seen.whose(limit.by.as_ref().unwrap_or(&layer.by)), layer.on_missing) {
            (Whose::Own, _) => Some(Self { quota, is_window, is_shared: false }),
            (Whose::Nobodys, Missing::Pass) => None,
            (Whose::Nobodys, Missing::Reject) => Some(Self::bucket(per_second(0))),
            (Whose::Shared | Whose::Nobodys, _) => Some(Self { quota, is_window, is_shared: true }),
        }
    }

    /// How far requests are apart that use the quota up and no more.
    #[must_use]
    pub fn pace(&self) -> Duration {
        self.quota.period() / self.quota.limit().max(1)
    }

    /// What a caller gets at least who asks for more all the time, from its first request on.
    #[must_use]
    pub fn least(&self, time: Duration) -> u64 {
        match self.quota {
            quota if self.is_shared || quota.denies_all() => 0,
            quota if self.is_window => quota.limit().into(),
            quota => {
                let inflow = time.as_micros() * u128::from(quota.limit()) / self.period();
                // What flows in between two requests is lost where it finds the bucket full, and a
                // bucket of one is full at each request that passes.
                self.bucketful(if quota.burst_size() == 1 { inflow / 2 } else { inflow })
            }
        }
    }

    /// What it gets at most.
    #[must_use]
    pub fn most(&self, time: Duration) -> u64 {
        match self.quota {
            quota if quota.denies_all() => 0,
            quota if self.is_window => {
                // A time that is no longer than a window may still touch two.
                let windows = saturated(time.as_micros() / self.period()).saturating_add(2);
                windows.saturating_mul(quota.limit().into())
            }
            quota => {
                let inflow = time.as_micros() * u128::from(quota.limit());
                self.bucketful(inflow.div_ceil(self.period()))
            }
        }
    }

    /// What an outage of the store that keeps it may add, by the store's own word: twice what it gives at
    /// once.
    #[must_use]
    pub fn more_in_an_outage(&self) -> u64 {
        let at_once = if self.is_window { self.quota.limit() } else { self.quota.burst_size() };
        u64::from(at_once).saturating_mul(2)
    }

    /// A bucket that is full before the first request gives its burst, and what flows in.
    fn bucketful(&self, inflow: u128) -> u64 {
        saturated(inflow).saturating_add(self.quota.burst_size().into())
    }

    fn period(&self) -> u128 {
        self.quota.period_micros().into()
    }
}

fn saturated(number: u128) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderName;
    use palisade::per_minute;

    use super::*;

    /// The bounds that a layer with this setting, whose one limit is 6 per minute or 60 on the tier
    /// `premium`, is to a caller of `/a` with a key or without.
    fn met(by: &str, has_key: bool, change: impl FnOnce(&mut RateLimitConfig)) -> Vec<Bound> {
        let mut limit = LimitConfig::new(per_minute(6));
        limit.tiers.insert("premium".to_owned(), per_minute(60));
        let (by, limits) = (by.parse().unwrap(), vec![limit]);
        let mut layer = RateLimitConfig { by, limits, ..RateLimitConfig::default() };
        change(&mut layer);
        let (header, tier) = (HeaderName::from_static("x-api-key"), has_key.then_some("premium"));
        Bound::of(&layer, Seen { path: "/a", header: &header, has_key, has_others: false, tier })
            .collect()
    }

    fn shared(quota: Quota) -> Bound {
        Bound { is_shared: true, ..Bound::bucket(quota) }
    }

    #[test]
    fn whose_quota_it_is_follows_from_the_key() {
        let (own, premium) = (per_minute(6), per_minute(60));
        for (by, has_key, expected) in [
            ("client_ip behind 1", false, Bound::bucket(own)),
            ("header X-Api-Key", true, Bound::bucket(premium)),
            ("method and client_ip", true, Bound::bucket(premium)),
            ("global", false, shared(own)),
            ("host and method", true, shared(premium)),
            ("header x-api-key", false, shared(own)),
            ("client_ip and header x-tenant", false, shared(own)),
        ] {
            assert_eq!(met(by, has_key, |_| {}), [expected], "{by}");
        }
        let by = "header x-api-key";
        assert_eq!(met(by, false, |layer| layer.on_missing = Missing::Pass), []);
        let [reject] = met(by, false, |layer| layer.on_missing = Missing::Reject)[..] else {
            panic!()
        };
        assert_eq!((reject.least(Duration::MAX), reject.most(Duration::MAX)), (0, 0));
    }

    #[test]
    fn what_does_not_act_is_no_bound() {
        let by = "client_ip";
        assert_eq!(met(by, false, |layer| layer.enabled = false), []);
        assert_eq!(met(by, false, |layer| layer.enforce = Ratio::percent(99)), []);
        for (path, skipped) in [("/a", true), ("/*", true), ("/b", false), ("/", false)] {
            let bounds = met(by, false, |layer| layer.skip_paths = vec![path.to_owned()]);
            assert_eq!(bounds.is_empty(), skipped, "{path}");
        }
        let shaper = |layer: &mut RateLimitConfig| layer.limits[0].algorithm = Algorithm::Shaper;
        assert_eq!(met(by, false, shaper), []);
    }

    #[test]
    fn a_bound_is_what_passes_in_a_time_at_least_and_at_most() {
        let time = Duration::from_secs(25);
        for (bound, least, most) in [
            (Bound::bucket(per_minute(6)), 8, 9),
            (Bound::bucket(per_minute(6).burst(1)), 2, 4),
            (shared(per_minute(6)), 0, 9),
            (Bound::window(per_minute(6)), 6, 12),
            (Bound::window(per_second(6)), 6, 27 * 6),
            (Bound::bucket(per_minute(0)), 0, 0),
        ] {
            assert_eq!((bound.least(time), bound.most(time)), (least, most), "{bound:?}");
        }
    }
}
