//! A call that passes allocates nothing, nor does one that fails.

#![expect(clippy::unwrap_used, reason = "a test's helpers are tests, too")]

mod support;

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use allocation_counter::measure;
use http::{Request, Response};
use palisade_breaker::{Breaker, BreakerLayer, Header, Ratio, Throttle, Trip, Window};
use palisade_core::test::ready;
use support::seconds;
use tower::{Layer, Service};

/// The allocations of a hundred calls by hand, after one that may set a thread up.
fn by_hand(breaker: &Breaker) -> u64 {
    let call = |n: u32| {
        let permit = breaker.try_acquire().expect("calls pass");
        if n % 10 == 9 { permit.failure() } else { permit.success() }
    };
    (0..10).for_each(call);
    measure(|| (0..100).for_each(call)).count_total
}

#[test]
fn calls_by_hand() {
    let breaker = || Breaker::new().failure_rate(Ratio::percent(90));
    for breaker in [
        breaker(),
        breaker().window(Window::Calls(50)),
        breaker().trip(Trip::slow_rate(Ratio::ONE, seconds(10)).or(Trip::consecutive(10))),
        Breaker::throttle(Throttle::new()),
    ] {
        assert_eq!(by_hand(&breaker), 0, "{:?}", breaker.handle().snapshot().settings);
    }
}

/// The allocations of the second to the eleventh call.
fn through<K>(layer: &BreakerLayer<K>) -> u64
where
    K: palisade_breaker::KeyBy<Request<()>> + Clone,
{
    let mut service = layer.layer(ready::<Request<()>, _>(Response::new(String::new())));
    let mut cx = Context::from_waker(Waker::noop());
    let mut call = |request| {
        assert!(matches!(service.poll_ready(&mut cx), Poll::Ready(Ok(()))));
        let answer = pin!(service.call(request)).poll(&mut cx);
        assert!(matches!(answer, Poll::Ready(Ok(response)) if response.status() == 200));
    };
    let request = || Request::builder().header("x-host", "a").body(()).unwrap();
    call(request());
    let requests: Vec<_> = (0..10).map(|_| request()).collect();
    let requests = &mut requests.into_iter();
    measure(|| requests.for_each(call)).count_total
}

#[test]
fn calls_through_the_layer() {
    assert_eq!(through(&BreakerLayer::new()), 0);
    assert_eq!(through(&BreakerLayer::new().window(Window::Calls(5))), 0);
    assert_eq!(through(&BreakerLayer::new().by(Header("x-host"))), 0);
    let off = BreakerLayer::new();
    off.handle().disable();
    assert_eq!(through(&off), 0);
}
