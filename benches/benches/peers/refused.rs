//! A limit that is used up: what it costs to say no.
//!
//! tower_governor makes a clock for each refusal, and that asks the processor what it can. Where a
//! hypervisor answers in its place this takes far longer than the few instructions suggest.

use std::time::Duration;

use axum::body::Body;
use governor::clock::QuantaInstant;
use governor::middleware::{NoOpMiddleware, StateInformationMiddleware};
use http::Request;
use palisade::RateLimitLayer;
use palisade::prelude::{Headers, per_day};
use palisade_benches::drive::{Answer, drive, turned_away};
use palisade_benches::floor::{Bucket, Gate, Limit, Tsc};
use palisade_benches::svc::{Http, Plain};
use palisade_benches::{Bench, Group};
use tower_governor::GovernorLayer;
use tower_governor::governor::GovernorConfigBuilder;
use tower_governor::key_extractor::GlobalKeyExtractor;
use tower_layer::Layer;
use tower_resilience::ratelimiter::RateLimiterLayer;
use tower_service::Service;

use crate::limits::DAY;

pub(crate) fn benches() -> Vec<Bench> {
    [http(), plain()].map(Bench::Calls).into()
}

/// Answered with 429. The bare service answers with 200, and neither looks at the request.
fn http() -> Group {
    Group::new("one bucket, refused, http")
        .bare(|| |calls| drive(&mut Http, request, calls))
        .ours("palisade, problem document", || {
            refusals(RateLimitLayer::new(per_day(1)).layer(Http))
        })
        .ours("palisade, the same, no headers", || {
            refusals(RateLimitLayer::new(per_day(1)).headers(Headers::None).layer(Http))
        })
        .peer("tower_governor, a line of text", || refusals(tower_governor().layer(Http)))
        .peer("tower_governor, the same, headers", || {
            refusals(tower_governor_with_headers().layer(Http))
        })
}

/// Failed with an error.
fn plain() -> Group {
    Group::new("one bucket, refused, plain")
        .bare(|| |calls| drive(&mut Plain, || 1, calls))
        .floor("floor", || {
            let limit = Limit { every: DAY, burst: 1 };
            errors(Gate::new(Plain, Bucket::new(limit, Tsc::new())))
        })
        .ours("palisade", || errors(RateLimitLayer::new(per_day(1)).plain().layer(Plain)))
        .peer("tower-resilience RateLimiter", || errors(resilience().layer(Plain)))
}

/// Calls that are all refused, of a service that lets one through.
fn refusals<S>(mut service: S) -> impl FnMut(u64)
where
    S: Service<Request<Body>, Response: Answer>,
{
    drive(&mut service, request, 1);
    move |calls| turned_away(&mut service, request, calls)
}

fn errors<S: Service<u64, Response = u64>>(mut service: S) -> impl FnMut(u64) {
    drive(&mut service, || 1, 1);
    move |calls| turned_away(&mut service, || 1, calls)
}

/// A request that costs nothing to make, for a refusal drops it.
fn request() -> Request<Body> {
    Request::new(Body::empty())
}

fn tower_governor() -> GovernorLayer<GlobalKeyExtractor, NoOpMiddleware<QuantaInstant>, Body> {
    let mut config = GovernorConfigBuilder::default().key_extractor(GlobalKeyExtractor);
    let config = config.period(DAY).burst_size(1).finish();
    GovernorLayer::new(config.expect("the period and the burst are not 0"))
}

fn tower_governor_with_headers()
-> GovernorLayer<GlobalKeyExtractor, StateInformationMiddleware, Body> {
    let mut config = GovernorConfigBuilder::default().key_extractor(GlobalKeyExtractor);
    let config = config.period(DAY).burst_size(1).use_headers().finish();
    GovernorLayer::new(config.expect("the period and the burst are not 0"))
}

/// Without its wait for the next window, at the end of which it would refuse.
fn resilience() -> RateLimiterLayer {
    let builder = RateLimiterLayer::builder().limit_for_period(1).refresh_period(DAY);
    let built = builder.timeout_duration(Duration::ZERO).build_with_handle();
    let (layer, _handle) = built.expect("the limit and the period are not 0");
    layer
}
