//! The contenders: breakers that open after five failures, as their documentation says to put them
//! around an axum app. failsafe and recloser have no layer, and tower has no breaker.

use std::convert::Infallible;

use axum::error_handling::HandleErrorLayer;
use axum::response::Response;
use tower::ServiceBuilder;
use tower_resilience::circuitbreaker::{
    CircuitBreakerConfigBuilder, CircuitBreakerLayer, FailureClassifier,
};

use crate::LIMIT;
use crate::count::let_fail;
use crate::rows::{DAY, Row, refuse};
use crate::serve::Limit;

/// All of them, each count is of a layer of its own.
pub(crate) fn breakers() -> Vec<Row> {
    vec![
        row("palisade `BreakerLayer`", || {
            palisade::BreakerLayer::new().consecutive_failures(LIMIT as u32).open_for(DAY)
        }),
        row("tower-resilience `CircuitBreaker`, `build()`", || {
            let layer = resilience().build().expect("the settings are within bounds");
            ServiceBuilder::new().layer(HandleErrorLayer::new(refuse)).layer(layer)
        }),
        row("tower-resilience `CircuitBreaker`, `build_with_handle()`", || {
            let built = resilience().build_with_handle();
            let (layer, _handle) = built.expect("the settings are within bounds");
            ServiceBuilder::new().layer(HandleErrorLayer::new(refuse)).layer(layer)
        }),
    ]
}

fn row<L: Limit>(name: &'static str, layer: impl Fn() -> L + 'static) -> Row {
    Row { name, let_through: Box::new(move |way| let_fail(way, layer())) }
}

fn resilience() -> CircuitBreakerConfigBuilder<ServerErrors> {
    CircuitBreakerLayer::builder()
        .consecutive_failures(LIMIT)
        .wait_duration_in_open(DAY)
        .failure_classifier_type(ServerErrors)
}

/// Without this a handler that answers with 500 has succeeded. A layer made with `classify_response`
/// cannot be cloned, as axum wants it.
#[derive(Clone, Copy, Debug)]
struct ServerErrors;

impl FailureClassifier<Response, Infallible> for ServerErrors {
    fn classify(&self, result: &Result<Response, Infallible>) -> bool {
        result.as_ref().is_ok_and(|response| response.status().is_server_error())
    }
}
