//! Breakers as data: what a configuration file says.
//!
//! ```toml
//! name = "payments"
//! by = "host"
//! failure_rate = "30%"
//! window = "30s"
//! consecutive_failures = 10
//! open_for = "2s"
//! ```

mod build;
mod check;

use std::time::Duration;

use palisade_core::Ratio;
use palisade_core::key::{By, Missing};

use crate::settings::Settings;
use crate::shared::{IDLE, MOST_KEYS};

/// A [`BreakerLayer`](crate::BreakerLayer) as data.
///
/// With the feature `serde` it is read from and written to any format; what is left out has the
/// default of the layer's setter of the same name, and what is not known is an error. Texts are those
/// that the types print: `"50%"`, `"250ms"`, `"host"`.
///
/// ```
/// use palisade_breaker::Ratio;
/// use palisade_breaker::config::BreakerConfig;
///
/// let config = BreakerConfig {
///     name: "payments".to_owned(),
///     by: "host".parse()?,
///     failure_rate: Some(Ratio::percent(30)),
///     ..BreakerConfig::default()
/// };
/// let layer = config.layer()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields, default))]
pub struct BreakerConfig {
    /// What metrics and messages call it: 1 to 128 bytes.
    pub name: String,
    /// Whether it does anything.
    pub enabled: bool,
    /// The share of refusals that is acted on.
    pub enforce: Ratio,
    /// What has a breaker of its own.
    pub by: By,
    /// What happens to a call that has no key.
    pub on_missing: Missing,
    /// How many keys have a breaker of their own at most, at least 1.
    pub max_keys: usize,
    /// For how long the breaker of a key is kept that nobody asks for.
    #[cfg_attr(feature = "serde", serde(with = "palisade_core::text::duration::serde"))]
    pub idle: Duration,
    /// From which share of failures on it opens; 50 % if no rule is given at all.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub failure_rate: Option<Ratio>,
    /// From which share of slow calls on it opens.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub slow_rate: Option<Ratio>,
    /// How long a call takes that is slow; more than nothing.
    #[cfg_attr(feature = "serde", serde(with = "palisade_core::text::duration::serde"))]
    pub slow_after: Duration,
    /// After how many failures in a row it opens, at least 1.
    #[cfg_attr(feature = "serde", serde(alias = "failure_threshold"))]
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub consecutive_failures: Option<u32>,
    /// By how much more than usually fails must fail at least for it to open; see
    /// [`Raised`](crate::Raised).
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub raised_by: Option<Ratio>,
    /// Refuses a share of the calls instead: how many calls are sent for a hundred that are accepted,
    /// at least 100; see [`Throttle`](crate::Throttle).
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub throttle_percent: Option<u32>,
    /// The time that it looks back, at least 1 ms; 10 s unless set. (A throttle wants more, such as the two
    /// minutes that [`BreakerLayer::throttle`](crate::BreakerLayer::throttle) has.)
    #[cfg_attr(feature = "serde", serde(with = "palisade_core::text::duration::serde"))]
    pub window: Duration,
    /// How many calls it looks back instead: 1 to 1 048 576.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub window_calls: Option<u32>,
    /// How many calls there must be for a rate to count: at least 1, and no more than the window
    /// holds.
    pub minimum_calls: u32,
    /// After which time an abandoned call is a failure; nothing if none is.
    #[cfg_attr(feature = "serde", serde(with = "palisade_core::text::duration::serde"))]
    pub abandoned_after: Duration,
    /// How long it refuses calls when it opens; more than nothing.
    #[cfg_attr(feature = "serde", serde(alias = "reset_timeout"))]
    #[cfg_attr(feature = "serde", serde(with = "palisade_core::text::duration::serde"))]
    pub open_for: Duration,
    /// How long that is at most, after recoveries that failed; no less than `open_for`.
    #[cfg_attr(feature = "serde", serde(with = "palisade_core::text::duration::serde"))]
    pub open_at_most: Duration,
    /// By which share of it the wait is longer at random.
    pub jitter: Ratio,
    /// How long a `Retry-After` of the service may keep it open; nothing if none is heard.
    #[cfg_attr(feature = "serde", serde(with = "palisade_core::text::duration::serde"))]
    pub retry_after_at_most: Duration,
    /// How many calls try whether the service has recovered, at least 1.
    pub probes: u32,
    /// After how many successes it closes, at least 1; if left out the rate of the probes decides.
    #[cfg_attr(feature = "serde", serde(alias = "success_threshold"))]
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub close_after: Option<u32>,
    /// How long a probe may take; more than nothing.
    #[cfg_attr(feature = "serde", serde(with = "palisade_core::text::duration::serde"))]
    pub probe_timeout: Duration,
    /// How long it is half-open at most; more than nothing.
    #[cfg_attr(feature = "serde", serde(with = "palisade_core::text::duration::serde"))]
    pub half_open_at_most: Duration,
    /// Over which time calls are let through again when it closes.
    #[cfg_attr(feature = "serde", serde(with = "palisade_core::text::duration::serde"))]
    pub ramp: Duration,
}

impl Default for BreakerConfig {
    /// As a layer is by default.
    fn default() -> Self {
        let settings = Settings::default();
        Self {
            name: "default".to_owned(),
            enabled: true,
            enforce: Ratio::ONE,
            by: By::default(),
            on_missing: Missing::default(),
            max_keys: MOST_KEYS,
            idle: IDLE.to_duration(),
            failure_rate: None,
            slow_rate: None,
            slow_after: Duration::from_secs(1),
            consecutive_failures: None,
            raised_by: None,
            throttle_percent: None,
            window: settings.span(),
            window_calls: None,
            minimum_calls: settings.minimum_calls,
            abandoned_after: Duration::from_secs(5),
            open_for: settings.open_for,
            open_at_most: settings.open_at_most,
            jitter: settings.jitter,
            retry_after_at_most: settings.retry_after_at_most,
            probes: settings.probes,
            close_after: settings.close_after,
            probe_timeout: settings.probe_timeout,
            half_open_at_most: settings.half_open_at_most,
            ramp: settings.ramp,
        }
    }
}
