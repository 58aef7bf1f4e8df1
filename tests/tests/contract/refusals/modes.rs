//! The response modes: what a refusal, a pass and an inner failure become in each.

use std::error::Error;

use bytes::Bytes;
use http::Response;
use palisade::{BoxError, LayerError, Rejection, rejection, test::inner};
use tower::ServiceBuilder;

use super::row;
use crate::support::{Fault, Req, Res, call, get, grpc, late, ok, text};

async fn spent() -> row::Layer {
    let layer = row::strict();
    row::spend(&layer).await;
    layer
}

/// Calls a service of `layer` whose inner service fails.
macro_rules! failing {
    ($layer:expr, $request:expr, $response:ty) => {{
        let (inner, handle) = inner::<_, $response, Fault>();
        let answer = tokio::spawn(call(&$layer, inner, $request));
        handle.next_call().await.fail(Fault("broken"));
        answer.await.unwrap().unwrap_err()
    }};
}

#[tokio::test(start_paused = true)]
async fn http_leaves_the_error_type_alone() {
    assert_eq!(call(&spent().await, late(ok()), get()).await.unwrap().status(), row::STATUS);
    assert_eq!(failing!(row::generous(), get(), Res), Fault("broken"));
}

#[tokio::test(start_paused = true)]
async fn typed_tells_a_refusal_from_an_inner_failure() {
    let refused = call(&spent().await.typed(), late(ok()), get()).await.unwrap_err();
    assert!(matches!(&refused, LayerError::Rejected(why) if why.layer() == row::KIND));

    let failed = failing!(row::generous().typed(), get(), Res);
    assert_eq!(failed, LayerError::Inner(Fault("broken")));

    let passed = call(&row::generous().typed(), late(ok()), get()).await.unwrap();
    assert_eq!(text(passed).await, "ok");
}

#[tokio::test(start_paused = true)]
async fn typed_refuses_grpc_with_an_error_too() {
    assert!(call(&spent().await.typed(), late(ok()), grpc()).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn boxed_is_one_downcast_away() {
    let refused = call(&spent().await.boxed(), late(ok()), get()).await.unwrap_err();
    assert!(refused.downcast_ref::<Rejection>().is_some());

    let failed = failing!(row::generous().boxed(), get(), Res);
    assert_eq!(failed.downcast_ref(), Some(&Fault("broken")));

    let passed = call(&row::generous().boxed(), late(ok()), get()).await.unwrap();
    assert_eq!(text(passed).await, "ok");
}

#[tokio::test(start_paused = true)]
async fn boxed_never_nests() {
    let outside = || row::generous().boxed();
    let stack =
        ServiceBuilder::new().layer(outside()).layer(outside()).layer(spent().await.boxed());
    let refused = call(&stack, late(ok()), get()).await.unwrap_err();
    assert!(refused.downcast_ref::<Rejection>().is_some(), "{refused:?}");

    let stack = ServiceBuilder::new().layer(outside()).layer(outside()).layer(outside());
    let failed = failing!(stack, get(), Res);
    assert_eq!(failed.downcast_ref(), Some(&Fault("broken")), "{failed:?}");
}

#[tokio::test(start_paused = true)]
async fn respond_with_makes_the_whole_answer() {
    let layer = spent().await.respond_with(|why, meta| {
        let body = format!("{} {:?} {}", why.layer(), meta.method(), meta.is_grpc());
        Response::builder().status(418).header("x-own", "1").body(Bytes::from(body)).unwrap()
    });
    let answer = call(&layer, late(ok()), get()).await.unwrap();

    assert_eq!(answer.status(), 418);
    assert_eq!(answer.headers()["x-own"], "1");
    assert!(answer.extensions().get::<Rejection>().is_some(), "outer layers must still see it");
    assert_eq!(text(answer).await, format!("{} Some(GET) false", row::KIND));

    let answer = call(&layer, late(ok()), grpc()).await.unwrap();
    assert_eq!(text(answer).await, format!("{} Some(POST) true", row::KIND));
}

#[tokio::test(start_paused = true)]
async fn plain_is_for_any_service() {
    let refused = call(&spent().await.plain(), late("late"), 7).await.unwrap_err();
    assert!(matches!(&refused, LayerError::Rejected(why) if why.layer() == row::KIND));
    assert_eq!(failing!(row::generous().plain(), 7, &str), LayerError::Inner(Fault("broken")));
    assert_eq!(call(&row::generous().plain(), late("late"), 7).await, Ok("late"));
}

#[tokio::test(start_paused = true)]
async fn plain_boxed_is_for_any_service_and_never_nests() {
    let stack = ServiceBuilder::new()
        .layer(row::generous().plain_boxed())
        .layer(spent().await.plain_boxed());
    let refused = call(&stack, late("late"), 7).await.unwrap_err();
    assert!(refused.downcast_ref::<Rejection>().is_some(), "{refused:?}");

    let failed = failing!(row::generous().plain_boxed(), 7, &str);
    assert_eq!(failed.downcast_ref(), Some(&Fault("broken")));
    assert_eq!(call(&row::generous().plain_boxed(), late("late"), 7).await.unwrap(), "late");
}

#[tokio::test(start_paused = true)]
async fn reject_with_makes_the_outcome_of_either_kind() {
    let spent = spent().await;
    let instead = spent.clone().reject_with(|why: Rejection| Ok(why.layer()));
    assert_eq!(call(&instead, late("late"), 7).await, Ok(row::KIND));
    let fault = spent.reject_with(|_| Err::<&str, _>(Fault("refused")));
    assert_eq!(call(&fault, late("late"), 7).await, Err(Fault("refused")));

    let passing = row::generous().reject_with(|_| Ok("instead"));
    assert_eq!(call(&passing, late("late"), 7).await, Ok("late"));
    assert_eq!(failing!(passing, 7, &str), Fault("broken"));
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_found_through_any_stack_of_errors() {
    // A typed refusal inside of a typed layer, a boxed one, and another's own box.
    let stack = ServiceBuilder::new()
        .layer(row::generous().boxed())
        .layer(row::generous().typed())
        .layer(spent().await.typed());
    let error: BoxError = call(&stack, late(ok()), get()).await.unwrap_err();
    let why = rejection(&*error).expect("the refusal is in the chain of sources");
    assert_eq!(why.layer(), row::KIND);

    // Each level says its own part and leaves the rest to its source.
    let mut level: &dyn Error = &*error;
    while let Some(source) = level.source() {
        assert!(!level.to_string().contains(&why.to_string()), "{level}");
        level = source;
    }
    assert!(rejection(&Fault("broken")).is_none());
}

#[tokio::test(start_paused = true)]
async fn an_inner_layers_answer_is_passed_on_as_it_is() {
    let stack = ServiceBuilder::new().layer(row::generous()).layer(spent().await);
    let answer = call::<_, _, Req>(&stack, late(ok()), get()).await.unwrap();
    assert_eq!(answer.status(), row::STATUS);
    assert!(answer.extensions().get::<Rejection>().is_some());
}
