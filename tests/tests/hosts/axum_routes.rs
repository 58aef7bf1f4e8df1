//! The places in an axum router where a layer can be.

use axum::{
    Router,
    body::Body,
    extract::Path,
    routing::{get, post},
};
use http::{Request, header};
use palisade::{Rejection, prelude::*};
use tower::{Service, ServiceExt};

/// One request to a clone of `app`, which applies its layers again.
async fn status(app: &Router, method: &str, path: &str) -> u16 {
    let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
    app.clone().oneshot(request).await.unwrap().status().as_u16()
}

fn once() -> RateLimitLayer {
    RateLimitLayer::new(per_hour(1))
}

#[tokio::test]
async fn a_router_layer_limits_all_routes_together() {
    let app =
        Router::new().route("/a", get(|| async {})).route("/b", get(|| async {})).layer(once());
    assert_eq!(status(&app, "GET", "/a").await, 200);
    assert_eq!(status(&app, "GET", "/b").await, 429);
    assert_eq!(status(&app, "GET", "/nowhere").await, 429);
}

#[tokio::test]
async fn a_route_layer_leaves_unknown_routes_alone() {
    let app = Router::new()
        .route("/a/{id}", get(|Path(id): Path<u32>| async move { id.to_string() }))
        .route_layer(once())
        .route("/b", get(|| async {}));
    assert_eq!(status(&app, "GET", "/a/1").await, 200);
    assert_eq!(status(&app, "GET", "/a/2").await, 429);
    assert_eq!(status(&app, "GET", "/b").await, 200);
    assert_eq!(status(&app, "GET", "/nowhere").await, 404);
}

#[tokio::test]
async fn a_method_routers_layer_is_for_that_route() {
    let app = Router::new()
        .route("/b", get(|| async {}).post(|| async {}).layer(once()))
        .route("/c", get(|| async {}).route_layer(once()))
        .route("/d", get(|| async {}));
    assert_eq!(status(&app, "GET", "/b").await, 200);
    assert_eq!(status(&app, "POST", "/b").await, 429);
    assert_eq!(status(&app, "GET", "/c").await, 200);
    assert_eq!(status(&app, "GET", "/c").await, 429);
    assert_eq!(status(&app, "GET", "/d").await, 200);
}

#[tokio::test]
async fn clones_of_a_layer_on_two_routes_share_a_limit() {
    let layer = once();
    let app = Router::new()
        .route("/a", get(|| async {}).layer(layer.clone()))
        .route("/b", get(|| async {}).layer(layer));
    assert_eq!(status(&app, "GET", "/a").await, 200);
    assert_eq!(status(&app, "GET", "/b").await, 429);
}

#[tokio::test]
async fn a_nested_router_keeps_its_limit_to_itself() {
    let api = Router::new().route("/a", get(|| async {})).layer(once());
    let app = Router::new().nest("/api", api).route("/a", get(|| async {}));
    assert_eq!(status(&app, "GET", "/api/a").await, 200);
    assert_eq!(status(&app, "GET", "/api/a").await, 429);
    assert_eq!(status(&app, "GET", "/a").await, 200);
}

#[tokio::test]
async fn a_merged_router_keeps_its_limit_to_itself() {
    let api = Router::new().route("/a", get(|| async {})).layer(once());
    let app = Router::new().merge(api).route("/healthz", get(|| async { "ok" }));
    assert_eq!(status(&app, "GET", "/a").await, 200);
    assert_eq!(status(&app, "GET", "/a").await, 429);
    assert_eq!(status(&app, "GET", "/healthz").await, 200);
}

#[tokio::test]
async fn a_fallback_can_be_limited() {
    let app = Router::new().fallback(get(|| async {}).layer(once()));
    assert_eq!(status(&app, "GET", "/x").await, 200);
    assert_eq!(status(&app, "GET", "/y").await, 429);
}

#[tokio::test]
async fn a_route_service_can_be_limited_outside_of_axum() {
    let mut app = tower::Layer::layer(&once(), Router::new().route("/", post(|| async {})));
    let request = || Request::post("/").body(Body::empty()).unwrap();
    for status in [200, 429] {
        let app = ServiceExt::<Request<Body>>::ready(&mut app).await.unwrap();
        assert_eq!(app.call(request()).await.unwrap().status(), status);
    }
}

#[tokio::test]
async fn limits_keyed_by_route_are_one_for_each_template() {
    let app = Router::new()
        .route("/users/{id}", get(|| async {}))
        .route("/posts/{id}", get(|| async {}))
        .nest("/v2", Router::new().route("/users/{id}", get(|| async {})))
        .layer(RateLimitLayer::new(per_hour(1)).by(Route));
    assert_eq!(status(&app, "GET", "/users/1").await, 200);
    assert_eq!(status(&app, "GET", "/users/2").await, 429, "the same template");
    assert_eq!(status(&app, "GET", "/posts/1").await, 200);
    assert_eq!(status(&app, "GET", "/v2/users/1").await, 200, "nested, another template");
}

#[tokio::test]
async fn a_refusal_has_a_content_length_and_its_rejection() {
    let app = Router::new().route("/", get(|| async {})).layer(once().name("front door"));
    let request = || Request::get("/").body(Body::empty()).unwrap();
    app.clone().oneshot(request()).await.unwrap();
    let answer = app.oneshot(request()).await.unwrap();
    assert_eq!(answer.headers()[header::CONTENT_TYPE], "application/problem+json");
    assert_eq!(answer.extensions().get::<Rejection>().unwrap().name(), "front door");
    assert!(http_body::Body::size_hint(answer.body()).exact().is_some());
}

/// Axum answers a handler's panic by dropping the connection; the layer's slot must be free again.
#[tokio::test]
async fn a_handler_that_panics_leaves_nothing_behind() {
    let layer = TimeoutLayer::new(std::time::Duration::from_secs(5));
    let handle = layer.handle();
    let app = Router::new()
        .route(
            "/",
            get(|| async {
                if true {
                    panic!("in the handler")
                }
            }),
        )
        .layer(layer);
    let request = Request::get("/").body(Body::empty()).unwrap();
    assert!(tokio::spawn(app.oneshot(request)).await.unwrap_err().is_panic());
    assert_eq!(handle.snapshot().in_flight, 0);
}
