//! A breaker without states: the client throttle.

use palisade_core::Ratio;

use crate::evidence::tally::Tally;

/// Refuses as many calls as the service would.
///
/// The adaptive throttle of *Site Reliability Engineering* (Beyer et al., 2016, "Handling Overload",
/// equation 21-1): of the calls that are made, a share p = max(0, (requests − K·accepts) / (requests +
/// 1)) is refused here, where requests are all that were made in the window, refused ones included, and
/// accepts those that the service accepted. It needs no states: the more the service fails, the fewer
/// calls get through, and they are the probes. K is how many more calls are sent than are accepted: at 2
/// a service that is overloaded still refuses half of what reaches it; nearer to 1 it is spared more, and
/// its recovery takes longer to show. After an outage that outlasts the window next to nothing is let
/// through, and what is at most doubles per window: a long window is slow to come back.
///
/// A call counts when it has ended, so that a burst of slow ones is not taken for failures.
///
/// ```
/// use palisade_breaker::{BreakerLayer, Throttle};
///
/// let layer = BreakerLayer::throttle(Throttle::new().k_percent(150)).name("ledger");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Throttle {
    k_percent: u32,
}

impl Throttle {
    /// K = 2.
    #[must_use]
    pub const fn new() -> Self {
        Self { k_percent: 200 }
    }

    /// K in per cent: 150 sends 1.5 calls for each that is accepted; below 100 counts as 100.
    #[must_use]
    pub const fn k_percent(self, k_percent: u32) -> Self {
        Self { k_percent: if k_percent < 100 { 100 } else { k_percent } }
    }

    /// K in per cent.
    #[must_use]
    pub const fn k(self) -> u32 {
        self.k_percent
    }

    /// The share of calls to be refused.
    pub(crate) fn share(self, window: Tally) -> Ratio {
        let requests = u128::from(window.calls()) + u128::from(window.refused);
        let accepted = u128::from(window.successes) * u128::from(self.k_percent);
        let beyond = (requests * 100).saturating_sub(accepted);
        let ppm = beyond * 1_000_000 / ((requests + 1) * 100);
        Ratio::per_million(u32::try_from(ppm).unwrap_or(u32::MAX))
    }
}

impl Default for Throttle {
    fn default() -> Self {
        Self::new()
    }
}
