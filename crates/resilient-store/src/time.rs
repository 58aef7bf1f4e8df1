//! The store's time, while the store does not tell it.

use std::sync::atomic::{AtomicI64, Ordering::Relaxed};

use palisade_core::Micros;

/// How far the store's clock is ahead of ours.
#[derive(Debug, Default)]
pub(crate) struct StoreTime(AtomicI64);

/// From this on a difference is a clock that was set, and not an answer that took its time.
const STEP: i64 = 1_000_000;

impl StoreTime {
    /// An answer of `there`, which has come at `here`.
    ///
    /// It was given a little earlier, so the largest difference is the best one: from that it goes back
    /// slowly, which is how clocks drift, and at once only if a clock was set.
    pub(crate) fn hear(&self, there: Micros, here: Micros) {
        let (heard, old) = (difference(there, here), self.0.load(Relaxed));
        let behind = old.saturating_sub(heard);
        let new = if (1..STEP).contains(&behind) { old - behind / 64 } else { heard };
        if new != old {
            self.0.store(new, Relaxed);
        }
    }

    /// What the store's clock shows when ours shows `here`.
    pub(crate) fn at(&self, here: Micros) -> Micros {
        Micros(here.0.saturating_add_signed(self.0.load(Relaxed)))
    }
}

fn difference(there: Micros, here: Micros) -> i64 {
    let far = |span: Micros| i64::try_from(span.0).unwrap_or(i64::MAX);
    if there >= here { far(there.since(here)) } else { -far(here.since(there)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Micros = Micros(1_767_268_800_000_000);

    #[test]
    fn the_quickest_answer_tells_the_time_best() {
        let time = StoreTime::default();
        time.hear(NOON + Micros(5_000), NOON);
        time.hear(NOON + Micros(4_000), NOON);
        assert_eq!(time.at(NOON), NOON + Micros(4_985), "a sixty-fourth of the way");
        time.hear(NOON + Micros(6_000), NOON);
        assert_eq!(time.at(NOON), NOON + Micros(6_000));
    }

    #[test]
    fn a_clock_that_was_set_is_followed_at_once_in_both_directions() {
        let time = StoreTime::default();
        for there in [NOON + Micros(60_000_000), Micros(NOON.0 - 60_000_000), NOON] {
            time.hear(there, NOON);
            assert_eq!(time.at(NOON), there);
        }
    }
}
