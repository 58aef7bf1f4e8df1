//! The waits of one call.

use std::time::Duration;

use fastrand::Rng;
use palisade_core::Micros;

use super::Jitter;
use super::course::Steps;
use super::jitter::Chain;

/// The waits of one call, in order: made by [`Backoff::waits`](crate::Backoff::waits).
///
/// Endless, unless they are those of [`Backoff::iter`](crate::Backoff::iter), after whose end
/// nothing follows.
#[derive(Debug)]
#[must_use = "waits are drawn when they are asked for"]
pub struct Waits {
    steps: Steps,
    cap: Micros,
    jitter: Jitter,
    /// What decorrelated jitter knows, from the first wait on.
    chain: Option<Chain>,
    rng: Rng,
}

impl Waits {
    pub(super) const fn new(steps: Steps, cap: Micros, jitter: Jitter, rng: Rng) -> Self {
        Self { steps, cap, jitter, chain: None, rng }
    }
}

impl Iterator for Waits {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        let planned = self.steps.next()?;
        let (cap, rng) = (self.cap, &mut self.rng);
        let drawn = match self.jitter {
            Jitter::Decorrelated => {
                self.chain.get_or_insert_with(|| Chain::new(planned)).draw(cap, rng)
            }
            jitter => jitter.draw(planned.min(cap), rng),
        };
        Some(drawn.min(cap).to_duration())
    }
}

impl std::iter::FusedIterator for Waits {}
