//! Instances of a service, each with a limit in Redis of its own making.

use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use palisade::algorithm::Op;
use palisade::prelude::*;
use palisade::ratelimit::RateLimitHandle;
use palisade::store::{Charge, Store};
use palisade::test::{Canned, ready};
use palisade_redis::{RedisConfig, RedisStore};
use palisade_resilient_store::config::{CircuitBreakerConfig, HealthCheckConfig};
use palisade_resilient_store::{ResilienceConfig, ResilientStore};
use tokio::runtime::Runtime;
use tower::util::BoxCloneSyncService;
use tower::{Layer, ServiceExt};

use crate::noted::Noted;

pub(crate) type Res = Response<Full<Bytes>>;

/// A service behind a limit, whose future fails never.
pub(crate) type Limited = BoxCloneSyncService<Request<()>, u16, BoxError>;

/// One of a fleet.
pub(crate) struct Instance {
    /// Of its store, in metrics and messages.
    pub(crate) name: String,
    pub(crate) store: Noted<ResilientStore<RedisStore>>,
    pub(crate) handle: RateLimitHandle,
    pub(crate) service: Limited,
}

/// Of any limit here, so many may pass, and so few come back in a day that none does in a test.
pub(crate) const LIMIT: u64 = 4_000;

/// As by default, but sooner: an outage is seen within a second and over soon after it is.
pub(crate) fn soon() -> ResilienceConfig {
    ResilienceConfig {
        health_check: HealthCheckConfig {
            check_interval: Duration::from_millis(150),
            check_timeout: Duration::from_millis(400),
        },
        circuit_breaker: CircuitBreakerConfig {
            reset_timeout: Duration::from_millis(300),
            ..CircuitBreakerConfig::default()
        },
        ..ResilienceConfig::default()
    }
}

pub(crate) fn redis(url: &str) -> RedisStore {
    RedisStore::new(RedisConfig { url: url.to_owned(), ..RedisConfig::default() }).unwrap()
}

/// So many instances that share what is at `url`.
pub(crate) fn fleet(name: &str, url: &str, size: usize, outage: Outage) -> Vec<Instance> {
    (0..size).map(|number| Instance::new(format!("{name}-{number}"), url, outage)).collect()
}

impl Instance {
    pub(crate) fn new(name: String, url: &str, outage: Outage) -> Self {
        let resilient = ResilientStore::new(redis(url)).config(soon()).name(name.as_str());
        let store = Noted::new(resilient);
        let layer = RateLimitLayer::new(per_day(LIMIT as u32))
            .store(store.clone())
            .on_outage(outage)
            .name("limit")
            .by(Header("x-key"))
            .cost_by(|head| {
                let cost = head.header("x-cost").and_then(|cost| cost.to_str().ok());
                cost.and_then(|cost| cost.parse().ok()).unwrap_or(1)
            });
        let handle = layer.handle();
        let inner: Canned<Request<()>, Res> = ready(Response::new(Full::from("ok")));
        let limited =
            layer.layer(inner).map_response(|answer: Response<_>| answer.status().as_u16());
        let service = BoxCloneSyncService::new(limited.map_err(BoxError::from));
        Self { name, store, handle, service }
    }

    pub(crate) fn resilient(&self) -> &ResilientStore<RedisStore> {
        self.store.store()
    }

    /// Does something to its limit in `store`, and says how many units were granted.
    pub(crate) fn aside(&self, runtime: &Runtime, store: &RedisStore, op: Op, units: u64) -> u64 {
        let charges = self.store.asked().into_iter().map(|charge| Charge { units, ..charge });
        let answer = runtime.block_on(store.execute(op, charges.collect())).unwrap();
        answer.outcomes[0].granted
    }

    /// Whether its store is there as far as it knows.
    pub(crate) fn is_well(&self) -> bool {
        !self.resilient().is_degraded() && self.resilient().health_checker().is_healthy()
    }
}

/// What all calls are about.
pub(crate) const KEY: &str = "everybody";

/// A request of so many units.
pub(crate) fn request(units: u64) -> Request<()> {
    Request::get("/").header("x-key", KEY).header("x-cost", units).body(()).unwrap()
}
