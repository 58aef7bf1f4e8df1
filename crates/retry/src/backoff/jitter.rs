//! How chance parts callers that failed together.

use fastrand::Rng;
use palisade_core::{Micros, Ratio};

/// How chance changes the planned waits.
///
/// `w` is the planned wait, already capped; the cap holds for what is drawn, too. `Full`, `Equal` and
/// `Decorrelated` are those of Marc Brooker, "Exponential Backoff And Jitter", AWS Architecture
/// Blog, 2015, which measured that full jitter makes the fewest calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Jitter {
    /// `w`. Callers that failed together come back together: for tests, and for waits that are drawn
    /// already.
    None,
    /// Uniform from 0 to `w`: on average half of what is planned.
    #[default]
    Full,
    /// `w/2`, and uniform from 0 to `w/2`: never less than half of what is planned.
    Equal,
    /// The smaller of the cap and a draw, uniform from the first planned wait to three times the wait
    /// before; before the first one, the first planned wait stands for that.
    ///
    /// Of the planned waits only the first counts, so linear, exponential and fixed ones are all
    /// the same, and a zero stays zero. Once waits are near the cap, most are the cap itself: set a
    /// cap far above the first wait.
    Decorrelated,
    /// `w`, and uniform from 0 to this share of it: never earlier than planned.
    ///
    /// A wait that is planned at the cap stays there, without any chance in it.
    Plus(Ratio),
}

impl Jitter {
    /// What becomes of a planned wait, by those that look at nothing else.
    pub(super) fn draw(self, planned: Micros, rng: &mut Rng) -> Micros {
        let w = planned.0;
        match self {
            // The latter is drawn by `Chain`.
            Self::None | Self::Decorrelated => planned,
            Self::Full => Micros(rng.u64(..=w)),
            Self::Equal => Micros(rng.u64(w / 2..=w)),
            Self::Plus(share) => {
                let most = u128::from(w) * u128::from(share.ppm()) / 1_000_000;
                // At most `w`, since a share is at most all.
                let most = u64::try_from(most).unwrap_or(w);
                planned + Micros(rng.u64(..=most))
            }
        }
    }
}

/// Decorrelated jitter: each wait is drawn from the one before it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chain {
    first: Micros,
    previous: Micros,
}

impl Chain {
    pub(super) const fn new(first: Micros) -> Self {
        Self { first, previous: first }
    }

    pub(super) fn draw(&mut self, cap: Micros, rng: &mut Rng) -> Micros {
        // A cap below the first wait makes three times the last one less than it.
        let most = self.previous.0.saturating_mul(3).max(self.first.0);
        self.previous = Micros(rng.u64(self.first.0..=most)).min(cap);
        self.previous
    }
}
