//! Hedges as data.

use std::time::Duration;

use palisade_core::Ratio;

use super::BudgetConfig;
use crate::shared::settings::MAX_REPLAY;
use crate::statuses::Statuses;

/// A [`HedgeLayer`](crate::HedgeLayer) as data.
///
/// With the feature `serde` it is read from and written to any format; what is left out has the
/// default of the layer's setter of the same name, and what is not known is an error. Texts are those
/// that the types print: `"95%"`, `"250ms"`.
///
/// ```
/// use palisade_retry::Ratio;
/// use palisade_retry::config::HedgeConfig;
///
/// let config = HedgeConfig {
///     name: "search".to_owned(),
///     percentile: Some(Ratio::percent(95)),
///     ..HedgeConfig::default()
/// };
/// let layer = config.layer()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(::serde::Serialize, ::serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields, default))]
pub struct HedgeConfig {
    /// What metrics and events call it: 1 to 128 bytes.
    pub name: String,
    /// Whether it does anything.
    pub enabled: bool,
    /// After which time a call is slow. Either this must be set or `percentile`.
    #[cfg_attr(
        feature = "serde",
        serde(with = "palisade_core::text::duration::optional"),
        serde(skip_serializing_if = "Option::is_none")
    )]
    pub after: Option<Duration>,
    /// The share of the calls of the last minute that are not slow: between none and all.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub percentile: Option<Ratio>,
    /// How many bytes of a request's body are kept to be sent again.
    pub max_replay: u32,
    /// The statuses that are no answer: each 400 to 599.
    pub statuses: Vec<u16>,
    /// What second requests are paid from; 5 % of requests and one a second if nothing is said.
    pub budget: BudgetConfig,
}

impl Default for HedgeConfig {
    /// As a layer is by default, and without a time to wait: one must be set.
    fn default() -> Self {
        Self {
            name: "default".to_owned(),
            enabled: true,
            after: None,
            percentile: None,
            max_replay: MAX_REPLAY,
            statuses: Statuses::default().iter().collect(),
            budget: BudgetConfig::default(),
        }
    }
}
