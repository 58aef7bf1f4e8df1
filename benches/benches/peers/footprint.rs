//! Memory per key.

use std::hash::Hash;

use governor::DefaultKeyedRateLimiter;
use palisade::RateLimiter;
use palisade_benches::floor::Table;
use palisade_benches::keys::{ip, text};
use palisade_benches::{Bench, Footprint, Role};

use crate::limits::{LIMIT, governor_quota, quota};

pub(crate) fn benches() -> Vec<Bench> {
    let footprint = Footprint::new("memory per key", 1_000_000)
        .with(Role::Floor, "floor, any key", |keys| {
            let table = Table::new(LIMIT);
            (0..keys).for_each(|i| assert!(table.check(i)));
            table
        })
        .with(Role::Ours, "palisade, any key", |keys| {
            let limiter = RateLimiter::new(quota()).max_keys(keys as usize);
            (0..keys).for_each(|i| assert!(limiter.check_key(i).is_ok()));
            assert_eq!(limiter.handle().snapshot().keys as u64, keys, "every key is remembered");
            limiter
        })
        .with(Role::Peer, "governor, u64", |keys| governor(0..keys))
        .with(Role::Peer, "governor, IpAddr", |keys| governor((0..keys).map(ip)))
        .with(Role::Peer, "governor, String", |keys| {
            governor((0..keys).map(|i| text(i).as_str().to_owned()))
        });
    vec![Bench::Memory(footprint)]
}

fn governor<K: Clone + Eq + Hash>(keys: impl Iterator<Item = K>) -> DefaultKeyedRateLimiter<K> {
    let limiter = DefaultKeyedRateLimiter::keyed(governor_quota());
    keys.for_each(|key| assert!(limiter.check_key(&key).is_ok()));
    limiter
}
