//! The row of `BreakerLayer`: refuses at once while the service fails.

use std::time::Duration;

use bytes::Bytes;
use http::Response;
use http_body_util::Full;
use palisade::{
    Origin, Ratio, Reason, ResBody,
    breaker::{BreakerHandle, Trip},
    prelude::{BreakerLayer, Header},
    test::ready,
};
use tower::service_fn;

use crate::support::{Fault, LATE, Req, Res, call, get, ok};

pub(crate) type Layer = BreakerLayer;
pub(crate) type Handle = BreakerHandle;

pub(crate) const KIND: &str = "breaker";
pub(crate) const ATTEMPTS: usize = 1;
pub(crate) const REASON: &str = "circuit_open";
pub(crate) const ORIGIN: Origin = Origin::Local;
pub(crate) const STATUS: u16 = 503;
pub(crate) const GRPC_CODE: i32 = 14;
pub(crate) const SAYS_WHEN: bool = true;
/// The call that opens it has failed.
pub(crate) const SPENT: u64 = 0;
/// A call is judged when it ends.
pub(crate) const HOLDS: bool = true;

pub(crate) fn called(layer: &str) -> String {
    layer.to_owned()
}

pub(crate) fn generous() -> Layer {
    BreakerLayer::new()
}

pub(crate) fn strict() -> Layer {
    opening_for(LATE * 1_000)
}

pub(crate) fn hasty() -> Layer {
    opening_for(Duration::from_micros(1))
}

fn opening_for(wait: Duration) -> Layer {
    BreakerLayer::new()
        .consecutive_failures(1)
        .open_for(wait)
        .open_at_most(wait)
        .jitter(Ratio::ZERO)
}

/// One failure opens it.
pub(crate) async fn spend(layer: &Layer) {
    let fails = service_fn(|_: Req| async { Err::<Res, _>(Fault("broken")) });
    call(layer, fails, get()).await.unwrap_err();
}

pub(crate) async fn refused_by_key(secret: &str) -> Response<ResBody<Full<Bytes>>> {
    let layer = strict().by(Header("x-api-key"));
    let request = || -> Req {
        let mut request = get();
        request.headers_mut().insert("x-api-key", secret.parse().unwrap());
        request
    };
    let fails = service_fn(|_: Req| async { Err::<Res, _>(Fault("broken")) });
    call(&layer, fails, request()).await.unwrap_err();
    call(&layer, ready(ok()), request()).await.unwrap()
}

/// Never opens from now on; and what is open is closed.
pub(crate) fn loosen(handle: &Handle) {
    handle.update(|settings| settings.trip = Trip::never());
    handle.force_close();
}

/// Any setting has a meaning.
pub(crate) fn misconfigure(_: &Handle) -> Option<String> {
    None
}

pub(crate) fn is_reason(reason: Reason) -> bool {
    matches!(reason, Reason::CircuitOpen { .. })
}

pub(crate) fn refused(handle: &Handle) -> u64 {
    handle.snapshot().rejected
}
