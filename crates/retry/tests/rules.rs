//! Which HTTP outcomes are worth another attempt, and of which requests.

#![expect(clippy::unwrap_used, reason = "a test's helpers are tests, too")]

mod support;

use http::{Method, Request, StatusCode};
use palisade_retry::{Idempotent, RetryLayer};
use support::upstream::{Fault, Req, Res, eager, get, grpc, post, send, status, with};

/// How often this request is sent if this is what always comes back.
async fn sent(layer: &RetryLayer, request: Req, answer: Result<Res, Fault>) -> usize {
    send(layer, request, [answer]).await.1.calls()
}

fn request(method: &str) -> Req {
    Request::builder().method(method).uri("/").body(String::new()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn idempotent_methods_are_repeated_and_others_are_not() {
    let layer = eager(3);
    for (method, calls) in [
        ("GET", 3),
        ("HEAD", 3),
        ("OPTIONS", 3),
        ("TRACE", 3),
        ("PUT", 3),
        ("DELETE", 3),
        ("POST", 1),
        ("PATCH", 1),
        ("CONNECT", 1),
        ("PURGE", 1),
        ("get", 1),
    ] {
        assert_eq!(sent(&layer, request(method), Ok(status(503))).await, calls, "{method} and 503");
        let reset = Err(Fault("reset"));
        assert_eq!(sent(&layer, request(method), reset).await, calls, "{method} and a reset");
        assert_eq!(sent(&layer, request(method), Ok(status(200))).await, 1, "{method} and 200");
    }
    let seen = layer.handle().snapshot();
    assert_eq!((seen.exhausted, seen.not_idempotent, seen.passed), (12, 10, 11));
}

#[tokio::test(start_paused = true)]
async fn a_mark_says_that_a_request_may_be_sent_twice() {
    let layer = eager(3);
    let mut by_header = request("POST");
    by_header.headers_mut().insert("idempotency-key", "".parse().unwrap());
    let mut by_extension = request("PATCH");
    by_extension.extensions_mut().insert(Idempotent);
    for marked in [by_header, by_extension] {
        assert_eq!(sent(&layer, marked.clone(), Ok(status(502))).await, 3, "{marked:?}");
        assert_eq!(sent(&layer, marked.clone(), Err(Fault("reset"))).await, 3, "{marked:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_closure_takes_the_place_of_methods_and_marks() {
    let layer = eager(3).idempotent_by(|head| *head.method() == Method::POST);
    let mut marked = request("PATCH");
    marked.extensions_mut().insert(Idempotent);
    for (request, calls) in [(post(), 3), (get(), 1), (marked, 1)] {
        let (_, upstream) = send(&layer, request.clone(), [Ok(status(503))]).await;
        assert_eq!(upstream.calls(), calls, "{request:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn of_all_statuses_502_503_and_504_are_tried_again() {
    let layer = eager(2);
    for code in 100..=999 {
        let answer = with(code, &[]);
        let calls = sent(&layer, get(), Ok(answer)).await;
        assert_eq!(calls == 2, matches!(code, 502..=504), "{code}");
    }
    let seen = layer.handle().snapshot();
    let server_errors = 100 - 3;
    assert_eq!((seen.exhausted, seen.stopped), (3, server_errors));
    assert_eq!(seen.passed, 900 - 3 - server_errors, "a 404 is an answer");
}

#[tokio::test(start_paused = true)]
async fn other_statuses_can_be_chosen() {
    let layer = eager(2).statuses([200, 399, 400, 418, 500, 599, 600, 999, 65_535]);
    for code in 100..=999 {
        let calls = sent(&layer, get(), Ok(with(code, &[]))).await;
        assert_eq!(calls == 2, matches!(code, 400 | 418 | 500 | 599), "{code}");
    }
    let none = eager(2).statuses([]);
    assert_eq!(sent(&none, get(), Ok(status(503))).await, 1);
    assert_eq!(sent(&none, get(), Ok(with(503, &[("retry-after", "0")]))).await, 1, "not even so");
}

#[tokio::test(start_paused = true)]
async fn a_429_is_tried_again_if_it_says_when_to_come_back() {
    let layer = eager(2);
    for (value, calls) in [
        (Some("0"), 2),
        (Some("3"), 2),
        (Some("Thu, 01 Jan 1970 00:00:00 GMT"), 2),
        (None, 1),
        (Some(""), 1),
        (Some("-1"), 1),
        (Some("+1"), 1),
        (Some("1.5"), 1),
        (Some("soon"), 1),
        (Some("Thu, 32 Jan 1970 00:00:00 GMT"), 1),
    ] {
        let headers: Vec<_> = value.map(|value| ("retry-after", value)).into_iter().collect();
        assert_eq!(sent(&layer, get(), Ok(with(429, &headers))).await, calls, "{value:?}");
        assert_eq!(sent(&layer, post(), Ok(with(429, &headers))).await, 1, "a POST, {value:?}");
        // A 503 is one with or without, and what is malformed says nothing.
        assert_eq!(sent(&layer, get(), Ok(with(503, &headers))).await, 2, "503 and {value:?}");
        // In any other response it is no matter.
        assert_eq!(sent(&layer, get(), Ok(with(404, &headers))).await, 1, "404 and {value:?}");
    }
    let listed = eager(2).statuses([429]);
    assert_eq!(sent(&listed, get(), Ok(status(429))).await, 2, "or if it is one of the statuses");
}

#[tokio::test(start_paused = true)]
async fn a_gateways_answer_to_a_grpc_call_is_tried_again_though_it_is_a_post() {
    let layer = eager(2);
    for code in 200..600 {
        let html = with(code, &[("content-type", "text/html")]);
        let calls = sent(&layer, grpc(), Ok(html)).await;
        assert_eq!(calls == 2, matches!(code, 502..=504), "{code}");
    }
    let busy = with(429, &[("retry-after", "1")]);
    assert_eq!(sent(&layer, grpc(), Ok(busy)).await, 2);
}

#[tokio::test(start_paused = true)]
async fn the_last_response_is_the_callers_as_it_came() {
    let last = with(503, &[("retry-after", "0"), ("x-trace", "17")]);
    let layer = eager(2);
    let (outcome, _) = send(&layer, get(), [Ok(status(502)), Ok(last)]).await;
    let response = outcome.unwrap();
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(
        (&response.headers()["retry-after"], response.headers().len()),
        (&"0".parse().unwrap(), 2)
    );
    assert_eq!(response.headers()["x-trace"], "17");
    assert!(response.extensions().is_empty());
}
