//! The row of `BulkheadLayer`: refuses at once when it is full.
//!
//! To the head of the response, since the laws drop bodies unread; those that are read to their end are
//! in the crate's own tests.

use bytes::Bytes;
use http::Response;
use http_body_util::Full;
use palisade::{
    Origin, Reason, ResBody,
    bulkhead::BulkheadHandle,
    prelude::{BulkheadLayer, Header, Until},
    test::ready,
};

use crate::support::{Before, DELAY, call, get, ok};

pub(crate) type Layer = BulkheadLayer;
pub(crate) type Handle = BulkheadHandle;

pub(crate) const KIND: &str = "bulkhead";
pub(crate) const ATTEMPTS: usize = 1;
pub(crate) const REASON: &str = "bulkhead_full";
pub(crate) const ORIGIN: Origin = Origin::Local;
pub(crate) const STATUS: u16 = 503;
pub(crate) const GRPC_CODE: i32 = 8;
pub(crate) const SAYS_WHEN: bool = false;
pub(crate) const SPENT: u64 = 0;
/// A call has its place until it ends.
pub(crate) const HOLDS: bool = true;
pub(crate) const BEFORE: Before = Before::Nothing;

pub(crate) fn called(layer: &str) -> String {
    layer.to_owned()
}

pub(crate) fn generous() -> Layer {
    BulkheadLayer::new(10_000).until(Until::Head)
}

/// One without a place is full from the start.
pub(crate) fn strict() -> Layer {
    BulkheadLayer::new(0).until(Until::Head)
}

pub(crate) fn hasty() -> Layer {
    strict()
}

pub(crate) async fn spend(_: &Layer) {}

pub(crate) async fn refused_by_key(secret: &str) -> Response<ResBody<Full<Bytes>>> {
    let mut request = get();
    request.headers_mut().insert("x-api-key", secret.parse().unwrap());
    call(&strict().by(Header("x-api-key")), ready(ok()), request).await.unwrap()
}

pub(crate) fn loosen(handle: &Handle) {
    handle.set_max_concurrent(10_000);
}

/// Any number is a limit.
pub(crate) fn misconfigure(_: &Handle) -> Option<String> {
    None
}

pub(crate) fn is_reason(reason: Reason) -> bool {
    matches!(reason, Reason::BulkheadFull { .. })
}

pub(crate) fn refused(handle: &Handle) -> u64 {
    handle.snapshot().rejected
}

/// There are no places, until then.
pub(crate) fn waiting() -> Layer {
    let layer = strict().max_queued(10);
    let handle = layer.handle();
    tokio::spawn(async move {
        tokio::time::sleep(DELAY).await;
        handle.set_max_concurrent(10);
    });
    layer
}
