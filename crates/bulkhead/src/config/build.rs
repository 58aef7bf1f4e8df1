//! From data to layers.

use palisade_core::key::By;
use palisade_core::text::Problems;

use super::BulkheadConfig;
use crate::layer::BulkheadLayer;

impl BulkheadConfig {
    /// The layer.
    ///
    /// # Errors
    /// What [`validate`](Self::validate) finds.
    pub fn layer(&self) -> Result<BulkheadLayer<By>, Problems> {
        self.validate()?;
        let layer = BulkheadLayer::new(self.max_concurrent)
            .name(&self.name)
            .enabled(self.enabled)
            .enforce(self.enforce)
            .max_queued(self.max_queued)
            .max_wait(self.max_wait)
            .max_keys(self.max_keys)
            .until(self.until)
            .on_missing(self.on_missing)
            .by(self.by.clone());
        Ok(layer)
    }
}
