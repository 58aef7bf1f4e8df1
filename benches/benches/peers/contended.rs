//! Eight tasks on two threads, through clones of one service.
//!
//! tower's `RateLimit` is missing: it cannot be cloned. A `Buffer` before it makes it a queue to one
//! task, which is another job.

use std::sync::Arc;

use governor::{DefaultKeyedRateLimiter, RateLimiter};
use palisade::prelude::Limits;
use palisade::{RateLimitLayer, TimeoutLayer};
use palisade_benches::contended::tasks;
use palisade_benches::drive::{check, drive};
use palisade_benches::floor::{Bucket, Deadline, Gate, Table, Tsc};
use palisade_benches::keys::Walk;
use palisade_benches::svc::Plain;
use palisade_benches::{Bench, Group};
use tower_layer::Layer;
use tower_service::Service;

use crate::limits::{
    AFTER, HOURLY, LIMIT, governor_hourly, governor_quota, hourly, quota, resilience_rate,
    resilience_timeout,
};

/// Keys of the keyed limiters.
const KEYS: u64 = 10_000;

pub(crate) fn benches() -> Vec<Bench> {
    [
        one_bucket(),
        keyed(),
        two_limits("contended, two limits, a key for each task", |task| task),
        two_limits("contended, two limits, one key for all", |_| 0),
        timeout(),
    ]
    .map(|group| Bench::Calls(group.threads()))
    .into()
}

fn one_bucket() -> Group {
    Group::new("contended, one bucket")
        .bare(|| clones(Plain))
        .floor("floor", || clones(Gate::new(Plain, Bucket::new(LIMIT, Tsc::new()))))
        .ours("palisade", || clones(RateLimitLayer::new(quota()).plain().layer(Plain)))
        .peer("governor direct, no layer", || {
            let limiter = Arc::new(RateLimiter::direct(governor_quota()));
            tasks(move || {
                let limiter = Arc::clone(&limiter);
                move |calls| check(|()| limiter.check().is_ok(), || (), calls)
            })
        })
        .peer("tower-resilience RateLimiter", || clones(resilience_rate().layer(Plain)))
}

fn keyed() -> Group {
    Group::new("contended, 10 000 keys, u64")
        .bare(|| walks(|_| true))
        .floor("floor", || {
            let table = Arc::new(Table::new(LIMIT));
            walks(move |key| table.check(key))
        })
        .ours("palisade", || {
            let limiter = palisade::RateLimiter::new(quota());
            walks(move |key| limiter.check_key(key).is_ok())
        })
        .peer("governor, u64", || {
            let limiter = Arc::new(DefaultKeyedRateLimiter::keyed(governor_quota()));
            walks(move |key| limiter.check_key(&key).is_ok())
        })
}

/// Two limits of a key, which `key` finds by the number of the task.
fn two_limits(title: &str, key: fn(u64) -> u64) -> Group {
    Group::new(title)
        .bare(move || own_keys(key, |_| true))
        .floor("floor, one after the other", move || {
            let both = Arc::new([LIMIT, HOURLY].map(Table::new));
            own_keys(key, move |key| both.iter().all(|table| table.check(key)))
        })
        .ours("palisade, two limits", move || {
            let limiter = palisade::RateLimiter::with(Limits::all([quota(), hourly()]));
            own_keys(key, move |key| limiter.check_key(key).is_ok())
        })
        .ours("palisade, one after the other", move || {
            let both = [quota(), hourly()].map(palisade::RateLimiter::new);
            own_keys(key, move |key| both.iter().all(|limiter| limiter.check_key(key).is_ok()))
        })
        .peer("governor, one after the other", move || {
            let both = [governor_quota(), governor_hourly()];
            let both = Arc::new(both.map(DefaultKeyedRateLimiter::keyed));
            own_keys(key, move |key| both.iter().all(|limiter| limiter.check_key(&key).is_ok()))
        })
}

fn timeout() -> Group {
    Group::new("contended, timeout, ready at once")
        .bare(|| clones(Plain))
        .floor("floor", || clones(Deadline::new(Plain, AFTER)))
        .ours("palisade", || clones(TimeoutLayer::new(AFTER).plain().layer(Plain)))
        .peer("tower Timeout", || clones(tower::timeout::TimeoutLayer::new(AFTER).layer(Plain)))
        .peer("tower-resilience TimeLimiter", || clones(resilience_timeout().layer(Plain)))
}

/// Tasks that call clones of `service`.
pub(crate) fn clones<S>(service: S) -> impl FnMut(u64)
where
    S: Service<u64, Response = u64> + Clone + Send + 'static,
{
    tasks(move || {
        let mut service = service.clone();
        move |calls| drive(&mut service, || 1, calls)
    })
}

/// Tasks that ask one limiter, each for one key again and again.
fn own_keys(
    key: fn(u64) -> u64,
    check_key: impl Fn(u64) -> bool + Clone + Send + 'static,
) -> impl FnMut(u64) {
    let mut numbers = 0..;
    tasks(move || {
        let check_key = check_key.clone();
        let key = key(numbers.next().unwrap_or_default());
        move |calls| check(&check_key, || key, calls)
    })
}

/// Tasks that ask one limiter, each in an order of keys of its own.
fn walks(check_key: impl Fn(u64) -> bool + Clone + Send + 'static) -> impl FnMut(u64) {
    let mut walk = Walk::over(KEYS);
    tasks(move || {
        let check_key = check_key.clone();
        // Each task starts elsewhere, else they would follow each other from key to key.
        (0..KEYS).for_each(|_| _ = walk.next_key());
        let mut walk = walk.clone();
        move |calls| check(&check_key, || walk.next_key(), calls)
    })
}
