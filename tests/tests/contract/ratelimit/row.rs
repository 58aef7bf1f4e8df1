//! The row of `RateLimitLayer`: refuses at once when its quota is used up.

use bytes::Bytes;
use http::Response;
use http_body_util::Full;
use palisade::{
    Origin, Reason, ResBody,
    prelude::{Header, RateLimitLayer, per_day, per_second},
    ratelimit::RateLimitHandle,
    test::ready,
};

use crate::stores::Slow;
use crate::support::{Before, Req, call, get, ok, pass};

pub(crate) type Layer = RateLimitLayer;
pub(crate) type Handle = RateLimitHandle;

pub(crate) const KIND: &str = "ratelimit";
pub(crate) const ATTEMPTS: usize = 1;
pub(crate) const REASON: &str = "rate_limited";
pub(crate) const ORIGIN: Origin = Origin::Local;
pub(crate) const STATUS: u16 = 429;
pub(crate) const GRPC_CODE: i32 = 8;
pub(crate) const SAYS_WHEN: bool = true;
pub(crate) const SPENT: u64 = 1;
/// A unit that was taken stays taken, however the call ends.
pub(crate) const HOLDS: bool = false;
pub(crate) const BEFORE: Before = Before::Nothing;

pub(crate) fn called(layer: &str) -> String {
    layer.to_owned()
}

pub(crate) fn generous() -> Layer {
    RateLimitLayer::new(per_second(1_000_000))
}

pub(crate) fn strict() -> Layer {
    RateLimitLayer::new(per_day(1))
}

pub(crate) fn hasty() -> Layer {
    RateLimitLayer::new(per_second(1_000_000).burst(1))
}

pub(crate) async fn spend(layer: &Layer) {
    pass(layer).await;
}

pub(crate) async fn refused_by_key(secret: &str) -> Response<ResBody<Full<Bytes>>> {
    let layer = RateLimitLayer::new(per_day(1)).by(Header("x-api-key"));
    let request = || -> Req {
        let mut request = get();
        request.headers_mut().insert("x-api-key", secret.parse().unwrap());
        request
    };
    call(&layer, ready(ok()), request()).await.unwrap();
    call(&layer, ready(ok()), request()).await.unwrap()
}

/// What is owed by the old quota would stay owed for a while.
pub(crate) fn loosen(handle: &Handle) {
    handle.set_quota(per_second(1_000_000));
    handle.reset();
}

/// A quota is valid by its type.
pub(crate) fn misconfigure(_: &Handle) -> Option<String> {
    None
}

pub(crate) fn is_reason(reason: Reason) -> bool {
    matches!(reason, Reason::RateLimited { .. })
}

pub(crate) fn refused(handle: &Handle) -> u64 {
    handle.snapshot().rejected
}

/// Its store takes so long.
pub(crate) fn waiting() -> Layer {
    RateLimitLayer::new(per_day(1)).store(Slow)
}
