//! Which errors, and which of our own rejections, are worth another attempt.

#![expect(clippy::unwrap_used, reason = "a test's helpers are tests, too")]

mod support;

use std::error::Error;
use std::fmt;
use std::io::{self, ErrorKind};
use std::sync::Arc;

use palisade_core::{BoxError, Cause, Late, LayerError, Micros, Reason, Rejection, per_second};
use palisade_retry::{Judge, RetryLayer};
use support::upstream::{Req, Res, Upstream, eager, get, ms, post, send, status};
use tower::{Layer, ServiceExt};

/// An error that can be had again, and shows what is in it.
#[derive(Clone, Debug)]
struct Shown(Arc<dyn Error + Send + Sync>);

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the call failed")
    }
}

impl Error for Shown {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.0)
    }
}

fn shown(error: impl Into<BoxError>) -> Shown {
    Shown(error.into().into())
}

async fn sent(request: Req, error: Shown) -> usize {
    let upstream: Upstream<Req, Res, _> = Upstream::new([Err(error)]);
    eager(2).layer(upstream.clone()).oneshot(request).await.unwrap_err();
    upstream.calls()
}

#[tokio::test(start_paused = true)]
async fn what_was_never_sent_is_sent_again_even_if_it_is_a_post() {
    for (kind, calls) in [
        (ErrorKind::ConnectionRefused, 2),
        (ErrorKind::HostUnreachable, 2),
        (ErrorKind::NetworkUnreachable, 2),
        (ErrorKind::ConnectionReset, 1),
        (ErrorKind::ConnectionAborted, 1),
        (ErrorKind::BrokenPipe, 1),
        (ErrorKind::UnexpectedEof, 1),
        (ErrorKind::TimedOut, 1),
        (ErrorKind::Other, 1),
    ] {
        let plain = || io::Error::from(kind);
        let nested = || shown(shown(io::Error::other(plain())));
        assert_eq!(sent(post(), shown(plain())).await, calls, "{kind}");
        assert_eq!(sent(post(), nested()).await, calls, "{kind}, nested");
        assert_eq!(sent(get(), nested()).await, 2, "a GET in any case, {kind}");
    }
}

/// Every reason that a layer inside can have, and whether another attempt is made.
fn reasons() -> Vec<(Rejection, bool)> {
    let why = |reason| Rejection::new("inner", "", reason);
    let limited = why(Reason::rate_limited(per_second(1), ""));
    let open = why(Reason::circuit_open(Cause::Forced, Micros::ZERO));
    let late = |late| why(Reason::timed_out(late, ms(1), ms(1)));
    vec![
        (limited.with_retry_after(ms(1_000)), true),
        (limited.with_retry_after(ms(0)), true),
        (limited, false),
        (limited.with_retry_after(ms(60_001)), false),
        (why(Reason::bulkhead_full(1)), true),
        (why(Reason::bulkhead_full(1)).with_retry_after(ms(5)), true),
        (why(Reason::queue_full(1)), true),
        (why(Reason::queue_timeout(ms(1))), true),
        (why(Reason::key_missing("")), false),
        (why(Reason::key_missing("")).with_retry_after(ms(1)), false),
        (why(Reason::StoreDown), false),
        (open, false),
        (open.with_retry_after(ms(1)), false),
        (why(Reason::Expired), false),
        (late(Late::Head), true),
        (late(Late::Idle), true),
        (late(Late::Total), true),
    ]
}

#[tokio::test(start_paused = true)]
async fn only_what_passes_by_itself_of_what_layers_inside_refused() {
    for (why, again) in reasons() {
        let calls = if again { 2 } else { 1 };
        let mut response = status(why.status().as_u16());
        response.extensions_mut().insert(why);
        let (_, upstream) = send(&eager(2), get(), [Ok(response.clone())]).await;
        assert_eq!(upstream.calls(), calls, "as a response: {why:?}");

        // A mode may answer with any status: what counts is the reason.
        *response.status_mut() = http::StatusCode::OK;
        let (_, upstream) = send(&eager(2), get(), [Ok(response)]).await;
        assert_eq!(upstream.calls(), calls, "as a response of another status: {why:?}");

        let typed: LayerError<io::Error> = LayerError::Rejected(why);
        assert_eq!(sent(get(), shown(typed)).await, calls, "as a typed error: {why:?}");
        assert_eq!(boxed(&eager(2).boxed(), why).await, calls, "as a boxed error: {why:?}");
        assert_eq!(boxed(&eager(2).plain_boxed(), why).await, calls, "in the plain mode: {why:?}");
    }
}

/// How often a service is called that answers with this rejection as its boxed error.
async fn boxed<J, K>(layer: &RetryLayer<J, K>, why: Rejection) -> usize
where
    J: Judge<Res, BoxError> + Clone,
    K: palisade_retry::Repeat<Req> + Clone,
{
    let calls = Arc::new(parking_lot::Mutex::new(0));
    let counted = Arc::clone(&calls);
    let service = tower::service_fn(move |_: Req| {
        *counted.lock() += 1;
        async move { Err::<Res, BoxError>(why.into()) }
    });
    layer.layer(service).oneshot(get()).await.unwrap_err();
    *calls.lock()
}

#[tokio::test(start_paused = true)]
async fn what_was_refused_was_not_sent_and_what_timed_out_was() {
    let full = Rejection::new("bulkhead", "", Reason::bulkhead_full(1));
    let late = Rejection::new("timeout", "", Reason::timed_out(Late::Head, ms(1), ms(1)));
    for (why, calls) in [(full, 2), (late, 1)] {
        let mut response = status(503);
        response.extensions_mut().insert(why);
        let (_, upstream) = send(&eager(2), post(), [Ok(response)]).await;
        assert_eq!(upstream.calls(), calls, "{why}");
        assert_eq!(sent(post(), shown(why)).await, calls, "{why}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_waited_for_as_long_as_it_says() {
    let why = Rejection::new("ratelimit", "", Reason::rate_limited(per_second(1), ""));
    let mut response = status(429);
    response.headers_mut().insert("retry-after", "2".parse().unwrap());
    // Exact, where the header is rounded up to seconds.
    response.extensions_mut().insert(why.with_retry_after(ms(1_250)));
    let (_, upstream) = send(&eager(2), get(), [Ok(response)]).await;
    assert_eq!(upstream.times()[1], ms(1_250));
}
