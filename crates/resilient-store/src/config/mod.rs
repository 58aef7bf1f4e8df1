//! What can be set, as data: the same names in a configuration file and in code.
//!
//! ```toml
//! [health_check]
//! check_interval = "5s"
//! check_timeout = "500ms"
//!
//! [circuit_breaker]
//! failure_threshold = 3
//! reset_timeout = "10s"
//! success_threshold = 2
//!
//! [retry]
//! max_attempts = 3
//! initial_backoff = "100ms"
//! max_backoff = "1s"
//! backoff_multiplier = 2.0
//! use_jitter = true
//!
//! [in_memory]
//! max_entries = 10000
//! use_background_task = true
//! cleanup_interval = "60s"
//! ```

mod check;

use std::time::Duration;

/// How a store is watched, and stood in for.
///
/// All of this is bounded by the [budget](crate::ResilientStore::budget) of a decision: a retry that does
/// not fit into it is not made, whatever is set here.
///
/// Any value has a meaning; [`validate`](Self::validate) says which ones are hardly meant.
///
/// ```
/// use std::time::Duration;
/// use palisade_resilient_store::config::{CircuitBreakerConfig, ResilienceConfig};
///
/// let config = ResilienceConfig {
///     circuit_breaker: CircuitBreakerConfig {
///         failure_threshold: 5,
///         reset_timeout: Duration::from_secs(10),
///         success_threshold: 2,
///     },
///     ..ResilienceConfig::default()
/// };
/// assert!(config.validate().is_ok());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields, default))]
pub struct ResilienceConfig {
    /// How it is found out whether the store is there while nobody asks it.
    pub health_check: HealthCheckConfig,
    /// When the store is left alone, and tried again.
    pub circuit_breaker: CircuitBreakerConfig,
    /// How often a question is put again that has not reached the store.
    pub retry: RetryConfig,
    /// What stands in for the store.
    pub in_memory: InMemoryConfig,
}

/// How it is found out whether the store is there while nobody asks it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields, default))]
pub struct HealthCheckConfig {
    /// How often; 5 s unless set, and never more often than once a millisecond. A store that is away is
    /// asked once a second at least.
    #[cfg_attr(feature = "serde", serde(with = "palisade_core::text::duration::serde"))]
    pub check_interval: Duration,
    /// How long its answer may take; 500 ms unless set.
    #[cfg_attr(feature = "serde", serde(with = "palisade_core::text::duration::serde"))]
    pub check_timeout: Duration,
}

/// When the store is left alone, and tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields, default))]
pub struct CircuitBreakerConfig {
    /// After how many failures in a row; 3 unless set, 0 counts as 1.
    pub failure_threshold: u32,
    /// For how long; 10 s unless set, and by chance up to a tenth longer, so that the instances do not
    /// all try at once. A health check that finds the store back ends it.
    #[cfg_attr(feature = "serde", serde(with = "palisade_core::text::duration::serde"))]
    pub reset_timeout: Duration,
    /// How many decisions in a row, one at a time, must then succeed for all to go to the store again; 2
    /// unless set, 0 counts as 1.
    pub success_threshold: u32,
}

/// How often a question is put again that has not reached the store.
///
/// What has reached it, or may have, is never put again.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields, default))]
pub struct RetryConfig {
    /// How often in all, the first attempt included; 3 unless set, 0 counts as 1, which is no retry.
    pub max_attempts: u32,
    /// The wait before the second attempt; 100 ms unless set. With jitter, up to that.
    #[cfg_attr(feature = "serde", serde(with = "palisade_core::text::duration::serde"))]
    pub initial_backoff: Duration,
    /// The longest wait; 1 s unless set.
    #[cfg_attr(feature = "serde", serde(with = "palisade_core::text::duration::serde"))]
    pub max_backoff: Duration,
    /// By how much a wait is longer than the one before; 2 unless set, and for what is no number from 0 to
    /// 42 949 672.95.
    pub backoff_multiplier: f64,
    /// Whether a wait is drawn, from zero to the planned one; `true` unless set.
    pub use_jitter: bool,
}

/// What stands in for the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields, default))]
pub struct InMemoryConfig {
    /// Of how many keys it remembers what the store said; 10 000 unless set, 0 counts as 1. Further keys
    /// share one state for each limit while the store is away.
    pub max_entries: usize,
    /// Whether keys that are as good as new are dropped every now and then; `true` unless set. Otherwise
    /// they are when others want their places.
    pub use_background_task: bool,
    /// How often; 60 s unless set, and never more often than once a millisecond.
    #[cfg_attr(feature = "serde", serde(with = "palisade_core::text::duration::serde"))]
    pub cleanup_interval: Duration,
}

impl Default for HealthCheckConfig {
    fn default() -> Self {
        Self { check_interval: Duration::from_secs(5), check_timeout: Duration::from_millis(500) }
    }
}

impl Default for CircuitBreakerConfig {
    fn default() -> Self {
        Self { failure_threshold: 3, reset_timeout: Duration::from_secs(10), success_threshold: 2 }
    }
}

impl Default for RetryConfig {
    fn default() -> Self {
        Self {
            max_attempts: 3,
            initial_backoff: Duration::from_millis(100),
            max_backoff: Duration::from_secs(1),
            backoff_multiplier: 2.0,
            use_jitter: true,
        }
    }
}

impl Default for InMemoryConfig {
    fn default() -> Self {
        Self {
            max_entries: 10_000,
            use_background_task: true,
            cleanup_interval: Duration::from_secs(60),
        }
    }
}
