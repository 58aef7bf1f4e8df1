//! Memory per key.
//!
//! A log that was granted ten times was asked ten times: so long its row takes for a new key.

use std::hash::Hash;

use governor::DefaultKeyedRateLimiter;
use palisade::RateLimiter;
use palisade::prelude::{FixedWindow, Limits, SlidingLog, SlidingWindow, per_day};
use palisade::ratelimit::IntoLimits;
use palisade_benches::floor::Table;
use palisade_benches::keys::{ip, text};
use palisade_benches::{Bench, Footprint, Role};

use crate::limits::{LIMIT, governor_quota, hourly, quota};

pub(crate) fn benches() -> Vec<Bench> {
    let footprint = Footprint::new("memory per key", 1_000_000)
        .with(Role::Floor, "floor, any key", |keys| {
            let table = Table::new(LIMIT);
            (0..keys).for_each(|i| assert!(table.check(i)));
            table
        })
        .with(Role::Ours, "palisade, any key", |keys| ours(quota(), keys, 1))
        .with(Role::Ours, "palisade, two limits", |keys| {
            ours(Limits::all([quota(), hourly()]), keys, 1)
        })
        .with(Role::Ours, "palisade, fixed window", |keys| {
            ours(FixedWindow::new(per_day(100)), keys, 1)
        })
        .with(Role::Ours, "palisade, sliding window", |keys| {
            ours(SlidingWindow::new(per_day(100)), keys, 1)
        })
        .with(Role::Ours, "palisade, sliding log of 1", |keys| {
            ours(SlidingLog::new(per_day(100)), keys, 1)
        })
        .with(Role::Ours, "palisade, sliding log of 10", |keys| {
            ours(SlidingLog::new(per_day(100)), keys, 10)
        })
        .with(Role::Peer, "governor, u64", |keys| governor(0..keys))
        .with(Role::Peer, "governor, IpAddr", |keys| governor((0..keys).map(ip)))
        .with(Role::Peer, "governor, String", |keys| {
            governor((0..keys).map(|i| text(i).as_str().to_owned()))
        });
    vec![Bench::Memory(footprint)]
}

/// With so many grants of each key, each at a time of its own.
fn ours(limits: impl IntoLimits, keys: u64, grants: u64) -> RateLimiter {
    let limiter = RateLimiter::with(limits);
    // Each limit of several has keys of its own.
    let states = keys * limiter.handle().snapshot().limits.len() as u64;
    let limiter = limiter.max_keys(states as usize);
    for _ in 0..grants {
        (0..keys).for_each(|i| assert!(limiter.check_key(i).is_ok()));
    }
    assert_eq!(limiter.handle().snapshot().keys as u64, states, "every key is remembered");
    limiter
}

fn governor<K: Clone + Eq + Hash>(keys: impl Iterator<Item = K>) -> DefaultKeyedRateLimiter<K> {
    let limiter = DefaultKeyedRateLimiter::keyed(governor_quota());
    keys.for_each(|key| assert!(limiter.check_key(&key).is_ok()));
    limiter
}
