//! Rejections are data: which layer, why, where the call got to, when to come back.

use palisade::{LayerError, Origin, Rejection, test::Probe};

use super::row;
use crate::support::{call, get, grpc, late, ok, text};

async fn refusal() -> Rejection {
    let layer = row::strict().name("front door");
    row::spend(&layer).await;
    match call(&layer.typed(), late(ok()), get()).await.unwrap_err() {
        LayerError::Rejected(why) => why,
        LayerError::Inner(error) => panic!("not refused: {error}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_rejection_says_who_and_why() {
    let why = refusal().await;
    assert_eq!((why.layer(), why.name()), (row::KIND, &*row::called("front door")));
    assert!(row::is_reason(why.reason()), "{:?}", why.reason());
    assert_eq!(why.reason().label(), row::REASON);
    assert_eq!(why.origin(), row::ORIGIN);
    assert_eq!(why.status(), row::STATUS);
    assert_eq!(why.grpc_code() as i32, row::GRPC_CODE);
    assert_eq!(why.retry_after().is_some(), row::SAYS_WHEN);
}

/// The origin is no mere label.
#[tokio::test(start_paused = true)]
async fn the_origin_says_whether_the_call_was_sent() {
    let layer = row::strict();
    row::spend(&layer).await;
    let inner = Probe::new(late(ok()));
    let probe = inner.handle();
    let answer = call(&layer, inner, get()).await.unwrap();

    let counts = probe.counts();
    match answer.extensions().get::<Rejection>().unwrap().origin() {
        Origin::Local => assert_eq!(counts.calls, 0, "refused before it was sent"),
        Origin::Upstream => assert_eq!((counts.calls, counts.dropped), (1, 1), "sent and given up"),
    }
    assert_eq!(counts.in_flight, 0);
}

#[tokio::test(start_paused = true)]
async fn a_rejection_reads_as_one_lower_case_line_with_the_name() {
    let line = refusal().await.to_string();
    assert!(line.contains(&format!("{:?}", row::called("front door"))), "{line}");
    assert!(line.starts_with(char::is_lowercase), "{line}");
    assert!(!line.ends_with('.') && !line.contains('\n'), "{line}");
}

#[tokio::test(start_paused = true)]
async fn an_unnamed_layer_is_called_default() {
    let layer = row::strict();
    row::spend(&layer).await;
    let answer = call(&layer, late(ok()), get()).await.unwrap();
    assert_eq!(answer.extensions().get::<Rejection>().unwrap().name(), row::called("default"));
}

#[tokio::test(start_paused = true)]
async fn a_rejection_is_in_the_responses_extensions() {
    let layer = row::strict();
    row::spend(&layer).await;
    for request in [get(), grpc()] {
        let answer = call(&layer, late(ok()), request).await.unwrap();
        let why = answer.extensions().get::<Rejection>().unwrap();
        assert_eq!((why.layer(), why.origin()), (row::KIND, row::ORIGIN));
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_never_appears_in_an_answer() {
    const SECRET: &str = "tr0ub4dor";
    let answer = row::refused_by_key(SECRET).await;
    assert_eq!(answer.status(), row::STATUS);
    let why = *answer.extensions().get::<Rejection>().unwrap();
    let head = format!("{:?} {why} {why:?}", answer.headers());
    let all = format!("{head} {}", text(answer).await);
    assert!(!all.contains(SECRET), "{all}");
}
