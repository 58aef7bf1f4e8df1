//! From data to layers.

use std::sync::Arc;

use palisade_core::Http;
use palisade_core::key::By;
use palisade_core::text::Problems;

use super::{Algorithm, LimitConfig, RateLimitConfig};
use crate::algorithms::{FixedWindow, Shaper, SlidingLog, SlidingWindow};
use crate::layer::RateLimitLayer;
use crate::limit::Limit;
use crate::limit::asks::One;
use crate::limit::each::Each;

/// The layer that a configuration describes.
pub type ConfiguredLayer = RateLimitLayer<Each<Arc<[By]>>, Http, Each<Arc<[One]>>>;

impl RateLimitConfig {
    /// The layer.
    ///
    /// # Errors
    /// What [`validate`](Self::validate) finds.
    pub fn layer(&self) -> Result<ConfiguredLayer, Problems> {
        self.validate()?;
        let limits: Vec<_> = self.limits.iter().map(|limit| limit.limit(&self.by)).collect();
        let layer = RateLimitLayer::with(limits)
            .name(&self.name)
            .enabled(self.enabled)
            .enforce(self.enforce)
            .max_keys(self.max_keys)
            .on_outage(self.on_outage)
            .on_missing(self.on_missing)
            .skip_preflights(self.skip_preflights)
            .skip_paths(self.skip_paths.iter().map(String::as_str))
            .headers(self.headers)
            .headers_on(self.headers_on)
            .reset(self.reset);
        Ok(layer)
    }
}

impl LimitConfig {
    fn limit(&self, by: &By) -> Limit<By> {
        let quota = self.quota;
        let limit = match self.algorithm {
            Algorithm::TokenBucket => Limit::new(quota),
            Algorithm::LeakyBucket => Limit::leaky_bucket(quota),
            Algorithm::FixedWindow => {
                FixedWindow::new(quota).anchor(self.anchor.unwrap_or_default()).into()
            }
            Algorithm::SlidingWindow => SlidingWindow::new(quota).into(),
            Algorithm::SlidingLog => SlidingLog::new(quota).into(),
            Algorithm::Shaper => self.shaper().into(),
        };
        let limit = limit.chargeable(self.chargeable);
        let limit = match &self.name {
            Some(name) => limit.name(name),
            None => limit,
        };
        let limit = match self.on_outage {
            Some(outage) => limit.on_outage(outage),
            None => limit,
        };
        let tiers = self.tiers.iter();
        let limit = tiers.fold(limit, |limit, (tier, quota)| limit.tier(tier.as_str(), *quota));
        limit.by(self.by.as_ref().unwrap_or(by).clone())
    }

    /// A burst that the quota says is the shaper's; unless it does, calls are spaced evenly.
    fn shaper(&self) -> Shaper {
        let mut shaper = Shaper::new(self.quota);
        if self.quota.burst_size() != self.quota.limit().max(1) {
            shaper = shaper.burst(self.quota.burst_size());
        }
        if let Some(wait) = self.max_wait {
            shaper = shaper.max_wait(wait);
        }
        if let Some(queued) = self.max_queued {
            shaper = shaper.max_queued(queued);
        }
        shaper
    }
}
