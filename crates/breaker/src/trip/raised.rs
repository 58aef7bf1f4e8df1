//! A threshold that follows what a dependency usually does.

use palisade_core::{Cause, Ratio};

use crate::evidence::tally::Tally;
use crate::trip::{count, reaches};

/// Opens when calls fail significantly more often than they usually do.
///
/// A fixed percentage is wrong for most dependencies: a search that fails for 30 % of its callers
/// every day must not open at 20 %, and a ledger that never fails should open long before 50 %. So
/// the breaker learns how often calls usually fail, *b*, from the last thousand tenths of windows with
/// calls, those of outages included, so that what lasts becomes usual. It opens when, of the *n* calls
/// in its window, *f* failed, and both hold:
///
/// - it is no accident: (*f* − *nb*)² ≥ *z*²·*nb*(1 − *b*), the test of one proportion against a known
///   one in its normal approximation (NIST/SEMATECH e-Handbook of Statistical Methods, 7.2.4). *z* is
///   6 standard deviations, and falls to 3 as the [load](crate::BreakerLayer::load_signal) rises to
///   100 %: a loaded caller can afford less patience;
/// - it matters: *f*/*n* ≥ *b* + the least rise, 10 percentage points unless set.
///
/// *b* counts as 1 % at least, so that a service which never fails may. Until a hundred calls were
/// seen nothing is usual, and half of the calls must fail. The window is one of time: if the
/// breaker's is not, the last 10 s.
///
/// ```
/// use palisade_breaker::{Breaker, Raised, Ratio, Trip};
///
/// let breaker = Breaker::new().trip(Trip::raised(Raised::new().least_rise(Ratio::percent(5))));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Raised {
    pub(crate) least_rise: Ratio,
}

/// Standard deviations, in thousandths, without load and how many fewer at full load.
const CALM: u64 = 6_000;
const LOADED: u64 = 3_000;

/// What a service that never fails is taken to fail usually.
const LEAST_USUAL: Ratio = Ratio::percent(1);

/// What must fail as long as nothing is usual.
const UNTAUGHT: Ratio = Ratio::percent(50);

impl Raised {
    /// A rise by 10 percentage points at least.
    #[must_use]
    pub const fn new() -> Self {
        Self { least_rise: Ratio::percent(10) }
    }

    /// By how much the share of failures must rise at least, in percentage points.
    #[must_use]
    pub const fn least_rise(self, least_rise: Ratio) -> Self {
        Self { least_rise }
    }

    pub(super) fn stricter(self, other: Self) -> Self {
        Self { least_rise: self.least_rise.min(other.least_rise) }
    }

    /// Why what a window of time holds should open the breaker, if it should. `usual` is how often
    /// calls usually fail, `load` how loaded whoever asks is.
    pub(crate) fn judge(
        self,
        window: Tally,
        minimum: u32,
        usual: Option<Ratio>,
        load: Ratio,
    ) -> Option<Cause> {
        let (calls, failures) = (window.calls(), window.failures);
        if calls < u64::from(minimum.max(1)) {
            return None;
        }
        let Some(known) = usual else {
            let is_met = reaches(failures, calls, UNTAUGHT);
            return is_met.then(|| Cause::Failed { calls: count(failures), of: count(calls) });
        };
        const ONE: u128 = 1_000_000;
        let usual = known.max(LEAST_USUAL);
        let (n, b) = (u128::from(count(calls)), u128::from(usual.ppm()));
        // All in millionths of calls.
        let (seen, expected) = (u128::from(count(failures)) * ONE, n * b);
        let rise = seen.checked_sub(expected)?;
        let eased = u64::from(load.ppm()) * (CALM - LOADED) / 1_000_000;
        let z = u128::from(CALM - eased);
        let variance = n * b * (ONE - b);
        let is_significant = rise * rise * ONE >= z * z * variance;
        let matters = rise > 0 && rise >= n * u128::from(self.least_rise.ppm());
        (is_significant && matters).then(|| Cause::Raised {
            calls: count(failures),
            of: count(calls),
            usual: known,
        })
    }
}

impl Default for Raised {
    fn default() -> Self {
        Self::new()
    }
}
