//! `.enabled(..)` and `.enforce(..)`: the two settings that every layer has.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::Ratio;

/// Whether a layer does anything, and which share of its refusals it acts on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Switch {
    /// `false`: every call goes straight to the inner service, nothing is counted or changed.
    pub enabled: bool,
    /// The share of refusals that are acted on. Below one the layer decides and counts as ever, but
    /// lets the rest pass (counted as `shadowed`); zero is a dry run.
    pub enforce: Ratio,
}

impl Default for Switch {
    fn default() -> Self {
        Self { enabled: true, enforce: Ratio::ONE }
    }
}

impl Switch {
    const ENABLED: u32 = 1 << 31;

    /// The same, on or off.
    #[must_use]
    pub const fn with_enabled(self, enabled: bool) -> Self {
        Self { enabled, ..self }
    }

    /// The same with another share.
    #[must_use]
    pub const fn with_enforce(self, enforce: Ratio) -> Self {
        Self { enforce, ..self }
    }

    /// Both settings in 32 bits.
    #[must_use]
    pub const fn pack(self) -> u32 {
        let enabled = if self.enabled { Self::ENABLED } else { 0 };
        self.enforce.ppm() | enabled
    }

    /// The settings that [`pack`](Self::pack) made `bits` of.
    #[must_use]
    pub const fn unpack(bits: u32) -> Self {
        let enforce = Ratio::per_million(bits & !Self::ENABLED);
        Self { enabled: bits & Self::ENABLED != 0, enforce }
    }
}

/// Picks the refusals to act on: evenly, without randomness, so that of `n` refusals exactly
/// `n * ratio` (rounded down) are enforced.
#[derive(Debug, Default)]
pub struct Share(AtomicU64);

impl Share {
    /// Picks as if there had been no refusal yet.
    pub fn reset(&self) {
        self.0.store(0, Ordering::Relaxed);
    }

    /// Whether to act on this refusal.
    pub fn enforces(&self, ratio: Ratio) -> bool {
        match ratio {
            Ratio::ONE => true,
            Ratio::ZERO => false,
            ratio => {
                const WHOLE: u128 = 1_000_000;
                let before = u128::from(self.0.fetch_add(1, Ordering::Relaxed));
                let ppm = u128::from(ratio.ppm());
                (before + 1) * ppm / WHOLE > before * ppm / WHOLE
            }
        }
    }
}
