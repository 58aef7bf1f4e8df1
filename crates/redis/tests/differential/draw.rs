//! What a trace draws.

use std::time::Duration;

use fastrand::Rng;
use palisade_core::Name;
use palisade_core::algorithm::Op;
use palisade_core::store::Policy;
use palisade_ratelimit::{Anchor, FixedWindow, Gcra, Quota, Shaper, SlidingLog, SlidingWindow};

/// The algorithms.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    Bucket,
    Shaper,
    Fixed,
    FirstHit,
    Counter,
    Log,
}

impl Kind {
    const ALL: [Self; 6] =
        [Self::Bucket, Self::Shaper, Self::Fixed, Self::FirstHit, Self::Counter, Self::Log];

    pub(crate) fn any(rng: &mut Rng) -> Self {
        rng.choice(Self::ALL).unwrap()
    }

    pub(crate) fn policy(self, name: Name, quota: Quota) -> Policy {
        match self {
            Self::Bucket => Policy::new(name, Gcra::new(quota)),
            Self::Shaper => {
                let shaper = Shaper::new(quota).burst(3).max_queued(6);
                Policy::new(name, shaper.max_wait(quota.period() * 2))
            }
            Self::Fixed => Policy::new(name, FixedWindow::new(quota)),
            Self::FirstHit => Policy::new(name, FixedWindow::new(quota).anchor(Anchor::FirstHit)),
            Self::Counter => Policy::new(name, SlidingWindow::new(quota)),
            Self::Log => Policy::new(name, SlidingLog::new(quota)),
        }
    }
}

/// Mostly few, so that limits are met; sometimes anything that a quota can be. Never none: that is not asked of
/// Redis.
pub(crate) fn quota(rng: &mut Rng) -> Quota {
    let most = rng.choice([12, 12, 50, 1_000, u32::MAX]).unwrap();
    let limit = rng.u32(1..=most);
    let period = match rng.u8(0..8) {
        0 => rng.u64(1..20),
        1 => rng.u64(1..5_000),
        2 | 3 => 1_000_000,
        4 => 60_000_000,
        5 => rng.u64(1..10_000_000_000),
        6 => 1_000_000 * rng.u64(1..4),
        _ => 31_536_000_000_000,
    };
    let quota = Quota::new(limit, Duration::from_micros(period));
    match rng.u8(0..4) {
        0 => quota.burst(rng.u32(0..20)),
        1 => quota.burst(rng.u32(..)),
        _ => quota,
    }
}

pub(crate) fn op(rng: &mut Rng) -> Op {
    match rng.u8(0..12) {
        0 | 1 => Op::Charge,
        2 => Op::Refund,
        3 | 4 => Op::Take,
        5 => Op::Raise,
        _ => Op::Decide,
    }
}

pub(crate) fn units(rng: &mut Rng) -> u64 {
    match rng.u8(0..14) {
        0..=5 => 1,
        6..=9 => rng.u64(0..8),
        10 => 0,
        11 => rng.u64(0..60),
        12 => rng.u64(..),
        _ => rng.choice([1 << 53, (1 << 53) + 1, u64::MAX, u32::MAX.into()]).unwrap(),
    }
}

/// How far the clock jumps, in the order of a period of this many microseconds.
pub(crate) fn jump(rng: &mut Rng, period: u64) -> i64 {
    let period = i64::try_from(period).unwrap();
    let part = |thousandths: i64| (i128::from(period) * i128::from(thousandths) / 1_000) as i64;
    let micros = if rng.bool() { 0 } else { rng.i64(-3..4) };
    micros
        + match rng.u8(0..20) {
            0..=6 => 0,
            7..=12 => part(rng.i64(0..400)),
            13 | 14 => part(rng.i64(400..2_500)),
            15 => part(rng.i64(2_500..50_000)),
            16 => -period,
            17 => part(rng.i64(-1_500..0)),
            18 => part(rng.i64(-4_000..-1_500)),
            _ => -rng.i64(0..20_000_000),
        }
}
