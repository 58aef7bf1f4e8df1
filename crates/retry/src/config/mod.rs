//! Retries and hedges as data: what a configuration file says.
//!
//! ```toml
//! name = "payments"
//! max_attempts = 4
//! initial_backoff = "50ms"
//! max_backoff = "2s"
//! backoff_multiplier = 1.5
//! jitter = "equal"
//! budget = { share = "10%", per_second = 5 }
//! ```
//!
//! and of a hedge:
//!
//! ```toml
//! name = "search"
//! percentile = "95%"
//! ```

mod budget;
mod build;
mod check;
mod hedge;
#[cfg(feature = "serde")]
mod serde;

use std::time::Duration;

pub use self::budget::{BudgetConfig, Tokens};
pub use self::hedge::HedgeConfig;
use crate::backoff::{Factor, Jitter};
use crate::shared::plan::MAX_RETRY_AFTER;
use crate::shared::settings::MAX_REPLAY;
use crate::statuses::Statuses;

/// A [`RetryLayer`](crate::RetryLayer) as data.
///
/// With the feature `serde` it is read from and written to any format; what is left out has the
/// default of [`RetryLayer::standard`](crate::RetryLayer::standard), and what is not known is an error.
/// Texts are those that the types print: `"250ms"`, `"plus 10%"`; the multiplier is a number, `1.5`,
/// which may stand in a text.
///
/// ```
/// use std::time::Duration;
/// use palisade_retry::Jitter;
/// use palisade_retry::config::RetryConfig;
///
/// let config = RetryConfig {
///     name: "payments".to_owned(),
///     max_attempts: 4,
///     initial_backoff: Duration::from_millis(50),
///     jitter: Some(Jitter::Equal),
///     ..RetryConfig::default()
/// };
/// let layer = config.layer()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(::serde::Serialize, ::serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields, default))]
pub struct RetryConfig {
    /// What metrics and events call it: 1 to 128 bytes.
    pub name: String,
    /// Whether it does anything.
    pub enabled: bool,
    /// Attempts in all, the first included: 1 to 1 073 741 823, where 1 is no retry.
    pub max_attempts: u32,
    /// How waits go on.
    pub backoff: Course,
    /// The first planned wait: more than nothing, unless there is to be none.
    #[cfg_attr(feature = "serde", serde(with = "palisade_core::text::duration::serde"))]
    pub initial_backoff: Duration,
    /// The longest wait, jitter and all: not less than `initial_backoff`.
    #[cfg_attr(feature = "serde", serde(with = "palisade_core::text::duration::serde"))]
    pub max_backoff: Duration,
    /// By how much an exponential wait is longer than the one before: 0 to 42 949 672.95, in whole
    /// per cent.
    pub backoff_multiplier: Factor,
    /// How chance changes the waits; full if neither this nor `use_jitter` says anything.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub jitter: Option<Jitter>,
    /// Whether chance changes them, as a shorter way to say it: full jitter, or none. Beside `jitter` it
    /// must say the same as that.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub use_jitter: Option<bool>,
    /// No attempt begins so long after the first, if that is limited: more than nothing.
    #[cfg_attr(
        feature = "serde",
        serde(with = "palisade_core::text::duration::optional"),
        serde(skip_serializing_if = "Option::is_none")
    )]
    pub max_elapsed: Option<Duration>,
    /// Whoever asks to be left alone for longer is not asked again.
    #[cfg_attr(feature = "serde", serde(with = "palisade_core::text::duration::serde"))]
    pub max_retry_after: Duration,
    /// How many bytes of a request's body are kept to be sent again.
    pub max_replay: u32,
    /// The statuses that are worth another attempt: each 400 to 599.
    pub statuses: Vec<u16>,
    /// The header that tells the number of an attempt, from the second on; none if left out.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub attempt_header: Option<String>,
    /// What further attempts are paid from; 20 % of requests and 10 a second if nothing is said.
    pub budget: BudgetConfig,
}

/// How planned waits go on, without their numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(::serde::Serialize, ::serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Course {
    /// There are none: see [`Backoff::none`](crate::Backoff::none).
    None,
    /// All the same: see [`Backoff::fixed`](crate::Backoff::fixed).
    Fixed,
    /// Longer by the first one each time: see [`Backoff::linear`](crate::Backoff::linear).
    Linear,
    /// Longer by a factor each time: see [`Backoff::exponential`](crate::Backoff::exponential). The
    /// default.
    #[default]
    Exponential,
}

impl Default for RetryConfig {
    /// As [`RetryLayer::standard`](crate::RetryLayer::standard) is.
    fn default() -> Self {
        Self {
            name: "default".to_owned(),
            enabled: true,
            max_attempts: 3,
            backoff: Course::default(),
            initial_backoff: Duration::from_millis(100),
            max_backoff: Duration::from_secs(5),
            backoff_multiplier: Factor::default(),
            jitter: None,
            use_jitter: None,
            max_elapsed: None,
            max_retry_after: MAX_RETRY_AFTER.to_duration(),
            max_replay: MAX_REPLAY,
            statuses: Statuses::default().iter().collect(),
            attempt_header: None,
            budget: BudgetConfig::default(),
        }
    }
}
