//! Four ways to serve an axum router. In the first, axum calls `Layer::layer` anew for each
//! connection, so a layer that made its state there would limit nothing.

use std::{net::SocketAddr, time::Duration};

use axum::{Router, extract::State, http::StatusCode, routing::get};
use palisade::prelude::*;

use crate::servers::{at_once, listen, passed};

const HOUR: Duration = Duration::from_secs(3_600);

/// Runs a test against `app` served in each of the four ways; `fresh` makes what the app is layered
/// with, since a limit is good for one of them.
macro_rules! four_ways {
    ($($way:ident: |$router:ident| $service:expr;)*) => {
        mod rate_limit {
            use super::*;
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $way() {
                    let $router = routes().layer(RateLimitLayer::new(per_hour(5)));
                    let (listener, address) = listen().await;
                    tokio::spawn(async move { axum::serve(listener, $service).await });

                    assert_eq!(at_once(20, address, "/").await, passed(5, 20));
                }
            )*
        }

        mod breaker {
            use super::*;
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $way() {
                    let layer = BreakerLayer::new().consecutive_failures(5).open_for(HOUR);
                    let $router = routes().layer(layer);
                    let (listener, address) = listen().await;
                    tokio::spawn(async move { axum::serve(listener, $service).await });

                    for at in 0..10 {
                        let expected = if at < 5 { 500 } else { 503 };
                        assert_eq!(at_once(1, address, "/fails").await, [expected]);
                    }
                }
            )*
        }

        mod bulkhead {
            use super::*;
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $way() {
                    let layer = BulkheadLayer::new(5);
                    let handle = layer.handle();
                    let $router = routes().layer(layer);
                    let (listener, address) = listen().await;
                    tokio::spawn(async move { axum::serve(listener, $service).await });

                    // Five stay, and the others are told so.
                    let never = tokio::spawn(async move { at_once(5, address, "/never").await });
                    while handle.snapshot().in_use < 5 {
                        tokio::task::yield_now().await;
                    }
                    assert_eq!(at_once(15, address, "/").await, [503; 15]);
                    never.abort();
                }
            )*
        }

        mod timeout {
            use super::*;
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $way() {
                    let layer = TimeoutLayer::new(HOUR);
                    let handle = layer.handle();
                    let $router = routes().layer(layer);
                    let (listener, address) = listen().await;
                    tokio::spawn(async move { axum::serve(listener, $service).await });

                    assert_eq!(at_once(20, address, "/").await, passed(20, 20));
                    assert_eq!(handle.snapshot().passed, 20, "one state for all connections");

                    // And a change reaches all of them, old and new.
                    handle.set_head(Duration::from_nanos(1));
                    assert_eq!(at_once(20, address, "/never").await, [504; 20]);
                    assert_eq!(handle.snapshot().rejected, 20);
                }
            )*
        }
    };
}

four_ways! {
    is_one_for_all_connections_of_a_router: |router| router;
    is_one_for_all_connections_of_a_make_service: |router| router.into_make_service();
    is_one_for_all_connections_of_a_make_service_with_connect_info: |router| {
        router.into_make_service_with_connect_info::<SocketAddr>()
    };
    is_one_for_all_connections_of_a_router_with_state: |router| {
        router
            .route("/state", get(|State(state): State<&'static str>| async move { state }))
            .with_state("state")
    };
}

fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new()
        .route("/", get(|| async { "x" }))
        .route("/fails", get(|| async { StatusCode::INTERNAL_SERVER_ERROR }))
        .route("/never", get(std::future::pending::<&str>))
}
