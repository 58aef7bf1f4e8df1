//! The router that serves a plan.

use axum::Router;
use axum::extract::State;
use axum::handler::Handler;
use axum::http::StatusCode;
use axum::routing::get;

use super::plan::Plan;
use super::problem::Problem;
use super::proxy::{self, Upstream};

/// Builds the router once; connections only clone it.
pub fn router(plan: &Plan) -> Router {
    let mut router = Router::new().route("/healthz", get(async || "ok\n"));
    for route in &plan.routes {
        let upstream = Upstream::new(route);
        router = router.nest_service(&route.prefix, proxy::forward.with_state(upstream));
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
