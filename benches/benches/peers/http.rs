//! An HTTP rate limit with a bucket for each caller's address, without and with headers.

use axum::body::Body;
use governor::clock::QuantaInstant;
use governor::middleware::{NoOpMiddleware, StateInformationMiddleware};
use http::Request;
use palisade::prelude::{ClientIp, Headers, RateLimitLayer};
use palisade_benches::drive::{Answer, drive};
use palisade_benches::floor::{ByIp, Gate, Table, WithHeaders};
use palisade_benches::keys::{Walk, ip};
use palisade_benches::svc::{Http, request_from};
use palisade_benches::{Bench, Group};
use tower_governor::GovernorLayer;
use tower_governor::governor::GovernorConfigBuilder;
use tower_governor::key_extractor::PeerIpKeyExtractor;
use tower_layer::Layer;
use tower_service::Service;

use crate::limits::{BURST, LIMIT, quota};

/// Callers.
const KEYS: u64 = 10_000;

pub(crate) fn benches() -> Vec<Bench> {
    let off = Group::new("http, by ip, headers off")
        .bare(|| calls(Http))
        .floor("floor", || calls(Gate::new(Http, ByIp(Table::new(LIMIT)))))
        .ours("palisade", || calls(ours().headers(Headers::None).layer(Http)))
        .peer("tower_governor", || calls(tower_governor().layer(Http)));
    let on = Group::new("http, by ip, headers on")
        .bare(|| calls(Http))
        .floor("floor", || calls(WithHeaders(Gate::new(Http, ByIp(Table::new(LIMIT))))))
        .ours("palisade", || calls(ours().layer(Http)))
        .peer("tower_governor", || calls(tower_governor_with_headers().layer(Http)));
    vec![Bench::Calls(off), Bench::Calls(on)]
}

/// Calls of the service, each from another address, all of which have been seen before.
pub(crate) fn calls<S>(mut service: S) -> impl FnMut(u64)
where
    S: Service<Request<Body>, Response: Answer>,
{
    let mut first = 0;
    let each = || {
        first += 1;
        request_from(ip(first - 1))
    };
    drive(&mut service, each, KEYS);
    let mut walk = Walk::over(KEYS);
    move |calls| drive(&mut service, || request_from(ip(walk.next_key())), calls)
}

/// A bucket for each peer address, with our default headers.
pub(crate) fn ours() -> RateLimitLayer<ClientIp> {
    RateLimitLayer::new(quota()).by(ClientIp::peer())
}

/// A bucket for each peer address, as `axum::serve` tells it.
pub(crate) fn tower_governor()
-> GovernorLayer<PeerIpKeyExtractor, NoOpMiddleware<QuantaInstant>, Body> {
    let config = GovernorConfigBuilder::default().period(LIMIT.every).burst_size(BURST).finish();
    GovernorLayer::new(config.expect("the period and the burst are not 0"))
}

/// The same, with its `x-ratelimit-limit` and `x-ratelimit-remaining`.
pub(crate) fn tower_governor_with_headers()
-> GovernorLayer<PeerIpKeyExtractor, StateInformationMiddleware, Body> {
    let mut config = GovernorConfigBuilder::default();
    let config = config.period(LIMIT.every).burst_size(BURST).use_headers().finish();
    GovernorLayer::new(config.expect("the period and the burst are not 0"))
}
