//! Something to protect, in virtual time: servers behind a queue that refuses who would wait too long.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use palisade_bulkhead::adaptive::{Adapt, Adaptive, Outcome, Sample};
use palisade_core::Micros;

use super::Dice;

/// Callers that always want `demand` calls in flight, a limit that lets so many through as it will,
/// and the upstream.
pub(crate) struct World {
    pub(crate) adaptive: Adaptive,
    /// How long one server works on one call, in microseconds, give or take a tenth.
    pub(crate) work: u64,
    /// Whoever would wait for longer is refused, quickly.
    pub(crate) patience: u64,
    pub(crate) demand: u32,
    pub(crate) now: u64,
    /// When each server will be free.
    servers: BinaryHeap<Reverse<u64>>,
    calls: BinaryHeap<Reverse<(u64, u64, u32, bool)>>,
    dice: Dice,
}

impl World {
    pub(crate) fn new(algorithm: impl Adapt + 'static, capacity: usize, seed: u64) -> Self {
        Self {
            adaptive: Adaptive::new(algorithm),
            work: 10_000,
            patience: 10_000,
            demand: u32::MAX,
            now: 1_000_000_000,
            servers: vec![Reverse(0); capacity].into(),
            calls: BinaryHeap::new(),
            dice: Dice(seed),
        }
    }

    pub(crate) fn capacity(&mut self, servers: usize) {
        // Those that are busy for longest are taken away.
        let mut free_at = std::mem::take(&mut self.servers).into_vec();
        free_at.sort_unstable_by(|a, b| b.cmp(a));
        free_at.resize(servers, Reverse(0));
        self.servers = free_at.into();
    }

    /// Lets `ends` calls end, and tells the limit after each.
    pub(crate) fn run(&mut self, ends: usize, mut seen: impl FnMut(u32)) {
        for _ in 0..ends {
            while self.calls.len() < self.adaptive.limit().min(self.demand) as usize {
                self.begin();
            }
            let Some(Reverse((end, began, in_flight, refused))) = self.calls.pop() else { return };
            self.now = end;
            let outcome = if refused { Outcome::Dropped } else { Outcome::Served };
            let (began, rtt) = (Micros(began), Micros(end - began));
            self.adaptive.record(&Sample { began, rtt, in_flight, outcome });
            seen(self.adaptive.limit());
        }
    }

    /// As [`run`](Self::run), and tells the limit's mean over the last half.
    pub(crate) fn settle(&mut self, ends: usize) -> u32 {
        self.run(ends / 2, |_| {});
        let mut sum = 0;
        self.run(ends / 2, |limit| sum += u64::from(limit));
        (sum / (ends as u64 / 2)) as u32
    }

    fn begin(&mut self) {
        let in_flight = self.calls.len() as u32 + 1;
        let (now, jitter) = (self.now, self.dice.below(self.work / 5 + 1));
        let work = self.work - self.work / 10 + jitter;
        let Some(Reverse(free_at)) = self.servers.pop() else { return };
        let start = now.max(free_at);
        if start - now > self.patience {
            self.servers.push(Reverse(free_at));
            self.calls.push(Reverse((now + 500, now, in_flight, true)));
        } else {
            self.servers.push(Reverse(start + work));
            self.calls.push(Reverse((start + work, now, in_flight, false)));
        }
    }
}
