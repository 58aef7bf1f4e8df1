//! Eight tasks on two threads, through clones of one service.
//!
//! tower's `RateLimit` is missing: it cannot be cloned. A `Buffer` before it makes it a queue to one
//! task, which is another job.

use std::sync::Arc;

use governor::{DefaultKeyedRateLimiter, RateLimiter};
use palisade::{RateLimitLayer, TimeoutLayer};
use palisade_benches::contended::tasks;
use palisade_benches::drive::{check, drive};
use palisade_benches::floor::{Bucket, Deadline, Gate, Table, Tsc};
use palisade_benches::keys::Walk;
use palisade_benches::svc::Plain;
use palisade_benches::{Bench, Group};
use tower_layer::Layer;
use tower_service::Service;

use crate::limits::{AFTER, LIMIT, governor_quota, quota, resilience_rate, resilience_timeout};

/// Keys of the keyed limiters.
const KEYS: u64 = 10_000;

pub(crate) fn benches() -> Vec<Bench> {
    [one_bucket(), keyed(), timeout()].map(|group| Bench::Calls(group.threads())).into()
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

fn timeout() -> Group {
    Group::new("contended, timeout, ready at once")
        .bare(|| clones(Plain))
        .floor("floor", || clones(Deadline::new(Plain, AFTER)))
        .ours("palisade", || clones(TimeoutLayer::new(AFTER).plain().layer(Plain)))
        .peer("tower Timeout", || clones(tower::timeout::TimeoutLayer::new(AFTER).layer(Plain)))
        .peer("tower-resilience TimeLimiter", || clones(resilience_timeout().layer(Plain)))
}

/// Tasks that call clones of `service`.
fn clones<S>(service: S) -> impl FnMut(u64)
where
    S: Service<u64, Response = u64> + Clone + Send + 'static,
{
    tasks(move || {
        let mut service = service.clone();
        move |calls| drive(&mut service, || 1, calls)
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
