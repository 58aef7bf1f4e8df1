//! From data to layers.

use palisade_core::text::Problems;

use super::TimeoutConfig;
use crate::layer::TimeoutLayer;

impl TimeoutConfig {
    /// The layer.
    ///
    /// # Errors
    /// What [`validate`](Self::validate) finds.
    pub fn layer(&self) -> Result<TimeoutLayer, Problems> {
        self.validate()?;
        let layer = TimeoutLayer::new(self.head)
            .name(&self.name)
            .enabled(self.enabled)
            .enforce(self.enforce)
            .idle(self.idle)
            .total(self.total)
            .read_deadline(self.read_deadline)
            .send_deadline(self.send_deadline)
            .in_extensions(self.in_extensions);
        Ok(layer)
    }
}
