//! A breaker for each key.

#![expect(clippy::unwrap_used, reason = "a test's helpers are tests, too")]

mod support;

use http::{Request, Response};
use palisade_breaker::{BreakerLayer, Header, Host, Missing, Ratio, Rejection, State, Trip};
use palisade_core::{ManualClock, Origin};
use support::seconds;
use tower::{Layer, Service, ServiceExt, service_fn};

type Layered<K> = BreakerLayer<K>;

fn layer() -> (Layered<Header>, ManualClock) {
    let clock = ManualClock::new();
    let layer = BreakerLayer::new().clock(clock.clock()).trip(Trip::consecutive(1));
    let layer = layer.jitter(Ratio::ZERO).probes(1).by(Header("x-host"));
    (layer, clock)
}

fn to(host: &str, status: u16) -> Request<u16> {
    Request::builder().header("x-host", host).body(status).unwrap()
}

/// Whether a call that the service answers so is refused.
async fn refused(
    layer: &BreakerLayer<impl palisade_core::KeyBy<Request<u16>> + Clone>,
    request: Request<u16>,
) -> bool {
    let inner = service_fn(|request: Request<u16>| async move {
        let status = *request.body();
        let response = Response::builder().status(status).body(String::new());
        Ok::<_, std::io::Error>(response.unwrap())
    });
    let mut service = layer.layer(inner);
    let response = service.ready().await.unwrap().call(request).await.unwrap();
    response.extensions().get::<Rejection>().is_some_and(|why| why.origin() == Origin::Local)
}

fn states(layer: &Layered<Header>) -> Vec<(String, State)> {
    let keys = layer.handle().keys().into_iter();
    let mut states: Vec<_> = keys.map(|key| (key.key.to_string(), key.state)).collect();
    states.sort_by(|one, other| one.0.cmp(&other.0));
    states
}

#[tokio::test]
async fn each_key_has_a_circuit_of_its_own() {
    let (layer, clock) = layer();
    assert!(!refused(&layer, to("a", 500)).await);
    assert!(refused(&layer, to("a", 200)).await);
    assert!(!refused(&layer, to("b", 200)).await);
    let keys = layer.handle().keys();
    assert_eq!(keys.len(), 2);
    let open = keys.iter().find(|key| key.state == State::Open).expect("a is");
    assert_eq!(open.next_probe, Some(seconds(5)));
    assert!(open.key.contains('a'), "{}", open.key);
    // The end of the wait is when it is, for a call that needs no poll before it.
    clock.advance(seconds(5));
    assert!(!refused(&layer, to("a", 200)).await);
    assert!(states(&layer).iter().all(|&(_, state)| state == State::Closed));
    let snapshot = layer.handle().snapshot();
    assert_eq!((snapshot.keys, snapshot.passed, snapshot.failed), (2, 2, 1));
    assert_eq!((snapshot.rejected, snapshot.calls), (1, 0), "the layer's own has seen nothing");
}

#[tokio::test]
async fn calls_with_a_key_are_no_evidence_on_those_without() {
    let (layer, _) = layer();
    let without = || Request::new(200);
    assert!(!refused(&layer, without()).await);
    for (host, status) in [("a", 200), ("a", 200), ("b", 500), ("c", 503)] {
        assert!(!refused(&layer, to(host, status)).await);
    }
    let snapshot = layer.handle().snapshot();
    assert_eq!((snapshot.calls, snapshot.failures, snapshot.passed), (1, 0, 3));
    let a = layer.handle().keys().into_iter().find(|key| key.key.contains('a')).expect("a is");
    assert_eq!((a.calls, a.failures), (2, 0));
    assert!(!refused(&layer, without()).await);
}

#[tokio::test]
async fn a_poll_says_nothing_of_the_key_to_come() {
    let (layer, clock) = layer();
    assert!(!refused(&layer, to("a", 500)).await);
    let mut service = layer.layer(service_fn(|_: Request<u16>| async {
        Ok::<_, std::io::Error>(Response::new(String::new()))
    }));
    let service = service.ready().await.unwrap();
    clock.advance(seconds(5));
    let response = service.call(to("a", 200)).await.unwrap();
    assert_eq!(response.status(), 200, "by the time of the call the wait is over");
}

#[tokio::test]
async fn events_tell_the_key() {
    let (layer, _) = layer();
    let mut events = layer.handle().subscribe();
    assert!(!refused(&layer, to("secret.example", 500)).await);
    let event = events.try_next().expect("it opened");
    let key = event.key.clone().expect("of a key");
    assert_eq!(layer.handle().keys()[0].key, key);
    assert!(key.contains("secret") && !event.to_string().contains("secret"));
}

#[tokio::test]
async fn a_key_can_be_opened_and_closed_by_hand() {
    let (layer, _) = layer();
    let handle = layer.handle();
    handle.force_open_key("a");
    assert!(refused(&layer, to("a", 200)).await);
    assert!(!refused(&layer, to("b", 200)).await);
    handle.force_close_key("a");
    assert!(!refused(&layer, to("a", 200)).await);
}

#[tokio::test]
async fn by_hand_all_keys_are_opened_and_closed_those_to_come_included() {
    let (layer, _) = layer();
    let handle = layer.handle();
    assert!(!refused(&layer, to("a", 500)).await);
    handle.force_open();
    assert!(refused(&layer, to("a", 200)).await);
    assert!(refused(&layer, to("new", 200)).await);
    handle.force_close();
    assert!(!refused(&layer, to("a", 200)).await);
    assert!(!refused(&layer, to("new", 200)).await);
    handle.force_open();
    handle.reset();
    assert!(!refused(&layer, to("a", 200)).await);
}

#[tokio::test]
async fn a_call_without_a_key_shares_passes_or_is_refused() {
    let without = |status| Request::new(status);
    let (shared, _) = layer();
    assert!(!refused(&shared, without(500)).await);
    assert!(refused(&shared, without(200)).await);
    assert_eq!((shared.handle().snapshot().state, shared.handle().keys().len()), (State::Open, 0));

    let passes = layer().0.on_missing(Missing::Pass);
    assert!(!refused(&passes, without(500)).await);
    assert!(!refused(&passes, without(200)).await);
    assert_eq!((passes.handle().snapshot().failed, passes.handle().snapshot().passed), (0, 0));

    let refuses = layer().0.on_missing(Missing::Reject);
    assert!(refused(&refuses, without(200)).await);
    assert_eq!(refuses.handle().snapshot().rejected, 1);
    assert_eq!(refuses.handle().snapshot().state, State::Closed);
}

#[tokio::test]
async fn keys_without_a_place_share_a_circuit_and_no_open_one_makes_room() {
    let (layer, clock) = layer();
    let layer = layer.max_keys(3).idle(seconds(60));
    for host in ["a", "b"] {
        assert!(!refused(&layer, to(host, 500)).await);
    }
    assert!(!refused(&layer, to("c", 200)).await);
    for host in ["d", "e"] {
        assert!(!refused(&layer, to(host, 200)).await);
    }
    let snapshot = layer.handle().snapshot();
    assert_eq!((snapshot.keys, snapshot.overflowed, snapshot.evicted), (3, 2, 0));
    assert!(!refused(&layer, to("d", 500)).await);
    assert!(refused(&layer, to("e", 200)).await, "they share one");
    assert!(states(&layer).contains(&("(overflow)".to_owned(), State::Open)));

    // A closed one that nobody asks for goes, and not those that are not closed.
    clock.advance(seconds(61));
    assert!(!refused(&layer, to("f", 200)).await);
    let snapshot = layer.handle().snapshot();
    assert_eq!((snapshot.keys, snapshot.evicted), (3, 1));
    let open = states(&layer).iter().filter(|(_, state)| *state == State::Open).count();
    assert_eq!(open, 3, "a, b and the overflow");
    // But not for ever.
    clock.advance(seconds(700));
    for host in ["g", "h", "i"] {
        assert!(!refused(&layer, to(host, 200)).await);
    }
    let snapshot = layer.handle().snapshot();
    assert_eq!((snapshot.keys, snapshot.evicted), (3, 4));
}

#[tokio::test]
async fn a_circuit_with_a_call_under_way_keeps_its_place() {
    let (layer, clock) = layer();
    let layer = layer.max_keys(1).idle(seconds(1));
    let mut service = layer.layer(service_fn(|_: Request<u16>| {
        std::future::pending::<Result<Response<String>, std::io::Error>>()
    }));
    let call = service.ready().await.unwrap().call(to("a", 200));
    clock.advance(seconds(86_400));
    assert!(!refused(&layer, to("b", 200)).await);
    assert_eq!(layer.handle().snapshot().overflowed, 1);
    drop(call);
    assert!(!refused(&layer, to("b", 200)).await);
    assert_eq!((layer.handle().snapshot().overflowed, layer.handle().snapshot().evicted), (1, 1));
}

#[tokio::test]
async fn a_flood_of_hosts_takes_no_more_than_its_places() {
    let clock = ManualClock::new();
    let layer = BreakerLayer::new().clock(clock.clock()).by(Host).max_keys(100);
    for host in 0..100_000 {
        let request = Request::get(format!("http://h{host}.example/")).body(500_u16).unwrap();
        let _ = refused(&layer, request).await;
        clock.advance(std::time::Duration::from_millis(1));
    }
    let snapshot = layer.handle().snapshot();
    assert!(snapshot.keys <= 100, "{}", snapshot.keys);
    assert_eq!(snapshot.in_flight, 0);
    assert!(layer.handle().keys().len() <= 101);
    let counted = snapshot.passed + snapshot.failed + snapshot.rejected;
    assert_eq!(counted, 100_000);
    assert!(snapshot.overflowed > 0 && snapshot.evicted > 500);
}

#[tokio::test]
async fn settings_that_change_hold_for_each_key() {
    let (layer, _) = layer();
    assert!(!refused(&layer, to("a", 200)).await);
    layer.handle().update(|settings| settings.trip = Trip::consecutive(2));
    assert!(!refused(&layer, to("a", 500)).await);
    assert!(!refused(&layer, to("a", 500)).await);
    assert!(refused(&layer, to("a", 200)).await);
    layer.handle().disable();
    assert!(!refused(&layer, to("a", 200)).await);
}
