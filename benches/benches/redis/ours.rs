//! Ours: limits in Redis, and what can stand before them.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use http::{Request, Response};
use palisade::prelude::{ClientIp, Headers, RateLimitLayer};
use palisade::{Name, Quota, ResBody, per_day, per_second};
use palisade_benches::keys::ip;
use palisade_benches::svc::{Http, request_from};
use palisade_core::algorithm::Op;
use palisade_core::store::{Charge, Policy, Store};
use palisade_ratelimit::Gcra;
use palisade_redis::{RedisConfig, RedisStore};
use palisade_resilient_store::ResilientStore;
use tower_layer::Layer;
use tower_service::Service;

use crate::drive::{Caller, Verdict};
use crate::subject::Subject;

/// How many units are taken ahead at most, and for how long.
pub(crate) const LEASE: (u32, Duration) = (10_000, Duration::from_millis(100));

/// A limit that everybody stays below: 10 000 keys share what a server can do. A whole number of microseconds
/// for each unit, so the state is a whole number too.
pub(crate) fn quota() -> Quota {
    per_second(1_000)
}

/// One key alone is far above it, whatever the server can do.
pub(crate) fn narrow() -> Quota {
    per_second(1_000).burst(100)
}

/// One key alone stays below it, whatever the client can do.
pub(crate) fn wide() -> Quota {
    per_second(10_000_000)
}

/// The limit that most rows are about.
pub(crate) fn api(quota: Quota) -> Policy {
    Policy::new(Name::new("api"), Gcra::new(quota))
}

/// A second limit of the same subject.
pub(crate) fn day() -> Policy {
    Policy::new(Name::new("day"), Gcra::new(per_day(100_000_000)))
}

/// Limits in a store, all of which must let a call pass.
pub(crate) struct Limited<S> {
    store: Arc<S>,
    policies: Arc<[Policy]>,
}

/// The layer.
#[derive(Clone)]
pub(crate) struct Layered<S>(S);

/// The store as it is unless told otherwise: one connection, and a deny cache.
pub(crate) fn store(url: String) -> RedisStore {
    pooled(url, 0)
}

/// The store with so many connections.
pub(crate) fn pooled(url: String, pool_size: usize) -> RedisStore {
    let config = RedisConfig { url, pool_size, ..RedisConfig::default() };
    RedisStore::new(config).expect("the server's own URL is one")
}

/// What takes units ahead.
pub(crate) fn leasing(store: RedisStore) -> RedisStore {
    store.lease(LEASE.0, LEASE.1)
}

/// What goes on deciding without the store.
pub(crate) fn resilient(store: RedisStore) -> ResilientStore<RedisStore> {
    ResilientStore::new(store)
}

impl<S: Store> Limited<S> {
    pub(crate) fn new(store: S, policies: impl IntoIterator<Item = Policy>) -> Self {
        Self { store: Arc::new(store), policies: policies.into_iter().collect() }
    }
}

impl<S> Clone for Limited<S> {
    fn clone(&self) -> Self {
        Self { store: Arc::clone(&self.store), policies: Arc::clone(&self.policies) }
    }
}

/// Decides, as a layer would: with a subject and charges that are made for the call.
pub(crate) async fn decide<S: Store>(limit: &Limited<S>, subject: &str) -> Verdict {
    let subject: Arc<str> = Arc::from(subject);
    let together = limit.policies.len() > 1;
    let charge = |policy: &Policy| {
        let (subject, policy) = (Arc::clone(&subject), policy.clone());
        Charge { subject, policy, units: 1, class: 0, together }
    };
    let charges = limit.policies.iter().map(charge).collect();
    match limit.store.execute(Op::Decide, charges).await {
        Ok(answer) if answer.source.is_degraded() => Verdict::Failed,
        Ok(answer) if answer.allowed() => Verdict::Passed,
        Ok(_) => Verdict::Refused,
        Err(_) => Verdict::Failed,
    }
}

impl<S: Store> Caller for Limited<S> {
    async fn decide(&mut self, key: u64) -> Verdict {
        decide(self, Subject::new(key).as_str()).await
    }
}

/// The layer with a store, by address, and a service that is always ready in it.
pub(crate) fn layered(store: impl Store) -> impl Caller {
    let layer = RateLimitLayer::new(quota()).by(ClientIp::peer()).name("api");
    Layered(layer.headers(Headers::None).store(store).layer(Http))
}

impl<S> Caller for Layered<S>
where
    S: Service<Request<Body>, Response = Response<ResBody<Body>>> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Send,
{
    async fn decide(&mut self, key: u64) -> Verdict {
        if std::future::poll_fn(|cx| self.0.poll_ready(cx)).await.is_err() {
            return Verdict::Failed;
        }
        match self.0.call(request_from(ip(key))).await {
            Ok(response) if response.status().is_success() => Verdict::Passed,
            Ok(_) => Verdict::Refused,
            Err(_) => Verdict::Failed,
        }
    }
}
