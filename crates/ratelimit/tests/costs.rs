//! What a request costs, when that is known beforehand.

mod support;

use http::Request;
use palisade_core::{Head, ManualClock};
use palisade_ratelimit::{
    Asks, CostBy, Header, IntoLimits, Limit, RateLimitLayer, per_hour, per_minute, per_second,
};
use tower::{Layer, Service, ServiceExt};

use self::support::calls::{count, get, ok, passes, refusal, said, send};

fn cost(head: &Head<'_>) -> u64 {
    let cost = head.header("x-cost").and_then(|cost| cost.to_str().ok());
    cost.and_then(|cost| cost.parse().ok()).unwrap_or(1)
}

type Cost = fn(&Head<'_>) -> u64;

/// A layer on a clock that stands still, for requests that say what they cost.
fn layer<L: IntoLimits>(
    limits: L,
) -> RateLimitLayer<L::Keys, palisade_core::Http, CostBy<L::Asks, Cost>> {
    let layer = RateLimitLayer::with(limits).name("api").clock(ManualClock::new().clock());
    layer.cost_by(cost as Cost)
}

fn of(cost: u64) -> Request<()> {
    get([("x-cost", &cost.to_string()), ("x-user", "a")])
}

/// The same cost for one bucket for all, for one of each key, and for two limits.
macro_rules! each {
    (|$service:ident| $test:block) => {{
        {
            let mut $service = layer(per_minute(10)).layer(ok());
            $test
        }
        {
            let mut $service = layer(per_minute(10)).by(Header("x-user")).layer(ok());
            $test
        }
        {
            let limits = (Limit::new(per_minute(10)), Limit::new(per_hour(1_000)));
            let mut $service = layer(limits).by(Header("x-user")).layer(ok());
            $test
        }
    }};
}

#[tokio::test]
async fn a_request_takes_what_it_costs() {
    each!(|service| {
        assert!(passes(&mut service, of(7)).await);
        let why = refusal(&mut service, of(4)).await.unwrap();
        assert_eq!(why.retry_after().unwrap().as_secs(), 6, "one unit is not there");
        assert!(passes(&mut service, of(3)).await);
        assert!(!passes(&mut service, of(1)).await);
    });
}

#[tokio::test]
async fn what_costs_nothing_passes_and_takes_nothing() {
    each!(|service| {
        assert!(passes(&mut service, of(10)).await);
        assert_eq!(count(&mut service, || of(0)).await, 1_000);
        assert!(!passes(&mut service, of(1)).await);
    });
    let denied = layer(per_second(0));
    assert!(passes(&mut denied.layer(ok()), of(0)).await, "not even where nothing is there");
}

#[tokio::test]
async fn what_costs_more_than_there_ever_is_is_refused_for_good() {
    for cost in [11, 1 << 40, u64::MAX] {
        each!(|service| {
            let response = send(&mut service, of(cost)).await;
            assert_eq!(response.status(), 429);
            assert_eq!(said(&response, "retry-after"), "", "{cost}");
            assert!(said(&response, "ratelimit").contains(r#""api"#));
            assert!(passes(&mut service, of(10)).await, "and takes nothing");
        });
    }
}

#[tokio::test]
async fn a_grpc_client_is_told_not_to_come_back() {
    each!(|service| {
        let mut request = Request::post("/pkg.Models/Generate").body(()).unwrap();
        let headers = request.headers_mut();
        headers.insert("content-type", "application/grpc".parse().unwrap());
        headers.insert("x-cost", "11".parse().unwrap());
        let response = service.ready().await.unwrap().call(request).await.unwrap();
        assert_eq!(response.headers()["grpc-status"], "8");
        assert_eq!(response.headers()["grpc-retry-pushback-ms"], "-1");
    });
}

#[tokio::test]
async fn of_several_limits_one_that_costs_nothing_is_left_alone() {
    let limits = (
        Limit::new(per_minute(2)).cost_by(|head| u64::from(head.path() == "/search")),
        Limit::new(per_hour(5)),
    );
    let layer = RateLimitLayer::with(limits).clock(ManualClock::new().clock());
    let mut service = layer.layer(ok());
    let search = || Request::get("/search").body(()).unwrap();
    assert_eq!(count(&mut service, search).await, 2);
    assert_eq!(count(&mut service, || get([])).await, 3);
    let why = refusal(&mut service, search()).await.unwrap();
    assert_eq!(why.name(), "default-hour", "the longer wait of the two");
}

#[tokio::test]
async fn requests_that_are_not_http_have_costs_too() {
    #[derive(Clone)]
    struct Bytes;

    impl Asks<Vec<u8>> for Bytes {
        fn units(&self, request: &Vec<u8>, limit: usize) -> u64 {
            // The first limit is of calls, the second of bytes.
            if limit == 0 { 1 } else { request.len() as u64 }
        }
    }

    let layer = RateLimitLayer::with([per_minute(3), per_hour(10)]).asks(Bytes).plain();
    let mut service = layer.layer(palisade_core::test::echo());
    assert!(service.ready().await.unwrap().call(vec![0; 6]).await.is_ok());
    let why = service.ready().await.unwrap().call(vec![0; 5]).await.unwrap_err();
    assert_eq!(why.rejection().unwrap().name(), "default-hour");
    assert!(service.ready().await.unwrap().call(vec![0; 4]).await.is_ok());
}
