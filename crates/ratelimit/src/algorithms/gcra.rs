//! The token bucket, as GCRA.
//!
//! The generic cell rate algorithm (ITU-T I.371, ATM Forum TM 4.0) is the token bucket and the leaky
//! bucket as a meter in one number: the theoretical arrival time, at which the bucket would be full
//! again. Nothing has to be refilled; a decision is an addition and a comparison.
//!
//! The time between units is the exact fraction `num/den` of microseconds, in lowest terms, and so
//! is the arrival time: "3 per second" admits exactly 3, and 3 again a second later, where a rounded
//! interval refuses the third or drifts. In any span of length `w` at most `burst + w * den / num`
//! units pass: with a burst of the whole limit that is twice the limit within one period, and with a
//! burst of one it is even spacing.
//!
//! A change of the quota keeps the debt as time: raising the limit turns it into fewer missing
//! units, lowering it into more, never more than the new burst.

use palisade_core::algorithm::{
    Algorithm, Change, Keeps, Op, Outcome, Portion, Retry, State, Twin,
};
use palisade_core::{Micros, Quota};
use smallvec::smallvec;

/// The token bucket with a quota's numbers.
///
/// A full bucket counts fewer than 2^53 steps, and lasts fewer than 2^52 µs (142 years), so that the
/// time when it is full is below 2^53 µs until the year 2112: the bounds
/// of the numbers in a Lua script, held everywhere so that memory and Redis decide alike. A bucket
/// that would last longer holds what fits. A rate whose exact fraction has more steps (an odd
/// million per day with a burst of as many, an odd hundred million per second) is slowed: by less
/// than a millionth up to a million per second, by a five-hundredth at four billion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gcra {
    /// The time of one unit, in `1/den` µs; never 0.
    pub(crate) num: u64,
    /// Never 0.
    pub(crate) den: u32,
    /// The time of a full bucket, in `1/den` µs; 0 denies all.
    pub(crate) tau: u64,
}

/// When a bucket will be full: a theoretical arrival time, as whole microseconds and a fraction.
///
/// Half words, so that a table's slot with it is 20 bytes and not 24.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tat {
    micros: [u32; 2],
    /// In `1/den` µs of the quota that wrote it.
    fraction: u32,
}

/// What an operation does to a bucket, in `1/den` µs until it is full.
pub(crate) struct Step {
    pub(crate) outcome: Outcome,
    /// The level that the bucket is left at, if it changes.
    pub(crate) level: Option<u64>,
}

/// The largest whole number below which a Lua number is exact.
pub(crate) const EXACT: u64 = (1 << 53) - 1;

/// How long a bucket lasts at most, in µs: a time that is so far ahead is [`EXACT`], too.
const LONGEST: u64 = (1 << 52) - 1;

// ===== impl Gcra =====

impl Gcra {
    /// The bucket for `quota`.
    #[must_use]
    pub fn new(quota: Quota) -> Self {
        if quota.denies_all() {
            return Self { num: 1, den: 1, tau: 0 };
        }
        let (period, limit) = (quota.period_micros(), u64::from(quota.limit()));
        let divisor = gcd(period, limit);
        let (mut num, mut den) = (period / divisor, limit / divisor);
        let burst = u64::from(quota.burst_size());
        let most = EXACT / burst;
        if num.max(den) > most {
            // The finest fraction of which a burst fits, rounded to the slower side.
            let coarse = (scaled(den, most) / u128::from(num)).clamp(1, u128::from(most)) as u64;
            num = scaled(num, coarse).div_ceil(u128::from(den)) as u64;
            den = coarse;
        }
        let burst = burst.min(Self::most(den) / num);
        // `den` divides a limit of 32 bits, or is less.
        Self { num, den: u32::try_from(den).unwrap_or(u32::MAX), tau: burst * num }
    }

    /// The steps of the longest bucket whose microsecond has `den` of them.
    pub(crate) const fn most(den: u64) -> u64 {
        let most = LONGEST.saturating_mul(den);
        if most < EXACT { most } else { EXACT }
    }

    /// The units that fit into a full bucket.
    #[must_use]
    pub const fn capacity(&self) -> u64 {
        self.tau / self.num
    }

    /// The units that flow off in `span`, rounded down.
    pub(crate) fn units_in(&self, span: Micros) -> u64 {
        span.0.saturating_mul(u64::from(self.den)) / self.num
    }

    /// What `op` does to a bucket at `level`, which is at most `tau`.
    #[inline(always)] // With a constant operation all but its arm is gone.
    pub(crate) fn step(&self, level: u64, op: Op, units: u64) -> Step {
        match op {
            Op::Decide => self.decide(level, units),
            _ if units == 0 => self.peek(level),
            Op::Charge => {
                let after = level.saturating_add(units.saturating_mul(self.num)).min(self.tau);
                self.moved(after, units)
            }
            Op::Raise => self.moved(level.max(units.saturating_mul(self.num).min(self.tau)), units),
            Op::Refund => self.moved(level.saturating_sub(units.saturating_mul(self.num)), units),
            Op::Take => {
                let granted = units.min((self.tau - level) / self.num);
                self.moved(level + granted * self.num, granted)
            }
        }
    }

    #[inline(always)]
    fn decide(&self, level: u64, units: u64) -> Step {
        // First, since it bounds the product; the usual single unit is spared the division.
        let fits = if units == 1 { self.num <= self.tau } else { units <= self.capacity() };
        if !fits {
            return self.refused(level, Retry::Never);
        }
        let after = level + units * self.num;
        if units == 0 {
            return self.peek(level);
        }
        if after > self.tau {
            let wait = (after - self.tau).div_ceil(u64::from(self.den));
            return self.refused(level, Retry::After(Micros(wait)));
        }
        self.moved(after, units)
    }

    fn peek(&self, level: u64) -> Step {
        Step { outcome: self.outcome(level, 0), level: None }
    }

    #[inline(always)]
    fn moved(&self, after: u64, granted: u64) -> Step {
        Step { outcome: self.outcome(after, granted), level: Some(after) }
    }

    #[inline]
    fn refused(&self, level: u64, retry: Retry) -> Step {
        let mut outcome = self.outcome(level, 0);
        (outcome.allowed, outcome.retry) = (false, retry);
        Step { outcome, level: None }
    }

    #[inline(always)]
    pub(crate) const fn outcome(&self, level: u64, granted: u64) -> Outcome {
        Outcome::passed(granted)
            .with_room(self.tau.saturating_sub(level), self.num)
            .with_debt(level, self.den as u64)
    }

    /// How far `tat` lies ahead, and whether further than any bucket of this quota can: then the
    /// clock stepped back or the quota shrank.
    #[inline(always)]
    pub(crate) fn level(&self, tat: &Tat, now: Micros) -> (u64, bool) {
        let Some(ahead) = tat.micros().checked_sub(now.0) else { return (0, false) };
        let den = u64::from(self.den);
        let raw = ahead.saturating_mul(den).saturating_add(u64::from(tat.fraction).min(den - 1));
        (raw.min(self.tau), raw > self.tau)
    }

    #[inline]
    pub(crate) fn tat(&self, now: Micros, level: u64) -> Tat {
        let den = u64::from(self.den);
        match den {
            1 => Tat::new(now + Micros(level), 0),
            _ => Tat::new(now + Micros(level / den), (level % den) as u32),
        }
    }
}

impl Algorithm for Gcra {
    type State = Tat;
    type Change = Tat;
    const ADDS: bool = true;

    #[inline(always)]
    fn plan(
        &self,
        state: &Tat,
        now: Micros,
        op: Op,
        units: u64,
        _class: u8,
    ) -> (Outcome, Change<Tat>) {
        let (level, beyond) = self.level(state, now);
        let Step { outcome, level: after } = self.step(level, op, units);
        let change = match after {
            Some(0) => Change::Forget,
            Some(after) => Change::Commit(self.tat(now, after)),
            None if beyond && units > 0 => Change::Repair(self.tat(now, level)),
            None => Change::Keep,
        };
        (outcome, change)
    }

    #[inline]
    fn commit(&self, state: &mut Tat, change: Tat) {
        *state = change;
    }

    /// None of a part of a limit whose units take longer than a Lua number is exact; no store is asked for
    /// parts.
    fn twin(&self) -> Option<Twin> {
        let numbers = smallvec![self.num, self.den.into(), self.tau];
        let twin = Twin { tag: "g1", lua: include_str!("gcra.lua"), numbers, keeps: Keeps::Text };
        (self.num.max(self.tau) <= EXACT).then_some(twin)
    }

    /// The time between units is as many times as long, and the debt, which is time, means the same:
    /// all parts together are the rate. At least one unit fits into each.
    fn portion(&self, portion: Portion) -> Option<Self> {
        const LONGEST: u64 = 1 << 62;
        let num = self.num.saturating_mul(portion.instances().get().into()).min(LONGEST);
        let tau = if self.tau == 0 { 0 } else { self.tau.max(num) };
        Some(Self { num, tau, ..*self })
    }

    fn seen(&self, outcome: &Outcome, at: Micros) -> Option<Tat> {
        Some(Tat::new(at + outcome.reset(), 0))
    }
}

// ===== impl Tat =====

impl Tat {
    #[inline]
    pub(crate) const fn new(at: Micros, fraction: u32) -> Self {
        Self { micros: [at.0 as u32, (at.0 >> 32) as u32], fraction }
    }

    #[inline]
    pub(crate) const fn micros(&self) -> u64 {
        self.micros[0] as u64 | (self.micros[1] as u64) << 32
    }

    #[inline]
    pub(crate) const fn fraction(&self) -> u32 {
        self.fraction
    }
}

impl State for Tat {
    #[inline]
    fn inert_at(&self) -> Micros {
        Micros(self.micros().saturating_add(u64::from(self.fraction > 0)))
    }
}

const fn gcd(mut a: u64, mut b: u64) -> u64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

fn scaled(number: u64, by: u64) -> u128 {
    u128::from(number) * u128::from(by)
}
