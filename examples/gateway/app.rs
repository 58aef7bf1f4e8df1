//! The router that serves a plan.

use axum::Router;
use axum::extract::State;
use axum::handler::Handler;
use axum::http::StatusCode;
use axum::routing::get;
use palisade::prelude::{ClientIp, RateLimitLayer, TimeoutLayer};
use tower::ServiceBuilder;

use super::metrics::Metrics;
use super::plan::Plan;
use super::problem::Problem;
use super::proxy::{self, Upstream};

/// Builds the router once; connections only clone it.
pub fn router(plan: &Plan, metrics: Metrics) -> Router {
    // One value for all routes: a client has one allowance, whichever way it comes.
    // Preflights count, since the gateway answers none itself: they go to the upstreams.
    let limit = RateLimitLayer::new(plan.limit.quota)
        .by(ClientIp::peer())
        .name(&plan.limit.name)
        .skip_preflights(false);
    let mut router = Router::new()
        .route("/healthz", get(async || "ok\n"))
        .route("/metrics", get(async move || metrics.page()));
    for route in &plan.routes {
        let upstream = proxy::forward.with_state(Upstream::new(route));
        // From the outside in: what is refused never reaches the upstream nor starts a timer.
        let service = ServiceBuilder::new()
            .layer(limit.clone())
            .layer(TimeoutLayer::new(route.timeout).name(&route.name))
            .service(upstream);
        router = router.nest_service(&route.prefix, service);
    }
    router.fallback(unknown_route).with_state(prefixes(plan))
}

async fn unknown_route(State(prefixes): State<String>) -> Problem {
    Problem::new(StatusCode::NOT_FOUND, format!("no route has this path; there are {prefixes}"))
}

fn prefixes(plan: &Plan) -> String {
    let prefixes: Vec<_> = plan.routes.iter().map(|route| format!("{}/*", route.prefix)).collect();
    prefixes.join(", ")
}
