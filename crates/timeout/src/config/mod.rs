//! Timeouts as data: what a configuration file says.
//!
//! ```toml
//! name = "search"
//! head = "2s"
//! idle = "10s"
//! total = "60s"
//! ```

mod build;
mod check;

use std::time::Duration;

use palisade_core::Ratio;

use crate::forward::Forward;

/// A [`TimeoutLayer`](crate::TimeoutLayer) as data.
///
/// With the feature `serde` it is read from and written to any format; what is left out has the
/// default of the layer's setter of the same name, and what is not known is an error. Texts are
/// those that the types print: `"50%"`, `"250ms"`. `head` is also read as `timeout` or
/// `request_timeout`.
///
/// ```
/// use std::time::Duration;
/// use palisade_timeout::config::TimeoutConfig;
///
/// let config = TimeoutConfig {
///     name: "search".to_owned(),
///     head: Duration::from_secs(2),
///     ..TimeoutConfig::default()
/// };
/// let layer = config.layer()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields, default))]
pub struct TimeoutConfig {
    /// What metrics and messages call it: 1 to 128 bytes.
    pub name: String,
    /// Whether it does anything.
    pub enabled: bool,
    /// The share of late calls that is cut.
    pub enforce: Ratio,
    /// Until the response's head: more than nothing.
    #[cfg_attr(
        feature = "serde",
        serde(alias = "timeout", alias = "request_timeout"),
        serde(with = "palisade_core::text::duration::serde")
    )]
    pub head: Duration,
    /// For each wait for more of the body, if that is limited: more than nothing.
    #[cfg_attr(feature = "serde", serde(with = "palisade_core::text::duration::optional"))]
    pub idle: Option<Duration>,
    /// Until the end of the body, if that is limited: not less than `head`.
    #[cfg_attr(feature = "serde", serde(with = "palisade_core::text::duration::optional"))]
    pub total: Option<Duration>,
    /// Whether requests bring deadlines.
    pub read_deadline: bool,
    /// Which requests are sent on with what remains.
    pub send_deadline: Forward,
    /// Whether requests get their deadline among their extensions.
    pub in_extensions: bool,
}

impl Default for TimeoutConfig {
    /// As a layer is by default, and without a time for the head: one must be set.
    fn default() -> Self {
        Self {
            name: "default".to_owned(),
            enabled: true,
            enforce: Ratio::ONE,
            head: Duration::ZERO,
            idle: None,
            total: None,
            read_deadline: true,
            send_deadline: Forward::default(),
            in_extensions: false,
        }
    }
}
