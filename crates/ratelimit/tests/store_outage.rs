//! What becomes of each limit of a call whose store does not decide.

mod support;

use palisade_core::algorithm::{Op, Outcome};
use palisade_core::store::StoreError;
use palisade_core::{Header, Reason};
use palisade_ratelimit::{
    Bill, Limit, Limits, Missing, Outage, RateLimitLayer, RateLimiter, Source, per_hour, per_minute,
};
use tower::{Layer, service_fn};

use self::support::calls::{get, ok, refusal, said, send};
use self::support::scripted::{failing, passing, scripted};

const OUTAGES: [Outage; 4] = [Outage::Share, Outage::Local, Outage::Allow, Outage::Deny];

/// Two limits of a store that is out of reach, the second of which says for itself what becomes of it.
macro_rules! layer {
    ($layer:expr, $own:expr) => {
        RateLimitLayer::with((
            Limit::new(per_minute(2)).name("first"),
            Limit::new(per_hour(1)).name("second").on_outage($own),
        ))
        .store(failing().0)
        .on_outage($layer)
    };
}

#[tokio::test(start_paused = true)]
async fn the_layers_outage_is_to_share() {
    let (store, mut questions) = passing();
    let layer = RateLimitLayer::new(per_minute(1)).store(store);
    send(&mut layer.layer(ok()), get([])).await;
    let (_, charges) = questions.charges().unwrap();
    assert_eq!(charges[0].policy.outage(), Outage::Share);
}

#[tokio::test(start_paused = true)]
async fn each_policy_says_what_becomes_of_its_limit() {
    for own in OUTAGES {
        let (store, mut questions) = passing();
        let layer = layer!(Outage::Allow, own).store(store);
        send(&mut layer.layer(ok()), get([])).await;
        let (_, charges) = questions.charges().unwrap();
        let outages: Vec<_> = charges.iter().map(|charge| charge.policy.outage()).collect();
        assert_eq!(outages, [Outage::Allow, own]);
    }
    // A sole token bucket says so, too, and keeps to it when it is changed.
    let (store, mut questions) = passing();
    let limit = Limit::new(per_minute(1)).on_outage(Outage::Deny).tier("gold", per_minute(9));
    let layer = RateLimitLayer::with(limit).on_outage(Outage::Local).store(store);
    layer.handle().set_quota(per_minute(5));
    for layer in [layer.clone().tier("silver", per_minute(7)), layer] {
        send(&mut layer.layer(ok()), get([])).await;
        let (_, charges) = questions.charges().unwrap();
        assert_eq!(charges[0].policy.outage(), Outage::Deny);
    }
}

/// What two calls come to, and who decided.
async fn calls(layer: Outage, own: Outage) -> [(u16, Option<Source>); 2] {
    let layer = layer!(layer, own);
    let mut service = layer.layer(ok());
    let mut call = async || {
        let response = send(&mut service, get([])).await;
        (response.status().as_u16(), response.extensions().get().copied())
    };
    [call().await, call().await]
}

#[tokio::test(start_paused = true)]
async fn one_limit_that_denies_refuses_the_call() {
    for other in OUTAGES {
        assert_eq!(calls(other, Outage::Deny).await, [(503, None); 2]);
        assert_eq!(calls(Outage::Deny, other).await, [(503, None); 2]);
    }
}

#[tokio::test(start_paused = true)]
async fn the_refusal_names_the_limit_that_denies_and_takes_nothing_of_the_others() {
    let layer = layer!(Outage::Local, Outage::Deny);
    let why = refusal(&mut layer.layer(ok()), get([])).await.unwrap();
    assert_eq!((why.name(), why.reason()), ("second", Reason::StoreDown));
    assert_eq!(layer.handle().snapshot().keys, 0);
}

#[tokio::test(start_paused = true)]
async fn limits_that_allow_are_left_out_and_the_others_are_kept_here_in_full() {
    let local = Some(Source::Local);
    for keep in [Outage::Share, Outage::Local] {
        // The second allows one, the first two.
        assert_eq!(calls(Outage::Allow, keep).await, [(200, local), (429, local)]);
        assert_eq!(calls(keep, Outage::Allow).await, [(200, local), (200, local)]);
        assert_eq!(calls(keep, keep).await, [(200, local), (429, local)]);
    }
    assert_eq!(calls(Outage::Allow, Outage::Allow).await, [(200, Some(Source::Open)); 2]);
}

#[tokio::test(start_paused = true)]
async fn headers_tell_the_limits_that_were_decided_on() {
    let tell = async |layer, own| {
        let layer = layer!(layer, own);
        said(&send(&mut layer.layer(ok()), get([])).await, "ratelimit")
    };
    assert_eq!(tell(Outage::Allow, Outage::Local).await, r#""second";r=0;t=3600"#);
    assert_eq!(tell(Outage::Local, Outage::Allow).await, r#""first";r=1;t=30"#);
    assert_eq!(tell(Outage::Allow, Outage::Allow).await, "");
}

#[tokio::test(start_paused = true)]
async fn only_limits_that_apply_have_a_say() {
    let limits = (
        Limit::new(per_minute(1)).by(Header("x-user")).on_outage(Outage::Deny),
        Limit::new(per_minute(1)).by(Header("x-tenant")),
    );
    let layer = RateLimitLayer::with(limits).on_missing(Missing::Pass).store(failing().0);
    let mut service = layer.layer(ok());
    assert_eq!(send(&mut service, get([("x-tenant", "a")])).await.status(), 200);
    let why = refusal(&mut service, get([("x-tenant", "a")])).await.unwrap();
    assert_eq!(why.reason(), Reason::rate_limited(per_minute(1), "x-tenant"));
    assert_eq!(send(&mut service, get([("x-user", "a")])).await.status(), 503);
}

#[tokio::test(start_paused = true)]
async fn a_call_is_billed_for_limits_that_were_decided_on_only() {
    let limit = |outage| Limit::new(per_hour(100)).chargeable(true).on_outage(outage);
    let limits =
        Limits::all([limit(Outage::Allow).name("open"), limit(Outage::Local).name("kept")]);
    let layer = RateLimitLayer::with(limits).store(failing().0);
    let inner = service_fn(|_| async {
        Bill::current().unwrap().charge(50);
        Ok::<_, std::convert::Infallible>(http::Response::new(String::new()))
    });
    let mut service = layer.layer(inner);
    send(&mut service, get([])).await;
    assert_eq!(said(&send(&mut service, get([])).await, "ratelimit"), r#""kept";r=48;t=1872"#);
    let handle = layer.handle().snapshot();
    assert_eq!((handle.keys, handle.charge_errors), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_limit_that_is_switched_off_meanwhile_denies_nobody() {
    let layer = RateLimitLayer::new(per_minute(1)).on_outage(Outage::Deny);
    let handle =
        std::sync::Arc::new(std::sync::OnceLock::<palisade_ratelimit::RateLimitHandle>::new());
    let switch = handle.clone();
    let (store, _) = scripted(move |_: Op, _| -> Result<Vec<Outcome>, StoreError> {
        switch.get().unwrap().set_enabled(false);
        Err(StoreError::Unknown("cut".into()))
    });
    let layer = layer.store(store);
    handle.set(layer.handle()).unwrap();
    let response = send(&mut layer.layer(ok()), get([])).await;
    assert_eq!((response.status().as_u16(), response.extensions().get::<Source>()), (200, None));
}

#[test]
fn in_memory_it_changes_nothing() {
    let limiter = RateLimiter::with(Limit::new(per_minute(2)).on_outage(Outage::Deny));
    assert!(limiter.check().is_ok() && limiter.check().is_ok() && limiter.check().is_err());
}
