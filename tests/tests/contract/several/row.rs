//! The row of `RateLimitLayer` over several limits: keys of their own, a tier and a cost, which only
//! the general engine knows.

use bytes::Bytes;
use http::Response;
use http_body_util::Full;
use palisade::{
    Http, Key, KeyBy, Origin, Quota, Reason, ResBody,
    prelude::*,
    ratelimit::{Asks, Each, RateLimitHandle},
    test::ready,
};

use crate::support::{Req, call, get, ok, pass};

pub(crate) type Layer = RateLimitLayer<Each<(Everyone, Global)>, Http, OnPremium>;
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

/// The key of a request of any type.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Everyone;

impl<Req> KeyBy<Req> for Everyone {
    fn key<'r>(&'r self, _: &'r Req) -> Option<Key<'r>> {
        Some(Key::from("everyone"))
    }
}

/// Two units of the second limit, on a tier of the first.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OnPremium;

impl<Req> Asks<Req> for OnPremium {
    fn units(&self, _: &Req, limit: usize) -> u64 {
        limit as u64 + 1
    }

    fn tier<'r>(&'r self, _: &'r Req) -> Option<&'r str> {
        Some("premium")
    }
}

/// Only the tier is ever in the way.
fn layer(premium: Quota) -> Layer {
    let wide = per_second(10_000_000);
    let limits = Limits::all((
        Limit::new(wide).tier("premium", premium).by(Everyone),
        Limit::new(wide).name("all"),
    ));
    RateLimitLayer::with(limits).asks(OnPremium)
}

/// A refusal names the limit.
pub(crate) fn called(layer: &str) -> String {
    format!("{layer}-second")
}

pub(crate) fn generous() -> Layer {
    layer(per_second(1_000_000))
}

pub(crate) fn strict() -> Layer {
    layer(per_day(1))
}

pub(crate) fn hasty() -> Layer {
    layer(per_second(1_000_000).burst(1))
}

pub(crate) async fn spend(layer: &Layer) {
    pass(layer).await;
}

pub(crate) async fn refused_by_key(secret: &str) -> Response<ResBody<Full<Bytes>>> {
    let limits = [per_day(1), per_hour(9)].map(|quota| Limit::new(quota).by(Header("x-api-key")));
    let layer = RateLimitLayer::with(Limits::all(limits));
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
    handle.set_tier("premium", per_second(1_000_000)).unwrap();
    handle.reset_key("everyone");
}

/// A quota is valid by its type, the name of a tier is not.
pub(crate) fn misconfigure(handle: &Handle) -> Option<String> {
    handle.set_tier("gold", per_second(1)).err().map(|error| error.to_string())
}

pub(crate) fn is_reason(reason: Reason) -> bool {
    matches!(reason, Reason::RateLimited { .. })
}

pub(crate) fn refused(handle: &Handle) -> u64 {
    handle.snapshot().rejected
}
