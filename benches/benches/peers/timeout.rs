//! A time limit, over an inner service that is ready at the first poll and at the second.

use axum::body::Body;
use http::Request;
use palisade_benches::drive::{Answer, drive};
use palisade_benches::floor::{Deadline, SlabDeadline};
use palisade_benches::keys::ip;
use palisade_benches::svc::{Http, PendingOnce, Plain, request_from};
use palisade_benches::{Bench, Group};
use tower::timeout::TimeoutLayer;
use tower_layer::Layer;
use tower_service::Service;

use crate::limits::{AFTER, http_timeout, resilience_timeout};

pub(crate) fn benches() -> Vec<Bench> {
    let groups = [
        plain("timeout, ready at once", Plain),
        plain("timeout, pending once", PendingOnce(Plain)),
        http("http timeout, ready at once", Http),
        http("http timeout, pending once", PendingOnce(Http)),
    ];
    groups.into_iter().map(Bench::Calls).collect()
}

fn plain<S>(title: &str, inner: S) -> Group
where
    S: Service<u64, Response = u64, Error: Send + Sync, Future: Send> + Copy + Send + 'static,
    S::Error: Into<tower::BoxError>,
{
    Group::new(title)
        .bare(move || calls(inner))
        .floor("floor", move || calls(Deadline::new(inner, AFTER)))
        .floor("floor, one shared timer", move || calls(SlabDeadline::new(inner, AFTER)))
        .ours("palisade", move || calls(palisade::TimeoutLayer::new(AFTER).plain().layer(inner)))
        .peer("tower Timeout", move || calls(TimeoutLayer::new(AFTER).layer(inner)))
        .peer("tower-resilience TimeLimiter", move || calls(resilience_timeout().layer(inner)))
}

fn http<S>(title: &str, inner: S) -> Group
where
    S: Service<Request<Body>, Response = http::Response<Body>> + Copy + Send + 'static,
    S::Error: Into<tower::BoxError> + Send,
    S::Future: Send,
{
    Group::new(title)
        .bare(move || requests(inner))
        .floor("floor", move || requests(Deadline::new(inner, AFTER)))
        .floor("floor, one shared timer", move || requests(SlabDeadline::new(inner, AFTER)))
        .ours("palisade", move || requests(palisade::TimeoutLayer::new(AFTER).layer(inner)))
        .peer("tower Timeout", move || requests(TimeoutLayer::new(AFTER).layer(inner)))
        .peer("tower-http Timeout", move || requests(http_timeout().layer(inner)))
        .peer("tower-resilience TimeLimiter", move || requests(resilience_timeout().layer(inner)))
}

fn calls<S: Service<u64, Response = u64>>(mut service: S) -> impl FnMut(u64) {
    move |calls| drive(&mut service, || 1, calls)
}

fn requests<S>(mut service: S) -> impl FnMut(u64)
where
    S: Service<Request<Body>, Response: Answer>,
{
    move |calls| drive(&mut service, || request_from(ip(1)), calls)
}
