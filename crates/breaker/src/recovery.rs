//! How a breaker that has opened closes again.

use palisade_core::{Micros, Ratio};

/// How a breaker that has opened closes again. What each field means stands at the setter of its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Recovery {
    pub(crate) open_for: Micros,
    pub(crate) open_at_most: Micros,
    pub(crate) jitter: Ratio,
    /// The longest wait that the service itself may ask for.
    pub(crate) retry_after_at_most: Micros,
    pub(crate) probes: u32,
    /// Successes that close it; `None`: the probes' rate decides.
    pub(crate) close_after: Option<u32>,
    /// From which share of failed probes on it opens again.
    pub(crate) probe_rate: Ratio,
    pub(crate) probe_timeout: Micros,
    pub(crate) half_open_at_most: Micros,
    /// Zero: calls pass at once when it closes.
    pub(crate) ramp: Micros,
}

impl Default for Recovery {
    fn default() -> Self {
        Self {
            open_for: Micros(5_000_000),
            open_at_most: Micros(60_000_000),
            jitter: Ratio::percent(10),
            retry_after_at_most: Micros(60_000_000),
            probes: 3,
            close_after: None,
            probe_rate: Ratio::percent(50),
            probe_timeout: Micros(10_000_000),
            half_open_at_most: Micros(30_000_000),
            ramp: Micros::ZERO,
        }
    }
}

impl Recovery {
    /// How long to stay open after so many recoveries in a row that failed; `chance` is a number from
    /// 0 to `u32::MAX`, by which the jitter makes the wait longer. The longest wait holds after that.
    pub(crate) fn wait(&self, setbacks: u32, chance: u32) -> Micros {
        let most = self.open_at_most.max(self.open_for).0;
        let factor = 1_u64.checked_shl(setbacks).unwrap_or(u64::MAX);
        let wait = self.open_for.0.saturating_mul(factor).min(most);
        let longest = u128::from(wait) * u128::from(self.jitter.ppm()) / 1_000_000;
        let extra = longest * u128::from(chance) / u128::from(u32::MAX);
        Micros(wait.saturating_add(u64::try_from(extra).unwrap_or(u64::MAX)).min(most))
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000;

    #[test]
    fn the_wait_doubles_up_to_its_cap() {
        let recovery = Recovery { jitter: Ratio::ZERO, ..Recovery::default() };
        let waits: Vec<u64> = (0..6).map(|n| recovery.wait(n, u32::MAX).0 / SECOND).collect();
        assert_eq!(waits, [5, 10, 20, 40, 60, 60]);
        assert_eq!(recovery.wait(u32::MAX, 0).0, 60 * SECOND);
    }

    #[test]
    fn jitter_makes_it_longer_and_the_cap_holds_after_it() {
        let recovery = Recovery { jitter: Ratio::percent(20), ..Recovery::default() };
        assert_eq!(recovery.wait(0, 0).0, 5 * SECOND);
        assert_eq!(recovery.wait(0, u32::MAX).0, 6 * SECOND);
        assert_eq!(recovery.wait(4, u32::MAX).0, 60 * SECOND);
    }

    #[test]
    fn a_first_wait_beyond_the_cap_is_the_cap() {
        let recovery =
            Recovery { open_for: Micros(90 * SECOND), jitter: Ratio::ONE, ..Recovery::default() };
        assert_eq!(recovery.wait(3, u32::MAX).0, 90 * SECOND);
        let for_ever = Recovery { open_for: Micros::MAX, ..recovery };
        assert_eq!(for_ever.wait(3, u32::MAX), Micros::MAX);
    }
}
