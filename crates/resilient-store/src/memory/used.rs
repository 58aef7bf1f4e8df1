//! How much of a limit is taken, whatever its algorithm is.
//!
//! An outcome says what is left, and not of how much: a bucket is refilled while it is looked at, and a queue
//! holds more than it has room for. But an algorithm knows what has to be
//! [raised](Op::Raise) and what has not, so it is asked that, some dozens of times: once for a key in an
//! outage.

use palisade_core::Micros;
use palisade_core::algorithm::{Algorithm, Op};
use palisade_core::store::Policy;

use super::warm::PolicyState;

/// The units that are taken, whole ones only, up to `most`. Of a state that is full it is `most`, which
/// the limit bounds when it is raised to it.
pub(super) fn taken(policy: &Policy, state: &PolicyState, now: Micros, most: u64) -> u64 {
    let level = |op, units| {
        let (outcome, _) = policy.plan(state, now, op, units, 0);
        (outcome.reset(), outcome.remaining())
    };
    let as_it_is = level(Op::Decide, 0);
    // The largest number that nothing is missing to: more never leaves it as it is if less does not.
    let (mut least, mut above) = (0, most.saturating_add(1));
    while above - least > 1 {
        let middle = least + (above - least) / 2;
        match level(Op::Raise, middle) == as_it_is {
            true => least = middle,
            false => above = middle,
        }
    }
    least
}

/// The units that are taken, of which a part counts as a whole one, up to `most`.
pub(super) fn begun(policy: &Policy, state: &PolicyState, now: Micros, most: u64) -> u64 {
    let taken = taken(policy, state, now, most);
    let (without, _) = policy.plan(state, now, Op::Refund, taken, 0);
    if without.reset() > Micros::ZERO { taken.saturating_add(1).min(most) } else { taken }
}
