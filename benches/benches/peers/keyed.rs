//! A limiter with a bucket for each key, asked directly: few keys and many, of three types.

use std::hash::Hash;
use std::net::IpAddr;

use governor::DefaultKeyedRateLimiter;
use palisade::RateLimiter;
use palisade_benches::drive::check;
use palisade_benches::floor::Table;
use palisade_benches::keys::{Text, Walk, ip, text};
use palisade_benches::{Bench, Group};

use crate::limits::{LIMIT, governor_quota, quota};

pub(crate) fn benches() -> Vec<Bench> {
    let few = |key: &str| Group::new(format!("10 000 keys, {key}"));
    let many = |key: &str| Group::new(format!("1 000 000 keys, {key}")).large();
    let groups = [
        numbers(few("u64"), 10_000),
        addresses(few("ip"), 10_000),
        texts(few("text"), 10_000),
        numbers(many("u64"), 1_000_000),
        addresses(many("ip"), 1_000_000),
        texts(many("text"), 1_000_000),
    ];
    groups.into_iter().map(Bench::Calls).collect()
}

fn numbers(group: Group, keys: u64) -> Group {
    group
        .bare(move || checks(keys, |i| i, |_: u64| true))
        .floor("floor", move || {
            let table = Table::new(LIMIT);
            checks(keys, |i| i, move |key: u64| table.check(key))
        })
        .ours("palisade", move || {
            let limiter = RateLimiter::new(quota());
            checks(keys, |i| i, move |key: u64| limiter.check_key(key).is_ok())
        })
        .peer("governor, u64", move || checks(keys, |i| i, governor::<u64>()))
}

fn addresses(group: Group, keys: u64) -> Group {
    group
        .bare(move || checks(keys, ip, |_: IpAddr| true))
        .floor("floor", move || {
            let table = Table::new(LIMIT);
            checks(keys, ip, move |key: IpAddr| table.check(key))
        })
        .ours("palisade", move || {
            let limiter = RateLimiter::new(quota());
            checks(keys, ip, move |key: IpAddr| limiter.check_key(key).is_ok())
        })
        .peer("governor, IpAddr", move || checks(keys, ip, governor::<IpAddr>()))
}

fn texts(group: Group, keys: u64) -> Group {
    group
        .bare(move || checks(keys, text, |key: Text| !key.as_str().is_empty()))
        .floor("floor", move || {
            let table = Table::new(LIMIT);
            checks(keys, text, move |key: Text| table.check(key.as_str()))
        })
        .ours("palisade", move || {
            let limiter = RateLimiter::new(quota());
            checks(keys, text, move |key: Text| limiter.check_key(key.as_str()).is_ok())
        })
        // governor is asked with a `&String`, so a caller who has a `&str` must make one.
        .peer("governor, String", move || {
            let check = governor::<String>();
            checks(keys, text, move |key: Text| check(key.as_str().to_owned()))
        })
}

/// Checks keys at random, all of which have been seen before.
pub(crate) fn checks<K>(
    keys: u64,
    key: impl Fn(u64) -> K + Copy,
    check_key: impl Fn(K) -> bool,
) -> impl FnMut(u64) {
    assert!((0..keys).all(|i| check_key(key(i))), "a new key passes");
    let mut walk = Walk::over(keys);
    move |calls| check(&check_key, || key(walk.next_key()), calls)
}

/// A limiter with a bucket for each key.
pub(crate) fn governor<K: Clone + Eq + Hash>() -> impl Fn(K) -> bool {
    let limiter = DefaultKeyedRateLimiter::keyed(governor_quota());
    move |key| limiter.check_key(&key).is_ok()
}
