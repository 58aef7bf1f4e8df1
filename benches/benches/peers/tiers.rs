//! A quota by what the caller has paid for, with a bucket for each of 10 000 API keys.

use axum::body::Body;
use governor::clock::QuantaInstant;
use governor::middleware::NoOpMiddleware;
use http::{HeaderName, HeaderValue, Request};
use palisade::RateLimitLayer;
use palisade::prelude::{Header, Headers};
use palisade_benches::drive::{Answer, drive};
use palisade_benches::keys::{Walk, ip, text};
use palisade_benches::svc::{Http, request_from};
use palisade_benches::{Bench, Group};
use tower_governor::governor::GovernorConfigBuilder;
use tower_governor::key_extractor::KeyExtractor;
use tower_governor::{GovernorError, GovernorLayer};
use tower_layer::Layer;
use tower_service::Service;

use crate::limits::{BURST, LIMIT, hourly, quota};

/// Callers.
const KEYS: u64 = 10_000;

const API: Header = Header("x-api-key");
const API_KEY: HeaderName = HeaderName::from_static("x-api-key");
const PLAN: HeaderName = HeaderName::from_static("x-plan");

/// What callers are on, in turn. The first is no tier: it is the limit's own quota.
const PLANS: [&str; 5] = ["free", "standard", "business", "premium", "enterprise"];

pub(crate) fn benches() -> Vec<Bench> {
    let group = Group::new("tiers")
        .bare(|| calls(Http))
        .ours("palisade, one quota", || {
            calls(RateLimitLayer::new(quota()).by(API).headers(Headers::None).layer(Http))
        })
        .ours("palisade, four tiers", || {
            let tiers = PLANS.iter().skip(1);
            let layer =
                tiers.fold(RateLimitLayer::new(quota()), |layer, tier| layer.tier(*tier, hourly()));
            let layer = layer.quota_by(|head| head.header("x-plan")?.to_str().ok());
            calls(layer.by(API).headers(Headers::None).layer(Http))
        })
        .peer("tower_governor, one quota", || calls(tower_governor().layer(Http)));
    vec![Bench::Calls(group)]
}

/// Calls of the service, each with the key and the plan of another caller, all of which have been seen
/// before.
fn calls<S>(mut service: S) -> impl FnMut(u64)
where
    S: Service<Request<Body>, Response: Answer>,
{
    let callers: Vec<_> = (0..KEYS).map(caller).collect();
    let request = move |i: u64| {
        let (key, plan) = &callers[i as usize];
        let mut request = request_from(ip(1));
        request.headers_mut().insert(API_KEY, key.clone());
        request.headers_mut().insert(PLAN, plan.clone());
        request
    };
    let mut numbers = 0..KEYS;
    drive(&mut service, || request(numbers.next().unwrap_or_default()), KEYS);
    let mut walk = Walk::over(KEYS);
    move |calls| drive(&mut service, || request(walk.next_key()), calls)
}

fn caller(i: u64) -> (HeaderValue, HeaderValue) {
    let key = HeaderValue::from_str(text(i).as_str()).expect("a key is of plain characters");
    let plan = PLANS[i as usize % PLANS.len()];
    (key, HeaderValue::from_static(plan))
}

/// The same bucket for each API key. It has one quota for all.
fn tower_governor() -> GovernorLayer<ApiKey, NoOpMiddleware<QuantaInstant>, Body> {
    let mut config = GovernorConfigBuilder::default().key_extractor(ApiKey);
    let config = config.period(LIMIT.every).burst_size(BURST).finish();
    GovernorLayer::new(config.expect("the period and the burst are not 0"))
}

/// The caller's API key, as its documentation writes such a thing.
#[derive(Clone, Debug)]
struct ApiKey;

impl KeyExtractor for ApiKey {
    type Key = String;

    fn extract<T>(&self, request: &Request<T>) -> Result<String, GovernorError> {
        let key = request.headers().get(API_KEY).and_then(|key| key.to_str().ok());
        key.map(str::to_owned).ok_or(GovernorError::UnableToExtractKey)
    }
}
