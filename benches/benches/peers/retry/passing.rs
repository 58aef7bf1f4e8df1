//! Calls that are answered by the first attempt, and calls of which one in a hundred needs a second one.

use http::{Request, Response};
use palisade_benches::drive::{Answer, drive};
use palisade_benches::floor::Again;
use palisade_benches::svc::{Client, FlakyOnce, Plain, client_request};
use palisade_benches::{Bench, Group};
use tower_layer::Layer;
use tower_service::Service;

use super::settings::{ours, ours_unlimited, resilience, resilience_budget, tower, tower_budget};
use crate::contended::clones;

type Body = http_body_util::Full<bytes::Bytes>;

pub(crate) fn benches() -> Vec<Bench> {
    let contended = contended().threads();
    [
        plain(),
        http("http retry, no headers", 0),
        http("http retry, six headers", 6),
        flaky(),
        contended,
    ]
    .map(Bench::Calls)
    .into()
}

fn plain() -> Group {
    Group::new("retry, first attempt succeeds")
        .bare(|| calls(Plain))
        .floor("floor, no budget", || calls(Again::new(Plain)))
        .ours("palisade", || calls(ours().plain().layer(Plain)))
        .ours("palisade, no budget", || calls(ours_unlimited().plain().layer(Plain)))
        .peer("tower Retry, no budget", || calls(tower().layer(Plain)))
        .peer("tower Retry, TpsBudget", || calls(tower_budget().layer(Plain)))
        .peer("tower-resilience, no budget", || calls(resilience().layer(Plain)))
        .peer("tower-resilience", || calls(resilience_budget().layer(Plain)))
}

fn contended() -> Group {
    Group::new("contended, retry, first attempt succeeds")
        .bare(|| clones(Plain))
        .floor("floor, no budget", || clones(Again::new(Plain)))
        .ours("palisade", || clones(ours().plain().layer(Plain)))
        .peer("tower Retry, no budget", || clones(tower().layer(Plain)))
        .peer("tower Retry, TpsBudget", || clones(tower_budget().layer(Plain)))
        .peer("tower-resilience", || clones(resilience_budget().layer(Plain)))
}

/// A client's request, which is copied with its head. tower and tower-resilience clone it, too.
fn http(title: &str, headers: usize) -> Group {
    Group::new(title)
        .bare(move || requests(Client, headers))
        .floor("floor, no budget", move || requests(Again::new(Client), headers))
        .ours("palisade", move || requests(ours().layer(Client), headers))
        .peer("tower Retry, no budget", move || requests(tower().layer(Client), headers))
        .peer("tower Retry, TpsBudget", move || requests(tower_budget().layer(Client), headers))
        .peer("tower-resilience", move || requests(resilience_budget().layer(Client), headers))
}

fn flaky() -> Group {
    Group::new("retry, one call in 100 needs a second attempt")
        .bare(|| calls(Plain))
        .floor("floor, no budget", || calls(Again::new(FlakyOnce::default())))
        .ours("palisade", || calls(ours().plain().layer(FlakyOnce::default())))
        .peer("tower Retry, no budget", || calls(tower().layer(FlakyOnce::default())))
        .peer("tower Retry, TpsBudget", || calls(tower_budget().layer(FlakyOnce::default())))
}

fn calls<S: Service<u64, Response = u64>>(mut service: S) -> impl FnMut(u64) {
    move |calls| drive(&mut service, || 1, calls)
}

fn requests<S>(mut service: S, headers: usize) -> impl FnMut(u64)
where
    S: Service<Request<Body>, Response = Response<Body>>,
    S::Response: Answer,
{
    move |calls| drive(&mut service, || client_request(headers), calls)
}
