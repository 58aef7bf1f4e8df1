//! The router that serves a plan.

use std::collections::BTreeMap;
use std::future::ready;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::handler::Handler;
use axum::http::StatusCode;
use axum::middleware::{from_fn, map_response};
use axum::response::Response;
use axum::routing::get;
use palisade::key::By;
use palisade::ratelimit::config::RateLimitConfig;
use palisade::text::Problems;
use palisade::{BreakerLayer, Name, TimeoutLayer};
use tower::Layer;

use super::accounts::Accounts;
use super::decided;
use super::metrics::Metrics;
use super::plan::{Plan, Route};
use super::problem::Problem;
use super::proxy::{self, Upstream};
use super::store::Shared;

/// What the gateway answers itself, whatever the routes are.
pub const OWN_PATHS: [&str; 2] = ["/healthz", "/metrics"];

/// The paths and what is around them, before it is said which paths there are.
type Unfinished = Router<String>;

/// Builds the router once; connections only clone it. Limits are kept in `store` if there is one.
///
/// # Errors
///
/// What [`Plan::validate`] finds.
pub fn router(plan: &Plan, store: Option<&Shared>, metrics: Metrics) -> Result<Router, Problems> {
    plan.validate()?;
    let keeper = Keeper { accounts: Accounts::new(plan), store };
    let upstreams = upstreams(plan)?;
    // From the outside in: what is refused never reaches the upstream nor starts a timer, and what
    // a route refuses has passed the limits of all.
    let mut routes = Router::new();
    for route in &plan.routes {
        let proxied = proxied(route, &upstreams[route.upstream.as_str()])?;
        routes = routes.merge(keeper.limited(proxied, &route.limits)?);
    }
    routes = keeper.limited(routes, &plan.limits)?;
    if store.is_some() {
        routes = routes.route_layer(map_response(|answer| ready(decided::tell(answer))));
    }
    let [healthz, page] = OWN_PATHS;
    let router =
        routes.route(healthz, get(async || "ok\n")).route(page, get(async move || metrics.page()));
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

/// What all limits have in common.
struct Keeper<'s> {
    accounts: Accounts,
    store: Option<&'s Shared>,
}

impl Keeper<'_> {
    /// Puts limits around all that `router` has so far, the first one outermost.
    ///
    /// The router has a clone of each layer for each of its paths; clones share their counts, so a
    /// caller has one allowance, whichever way it comes.
    fn limited(
        &self,
        router: Unfinished,
        limits: &[RateLimitConfig],
    ) -> Result<Unfinished, Problems> {
        limits.iter().rev().try_fold(router, |router, limit| {
            let accounts = self.accounts.clone();
            let layer = limit.layer()?.quota_by(move |head| accounts.tier(head));
            let Some(shared) = self.store else { return Ok(router.route_layer(layer)) };
            let name = Name::new(&limit.name);
            let remember = move |answer: Response| ready(decided::remember(name.as_str(), answer));
            Ok(router.route_layer(layer.store(shared.store())).route_layer(map_response(remember)))
        })
    }
}

async fn unknown_route(State(prefixes): State<String>) -> Problem {
    Problem::new(StatusCode::NOT_FOUND, format!("no route has this path; there are {prefixes}"))
}

fn prefixes(plan: &Plan) -> String {
    let prefixes: Vec<_> = plan.routes.iter().map(|route| format!("{}/*", route.prefix)).collect();
    prefixes.join(", ")
}
