//! A rate limit of one bucket for everybody, as a layer.

use palisade::RateLimitLayer;
use palisade_benches::drive::drive;
use palisade_benches::floor::{Bucket, Gate, Std, Tsc};
use palisade_benches::svc::Plain;
use palisade_benches::{Bench, Group};
use tower_layer::Layer;

use crate::limits::{LIMIT, quota, resilience_rate, tower_rate};

pub(crate) fn benches() -> Vec<Bench> {
    let group = Group::new("rate limit, one bucket")
        .bare(|| |calls| drive(&mut Plain, || 1, calls))
        .floor("floor", || {
            let mut service = Gate::new(Plain, Bucket::new(LIMIT, Tsc::new()));
            move |calls| drive(&mut service, || 1, calls)
        })
        .floor("floor, Instant::now", || {
            let mut service = Gate::new(Plain, Bucket::new(LIMIT, Std::new()));
            move |calls| drive(&mut service, || 1, calls)
        })
        .ours("palisade", || {
            let mut service = RateLimitLayer::new(quota()).plain().layer(Plain);
            move |calls| drive(&mut service, || 1, calls)
        })
        .peer("tower RateLimit", || {
            let mut service = tower_rate().layer(Plain);
            move |calls| drive(&mut service, || 1, calls)
        })
        .peer("tower-resilience RateLimiter", || {
            let mut service = resilience_rate().layer(Plain);
            move |calls| drive(&mut service, || 1, calls)
        });
    vec![Bench::Calls(group)]
}
