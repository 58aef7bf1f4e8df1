//! From data to layers.

use http::HeaderName;
use palisade_core::Ratio;
use palisade_core::text::Problems;

use super::{Course, HedgeConfig, RetryConfig};
use crate::backoff::{Backoff, Jitter};
use crate::hedge::HedgeLayer;
use crate::layer::RetryLayer;

impl RetryConfig {
    /// The layer, for an HTTP service; its modes can be chosen as those of any.
    ///
    /// # Errors
    /// What [`validate`](Self::validate) finds.
    pub fn layer(&self) -> Result<RetryLayer, Problems> {
        self.validate()?;
        let mut layer = RetryLayer::new(self.max_attempts)
            .name(&self.name)
            .enabled(self.enabled)
            .backoff(self.backoff())
            .max_retry_after(self.max_retry_after)
            .max_replay(self.max_replay)
            .statuses(self.statuses.iter().copied());
        if let Some(most) = self.max_elapsed {
            layer = layer.max_elapsed(most);
        }
        if let Some(name) = self.header() {
            layer = layer.attempt_header(name);
        }
        if let Some(budget) = self.budget.build((Ratio::percent(20), 10)) {
            layer = layer.budget(budget);
        }
        Ok(layer)
    }

    fn backoff(&self) -> Backoff {
        let first = self.initial_backoff;
        let backoff = match self.backoff {
            Course::None => return Backoff::none(),
            Course::Fixed => Backoff::fixed(first),
            Course::Linear => Backoff::linear(first),
            Course::Exponential => Backoff::exponential(first).factor(self.backoff_multiplier),
        };
        backoff.max(self.max_backoff).jitter(self.jitter())
    }

    /// How chance changes the waits, whichever of the two settings says so.
    pub(super) fn jitter(&self) -> Jitter {
        match (self.jitter, self.use_jitter) {
            (Some(jitter), _) => jitter,
            (None, Some(false)) => Jitter::None,
            (None, Some(true) | None) => Jitter::Full,
        }
    }

    pub(super) fn header(&self) -> Option<HeaderName> {
        self.attempt_header.as_ref()?.parse().ok()
    }
}

impl HedgeConfig {
    /// The layer, for an HTTP service; its modes can be chosen as those of any.
    ///
    /// # Errors
    /// What [`validate`](Self::validate) finds.
    pub fn layer(&self) -> Result<HedgeLayer, Problems> {
        self.validate()?;
        let layer = match (self.after, self.percentile) {
            (None, Some(share)) => HedgeLayer::percentile(share),
            (after, _) => HedgeLayer::after(after.unwrap_or_default()),
        };
        let layer = layer
            .name(&self.name)
            .enabled(self.enabled)
            .max_replay(self.max_replay)
            .statuses(self.statuses.iter().copied());
        Ok(match self.budget.build((Ratio::percent(5), 1)) {
            Some(budget) => layer.budget(budget),
            None => layer,
        })
    }
}
