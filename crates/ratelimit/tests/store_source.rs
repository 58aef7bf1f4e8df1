//! Who decided on a limit in a store, and where that is told.

mod support;

use http::Response;
use palisade_core::algorithm::{Outcome, Retry};
use palisade_core::store::MemoryStore;
use palisade_core::test::echo;
use palisade_core::{CallContext, Clock, Micros, Reason, Rejection};
use palisade_ratelimit::{
    Headers, Limit, Limits, Missing, Outage, RateLimitHandle, RateLimitLayer, Ratio, Shaper,
    Source, per_hour, per_minute, per_second,
};
use tower::{Layer, Service, ServiceExt};

use self::support::calls::{get, ok, said, send};
use self::support::scripted::{failing, passing, scripted, scripted_by};

fn source<B>(response: &Response<B>) -> Option<Source> {
    response.extensions().get().copied()
}

fn decider<B>(response: &Response<B>) -> Option<Source> {
    response.extensions().get::<Rejection>().and_then(Rejection::decider)
}

/// A layer whose store says so on behalf of `source`.
fn layer(source: Source, outcome: Outcome) -> RateLimitLayer {
    let (store, _) = scripted_by(source, move |_, charges| Ok(vec![outcome; charges.len()]));
    RateLimitLayer::new(per_second(1)).name("api").store(store)
}

fn pass() -> Outcome {
    Outcome::passed(1).with_remaining(7)
}

fn refusal() -> Outcome {
    Outcome::refused(Retry::After(Micros(1_500_000)))
}

fn decisions(handle: &RateLimitHandle) -> Vec<(Source, u64)> {
    let mut decisions = handle.snapshot().decisions;
    decisions.retain(|(_, count)| *count > 0);
    decisions
}

#[tokio::test(start_paused = true)]
async fn responses_say_who_decided_whether_they_passed_or_were_refused() {
    for by in Source::ALL {
        let response = send(&mut layer(by, pass()).layer(ok()), get([])).await;
        assert_eq!((response.status().as_u16(), source(&response)), (200, Some(by)));

        let response = send(&mut layer(by, refusal()).layer(ok()), get([])).await;
        assert_eq!((response.status().as_u16(), source(&response)), (429, Some(by)));
        assert_eq!(decider(&response), Some(by));
    }
}

#[tokio::test(start_paused = true)]
async fn they_say_so_without_headers_and_in_an_answer_of_ones_own() {
    let silent = layer(Source::Lease, pass()).headers(Headers::None);
    let response = send(&mut silent.layer(ok()), get([])).await;
    assert_eq!(
        (said(&response, "ratelimit"), source(&response)),
        (String::new(), Some(Source::Lease))
    );

    let own = layer(Source::Cache, refusal()).respond_with(|_, _| Response::default());
    let response = send(&mut own.layer(ok()), get([])).await;
    assert_eq!((response.status().as_u16(), source(&response)), (200, Some(Source::Cache)));

    let shadowed = layer(Source::Store, refusal()).enforce(Ratio::ZERO);
    let response = send(&mut shadowed.layer(ok()), get([])).await;
    assert_eq!((response.status().as_u16(), source(&response)), (200, Some(Source::Store)));
}

#[tokio::test(start_paused = true)]
async fn around_any_service_the_rejection_says_it() {
    let mut service = layer(Source::Cache, refusal()).plain().layer(echo());
    let error = service.ready().await.unwrap().call("hello").await.unwrap_err();
    assert_eq!(error.rejection().unwrap().decider(), Some(Source::Cache));
}

#[tokio::test(start_paused = true)]
async fn of_what_no_store_decided_nothing_is_said() {
    let own = RateLimitLayer::new(per_minute(1));
    let mut service = own.layer(ok());
    for status in [200, 429] {
        let response = send(&mut service, get([])).await;
        assert_eq!((response.status().as_u16(), source(&response)), (status, None));
        assert_eq!(decider(&response), None);
    }
    assert_eq!(own.handle().snapshot().decisions, []);

    // A limit of nothing, one that is switched off, a request that no limit applies to.
    let layer = layer(Source::Store, pass());
    layer.handle().set_quota(per_second(0));
    assert_eq!(source(&send(&mut layer.layer(ok()), get([])).await), None);
    layer.handle().set_enabled(false);
    assert_eq!(source(&send(&mut layer.layer(ok()), get([])).await), None);
    let layer = self::layer(Source::Store, pass()).by(palisade_core::Header("x-api-key"));
    let mut service = layer.on_missing(Missing::Pass).layer(ok());
    assert_eq!(source(&send(&mut service, get([])).await), None);
}

#[tokio::test(start_paused = true)]
async fn who_stands_in_for_a_store_is_told() {
    let statuses = [
        (Outage::Share, [(200, Some(Source::Local)), (429, Some(Source::Local))]),
        (Outage::Local, [(200, Some(Source::Local)), (429, Some(Source::Local))]),
        (Outage::Allow, [(200, Some(Source::Open)); 2]),
        (Outage::Deny, [(503, None); 2]),
    ];
    for (outage, expected) in statuses {
        let layer = RateLimitLayer::new(per_minute(1)).store(failing().0).on_outage(outage);
        let mut service = layer.layer(ok());
        for expected in expected {
            let response = send(&mut service, get([])).await;
            assert_eq!((response.status().as_u16(), source(&response)), expected, "{outage:?}");
        }
        let counted = expected[0].1.map(|source| (source, 2));
        assert_eq!(decisions(&layer.handle()), Vec::from_iter(counted), "{outage:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_outermost_of_two_layers_with_stores_is_told() {
    let inner = layer(Source::Store, pass()).layer(ok());
    let mut stack = layer(Source::Share, pass()).layer(inner);
    assert_eq!(source(&send(&mut stack, get([])).await), Some(Source::Share));
}

#[tokio::test(start_paused = true)]
async fn decisions_are_counted_by_who_made_them() {
    let layer = layer(Source::Lease, pass());
    let handle = layer.handle();
    let zeros: Vec<_> = Source::ALL.into_iter().map(|source| (source, 0)).collect();
    assert_eq!(handle.snapshot().decisions, zeros, "each is there from the start");
    let mut service = layer.layer(ok());
    for _ in 0..3 {
        send(&mut service, get([])).await;
    }
    assert_eq!(decisions(&handle), [(Source::Lease, 3)]);

    // Whoever uses the layer with another setting starts afresh.
    let fresh = layer.on_outage(Outage::Deny);
    assert_eq!(decisions(&fresh.handle()), []);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_ends_undecided_counts_for_nobody() {
    let (store, mut questions) = passing();
    let layer = RateLimitLayer::new(per_second(1)).store(store);
    let mut service = layer.clone().plain().layer(echo());
    service.ready().await.unwrap();
    let late = CallContext::current().with_deadline(Clock::tokio().now());
    let error = late.enter(|| service.call("late")).await.unwrap_err();
    let why = error.rejection().unwrap();
    assert_eq!((why.reason(), why.decider()), (Reason::Expired, None));
    drop(service.ready().await.unwrap().call("gone"));
    assert_eq!(decisions(&layer.handle()), []);
    assert!(questions.next().is_none());
}

#[tokio::test(start_paused = true)]
async fn a_turn_that_comes_too_late_was_refused_by_who_decided() {
    let shaper = RateLimitLayer::with(Shaper::new(per_second(1))).store(MemoryStore::new());
    let mut service = shaper.clone().plain().layer(echo());
    service.ready().await.unwrap().call("first").await.unwrap();
    let soon = Clock::tokio().now() + Micros(100_000);
    service.ready().await.unwrap();
    let context = CallContext::current().with_deadline(soon);
    let error = context.scope(context.enter(|| service.call("second"))).await.unwrap_err();
    assert_eq!(error.rejection().unwrap().decider(), Some(Source::Store));
    assert_eq!(decisions(&shaper.handle()), [(Source::Store, 2)]);
}

#[tokio::test(start_paused = true)]
async fn what_a_store_knows_nothing_of_is_not_in_the_headers() {
    let (store, _) = scripted_by(Source::Share, |_, _| Ok(vec![Outcome::UNLIMITED, pass()]));
    let limits = Limits::all([Limit::new(per_second(1)), Limit::new(per_hour(9)).name("hourly")]);
    let layer = RateLimitLayer::with(limits).store(store);
    let response = send(&mut layer.layer(ok()), get([])).await;
    assert_eq!(said(&response, "ratelimit-policy"), r#""hourly";q=9;w=3600"#);

    let (store, _) = scripted(|_, _| Ok(vec![Outcome::UNLIMITED]));
    let layer = RateLimitLayer::new(per_second(1)).store(store);
    let response = send(&mut layer.layer(ok()), get([])).await;
    assert_eq!(said(&response, "ratelimit-policy"), "");
}

#[tokio::test(start_paused = true)]
async fn a_refusal_names_what_its_limit_counts_by_though_another_has_no_key() {
    let limits = Limits::all((
        Limit::new(per_second(1)).by(palisade_core::Header("x-user")),
        Limit::new(per_second(1)).by(palisade_core::Header("x-tenant")),
    ));
    let (store, _) = scripted(|_, _| Ok(vec![refusal()]));
    let layer = RateLimitLayer::with(limits).on_missing(Missing::Pass).store(store);
    let response = send(&mut layer.layer(ok()), get([("x-tenant", "acme")])).await;
    let why = response.extensions().get::<Rejection>().unwrap();
    assert_eq!(why.reason(), Reason::rate_limited(per_second(1), "x-tenant"));
}
