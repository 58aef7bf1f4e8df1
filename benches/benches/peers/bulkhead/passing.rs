//! A bulkhead with room for all: around a plain service, around an HTTP service whose responses are read,
//! and with a limit that finds itself.
//!
//! Here a place is held until the response's body has been read. tower and tower-resilience give it back
//! when the response's head is there, and a body without a place costs nothing to wrap.

use std::sync::Arc;

use axum::body::Body;
use http::{Request, Response};
use palisade::bulkhead::Until;
use palisade_benches::drive::{drive, read};
use palisade_benches::floor::{Bulkhead, Places, UntilAnswer, UntilRead};
use palisade_benches::keys::ip;
use palisade_benches::svc::{Page, Plain, request_from};
use palisade_benches::{Bench, Group};
use tower::load_shed::LoadShedLayer;
use tower_layer::Layer;
use tower_service::Service;

use super::settings::{
    PLACES, ours, ours_aimd, ours_gradient, resilience, resilience_aimd, resilience_refusing,
    resilience_vegas, tower, tower_global,
};

pub(crate) fn benches() -> Vec<Bench> {
    [plain(), http(), adaptive()].map(Bench::Calls).into()
}

fn plain() -> Group {
    Group::new("bulkhead of 1024, passing")
        .bare(|| calls(Plain))
        .floor("floor", || {
            calls(Bulkhead::<_, _, UntilAnswer>::new(Plain, Places::forever(PLACES)))
        })
        .floor("floor, counted references", || {
            calls(Bulkhead::<_, _, UntilAnswer>::new(Plain, Arc::new(Places::new(PLACES))))
        })
        .ours("palisade", || calls(ours().plain().layer(Plain)))
        .ours("palisade, backpressure", || calls(ours().backpressure().plain().layer(Plain)))
        .peer("tower ConcurrencyLimit", || calls(tower().layer(Plain)))
        .peer("tower GlobalConcurrencyLimit", || calls(tower_global().layer(Plain)))
        .peer("tower LoadShed + ConcurrencyLimit", || {
            calls(LoadShedLayer::new().layer(tower().layer(Plain)))
        })
        .peer("tower-resilience, waits", || calls(resilience().layer(Plain)))
        .peer("tower-resilience, refuses", || calls(resilience_refusing().layer(Plain)))
}

fn http() -> Group {
    Group::new("http bulkhead of 1024, body read")
        .bare(|| requests(Page))
        .floor("floor", || {
            requests(Bulkhead::<_, _, UntilRead>::new(Page, Places::forever(PLACES)))
        })
        .floor("floor, until the head only", || {
            requests(Bulkhead::<_, _, UntilAnswer>::new(Page, Places::forever(PLACES)))
        })
        .ours("palisade", || requests(ours().layer(Page)))
        .ours("palisade, head only", || requests(ours().until(Until::Head).layer(Page)))
        .peer("tower ConcurrencyLimit, head only", || requests(tower().layer(Page)))
        .peer("tower Global…, head only", || requests(tower_global().layer(Page)))
        .peer("tower-resilience, head only", || requests(resilience().layer(Page)))
}

/// A limit that follows from how long calls take needs to know how long each did, which the floor here
/// does not ask.
fn adaptive() -> Group {
    Group::new("adaptive bulkhead, passing")
        .bare(|| calls(Plain))
        .floor("floor, a fixed limit", || {
            calls(Bulkhead::<_, _, UntilAnswer>::new(Plain, Places::forever(PLACES)))
        })
        .ours("palisade, AIMD", || calls(ours_aimd().plain().layer(Plain)))
        .ours("palisade, Gradient2", || calls(ours_gradient().plain().layer(Plain)))
        .peer("tower-resilience Adaptive, AIMD", || calls(resilience_aimd().layer(Plain)))
        .peer("tower-resilience Adaptive, Vegas", || calls(resilience_vegas().layer(Plain)))
}

fn calls<S: Service<u64, Response = u64>>(mut service: S) -> impl FnMut(u64) {
    move |calls| drive(&mut service, || 1, calls)
}

fn requests<S, B>(mut service: S) -> impl FnMut(u64)
where
    S: Service<Request<Body>, Response = Response<B>>,
    B: http_body::Body + Unpin,
{
    move |calls| read(&mut service, || request_from(ip(1)), calls)
}
