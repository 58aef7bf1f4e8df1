//! The row of `TimeoutLayer`: ends a call that takes too long.

use std::time::Duration;

use bytes::Bytes;
use http::Response;
use http_body_util::Full;
use palisade::{Origin, Reason, ResBody, prelude::TimeoutLayer, timeout::TimeoutHandle};

use crate::support::{LATE, call, get, late, ok};

pub(crate) type Layer = TimeoutLayer;
pub(crate) type Handle = TimeoutHandle;

pub(crate) const KIND: &str = "timeout";
pub(crate) const ATTEMPTS: usize = 1;
pub(crate) const REASON: &str = "timed_out";
pub(crate) const ORIGIN: Origin = Origin::Upstream;
pub(crate) const STATUS: u16 = 504;
pub(crate) const GRPC_CODE: i32 = 4;
pub(crate) const SAYS_WHEN: bool = false;
pub(crate) const SPENT: u64 = 0;
/// A call is timed until it ends.
pub(crate) const HOLDS: bool = true;

pub(crate) fn called(layer: &str) -> String {
    layer.to_owned()
}

pub(crate) fn generous() -> Layer {
    TimeoutLayer::new(LATE * 10)
}

pub(crate) fn strict() -> Layer {
    TimeoutLayer::new(LATE / 10)
}

pub(crate) fn hasty() -> Layer {
    TimeoutLayer::new(Duration::from_millis(1))
}

/// Time is all it takes.
pub(crate) async fn spend(_: &Layer) {}

/// Not keyed: the secret is in the request all the same.
pub(crate) async fn refused_by_key(secret: &str) -> Response<ResBody<Full<Bytes>>> {
    let mut request = get();
    request.headers_mut().insert("x-api-key", secret.parse().unwrap());
    call(&strict(), late(ok()), request).await.unwrap()
}

pub(crate) fn loosen(handle: &Handle) {
    handle.set_head(LATE * 10);
}

/// Any duration is a timeout.
pub(crate) fn misconfigure(_: &Handle) -> Option<String> {
    None
}

pub(crate) fn is_reason(reason: Reason) -> bool {
    matches!(reason, Reason::TimedOut { .. })
}

pub(crate) fn refused(handle: &Handle) -> u64 {
    handle.snapshot().rejected
}
