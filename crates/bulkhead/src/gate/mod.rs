//! The places of a bulkhead: who is in, and who waits.
//!
//! One word says how many units are taken and whether somebody waits. To come in is one
//! compare-and-swap while nobody waits, to leave is one subtraction; only if somebody waits does
//! who leaves take the lock of the line and let in from its front.
//!
//! ```text
//!  enter ── fits, and nobody waits ──▶ in ── leave ──▶ (somebody waits) ──▶ admit from the front
//!    │                                 ▲                                        │
//!    └─ else ─▶ join the line ─────────┴────────────────────────────────────────┘
//! ```
//!
//! While somebody waits, units are taken under the lock only: a newcomer never overtakes, and a
//! heavy call at the front gathers the units that lighter ones leave. A tree of places keeps the
//! line, so that one who goes away from its middle costs O(log n).

mod line;

use std::sync::atomic::AtomicU32;
use std::task::Waker;

use palisade_core::sync::{AtomicU64, Mutex, Ordering};
use smallvec::SmallVec;

use self::line::Line;

/// Set in the word while the line is not empty: no sum of units with it is within a limit.
const WAITING: u64 = 1 << 63;

/// Wakers to be called, or dropped, when the lock is released: either may run code that comes back
/// here.
type Wakers = SmallVec<[Waker; 4]>;

/// A number of units that are taken one at a time, or several by one call.
#[derive(Debug)]
pub(crate) struct Gate {
    /// The units taken, 32 bits, and [`WAITING`].
    word: AtomicU64,
    limit: AtomicU64,
    line: Mutex<Line>,
    /// How many stand in the line, for whoever just looks. It orders nothing, so loom need not know it.
    waiting: AtomicU32,
}

/// What became of a call that wanted to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Joined {
    /// It is in: that many units became free meanwhile.
    In(u32),
    /// It stands in the line, in this place.
    Waits(u64),
    /// The line is as long as it may be: so many count.
    Full(u32),
}

impl Gate {
    /// A gate that lets `limit` units in.
    pub(crate) fn new(limit: u32) -> Self {
        Self {
            word: AtomicU64::new(0),
            limit: AtomicU64::new(limit.into()),
            line: Mutex::new(Line::default()),
            waiting: AtomicU32::new(0),
        }
    }

    /// Takes `weight` units, at most all there are, if they are free and nobody waits; says how many
    /// it took. No weight takes none and always passes.
    #[inline]
    pub(crate) fn enter(&self, weight: u32) -> Option<u32> {
        let limit = self.limit.load(Ordering::Relaxed);
        let units = u64::from(weight).min(limit);
        if units == 0 {
            return (weight == 0).then_some(0);
        }
        let mut word = self.word.load(Ordering::Relaxed);
        while word + units <= limit {
            let (new, acquire) = (word + units, Ordering::Acquire);
            match self.word.compare_exchange_weak(word, new, acquire, Ordering::Relaxed) {
                Ok(_) => return Some(units as u32),
                Err(now) => word = now,
            }
        }
        None
    }

    /// Gives units back.
    #[inline]
    pub(crate) fn leave(&self, units: u32) {
        let before = self.word.fetch_sub(units.into(), Ordering::Release);
        if before & WAITING != 0 {
            self.admit();
        }
    }

    /// Stands in the line, unless `most` stand there already; with `None` it stands there in any case,
    /// and does not count for others.
    pub(crate) fn join(&self, weight: u32, most: Option<u32>) -> Joined {
        let mut line = self.line.lock();
        if line.waiting() == 0
            && let Some(units) = self.enter(weight)
        {
            return Joined::In(units);
        }
        // There are no numbers for more than the line can count, if there is memory for them.
        if most.is_some_and(|most| line.queued() >= most) || line.waiting() == u32::MAX {
            return Joined::Full(line.queued());
        }
        let place = line.push(weight, most.is_some());
        // Who leaves from here on sees the line. Who left before has made room that nobody was told
        // of, so it is looked for once more.
        self.word.fetch_or(WAITING, Ordering::Relaxed);
        let woken = self.admit_from(&mut line);
        drop(line);
        wake(woken);
        Joined::Waits(place)
    }

    /// The units of who stands in `place`, once it has its turn: it has left the line then. Until
    /// then its task is woken by `waker`.
    pub(crate) fn poll(&self, place: u64, waker: &Waker) -> Option<u32> {
        // Cloned, as the one that it replaces is dropped, outside of the lock.
        let waker = waker.clone();
        let (units, unused) = self.line.lock().poll(place, waker);
        drop(unused);
        units
    }

    /// Who stands in `place` goes away; if it had its turn already, its units are free again.
    pub(crate) fn forsake(&self, place: u64) {
        let mut line = self.line.lock();
        let gone = line.remove(place);
        if let Some(units) = gone.units {
            self.word.fetch_sub(units.into(), Ordering::Release);
        }
        // It may have been the one at the front that the others wait behind.
        let woken = self.admit_from(&mut line);
        drop(line);
        drop(gone);
        wake(woken);
    }

    /// Changes the limit. More is there for those who wait at once; of less, what is taken beyond it
    /// is taken until it is left.
    pub(crate) fn set_limit(&self, limit: u32) {
        let mut line = self.line.lock();
        self.limit.store(limit.into(), Ordering::Relaxed);
        let woken = self.admit_from(&mut line);
        drop(line);
        wake(woken);
    }

    /// How many units there are.
    #[inline]
    pub(crate) fn limit(&self) -> u32 {
        self.limit.load(Ordering::Relaxed) as u32
    }

    /// How many units are taken; more than the limit for a while after it was lowered.
    pub(crate) fn in_use(&self) -> u32 {
        self.word.load(Ordering::Relaxed) as u32
    }

    /// How many stand in the line. Waits for nobody.
    pub(crate) fn waiting(&self) -> u32 {
        self.waiting.load(Ordering::Relaxed)
    }

    #[cold]
    fn admit(&self) {
        let woken = self.admit_from(&mut self.line.lock());
        wake(woken);
    }

    /// Lets in from the front whoever there is room for. Called after all that changes the line.
    fn admit_from(&self, line: &mut Line) -> Wakers {
        let woken = self.admit_who_fits(line);
        self.waiting.store(line.waiting(), Ordering::Relaxed);
        woken
    }

    fn admit_who_fits(&self, line: &mut Line) -> Wakers {
        let mut woken = Wakers::new();
        let limit = self.limit.load(Ordering::Relaxed);
        while let Some(weight) = line.front() {
            let units = u64::from(weight).min(limit);
            // With the line's flag set nobody takes units but under the lock, which is ours: they
            // can only become more until they are taken.
            let taken = self.word.load(Ordering::Acquire) & !WAITING;
            if units == 0 || taken + units > limit {
                return woken;
            }
            self.word.fetch_add(units, Ordering::Relaxed);
            woken.extend(line.admit(units as u32));
        }
        self.word.fetch_and(!WAITING, Ordering::Relaxed);
        woken
    }
}

fn wake(woken: Wakers) {
    woken.into_iter().for_each(Waker::wake);
}
