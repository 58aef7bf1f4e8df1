//! The router that serves a plan.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::handler::Handler;
use axum::http::StatusCode;
use axum::middleware::from_fn;
use axum::routing::get;
use palisade::key::By;
use palisade::ratelimit::config::RateLimitConfig;
use palisade::text::Problems;
use palisade::{BreakerLayer, TimeoutLayer};
use tower::Layer;

use super::accounts::Accounts;
use super::metrics::Metrics;
use super::plan::{Plan, Route};
use super::problem::Problem;
use super::proxy::{self, Upstream};

/// What the gateway answers itself, whatever the routes are.
pub const OWN_PATHS: [&str; 2] = ["/healthz", "/metrics"];

/// The paths and what is around them, before it is said which paths there are.
type Unfinished = Router<String>;

/// Builds the router once; connections only clone it.
///
/// # Errors
///
/// What [`Plan::validate`] finds.
pub fn router(plan: &Plan, metrics: Metrics) -> Result<Router, Problems> {
    plan.validate()?;
    let accounts = Accounts::new(plan);
    let upstreams = upstreams(plan)?;
    // From the outside in: what is refused never reaches the upstream nor starts a timer, and what
    // a route refuses has passed the limits of all.
    let mut routes = Router::new();
    for route in &plan.routes {
        let proxied = proxied(route, &upstreams[route.upstream.as_str()])?;
        routes = routes.merge(limited(proxied, &route.limits, &accounts)?);
    }
    let [healthz, page] = OWN_PATHS;
    let router = limited(routes, &plan.limits, &accounts)?
        .route(healthz, get(async || "ok\n"))
        .route(page, get(async move || metrics.page()));
    Ok(router.fallback(unknown_route).with_state(prefixes(plan)))
}

/// The upstreams by their names, each with the one breaker that all of its routes share.
fn upstreams(plan: &Plan) -> Result<BTreeMap<&str, Guarded>, Problems> {
    let guarded = plan.upstreams.iter().map(|(name, upstream)| {
        let breaker = upstream.breaker(name).map(|breaker| breaker.layer()).transpose()?;
        Ok((name.as_str(), Guarded { upstream: Upstream::new(upstream), breaker }))
    });
    guarded.collect()
}

/// An upstream and what stands before it.
struct Guarded {
    upstream: Upstream,
    breaker: Option<BreakerLayer<By>>,
}

/// From the inside out: an attempt's timeout is within the breaker, so that an upstream which hangs opens
/// it, and within the bulkhead, so that who waits for a place still has all of its time. Nobody waits for a
/// place while the breaker is open. Each attempt of a retry passes all three; the total time is of all
/// attempts together, and with it the time that a request says it has.
fn proxied(route: &Route, Guarded { upstream, breaker }: &Guarded) -> Result<Unfinished, Problems> {
    let attempt = TimeoutLayer::new(route.timeout).idle(route.idle_timeout).name(&route.name);
    let proxy = attempt.layer(proxy::forward.with_state(upstream.clone()));
    let mut router = Router::new().nest_service(&route.prefix, proxy);
    if let Some(bulkhead) = route.bulkhead() {
        router = router.route_layer(bulkhead.layer()?);
    }
    if let Some(breaker) = breaker {
        router = router.route_layer(breaker.clone());
    }
    if let Some(retry) = route.retry() {
        router = router.route_layer(retry.layer()?);
    }
    if let Some(name) = route.outer_timeout() {
        let most = route.total_timeout.unwrap_or(Duration::MAX);
        router = router.route_layer(TimeoutLayer::new(most).total(route.total_timeout).name(name));
    }
    Ok(router.route_layer(from_fn(proxy::no_tunnels)))
}

/// Puts limits around all that `router` has so far, the first one outermost.
///
/// The router has a clone of each layer for each of its paths; clones share their counts, so a
/// caller has one allowance, whichever way it comes.
fn limited(
    router: Unfinished,
    limits: &[RateLimitConfig],
    accounts: &Accounts,
) -> Result<Unfinished, Problems> {
    limits.iter().rev().try_fold(router, |router, limit| {
        let accounts = accounts.clone();
        let layer = limit.layer()?.quota_by(move |head| accounts.tier(head));
        Ok(router.route_layer(layer))
    })
}

async fn unknown_route(State(prefixes): State<String>) -> Problem {
    Problem::new(StatusCode::NOT_FOUND, format!("no route has this path; there are {prefixes}"))
}

fn prefixes(plan: &Plan) -> String {
    let prefixes: Vec<_> = plan.routes.iter().map(|route| format!("{}/*", route.prefix)).collect();
    prefixes.join(", ")
}
