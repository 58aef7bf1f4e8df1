//! What somebody should look at, said once.

use std::sync::atomic::Ordering;

use palisade_core::base::Shared as _;
use palisade_core::key::Missing;
use palisade_core::telemetry;

use crate::shared::Shared;
use crate::shared::counters::{KEYLESS, LAYER};

impl Shared {
    /// Counts a request without a key, and warns of the first unless such requests are meant to pass.
    #[cold]
    pub(crate) fn keyless(&self, by: &'static str, missing: Missing) {
        self.base().meter().add(KEYLESS);
        self.base().warn_keyless(LAYER, by, missing);
    }

    pub(crate) fn warn_if_full(&self) {
        if self.engine.keys().overflowed > 0 && !self.warned_full.swap(true, Ordering::Relaxed) {
            let message = "the key table is full; new keys share one bucket";
            telemetry::warn(LAYER, self.base().name(), message);
        }
    }
}
