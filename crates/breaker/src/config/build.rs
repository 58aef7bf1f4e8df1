//! From data to layers.

use palisade_core::key::By;
use palisade_core::text::Problems;

use super::BreakerConfig;
use crate::layer::BreakerLayer;
use crate::settings::{Abandoned, Settings, Window};
use crate::trip::{Raised, Throttle, Trip};

impl BreakerConfig {
    /// The layer.
    ///
    /// # Errors
    /// What [`validate`](Self::validate) finds.
    pub fn layer(&self) -> Result<BreakerLayer<By>, Problems> {
        let settings = self.settings()?;
        let layer = BreakerLayer::new()
            .name(&self.name)
            .enabled(self.enabled)
            .enforce(self.enforce)
            .settings(settings)
            .max_keys(self.max_keys)
            .idle(self.idle)
            .on_missing(self.on_missing)
            .by(self.by.clone());
        Ok(layer)
    }

    /// What the layer's [handle](crate::BreakerHandle::update) can change.
    ///
    /// # Errors
    /// What [`validate`](Self::validate) finds.
    pub fn settings(&self) -> Result<Settings, Problems> {
        self.validate()?;
        Ok(Settings {
            trip: self.trip(),
            window: self.window_calls.map_or(Window::Time(self.window), Window::Calls),
            minimum_calls: self.minimum_calls,
            throttle: self.throttle_percent.map(|k| Throttle::new().k_percent(k)),
            abandoned: match self.abandoned_after {
                after if after.is_zero() => Abandoned::Neutral,
                after => Abandoned::FailsAfter(after),
            },
            open_for: self.open_for,
            open_at_most: self.open_at_most,
            jitter: self.jitter,
            retry_after_at_most: self.retry_after_at_most,
            probes: self.probes,
            close_after: self.close_after,
            probe_timeout: self.probe_timeout,
            half_open_at_most: self.half_open_at_most,
            ramp: self.ramp,
        })
    }

    fn trip(&self) -> Trip {
        let rules = [
            self.failure_rate.map(Trip::failure_rate),
            self.slow_rate.map(|rate| Trip::slow_rate(rate, self.slow_after)),
            self.consecutive_failures.map(Trip::consecutive),
            self.raised_by.map(|rise| Trip::raised(Raised::new().least_rise(rise))),
        ];
        let default = match self.throttle_percent {
            Some(_) => Trip::never(),
            None => Settings::default().trip,
        };
        rules.into_iter().flatten().reduce(Trip::or).unwrap_or(default)
    }
}
