//! Deep stacks with tower-http's layers outside and inside of ours.

use std::time::Duration;

use axum::{Router, body::Body, routing::get};
use http::{Request, StatusCode, header};
use palisade::{Rejection, prelude::*};
use tower::{ServiceBuilder, ServiceExt};
use tower_http::{
    compression::CompressionLayer, cors::CorsLayer, timeout::TimeoutLayer as HttpTimeoutLayer,
    trace::TraceLayer,
};

fn from_browser(method: &str) -> Request<Body> {
    Request::builder()
        .method(method)
        .uri("/")
        .header(header::ORIGIN, "http://example.org")
        .header(header::ACCEPT_ENCODING, "gzip")
        .header(header::ACCESS_CONTROL_REQUEST_METHOD, "GET")
        .body(Body::empty())
        .unwrap()
}

fn app(limit: RateLimitLayer, timeout: TimeoutLayer) -> Router {
    let wide = || RateLimitLayer::new(per_hour(1000));
    Router::new()
        .route("/", get(|| async { "x".repeat(1000) }))
        .route("/never", get(std::future::pending::<&str>))
        .layer(
            ServiceBuilder::new()
                .layer(TraceLayer::new_for_http())
                .layer(CorsLayer::permissive())
                .layer(wide())
                .layer(CompressionLayer::new())
                .layer(timeout)
                .layer(wide().respond_with(|_, _| http::Response::new("".into())))
                .layer(HttpTimeoutLayer::with_status_code(
                    StatusCode::SERVICE_UNAVAILABLE,
                    Duration::from_secs(60),
                ))
                .layer(limit)
                .layer(CompressionLayer::new())
                .layer(wide().enabled(false)),
        )
}

fn wide_timeout() -> TimeoutLayer {
    TimeoutLayer::new(Duration::from_secs(5))
}

#[tokio::test(start_paused = true)]
async fn a_response_passes_through_all_of_them() {
    let app = app(RateLimitLayer::new(per_hour(1)), wide_timeout());
    let answer = app.oneshot(from_browser("GET")).await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()[header::CONTENT_ENCODING], "gzip");
    assert!(answer.headers().contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN));
}

#[tokio::test(start_paused = true)]
async fn a_refusal_keeps_the_headers_that_layers_outside_add() {
    let app = app(RateLimitLayer::new(per_hour(1)).name("inner"), wide_timeout());
    app.clone().oneshot(from_browser("GET")).await.unwrap();
    let answer = app.oneshot(from_browser("GET")).await.unwrap();
    assert_eq!(answer.status(), 429);
    assert!(
        answer.headers().contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN),
        "a browser sees it"
    );
    assert_eq!(answer.extensions().get::<Rejection>().unwrap().name(), "inner");
}

#[tokio::test(start_paused = true)]
async fn the_innermost_timeout_answers() {
    let app = app(RateLimitLayer::new(per_hour(1)), wide_timeout());
    let never = Request::get("/never").body(Body::empty()).unwrap();
    let answer = app.oneshot(never).await.unwrap();
    assert_eq!(answer.status(), 504, "ours has 5 seconds, tower-http's 60");
    assert_eq!(answer.extensions().get::<Rejection>().unwrap().layer(), "timeout");
}

#[tokio::test(start_paused = true)]
async fn a_limit_can_be_optional() {
    // `option_layer` wants one response type on both sides: innermost, with the body kept.
    let limit = RateLimitLayer::new(per_hour(1)).reject_with(|why| {
        Ok(axum::response::IntoResponse::into_response((why.status(), why.to_string())))
    });
    for (limit, second) in [(Some(limit), 429), (None, 200)] {
        let app = Router::new()
            .route("/", get(|| async {}))
            .layer(ServiceBuilder::new().option_layer(limit));
        assert_eq!(app.clone().oneshot(from_browser("GET")).await.unwrap().status(), 200);
        assert_eq!(app.oneshot(from_browser("GET")).await.unwrap().status(), second);
    }
}

#[tokio::test(start_paused = true)]
async fn our_timeout_stands_outside_of_tower_https() {
    // tower-http's wants `Default` of the body inside of it, which is ours here.
    let app = Router::new().route("/", get(std::future::pending::<&str>)).layer(
        ServiceBuilder::new()
            .layer(HttpTimeoutLayer::with_status_code(
                StatusCode::SERVICE_UNAVAILABLE,
                Duration::from_secs(1),
            ))
            .layer(TimeoutLayer::new(Duration::from_secs(5))),
    );
    let answer = app.oneshot(Request::get("/").body(Body::empty()).unwrap()).await.unwrap();
    assert_eq!(answer.status(), 503);
}
#[tokio::test(start_paused = true)]
async fn a_preflight_spends_nothing() {
    let limit = RateLimitLayer::new(per_hour(1)).name("inner");
    // Cors inside of the limit: the preflight reaches us.
    let app = Router::new()
        .route("/", get(|| async {}))
        .layer(ServiceBuilder::new().layer(limit).layer(CorsLayer::permissive()));
    for _ in 0..3 {
        assert_eq!(app.clone().oneshot(from_browser("OPTIONS")).await.unwrap().status(), 200);
    }
    assert_eq!(app.clone().oneshot(from_browser("GET")).await.unwrap().status(), 200);
    assert_eq!(app.oneshot(from_browser("GET")).await.unwrap().status(), 429);
}
