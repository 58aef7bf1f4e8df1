//! Bulkheads as data: what a configuration file says.
//!
//! ```toml
//! name = "search"
//! by = "header x-tenant"
//! max_concurrent = 20
//! max_queued = 10
//! max_wait = "250ms"
//! ```

mod build;
mod check;

use std::time::Duration;

use palisade_core::Ratio;
use palisade_core::key::{By, Missing};

use crate::options::Until;
use crate::rooms::MOST_KEYS;
use crate::shared::settings::MAX_WAIT;

/// A [`BulkheadLayer`](crate::BulkheadLayer) as data.
///
/// With the feature `serde` it is read from and written to any format; what is left out has the
/// default of the layer's setter of the same name, and what is not known is an error. Texts are
/// those that the types print: `"50%"`, `"250ms"`, `"client_ip behind 1"`.
///
/// ```
/// use palisade_bulkhead::config::BulkheadConfig;
///
/// let config = BulkheadConfig {
///     name: "search".to_owned(),
///     by: "host".parse()?,
///     max_concurrent: 20,
///     ..BulkheadConfig::default()
/// };
/// let layer = config.layer()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields, default))]
pub struct BulkheadConfig {
    /// What metrics and messages call it: 1 to 128 bytes.
    pub name: String,
    /// Whether it does anything.
    pub enabled: bool,
    /// The share of refusals and waits that is acted on.
    pub enforce: Ratio,
    /// What has places of its own.
    pub by: By,
    /// How many may be in at once, of each key: 1 or more.
    pub max_concurrent: u32,
    /// How many may wait, of each key.
    pub max_queued: u32,
    /// How long they wait at most.
    #[cfg_attr(feature = "serde", serde(with = "palisade_core::text::duration::serde"))]
    pub max_wait: Duration,
    /// How long a call has its place.
    pub until: Until,
    /// What happens to a request that has no key.
    pub on_missing: Missing,
    /// How many keys have places of their own at most, at least 1.
    pub max_keys: usize,
}

impl Default for BulkheadConfig {
    /// As a layer is by default, and without a limit: one must be set.
    fn default() -> Self {
        Self {
            name: "default".to_owned(),
            enabled: true,
            enforce: Ratio::ONE,
            by: By::default(),
            max_concurrent: 0,
            max_queued: 0,
            max_wait: MAX_WAIT,
            until: Until::default(),
            on_missing: Missing::default(),
            max_keys: MOST_KEYS,
        }
    }
}
