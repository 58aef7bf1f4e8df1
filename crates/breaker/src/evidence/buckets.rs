//! A window of time, in buckets.
//!
//! Calls are counted by counters that only ever go up; the window is the difference between now and
//! where they stood when it began. So a call that succeeds does nothing for the window but to be
//! counted, which it is anyway, on its own thread; and what the window holds costs nothing. Where
//! the counters stood is written down once per bucket, by the first call in it: after any time
//! without calls that is one step.

use std::collections::VecDeque;

use palisade_core::Micros;
use palisade_core::hot::Hot;
use palisade_core::sync::Mutex;

use crate::evidence::tally::{Base, Tally};

/// Into how many buckets a window of time is divided.
pub(crate) const BUCKETS: u64 = 10;

/// A window that moves on by a tenth of itself at a time: it reaches back between nine and ten
/// tenths.
#[derive(Debug)]
pub(crate) struct Buckets {
    base: Hot<Base, 5>,
    /// Where the counters stood at the beginning of each bucket with calls, oldest first.
    marks: Mutex<VecDeque<(Micros, Tally)>>,
}

impl Buckets {
    pub(crate) fn new() -> Self {
        Self { base: Hot::new(Base::default()), marks: Mutex::new(VecDeque::new()) }
    }

    /// Whether the first call of another bucket is here.
    #[inline]
    pub(crate) fn is_due(&self, now: Micros) -> bool {
        // The first of its words.
        now.0 >= self.base.word(0)
    }

    /// Moves the window on to `now`, before the call that is the first of its bucket is counted.
    /// Returns what the bucket before it holds, `None` if somebody else has moved it meanwhile.
    pub(crate) fn roll(
        &self,
        now: Micros,
        span: Micros,
        tally: impl FnOnce() -> Tally,
    ) -> Option<Tally> {
        let mut marks = self.marks.lock();
        if !self.is_due(now) {
            return None;
        }
        let tally = tally();
        let width = (span.0 / BUCKETS).max(1);
        let bucket = now.0 - now.0 % width;
        // Nothing was counted between the end of the last bucket and this one's beginning, so that
        // the marks stand for all times up to the next one's.
        let first = bucket.saturating_sub(width * (BUCKETS - 1));
        let last = marks.back().map(|&(_, last)| tally.since(last));
        while marks.front().is_some_and(|&(at, _)| at.0 < first) {
            marks.pop_front();
        }
        marks.push_back((Micros(bucket), tally));
        let ends = Micros(bucket.saturating_add(width));
        let begin = marks.front().map_or(tally, |&(_, begin)| begin);
        self.base.update(|_| Base { ends, tally: begin });
        Some(last.unwrap_or_default())
    }

    /// What is in the window.
    pub(crate) fn window(&self, tally: impl Fn() -> Tally) -> Tally {
        let (base, tally) = self.base.get_with(|_| tally());
        tally.since(base.tally)
    }

    /// Begins anew with the next call. Returns what the bucket holds that ends so.
    pub(crate) fn clear(&self, tally: Tally) -> Tally {
        let mut marks = self.marks.lock();
        let last = marks.back().map(|&(_, last)| tally.since(last));
        marks.clear();
        self.base.update(|_| Base { ends: Micros::ZERO, tally });
        last.unwrap_or_default()
    }

    /// Lets the next call find the window of another length: what was counted stays as far as it
    /// reaches back.
    pub(crate) fn resize(&self) {
        let _one_at_a_time = self.marks.lock();
        self.base.update(|base| Base { ends: Micros::ZERO, ..base });
    }
}
