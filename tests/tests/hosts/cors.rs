//! What a browser sees of a limit: tower-http's CORS outside of ours.

use axum::{Router, body::Body, routing::get};
use http::{HeaderMap, Request, Response, header};
use palisade::prelude::*;
use tower::{ServiceBuilder, ServiceExt};
use tower_http::cors::{Any, CorsLayer};

const ORIGIN: &str = "http://example.org";

fn app(limit: RateLimitLayer) -> Router {
    let cors = CorsLayer::new().allow_origin(Any).allow_methods(Any);
    Router::new()
        .route("/", get(|| async { "hello" }))
        .layer(ServiceBuilder::new().layer(cors.expose_headers(RATE_LIMIT_HEADERS)).layer(limit))
}

async fn fetch(app: &Router) -> Response<Body> {
    let request = Request::get("/").header(header::ORIGIN, ORIGIN).body(Body::empty()).unwrap();
    app.clone().oneshot(request).await.unwrap()
}

async fn preflight(app: &Router) -> Response<Body> {
    let request = Request::options("/")
        .header(header::ORIGIN, ORIGIN)
        .header(header::ACCESS_CONTROL_REQUEST_METHOD, "GET");
    app.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
}

/// The headers of a response that a page of another origin may read.
fn visible(headers: &HeaderMap) -> Vec<String> {
    let exposed = headers[header::ACCESS_CONTROL_EXPOSE_HEADERS].to_str().unwrap();
    let exposed: Vec<_> = exposed.split(',').map(str::trim).collect();
    let visible = headers.keys().filter(|name| exposed.contains(&name.as_str()));
    visible.map(ToString::to_string).collect()
}

#[tokio::test(start_paused = true)]
async fn a_page_may_read_every_header_of_every_style() {
    for (headers, names) in [
        (Headers::Ietf, &["ratelimit-policy", "ratelimit"][..]),
        (Headers::Legacy, &["x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"]),
        (
            Headers::PerWindow,
            &[
                "x-ratelimit-limit-hour",
                "x-ratelimit-remaining-hour",
                "ratelimit-limit",
                "ratelimit-remaining",
                "ratelimit-reset",
                "x-ratelimit-reset",
            ],
        ),
    ] {
        let app = app(RateLimitLayer::new(per_hour(1)).headers(headers));
        let passed = fetch(&app).await;
        assert_eq!(passed.status(), 200);
        for name in names {
            assert!(visible(passed.headers()).contains(&(*name).to_owned()), "{name}");
        }
        let refused = fetch(&app).await;
        assert_eq!(refused.status(), 429);
        for name in names.iter().chain(&["retry-after"]) {
            assert!(visible(refused.headers()).contains(&(*name).to_owned()), "{name}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_page_may_read_a_refusal() {
    let app = app(RateLimitLayer::new(per_hour(1)));
    for status in [200, 429] {
        let response = fetch(&app).await;
        assert_eq!(response.status(), status);
        assert_eq!(response.headers()[header::ACCESS_CONTROL_ALLOW_ORIGIN], "*");
    }
}

#[tokio::test(start_paused = true)]
async fn preflights_are_not_counted_on_either_side_of_cors() {
    let limit = || RateLimitLayer::new(per_hour(2)).name("api");
    let outside = app(limit());
    let cors = CorsLayer::new().allow_origin(Any).allow_methods(Any);
    let inside = Router::new()
        .route("/", get(|| async { "hello" }))
        .layer(ServiceBuilder::new().layer(limit()).layer(cors));
    for app in [outside, inside] {
        for status in [200, 200, 429] {
            let answer = preflight(&app).await;
            assert_eq!(answer.status(), 200, "a refused one would fail the request behind it");
            assert!(!answer.headers().contains_key("ratelimit"), "it is told nothing");
            assert_eq!(fetch(&app).await.status(), status);
        }
        assert_eq!(preflight(&app).await.status(), 200);
    }
}
