//! A call that passes allocates nothing.
//!
//! A binary of its own, because all of its allocations go through a counter (which counts for each
//! thread, so that tests may run side by side). What the law leaves out is left out here: rate
//! headers on passing responses, and the copy of the headers of a request that may be sent twice.

#![expect(clippy::unwrap_used, reason = "a test's helpers are tests, too")]

use std::{
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Waker},
    time::Duration,
};

use allocation_counter::measure;
use bytes::Bytes;
use http::{Request, Response, Uri};
use http_body_util::Full;
use palisade::{
    Clock, Http, Key,
    prelude::*,
    ratelimit::{Each, One},
    test::ready,
};
use tower::{Layer, Service, ServiceBuilder};

type Req = Request<()>;
type Res = Response<Full<Bytes>>;

/// The allocations of `service`'s second to eleventh call; the first may set a thread up.
fn allocations<S, Req>(mut service: S, request: impl Fn() -> Req) -> u64
where
    S: Service<Req>,
    S::Error: std::fmt::Debug,
{
    let mut cx = Context::from_waker(Waker::noop());
    let mut call = |request| {
        assert!(matches!(service.poll_ready(&mut cx), Poll::Ready(Ok(()))));
        let answer = pin!(service.call(request)).poll(&mut cx);
        assert!(matches!(answer, Poll::Ready(Ok(_))), "not a pass");
    };
    call(request());
    let requests: Vec<_> = (0..10).map(|_| request()).collect();
    let requests = &mut requests.into_iter();
    measure(|| requests.for_each(call)).count_total
}

fn get() -> Req {
    let peer = palisade::PeerAddr(([192, 0, 2, 1], 1).into());
    Request::get("http://example.org/").header("x-api-key", "abc").extension(peer).body(()).unwrap()
}

/// A request without headers, of which a copy is free.
fn bare() -> Req {
    Request::get(Uri::from_static("http://example.org/")).body(()).unwrap()
}

/// Around a service that is ready at once.
fn http<L>(layer: L) -> u64
where
    L: Layer<palisade::test::Canned<Req, Res>>,
    L::Service: Service<Req, Error: std::fmt::Debug>,
{
    http_of(get, layer)
}

fn http_of<L>(request: fn() -> Req, layer: L) -> u64
where
    L: Layer<palisade::test::Canned<Req, Res>>,
    L::Service: Service<Req, Error: std::fmt::Debug>,
{
    allocations(layer.layer(ready(Response::new(Full::from("ok")))), request)
}

fn plain<L>(layer: L) -> u64
where
    L: Layer<palisade::test::Canned<u32, u32>>,
    L::Service: Service<u32, Error: std::fmt::Debug>,
{
    allocations(layer.layer(ready(2)), || 1)
}

fn limit() -> RateLimitLayer {
    RateLimitLayer::new(per_second(1_000_000)).headers(Headers::None).clock(Clock::fast())
}

type Array<T> = Each<Arc<[T]>>;

/// Two limits in one decision.
fn several() -> RateLimitLayer<Array<Global>, Http, Array<One>> {
    let limits = Limits::all([per_second(1_000_000), per_hour(1_000_000)]);
    RateLimitLayer::with(limits).headers(Headers::None).clock(Clock::fast())
}

fn breaker() -> BreakerLayer {
    BreakerLayer::new().clock(Clock::fast())
}

fn bulkhead() -> BulkheadLayer {
    BulkheadLayer::new(1_000).clock(Clock::fast())
}

fn timeout() -> TimeoutLayer {
    TimeoutLayer::new(Duration::from_secs(5)).clock(Clock::fast())
}

fn retry() -> RetryLayer {
    RetryLayer::standard().clock(Clock::fast())
}

fn hedge() -> HedgeLayer {
    HedgeLayer::after(Duration::from_secs(5)).clock(Clock::fast())
}

/// The table of layers that refuse: one joins with one line, `name: how to make one`.
macro_rules! passes_without_allocating {
    ($($name:ident: $layer:expr;)*) => {$(
        mod $name {
            use super::*;

            #[test]
            fn a_pass_allocates_nothing() {
                assert_eq!(http($layer), 0);
            }

            #[test]
            fn a_pass_allocates_nothing_in_any_mode() {
                assert_eq!(http($layer.typed()), 0);
                assert_eq!(http($layer.boxed()), 0);
                assert_eq!(http($layer.respond_with(|_, _| Response::new(Bytes::new()))), 0);
                assert_eq!(plain($layer.plain()), 0);
                assert_eq!(plain($layer.plain_boxed()), 0);
                assert_eq!(plain($layer.reject_with(|_| Ok(3))), 0);
            }

            #[test]
            fn a_disabled_layer_allocates_nothing() {
                assert_eq!(http($layer.enabled(false)), 0);
            }

            #[test]
            fn a_layer_on_a_dry_run_allocates_nothing() {
                assert_eq!(http($layer.enforce(palisade::Ratio::ZERO)), 0);
            }

            #[test]
            fn cloning_the_service_allocates_nothing() {
                let service = $layer.layer(ready::<Req, Res>(Response::new(Full::from("ok"))));
                assert_eq!(measure(|| drop(service.clone())).count_total, 0);
            }
        }
    )*};
}

passes_without_allocating! {
    breaker: breaker();
    bulkhead: bulkhead();
    ratelimit: limit();
    several: several();
    timeout: timeout();
}

/// The table of layers that may send a request twice.
macro_rules! repeats_without_allocating {
    ($($name:ident: $layer:expr;)*) => {$(
        mod $name {
            use super::*;

            #[test]
            fn a_pass_allocates_nothing() {
                assert_eq!(http_of(bare, $layer), 0);
                assert_eq!(plain($layer.plain()), 0);
            }

            #[test]
            fn what_is_copied_of_a_request_is_all_that_is_allocated() {
                let copies = || drop((get().headers().clone(), get().extensions().clone()));
                let made = || drop((get(), get()));
                let copied = measure(copies).count_total - measure(made).count_total;
                assert_eq!(http($layer), 10 * copied);
            }

            #[test]
            fn a_disabled_layer_allocates_nothing() {
                assert_eq!(http($layer.enabled(false)), 0);
            }

            #[test]
            fn cloning_the_service_allocates_nothing() {
                let service = $layer.layer(ready::<Req, Res>(Response::new(Full::from("ok"))));
                assert_eq!(measure(|| drop(service.clone())).count_total, 0);
            }
        }
    )*};
}

repeats_without_allocating! {
    hedge: hedge();
    retry: retry();
}

#[test]
fn the_counter_counts() {
    assert_eq!(measure(|| drop(Box::new(1))).count_total, 1);
    let boxing = tower::service_fn(|request: u32| Box::pin(async move { Ok::<_, ()>(request) }));
    assert_eq!(allocations(boxing, || 1), 10);
}

#[test]
fn a_key_that_is_known_allocates_nothing() {
    assert_eq!(http(limit().by(Header("x-api-key"))), 0);
    assert_eq!(http(limit().by(Host)), 0);
    assert_eq!(http(limit().by(ClientIp::peer())), 0);
    assert_eq!(http(limit().by((Host, Method))), 0);
    assert_eq!(http(limit().by_fn(|head| head.header("x-api-key").map(Key::from))), 0);
}

#[test]
fn several_limits_with_keys_costs_and_tiers_of_their_own_allocate_nothing() {
    let layer = || {
        let calls = Limit::new(per_second(1_000_000)).tier("abc", per_hour(1_000_000));
        let units = Limit::new(per_hour(1_000_000)).by(ClientIp::peer()).cost_by(|_| 2);
        let limits = Limits::all((calls.by(Header("x-api-key")), units));
        RateLimitLayer::with(limits).headers(Headers::None).clock(Clock::fast())
    };
    assert_eq!(http(layer()), 0);
    assert_eq!(http(several().by(Header("x-api-key"))), 0);
    assert_eq!(http(several().cost_by(|_| 3)), 0);
    assert_eq!(http(layer().quota_by(|head| head.header("x-api-key")?.to_str().ok())), 0);
    assert_eq!(http(several().class_by(|_| 3)), 0);
}

#[test]
fn a_breaker_of_any_kind_allocates_nothing() {
    let slow = Trip::slow_rate(Ratio::ONE, Duration::from_secs(1)).or(Trip::consecutive(9));
    assert_eq!(http(breaker().trip(slow).window(Window::Calls(100))), 0);
    assert_eq!(http(BreakerLayer::throttle(Throttle::new()).clock(Clock::fast())), 0);
    assert_eq!(http(breaker().by(Host)), 0);
}

#[test]
fn a_pass_through_backpressure_allocates_nothing() {
    assert_eq!(http(bulkhead().backpressure()), 0);
    assert_eq!(plain(bulkhead().backpressure().plain()), 0);
}

#[test]
fn a_bill_is_one_allocation() {
    assert_eq!(http(limit().chargeable(true)), 10);
    assert_eq!(http(several().by(Host).chargeable(true)), 10);
}

#[test]
fn a_stack_allocates_nothing() {
    assert_eq!(
        http(
            ServiceBuilder::new()
                .layer(bulkhead())
                .layer(timeout())
                .layer(breaker())
                .layer(limit())
                .layer(limit())
        ),
        0
    );
    assert_eq!(http_of(bare, ServiceBuilder::new().layer(retry()).layer(hedge())), 0);
}
