//! Which gRPC responses are worth another attempt.

mod support;

use palisade_retry::RetryLayer;
use support::upstream::{Res, eager, get, grpc, ms, send, with};

const PUSHBACK: &str = "grpc-retry-pushback-ms";

/// A response whose status stands in its head, with what it says about calling again.
fn trailers_only(code: &str, pushback: Option<&str>) -> Res {
    let mut headers = vec![("content-type", "application/grpc+proto"), ("grpc-status", code)];
    headers.extend(pushback.map(|value| (PUSHBACK, value)));
    with(200, &headers)
}

async fn sent(layer: &RetryLayer, answer: Res) -> usize {
    send(layer, grpc(), [Ok(answer)]).await.1.calls()
}

#[tokio::test(start_paused = true)]
async fn of_all_codes_unavailable_is_tried_again() {
    let layer = eager(2);
    for code in 0..=20 {
        let calls = sent(&layer, trailers_only(&code.to_string(), None)).await;
        assert_eq!(calls == 2, code == 14, "{code}");
    }
    for code in ["", "014", "14 ", "fourteen"] {
        assert_eq!(sent(&layer, trailers_only(code, None)).await, 1, "{code:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_did_what_it_was_asked_has_answered() {
    let layer = eager(2);
    // As for a breaker: UNKNOWN, DEADLINE_EXCEEDED, INTERNAL and UNAVAILABLE are failures.
    for code in 0..=16 {
        let before = layer.handle().snapshot();
        sent(&layer, trailers_only(&code.to_string(), None)).await;
        let after = layer.handle().snapshot();
        let failed = matches!(code, 2 | 4 | 13 | 14);
        assert_eq!(after.failed - before.failed, u64::from(failed), "{code}");
        assert_eq!(after.passed - before.passed, u64::from(!failed), "{code}");
    }
    assert_eq!(layer.handle().snapshot().stopped, 3, "all but UNAVAILABLE");
}

#[tokio::test(start_paused = true)]
async fn a_pushback_says_whether_and_when() {
    // (pushback, attempts after UNAVAILABLE, after RESOURCE_EXHAUSTED, wait between them)
    for (pushback, unavailable, exhausted, wait) in [
        (None, 2, 1, 0),
        (Some("0"), 2, 2, 0),
        (Some("250"), 2, 2, 250),
        (Some("-1"), 1, 1, 0),
        (Some("-9223372036854775808"), 1, 1, 0),
        (Some("garbage"), 1, 1, 0),
        (Some(""), 1, 1, 0),
        (Some("1.5"), 1, 1, 0),
        (Some("+5"), 1, 1, 0),
    ] {
        for (code, calls) in [("14", unavailable), ("8", exhausted)] {
            let answer = trailers_only(code, pushback);
            let (_, upstream) = send(&eager(2), grpc(), [Ok(answer)]).await;
            assert_eq!(upstream.calls(), calls, "{code} with {pushback:?}");
            if calls == 2 {
                assert_eq!(upstream.times()[1], ms(wait), "{code} with {pushback:?}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_pushback_alone_makes_no_other_code_worth_another_attempt() {
    let layer = eager(2);
    for code in (0..=16).filter(|code| !matches!(code, 8 | 14)) {
        assert_eq!(sent(&layer, trailers_only(&code.to_string(), Some("0"))).await, 1, "{code}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_response_whose_status_is_still_to_come_is_the_answer() {
    let layer = eager(2);
    assert_eq!(sent(&layer, with(200, &[("content-type", "application/grpc")])).await, 1);
    assert_eq!(layer.handle().snapshot().passed, 1);
}

/// gRPC-Web has its status in its data, and a header of that name means nothing elsewhere.
#[tokio::test(start_paused = true)]
async fn the_header_of_a_response_that_is_not_grpc_is_no_status() {
    let layer = eager(2);
    for content_type in ["application/grpc-web+proto", "application/json"] {
        let answer = with(200, &[("content-type", content_type), ("grpc-status", "14")]);
        assert_eq!(sent(&layer, answer.clone()).await, 1, "{content_type}");
        assert_eq!(send(&layer, get(), [Ok(answer)]).await.1.calls(), 1, "{content_type}");
    }
}
