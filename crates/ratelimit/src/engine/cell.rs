//! One bucket for all: a single word, without a lock.
//!
//! The word is the theoretical arrival time in `1/den` µs since the cell's anchor, so that a
//! decision is one load and one compare-and-swap, exact to the fraction. Where ten years of that do
//! not fit into 63 bits (an odd limit above 29 000 per period), a locked cell takes its place.
//!
//! The word's unit is the quota's, so the two change together: [`Cell::adjust`] moves the word from
//! one unit to the other inside the settings' own change, where no reader can be between them. A
//! caller that decided by the old unit finds another word when it swaps. (Not if it is held up for
//! seconds just there, and a new word then happens to be the old one: it still means the time that
//! it means now, and is charged one call at the old price.) What a change of the unit rounds is
//! less than a microsecond.

use palisade_core::Micros;
use palisade_core::algorithm::{Algorithm, Change, Op, Outcome};
use palisade_core::hot::Hot;
use palisade_core::sync::{AtomicU64, Mutex, Ordering};

use crate::algorithms::gcra::{Gcra, Step, Tat};
use crate::engine::settings::Settings;

/// The largest denominator with which ten years fit into 63 bits.
const WIDEST: u32 = 29_000;

/// How far the anchor lies before the cell was made, so that a paused clock that starts a little
/// earlier is still behind it.
const MARGIN: u64 = 24 * 3_600 * 1_000_000;

/// The word while the cell changes its unit: no arrival time is as large.
const MOVING: u64 = u64::MAX;

/// A bucket.
#[derive(Debug)]
pub(crate) struct Cell {
    anchor: Micros,
    word: AtomicU64,
    locked: Mutex<Tat>,
}

impl Cell {
    pub(crate) fn new(now: Micros) -> Self {
        let anchor = Micros(now.0.saturating_sub(MARGIN));
        Self { anchor, word: AtomicU64::new(0), locked: Mutex::new(Tat::default()) }
    }

    /// Executes `op` at `now`, by the settings of one moment; `None` if they are switched off.
    #[inline(always)]
    pub(crate) fn execute(
        &self,
        settings: &Hot<Settings, 3>,
        now: impl Fn() -> Micros,
        op: Op,
        units: u64,
    ) -> (Settings, Option<Outcome>) {
        if op == Op::Decide
            && units == 1
            && let Some(passed) = self.pass_one(settings, &now)
        {
            return passed;
        }
        loop {
            let (settings_now, word) = settings.get_with(|_| self.word.load(Ordering::Acquire));
            if !settings_now.switch.enabled {
                return (settings_now, None);
            }
            let gcra = settings_now.gcra;
            if gcra.den > WIDEST {
                match self.execute_locked(settings, &now, op, units) {
                    Some(outcome) => return (settings_now, Some(outcome)),
                    None => continue,
                }
            }
            // Read after the word, in each round: seen from an older time, what others took since
            // would look like a step back of the clock, and be given back.
            let now = now();
            let base = self.word_at(now, gcra.den);
            let ahead = word.saturating_sub(base);
            let level = ahead.min(gcra.tau);
            let Step { outcome, level: after } = gcra.step(level, op, units);
            let next = match after {
                Some(after) => base + after,
                // Too far ahead: the clock stepped back, or the quota shrank.
                None if ahead > level && units > 0 => base + level,
                None => return (settings_now, Some(outcome)),
            };
            let swapped =
                self.word.compare_exchange_weak(word, next, Ordering::AcqRel, Ordering::Relaxed);
            if swapped.is_ok() {
                return (settings_now, Some(outcome));
            }
        }
    }

    /// The usual case, ahead of all others: one unit, which is there, and nobody in between.
    ///
    /// The time is read before the word, so that nothing slow lies between reading the word and
    /// swapping it. That it may be older than the word does no harm to a call that passes: what
    /// others took is added to, never repaired.
    #[inline(always)]
    fn pass_one(
        &self,
        settings: &Hot<Settings, 3>,
        now: impl Fn() -> Micros,
    ) -> Option<(Settings, Option<Outcome>)> {
        let now = now();
        let (settings, word) = settings.get_with(|_| self.word.load(Ordering::Acquire));
        let gcra = settings.gcra;
        if !settings.switch.enabled || gcra.den > WIDEST {
            return None;
        }
        let base = self.word_at(now, gcra.den);
        let after = word.saturating_sub(base).saturating_add(gcra.num);
        if after > gcra.tau {
            return None;
        }
        let swapped =
            self.word.compare_exchange(word, base + after, Ordering::AcqRel, Ordering::Relaxed);
        swapped.is_ok().then(|| (settings, Some(gcra.outcome(after, 1))))
    }

    /// `None` if the cell is no longer the locked one.
    #[cold]
    fn execute_locked(
        &self,
        settings: &Hot<Settings, 3>,
        now: impl Fn() -> Micros,
        op: Op,
        units: u64,
    ) -> Option<Outcome> {
        let mut tat = self.locked.lock();
        let gcra = settings.get().gcra;
        if gcra.den <= WIDEST {
            return None;
        }
        let (outcome, change) = gcra.plan(&tat, now(), op, units, 0);
        match change {
            Change::Keep => {}
            Change::Forget => *tat = Tat::default(),
            Change::Commit(next) | Change::Repair(next) => gcra.commit(&mut tat, next),
        }
        Some(outcome)
    }

    /// Changes the settings, and the unit of the word with them.
    pub(crate) fn adjust(
        &self,
        settings: &Hot<Settings, 3>,
        change: impl FnOnce(Settings) -> Settings,
    ) {
        // Before the settings are opened: whoever holds this lock reads them.
        let mut locked = self.locked.lock();
        settings.update_with(|old| {
            let new = change(old);
            if old.gcra.den != new.gcra.den {
                let word = self.word.swap(MOVING, Ordering::AcqRel);
                if old.gcra.den <= WIDEST {
                    *locked = self.tat(word, old.gcra);
                }
                let moved = self.word_of(*locked, new.gcra);
                // A swap that was begun in the old unit must not find its word again.
                let moved = if moved == word { moved + 1 } else { moved };
                self.word.store(moved, Ordering::Release);
            }
            (new, ())
        });
    }

    /// Forgets all that was taken.
    pub(crate) fn reset(&self) {
        let mut locked = self.locked.lock();
        *locked = Tat::default();
        self.word.store(0, Ordering::Release);
    }

    #[inline]
    fn word_at(&self, at: Micros, den: u32) -> u64 {
        at.since(self.anchor).0.saturating_mul(u64::from(den)).min(MOVING >> 1)
    }

    fn tat(&self, word: u64, gcra: Gcra) -> Tat {
        let den = u64::from(gcra.den);
        Tat::new(self.anchor + Micros(word / den), (word % den) as u32)
    }

    fn word_of(&self, tat: Tat, gcra: Gcra) -> u64 {
        if gcra.den > WIDEST {
            return 0;
        }
        let fraction = tat.fraction().min(gcra.den - 1);
        self.word_at(Micros(tat.micros()), gcra.den) + u64::from(fraction)
    }
}
