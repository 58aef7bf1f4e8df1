//! Rate limits as data: what a configuration file says.
//!
//! ```toml
//! name = "api"
//! by = "client_ip behind 1"
//! headers = "both"
//! skip_paths = ["/healthz"]
//!
//! # All of them must pass. A text alone is the quota of a token bucket.
//! [[limits]]
//! quota = "10/s burst 20"
//!
//! [[limits]]
//! name = "daily"
//! quota = "1000/day"
//! algorithm = "sliding_window"
//! by = "header x-api-key"
//! tiers = { premium = "50000/day" }
//! on_outage = "deny" # while a store that keeps it does not answer
//! ```

mod build;
mod check;
#[cfg(feature = "serde")]
mod text;

use std::collections::BTreeMap;
use std::time::Duration;

use palisade_core::key::{By, Missing};
use palisade_core::store::Outage;
use palisade_core::{Quota, Ratio};

pub use self::build::ConfiguredLayer;
use crate::algorithms::Anchor;
use crate::options::{Headers, HeadersOn, Reset};

/// A [`RateLimitLayer`](crate::RateLimitLayer) as data.
///
/// With the feature `serde` it is read from and written to any format; what is left out has the
/// default of the layer's setter of the same name, and what is not known is an error. Texts are
/// those that the types print: `"100/min burst 20"`, `"50%"`, `"250ms"`, `"client_ip behind 1"`.
///
/// ```
/// use palisade_ratelimit::config::{LimitConfig, RateLimitConfig};
/// use palisade_ratelimit::{per_hour, per_second};
///
/// let config = RateLimitConfig {
///     name: "api".to_owned(),
///     by: "client_ip".parse()?,
///     limits: vec![LimitConfig::new(per_second(10)), LimitConfig::new(per_hour(1_000))],
///     ..RateLimitConfig::default()
/// };
/// let layer = config.layer()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields, default))]
pub struct RateLimitConfig {
    /// What metrics, messages and headers call it: 1 to 128 bytes.
    pub name: String,
    /// Whether it does anything.
    pub enabled: bool,
    /// The share of refusals that is acted on.
    pub enforce: Ratio,
    /// What the limits count by that do not say it themselves.
    pub by: By,
    /// The limits, which a request must all pass: 1 to 255.
    pub limits: Vec<LimitConfig>,
    /// What happens to a request that has no key.
    pub on_missing: Missing,
    /// Whether CORS preflights pass without taking anything.
    pub skip_preflights: bool,
    /// Paths that pass without taking anything, such as `/healthz` or `/internal/*`.
    pub skip_paths: Vec<String>,
    /// Which headers tell clients about their quota.
    pub headers: Headers,
    /// Which responses have them.
    pub headers_on: HeadersOn,
    /// How `X-RateLimit-Reset` tells the time.
    pub reset: Reset,
    /// How many keys are remembered at most, at least 1.
    pub max_keys: usize,
    /// What happens when a store does not decide in time, to limits that do not say it themselves.
    pub on_outage: Outage,
}

/// A [`Limit`](crate::Limit) as data.
#[derive(Clone, Debug, PartialEq)]
pub struct LimitConfig {
    /// What messages and headers call it; derived from the layer's name if left out.
    pub name: Option<String>,
    /// How much in which time.
    pub quota: Quota,
    /// How that is counted.
    pub algorithm: Algorithm,
    /// What it counts by, if not by what the others do.
    pub by: Option<By>,
    /// Other quotas for requests on these tiers, 255 at most; see
    /// [`quota_by`](crate::RateLimitLayer::quota_by).
    pub tiers: BTreeMap<String, Quota>,
    /// Whether calls may be charged more once it is known what they cost.
    pub chargeable: bool,
    /// What happens to it when a store does not decide in time, if not what happens to the others.
    pub on_outage: Option<Outage>,
    /// Where a fixed window begins.
    pub anchor: Option<Anchor>,
    /// How long a shaper lets a call wait at most; its quota's period if left out, or 10 s if that is
    /// less.
    pub max_wait: Option<Duration>,
    /// How many units a shaper lets wait at most.
    pub max_queued: Option<u32>,
}

/// How a limit counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Algorithm {
    /// [`Gcra`](crate::Gcra): up to a burst at once, then evenly. The default.
    #[default]
    TokenBucket,
    /// The same bucket seen from above.
    LeakyBucket,
    /// [`FixedWindow`](crate::FixedWindow).
    FixedWindow,
    /// [`SlidingWindow`](crate::SlidingWindow): two windows, weighted.
    SlidingWindow,
    /// [`SlidingLog`](crate::SlidingLog): never more than the limit in any window.
    SlidingLog,
    /// [`Shaper`](crate::Shaper): calls wait for their turn.
    Shaper,
}

impl Default for RateLimitConfig {
    /// As a layer is by default, and without a limit: one must be added.
    fn default() -> Self {
        Self {
            name: "default".to_owned(),
            enabled: true,
            enforce: Ratio::ONE,
            by: By::default(),
            limits: Vec::new(),
            on_missing: Missing::default(),
            skip_preflights: true,
            skip_paths: Vec::new(),
            headers: Headers::default(),
            headers_on: HeadersOn::default(),
            reset: Reset::default(),
            max_keys: crate::shared::MOST_KEYS,
            on_outage: Outage::default(),
        }
    }
}

impl LimitConfig {
    /// A token bucket of `quota`, and nothing else said.
    #[must_use]
    pub const fn new(quota: Quota) -> Self {
        Self {
            name: None,
            quota,
            algorithm: Algorithm::TokenBucket,
            by: None,
            tiers: BTreeMap::new(),
            chargeable: false,
            on_outage: None,
            anchor: None,
            max_wait: None,
            max_queued: None,
        }
    }
}
