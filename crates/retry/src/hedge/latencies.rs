//! How long calls of the last minute took, and which time most of them were within.
//!
//! Six slots of ten seconds, each with counts of buckets that are at most an eighth of their value wide. A
//! call that ends adds one; once a second the call that comes then looks through all of them, and as long
//! as there are too few, each does. So a time is that of the last 50 to 60 seconds before a call last
//! ended, at most an eighth too long, and never too short.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};

use palisade_core::{Micros, Ratio};

const SLOTS: usize = 6;
const SLOT: u64 = 10_000_000;

/// How often it is looked through.
const EVERY: u64 = 1_000_000;

/// Fewer calls say nothing.
const LEAST: u64 = 100;

/// The powers of two that are told apart, from 8 us to 18 minutes; each in eight parts.
const BUCKETS: usize = 28 * 8;

/// How long calls took. All of it is atomic, nothing is locked.
#[derive(Debug)]
pub(crate) struct Latencies {
    slots: [Slot; SLOTS],
    /// [`Micros::MAX`] if it is not known.
    within: AtomicU64,
    /// When it is looked through again.
    due: AtomicU64,
}

#[derive(Debug)]
struct Slot {
    /// Which ten seconds since the epoch, and one: 0 if it was never used.
    number: AtomicU64,
    counts: [AtomicU32; BUCKETS],
}

impl Latencies {
    pub(crate) fn new() -> Self {
        Self {
            slots: std::array::from_fn(|_| Slot::new()),
            within: AtomicU64::new(Micros::MAX.0),
            due: AtomicU64::new(0),
        }
    }

    /// As good as new.
    pub(crate) fn clear(&self) {
        for slot in &self.slots {
            slot.number.store(0, Relaxed);
        }
        self.within.store(Micros::MAX.0, Relaxed);
        self.due.store(0, Relaxed);
    }

    /// The time that the share of calls was within which was asked for with the last of them; `None` if
    /// there were too few to tell.
    pub(crate) fn within(&self) -> Option<Micros> {
        let within = Micros(self.within.load(Relaxed));
        (within != Micros::MAX).then_some(within)
    }

    /// A call took so long.
    pub(crate) fn add(&self, now: Micros, took: Micros, share: Ratio) {
        let number = now.0 / SLOT + 1;
        let slot = &self.slots[(number % SLOTS as u64) as usize];
        slot.turn(number);
        slot.counts[bucket(took)].fetch_add(1, Relaxed);
        let due = self.due.load(Relaxed);
        if now.0 >= due && self.due.compare_exchange(due, now.0 + EVERY, Relaxed, Relaxed).is_ok() {
            let within = self.look(number, share);
            self.within.store(within.unwrap_or(Micros::MAX).0, Relaxed);
            if within.is_none() {
                // The next call may be the one that tells.
                self.due.store(0, Relaxed);
            }
        }
    }

    fn look(&self, newest: u64, share: Ratio) -> Option<Micros> {
        let mut sums = [0_u64; BUCKETS];
        let is_recent = |slot: &&Slot| {
            let number = slot.number.load(Relaxed);
            number > 0 && number + SLOTS as u64 > newest
        };
        for slot in self.slots.iter().filter(is_recent) {
            for (sum, count) in sums.iter_mut().zip(&slot.counts) {
                *sum += u64::from(count.load(Relaxed));
            }
        }
        let total: u64 = sums.iter().sum();
        if total < LEAST {
            return None;
        }
        let rank = (u128::from(total) * u128::from(share.ppm())).div_ceil(1_000_000).max(1);
        let mut seen = 0;
        let at = sums.iter().position(|&sum| {
            seen += u128::from(sum);
            seen >= rank
        });
        at.map(end)
    }
}

impl Slot {
    fn new() -> Self {
        Self { number: AtomicU64::new(0), counts: std::array::from_fn(|_| AtomicU32::new(0)) }
    }

    /// Begins anew if it is of another time. Whoever counts while this happens may not be counted.
    fn turn(&self, number: u64) {
        let old = self.number.load(Relaxed);
        if old < number && self.number.compare_exchange(old, number, Relaxed, Relaxed).is_ok() {
            for count in &self.counts {
                count.store(0, Relaxed);
            }
        }
    }
}

/// The bucket of a time; the last one for all that are longer.
const fn bucket(took: Micros) -> usize {
    let time = took.0;
    if time < 8 {
        return time as usize;
    }
    let power = time.ilog2() as usize;
    let part = (time >> (power - 3)) as usize & 7;
    let at = (power - 2) * 8 + part;
    if at < BUCKETS { at } else { BUCKETS - 1 }
}

/// The longest time of a bucket.
const fn end(bucket: usize) -> Micros {
    if bucket < 8 {
        return Micros(bucket as u64);
    }
    let (power, part) = (bucket / 8 + 2, bucket as u64 % 8);
    Micros(((9 + part) << (power - 3)) - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Micros = Micros(1_767_225_600_000_000);
    const P95: Ratio = Ratio::percent(95);

    #[test]
    fn a_bucket_ends_at_most_an_eighth_beyond_each_of_its_times() {
        let times = (0..40).flat_map(|power| (0..16).map(move |part| (16 + part) << power >> 4));
        for time in times.filter(|&time| time < 1 << 30) {
            let end = end(bucket(Micros(time))).0;
            assert!(end >= time && end <= time + time / 8, "{time} in a bucket that ends at {end}");
        }
        assert_eq!(bucket(Micros::MAX), BUCKETS - 1);
    }

    #[test]
    fn it_takes_a_hundred_calls_to_tell() {
        let latencies = Latencies::new();
        for _ in 0..99 {
            latencies.add(START, Micros(1_000), P95);
        }
        assert_eq!(latencies.within(), None);
        latencies.add(START, Micros(1_000), P95);
        assert_eq!(latencies.within(), Some(end(bucket(Micros(1_000)))));
    }

    #[test]
    fn it_is_the_time_that_so_many_were_within() {
        let latencies = Latencies::new();
        for call in 1..=100 {
            latencies.add(START, Micros(call * 1_000), P95);
        }
        let within = latencies.within().expect("enough calls").0;
        assert!((95_000..=95_000 * 9 / 8).contains(&within), "{within}");
    }

    #[test]
    fn what_is_older_than_a_minute_is_forgotten() {
        let latencies = Latencies::new();
        for _ in 0..200 {
            latencies.add(START, Micros(1_000_000), P95);
        }
        let later = START + Micros(50_000_000);
        for _ in 0..100 {
            latencies.add(later, Micros(1_000), P95);
        }
        assert!(latencies.within() > Some(Micros(500_000)), "{:?}", latencies.within());
        latencies.add(later + Micros(10_000_000), Micros(1_000), P95);
        assert!(latencies.within() < Some(Micros(2_000)), "{:?}", latencies.within());
        latencies.add(later + Micros(3_600_000_000), Micros(1_000), P95);
        assert_eq!(latencies.within(), None, "too few of the last minute");
    }
}
