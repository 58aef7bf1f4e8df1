//! Two limits that a call must both pass: so many a minute, so many an hour.
//!
//! Ours are one decision, of which a refusal takes nothing. Whoever asks two limiters one after the
//! other has spent the first when the second refuses; that is the lesser job, and the one to compare
//! with.

use governor::{DefaultKeyedRateLimiter, RateLimiter};
use palisade::RateLimitLayer;
use palisade::prelude::Limits;
use palisade_benches::drive::{check, drive};
use palisade_benches::floor::{Bucket, Gate, Table, Tsc};
use palisade_benches::svc::Plain;
use palisade_benches::{Bench, Group};
use tower_layer::Layer;

use crate::keyed::checks;
use crate::limits::{
    HOURLY, LIMIT, governor_hourly, governor_quota, hourly, quota, resilience_rate,
};

/// Keys of the keyed limiters.
const KEYS: u64 = 10_000;

pub(crate) fn benches() -> Vec<Bench> {
    [one_bucket(), direct(), keyed()].map(Bench::Calls).into()
}

/// As layers, with one bucket each for everybody.
fn one_bucket() -> Group {
    Group::new("several limits at once, a layer")
        .bare(|| |calls| drive(&mut Plain, || 1, calls))
        .floor("floor, two gates", || {
            let inner = Gate::new(Plain, Bucket::new(HOURLY, Tsc::new()));
            let mut service = Gate::new(inner, Bucket::new(LIMIT, Tsc::new()));
            move |calls| drive(&mut service, || 1, calls)
        })
        .ours("palisade, two limits", || {
            let both = Limits::all([quota(), hourly()]);
            let mut service = RateLimitLayer::with(both).plain().layer(Plain);
            move |calls| drive(&mut service, || 1, calls)
        })
        .ours("palisade, two layers", || {
            let inner = RateLimitLayer::new(hourly()).plain().layer(Plain);
            let mut service = RateLimitLayer::new(quota()).plain().layer(inner);
            move |calls| drive(&mut service, || 1, calls)
        })
        .peer("tower-resilience, two layers", || {
            let mut service = resilience_rate().layer(resilience_rate().layer(Plain));
            move |calls| drive(&mut service, || 1, calls)
        })
}

/// Asked directly, with one bucket each for everybody.
fn direct() -> Group {
    Group::new("several limits at once, no layer")
        .bare(|| |calls| check(|()| true, || (), calls))
        .floor("floor, one after the other", || {
            let both = [LIMIT, HOURLY].map(|limit| Bucket::new(limit, Tsc::new()));
            move |calls| check(|()| both.iter().all(Bucket::check), || (), calls)
        })
        .ours("palisade, two limits", || {
            let limiter = palisade::RateLimiter::with(Limits::all([quota(), hourly()]));
            move |calls| check(|()| limiter.check().is_ok(), || (), calls)
        })
        .ours("palisade, one after the other", || {
            let both = [quota(), hourly()].map(palisade::RateLimiter::new);
            let all = move || both.iter().all(|limiter| limiter.check().is_ok());
            move |calls| check(|()| all(), || (), calls)
        })
        .peer("governor, one after the other", || {
            let both = [governor_quota(), governor_hourly()].map(RateLimiter::direct);
            let all = move || both.iter().all(|limiter| limiter.check().is_ok());
            move |calls| check(|()| all(), || (), calls)
        })
}

/// Asked directly, with two buckets for each key.
fn keyed() -> Group {
    Group::new("several limits at once, 10 000 keys")
        .bare(|| checks(KEYS, |i| i, |_: u64| true))
        .floor("floor, one after the other", || {
            let both = [LIMIT, HOURLY].map(Table::new);
            checks(KEYS, |i| i, move |key: u64| both.iter().all(|table| table.check(key)))
        })
        .ours("palisade, two limits", || {
            let limiter = palisade::RateLimiter::with(Limits::all([quota(), hourly()]));
            checks(KEYS, |i| i, move |key: u64| limiter.check_key(key).is_ok())
        })
        .ours("palisade, one after the other", || {
            let both = [quota(), hourly()].map(palisade::RateLimiter::new);
            let all = move |key: u64| both.iter().all(|limiter| limiter.check_key(key).is_ok());
            checks(KEYS, |i| i, all)
        })
        .peer("governor, one after the other", || {
            let both = [governor_quota(), governor_hourly()];
            let both = both.map(DefaultKeyedRateLimiter::keyed);
            let all = move |key: u64| both.iter().all(|limiter| limiter.check_key(&key).is_ok());
            checks(KEYS, |i| i, all)
        })
}
