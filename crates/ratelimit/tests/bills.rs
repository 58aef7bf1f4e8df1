//! What a request costs, when that is known only while it works or after it.

#![expect(clippy::unwrap_used, reason = "a test's helpers are tests, too")]

mod support;

use std::convert::Infallible;
use std::future::Ready;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use http::{Request, Response};
use palisade_core::algorithm::Op;
use palisade_core::bill::Billed;
use palisade_core::store::Store;
use palisade_core::{CallContext, Head, ManualClock, ResBody};
use palisade_ratelimit::{
    Bill, Header, IntoLimits, Limit, Limits, Missing, Outage, RateLimitHandle, RateLimitLayer,
    per_hour, per_minute,
};
use tower::{Layer, Service, ServiceBuilder, ServiceExt, service_fn};

use self::support::calls::{Inner, get, ok, said, send};
use self::support::scripted::{failing, passing};

/// A layer on a clock that stands still, whose limits may be charged afterwards.
fn layer<L: IntoLimits>(limits: L) -> RateLimitLayer<L::Keys, palisade_core::Http, L::Asks> {
    RateLimitLayer::with(limits).name("api").clock(ManualClock::new().clock()).chargeable(true)
}

/// The current bill, where there must be one.
fn bill() -> Bill {
    Bill::current().unwrap()
}

fn done() -> Result<Response<String>, Infallible> {
    Ok(Response::new(String::new()))
}

/// What is left of each limit, as a request that costs nothing is told.
async fn left<L>(layer: &L) -> String
where
    L: Layer<Inner>,
    L::Service: Service<Request<()>, Response = Response<ResBody<String>>, Error = Infallible>,
{
    let response = send(&mut layer.layer(ok()), get([("x-free", "1")])).await;
    let state = said(&response, "ratelimit");
    let items = state.split(", ").map(|item| item.split(';').take(2).collect::<Vec<_>>().join(";"));
    items.collect::<Vec<_>>().join(", ").replace('"', "")
}

/// A request costs a unit unless it asks what is left.
fn cost(head: &Head<'_>) -> u64 {
    u64::from(head.header("x-free").is_none())
}

#[tokio::test]
async fn a_handler_charges_wherever_it_works() {
    let layer = layer(per_minute(100)).cost_by(cost);
    let handler = service_fn(|_: Request<()>| {
        bill().charge(1); // In `call`.
        async {
            bill().charge(2); // In the future, at its first poll
            tokio::task::yield_now().await;
            bill().charge(4); // and later ones.
            let task = CallContext::current().scope(async { bill().charge(8) });
            tokio::spawn(task).await.unwrap();
            let bare = async { Bill::current().is_none() };
            assert!(tokio::spawn(bare).await.unwrap(), "a task does not inherit it");
            done()
        }
    });
    send(&mut layer.layer(handler), get([])).await;
    assert_eq!(left(&layer).await, "api;r=84");
    assert!(Bill::current().is_none(), "outside of the call there is none");
}

#[tokio::test]
async fn a_body_charges_after_the_head() {
    let layer = layer(per_minute(100)).cost_by(cost);
    let handler = service_fn(|_: Request<()>| async {
        let mut response = Response::new(String::new());
        response.extensions_mut().insert(bill());
        Ok::<_, Infallible>(response)
    });
    let response = send(&mut layer.layer(handler), get([])).await;
    assert_eq!(left(&layer).await, "api;r=99");
    response.extensions().get::<Bill>().unwrap().charge(30);
    assert_eq!(left(&layer).await, "api;r=69");
    assert!(format!("{:?}", response.extensions().get::<Bill>()).contains("Bill"));
}

#[tokio::test]
async fn what_was_too_much_is_given_back() {
    let layer = layer(per_minute(100)).cost_by(|head| cost(head) * 50);
    let handler = service_fn(|_: Request<()>| async {
        bill().refund(20);
        done()
    });
    send(&mut layer.layer(handler), get([])).await;
    assert_eq!(left(&layer).await, "api;r=70");
    let generous = service_fn(|_: Request<()>| async {
        bill().refund(u64::MAX);
        done()
    });
    send(&mut layer.layer(generous), get([])).await;
    assert_eq!(left(&layer).await, "api;r=100");
}

#[tokio::test]
async fn a_charge_beyond_what_is_there_takes_all_of_it() {
    let layer = layer(per_minute(100)).cost_by(cost);
    let handler = service_fn(|_: Request<()>| async {
        bill().charge(u64::MAX);
        done()
    });
    assert_eq!(send(&mut layer.layer(handler), get([])).await.status(), 200);
    assert_eq!(left(&layer).await, "api;r=0");
    assert_eq!(send(&mut layer.layer(handler), get([])).await.status(), 429);
}

#[tokio::test]
async fn a_bill_is_the_callers_who_ran_it_up() {
    let layer = layer(per_minute(100)).by(Header("x-user")).cost_by(cost);
    let handler = service_fn(|request: Request<()>| async move {
        bill().charge(if request.headers()["x-user"] == "a" { 10 } else { 20 });
        done()
    });
    let mut service = layer.layer(handler);
    let (a, b) = (service.ready().await.unwrap().call(get([("x-user", "a")])), {
        let mut service = service.clone();
        service.ready().await.unwrap().call(get([("x-user", "b")]))
    });
    let _ = tokio::join!(b, a);
    for (user, left) in [("a", "r=89"), ("b", "r=79")] {
        let mut service = layer.layer(ok());
        let response = send(&mut service, get([("x-user", user), ("x-free", "1")])).await;
        assert!(said(&response, "ratelimit").contains(left), "{response:?}");
    }
}

#[tokio::test]
async fn limits_around_each_other_are_all_charged() {
    let between = RateLimitLayer::new(per_minute(10)).cost_by(cost);
    let handler = service_fn(|_: Request<()>| async {
        bill().charge(5);
        done()
    });
    let mut service = ServiceBuilder::new()
        .layer(layer(per_hour(100)).cost_by(cost))
        .layer(&between)
        .layer(layer(per_minute(50)).cost_by(cost))
        .service(handler);
    let response = send(&mut service, get([])).await;
    assert_eq!(response.status(), 200);

    let probe = send(&mut service, get([("x-free", "1")])).await;
    let state = said(&probe, "ratelimit");
    let remaining: Vec<_> = state.split("r=").skip(1).map(|rest| &rest[..2]).collect();
    assert_eq!(remaining, ["44", "9;", "94"], "{state}");
}

#[tokio::test]
async fn of_several_limits_only_those_are_charged_that_may_be() {
    let limits = (
        Limit::new(per_minute(50)),
        Limit::new(per_hour(100)).chargeable(true).name("tokens"),
        Limit::new(per_hour(90)).chargeable(true).name("bytes").by(Header("x-user")),
    );
    let layer = RateLimitLayer::with(limits).clock(ManualClock::new().clock());
    let layer = layer.name("api").cost_by(cost);
    let handler = service_fn(|_: Request<()>| async {
        bill().charge(9);
        done()
    });
    send(&mut layer.layer(handler), get([])).await;
    assert_eq!(left(&layer).await, "api-minute;r=49, tokens;r=90, bytes;r=80");
}

#[tokio::test]
async fn where_no_limit_may_be_charged_there_is_no_bill() {
    let handler = |_: Request<()>| async {
        assert!(Bill::current().is_none());
        done()
    };
    let one = RateLimitLayer::new(per_minute(9));
    send(&mut one.layer(service_fn(handler)), get([])).await;
    let two = RateLimitLayer::with([per_minute(9), per_hour(9)]);
    send(&mut two.layer(service_fn(handler)), get([])).await;
    // The one that may be charged does not apply to a request without its key.
    let limits = (per_minute(9), Limit::new(per_hour(9)).by(Header("x-user")).chargeable(true));
    let mixed = RateLimitLayer::with(limits).on_missing(Missing::Pass);
    send(&mut mixed.layer(service_fn(handler)), get([])).await;
    let revoked = layer(per_minute(9)).chargeable(false);
    send(&mut revoked.layer(service_fn(handler)), get([])).await;
    let disabled = layer(per_minute(9)).enabled(false);
    send(&mut disabled.layer(service_fn(handler)), get([])).await;
    let skipping = layer(per_minute(9)).skip_paths(["/*"]);
    send(&mut skipping.layer(service_fn(handler)), get([])).await;
}

#[test]
fn a_panic_inside_leaves_the_outer_bill() {
    struct Sum(Arc<AtomicU64>);

    impl Billed for Sum {
        fn charge(&self, units: u64) {
            self.0.fetch_add(units, Ordering::Relaxed);
        }

        fn refund(&self, _: u64) {}
    }

    let sum = Arc::default();
    let outer = Bill::new(Sum(Arc::clone(&sum)));
    let layer = layer(per_minute(9));
    outer.enter(|| {
        let handler = service_fn(|_: Request<()>| -> Ready<Result<Response<String>, Infallible>> {
            bill().charge(1);
            panic!("inside")
        });
        let caught = catch_unwind(AssertUnwindSafe(|| drop(layer.layer(handler).call(get([])))));
        assert!(caught.is_err());
        bill().charge(10);
    });
    assert!(Bill::current().is_none());
    assert_eq!(sum.load(Ordering::Relaxed), 11);
}

/// Charges two limits in a store three units each, from inside of a call.
async fn charged(store: impl Store, outage: Outage) -> RateLimitHandle {
    let limits = Limits::all((
        Limit::new(per_minute(50)).by(Header("x-user")),
        Limit::new(per_hour(100))
            .by(Header("x-user"))
            .chargeable(true)
            .cost_by(|_| 7)
            .name("tokens"),
    ));
    let layer = RateLimitLayer::with(limits).name("api").store(store).on_outage(outage);
    let handler = service_fn(|_: Request<()>| async {
        bill().charge(3);
        bill().refund(1);
        done()
    });
    send(&mut layer.layer(handler), get([("x-user", "a|b")])).await;
    tokio::task::yield_now().await;
    layer.handle()
}

#[tokio::test(start_paused = true)]
async fn a_charge_reaches_the_store_that_was_asked() {
    let (store, mut questions) = passing();
    let handle = charged(store, Outage::Local).await;
    let key = |name: &str| format!("{name}|a%7cb");
    let decide = vec![(key("api-minute"), 1), (key("tokens"), 7)];
    assert_eq!(questions.next(), Some((Op::Decide, decide)));
    assert_eq!(questions.next(), Some((Op::Charge, vec![(key("tokens"), 3)])));
    assert_eq!(questions.next(), Some((Op::Refund, vec![(key("tokens"), 1)])));
    assert_eq!(questions.next(), None);
    assert_eq!(handle.snapshot().keys, 0);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_was_decided_here_in_an_outage_is_charged_here() {
    let (store, mut questions) = failing();
    let handle = charged(store, Outage::Local).await;
    assert_eq!(questions.next().unwrap().0, Op::Decide);
    assert_eq!(questions.next(), None);
    let seen = handle.snapshot();
    assert_eq!((seen.keys, seen.store_errors), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn a_bill_that_outlives_its_runtime_panics_nowhere() {
    let (store, _questions) = passing();
    let layer = RateLimitLayer::new(per_minute(9)).store(store).chargeable(true);
    let handler = service_fn(|_: Request<()>| async {
        let mut response = Response::new(String::new());
        response.extensions_mut().insert(bill());
        Ok::<_, Infallible>(response)
    });
    let response = send(&mut layer.layer(handler), get([])).await;
    let bill = response.extensions().get::<Bill>().unwrap().clone();
    std::thread::spawn(move || bill.charge(3)).join().unwrap();
}
