//! A limit in a store that takes its time.

#![expect(clippy::unwrap_used, reason = "a test's helpers are tests, too")]

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use http::{Request, Response, StatusCode};
use palisade_core::algorithm::{Op, Outcome, Retry};
use palisade_core::store::{Answer, Charge, MemoryStore, Source, Store, StoreError};
use palisade_core::test::{Probe, echo, inner, ready};
use palisade_core::{CallContext, Clock, Header, LayerError, ManualClock, Micros, Reason};
use palisade_ratelimit::{
    Gcra, Missing, Outage, RateLimitHandle, RateLimitLayer, Ratio, per_minute, per_second,
};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout};
use tokio_test::{assert_pending, assert_ready, task};
use tower::{Layer, Service, ServiceExt};

/// What the store is to do with a question.
#[derive(Clone, Copy, Debug)]
enum Say {
    Pass,
    Refuse,
    Nothing,
    NotSent,
    Unknown,
    Rejected,
}

/// Does with each question the same, after a while, and tells what it was asked.
struct Told {
    say: Say,
    after: Duration,
    asked: mpsc::UnboundedSender<(Op, Charge)>,
    busy: Arc<AtomicUsize>,
}

/// The other side of a [`Told`].
struct Questions {
    asked: mpsc::UnboundedReceiver<(Op, Charge)>,
    busy: Arc<AtomicUsize>,
}

impl Store for Told {
    async fn execute(&self, op: Op, charges: Vec<Charge>) -> Result<Answer, StoreError> {
        self.busy.fetch_add(1, Ordering::Relaxed);
        let _busy = Busy(&self.busy);
        self.asked.send((op, charges[0].clone())).unwrap();
        sleep(self.after).await;
        let outcome = Outcome::passed(1).with_remaining(7).with_reset(Micros(2_500_000));
        let retry = Retry::After(Micros(1_500_000));
        let outcomes = match self.say {
            Say::Pass => vec![outcome],
            Say::Refuse => vec![Outcome::refused(retry).with_reset(Micros(2_500_000))],
            Say::Nothing => vec![],
            Say::NotSent => return Err(StoreError::NotSent("no route".into())),
            Say::Unknown => return Err(StoreError::Unknown("cut".into())),
            Say::Rejected => return Err(StoreError::Rejected("read only".into())),
        };
        Ok(Answer { outcomes, now: Micros::ZERO, source: Source::Store })
    }
}

struct Busy<'a>(&'a AtomicUsize);

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Questions {
    fn busy(&self) -> usize {
        self.busy.load(Ordering::Relaxed)
    }

    /// The keys that the store was asked for.
    fn keys(&mut self) -> Vec<String> {
        let next = || self.asked.try_recv().ok().map(|(_, charge)| key(&charge));
        std::iter::from_fn(next).collect()
    }
}

/// Which limit of whom.
fn key(charge: &Charge) -> String {
    format!("{}|{}", charge.policy.name(), charge.subject)
}

const AT_ONCE: Duration = Duration::ZERO;
const BUDGET: Duration = Duration::from_millis(50);
const TOO_LATE: Duration = Duration::from_millis(51);

fn told(say: Say, after: Duration) -> (Told, Questions) {
    let (sender, asked) = mpsc::unbounded_channel();
    let busy = Arc::new(AtomicUsize::new(0));
    (Told { say, after, asked: sender, busy: Arc::clone(&busy) }, Questions { asked, busy })
}

fn limit(say: Say, after: Duration) -> (RateLimitLayer, Questions) {
    let (store, questions) = told(say, after);
    (RateLimitLayer::new(per_second(1)).name("api").store(store), questions)
}

async fn call<S: Service<Req>, Req>(
    service: &mut S,
    request: Req,
) -> Result<S::Response, S::Error> {
    service.ready().await?.call(request).await
}

/// Passed, rejected, shadowed, abandoned, failures of the store.
fn counts(handle: &RateLimitHandle) -> [u64; 5] {
    let now = handle.snapshot();
    assert_eq!(now.in_flight, 0);
    [now.passed, now.rejected, now.shadowed, now.abandoned, now.store_errors]
}

#[tokio::test(start_paused = true)]
async fn the_store_decides_and_its_numbers_are_told() {
    let http = || ready::<Request<()>, _>(Response::new(String::new()));
    let said = |response: &Response<_>| {
        let value = response.headers().get("ratelimit").unwrap();
        (response.status(), value.to_str().unwrap().to_owned())
    };
    let (layer, _questions) = limit(Say::Pass, AT_ONCE);
    let response = call(&mut layer.layer(http()), Request::new(())).await.unwrap();
    assert_eq!(said(&response), (StatusCode::OK, r#""api";r=7;t=3"#.to_owned()));
    assert_eq!(counts(&layer.handle()), [1, 0, 0, 0, 0]);

    let (layer, _questions) = limit(Say::Refuse, AT_ONCE);
    let response = call(&mut layer.layer(http()), Request::new(())).await.unwrap();
    let refused = (StatusCode::TOO_MANY_REQUESTS, r#""api";r=0;t=2"#.to_owned());
    assert_eq!(said(&response), refused);
    assert_eq!(response.headers()["retry-after"], "2");
    assert_eq!(counts(&layer.handle()), [0, 1, 0, 0, 0]);
}

#[tokio::test(start_paused = true)]
async fn the_store_is_asked_for_one_unit_of_the_limit_by_the_name_and_the_spelled_key() {
    let (layer, mut questions) = limit(Say::Pass, AT_ONCE);
    let mut service = layer.by(Header("x-api-key")).plain().layer(echo());
    let request = |key: &str| Request::builder().header("x-api-key", key).body(()).unwrap();
    call(&mut service, request("a|b")).await.unwrap();
    let (op, charge) = questions.asked.recv().await.unwrap();
    assert_eq!((op, &*key(&charge), charge.units), (Op::Decide, "api|a%7cb", 1));
    assert_eq!(charge.policy.name().as_str(), "api");
    assert_eq!(charge.policy.downcast_ref::<Gcra>(), Some(&Gcra::new(per_second(1))));

    // Without a header, and without keys at all.
    call(&mut service, Request::new(())).await.unwrap();
    assert_eq!(questions.keys(), ["api|#"]);
    let (layer, mut questions) = limit(Say::Pass, AT_ONCE);
    call(&mut layer.plain().layer(echo()), ()).await.unwrap();
    assert_eq!(questions.keys(), ["api|#"]);
}

#[tokio::test(start_paused = true)]
async fn the_store_is_not_asked_where_it_has_nothing_to_decide() {
    let (layer, mut questions) = limit(Say::Pass, AT_ONCE);
    let handle = layer.handle();
    let mut service = layer.plain().layer(echo());
    handle.set_quota(per_second(0));
    call(&mut service, "denied").await.unwrap_err();
    handle.set_enabled(false);
    call(&mut service, "hello").await.unwrap();
    assert_eq!(questions.keys(), [""; 0]);
    assert_eq!(counts(&handle), [0, 1, 0, 0, 0]);

    for (missing, passes) in [(Missing::Pass, true), (Missing::Reject, false)] {
        let (layer, mut questions) = limit(Say::Pass, AT_ONCE);
        let layer = layer.by(Header("x-api-key")).on_missing(missing);
        let answer = call(&mut layer.plain().layer(echo()), Request::new(())).await;
        assert_eq!((answer.is_ok(), questions.keys().len()), (passes, 0), "{missing:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn while_the_store_decides_nothing_of_the_inner_service_is_held() {
    let (service, gate) = inner::<&str, &str, Infallible>();
    let (layer, _questions) = limit(Say::Pass, Duration::from_millis(20));
    let probe = Probe::new(service);
    let counts = probe.handle();
    let mut service = layer.plain().layer(probe);
    gate.allow(1);

    let mut answer = task::spawn(service.ready().await.unwrap().call("hello"));
    assert_eq!(counts.counts().unused, 1, "the readied instance is given up");
    assert_pending!(answer.poll());
    assert_eq!((counts.counts().polls_ready, counts.counts().calls), (1, 0));

    // When the store has decided, the clone waits for its turn, and is called only then.
    gate.hold();
    sleep(Duration::from_millis(20)).await;
    assert!(answer.is_woken());
    assert_pending!(answer.poll());
    assert!(gate.is_awaited());
    assert_eq!(counts.counts().calls, 0);
    gate.open();
    assert!(answer.is_woken());
    assert_pending!(answer.poll());
    gate.try_next_call().unwrap().respond("bye");
    assert_eq!(assert_ready!(answer.poll()), Ok("bye"));
    assert_eq!((counts.counts().calls, counts.counts().violations), (1, 0));
    // Its next call begins with an instance that is not ready either.
    drop(service);
    assert_eq!(counts.counts().unused, 1);
}

#[tokio::test(start_paused = true)]
async fn an_inner_service_that_breaks_meanwhile_fails_the_call() {
    let (service, gate) = inner::<&str, &str, &str>();
    let (layer, _questions) = limit(Say::Pass, AT_ONCE);
    let mut service = layer.clone().plain().layer(service);
    let answer = service.ready().await.unwrap().call("hello");
    gate.fail_readiness("broken");
    assert_eq!(timeout(TOO_LATE, answer).await.unwrap(), Err(LayerError::Inner("broken")));
    assert_eq!(counts(&layer.handle()), [1, 0, 0, 0, 0]);
}

#[tokio::test(start_paused = true)]
async fn an_answer_in_time_counts_and_a_later_one_does_not() {
    for (after, errors) in [(BUDGET, 0), (TOO_LATE, 1), (Duration::from_secs(3_600), 1)] {
        let (layer, questions) = limit(Say::Refuse, after);
        let layer = layer.on_outage(Outage::Allow).plain();
        let mut service = layer.layer(echo());
        let started = Instant::now();
        let answer = call(&mut service, "hello").await;
        assert_eq!(answer.is_ok(), errors == 1, "{after:?}");
        assert_eq!(started.elapsed(), BUDGET);
        assert_eq!(layer.handle().snapshot().store_errors, errors);
        assert_eq!(questions.busy(), 0, "the store's future is gone with its answer");
    }
}

#[tokio::test(start_paused = true)]
async fn without_an_answer_the_limit_is_kept_here() {
    for (say, after) in outages() {
        let (layer, _questions) = limit(say, after);
        let mut service = layer.clone().plain().layer(echo());
        call(&mut service, "first").await.unwrap();
        let why = *call(&mut service, "second").await.unwrap_err().rejection().unwrap();
        assert_eq!((why.status().as_u16(), why.name()), (429, "api"), "{say:?}");
        assert!(why.retry_after().unwrap() <= Duration::from_secs(1));
        assert_eq!(counts(&layer.handle()), [1, 1, 0, 0, 2]);
    }
}

#[tokio::test(start_paused = true)]
async fn without_an_answer_each_key_has_its_bucket_here() {
    let (layer, _questions) = limit(Say::Unknown, AT_ONCE);
    let mut service = layer.by(Header("x-api-key")).plain().layer(echo());
    let request = |key: &str| Request::builder().header("x-api-key", key).body(()).unwrap();
    for key in ["a", "b"] {
        call(&mut service, request(key)).await.unwrap();
        call(&mut service, request(key)).await.unwrap_err();
    }
}

#[tokio::test(start_paused = true)]
async fn without_an_answer_all_pass_if_told_to() {
    for (say, after) in outages() {
        let (layer, _questions) = limit(say, after);
        let layer = layer.on_outage(Outage::Allow);
        let http = ready::<Request<()>, _>(Response::new(String::new()));
        let mut service = layer.layer(http);
        for _ in 0..3 {
            let response = call(&mut service, Request::new(())).await.unwrap();
            assert_eq!(response.status(), StatusCode::OK, "{say:?}");
            assert!(!response.headers().contains_key("ratelimit"), "nothing is known of it");
        }
        assert_eq!(counts(&layer.handle()), [3, 0, 0, 0, 3]);
    }
}

#[tokio::test(start_paused = true)]
async fn without_an_answer_all_are_refused_if_told_to() {
    for (say, after) in outages() {
        let (layer, _questions) = limit(say, after);
        let layer = layer.on_outage(Outage::Deny);
        let http = ready::<Request<()>, _>(Response::new(String::new()));
        let response = call(&mut layer.layer(http), Request::new(())).await.unwrap();
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE, "{say:?}");
        assert!(!response.headers().contains_key("retry-after"), "nobody knows");
        assert_eq!(counts(&layer.handle()), [0, 1, 0, 0, 1]);
    }
}

fn outages() -> [(Say, Duration); 5] {
    let errors = [Say::NotSent, Say::Unknown, Say::Rejected, Say::Nothing];
    let [a, b, c, d] = errors.map(|say| (say, AT_ONCE));
    [a, b, c, d, (Say::Pass, TOO_LATE)]
}

#[tokio::test(start_paused = true)]
async fn a_limit_that_is_switched_off_meanwhile_refuses_nobody() {
    let (layer, _questions) = limit(Say::Pass, TOO_LATE);
    let handle = layer.handle();
    let mut service = layer.plain().layer(echo());
    let answer = service.ready().await.unwrap().call("hello");
    handle.set_enabled(false);
    assert_eq!(answer.await.unwrap(), "hello");
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_asks_the_store_and_refuses_nobody() {
    for outage in [Outage::Local, Outage::Deny] {
        for say in [Say::Refuse, Say::Unknown] {
            let (layer, mut questions) = limit(say, AT_ONCE);
            let layer = layer.enforce(Ratio::ZERO).on_outage(outage);
            let mut service = layer.clone().plain().layer(echo());
            for _ in 0..3 {
                call(&mut service, "hello").await.unwrap();
            }
            assert_eq!(questions.keys().len(), 3);
            let [passed, rejected, shadowed, ..] = counts(&layer.handle());
            assert_eq!((passed + shadowed, rejected), (3, 0));
            assert!(shadowed >= 2);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_goes_away_takes_the_question_with_him() {
    let (layer, questions) = limit(Say::Pass, Duration::from_millis(20));
    let handle = layer.handle();
    let mut service = layer.plain().layer(echo());

    let mut answer = task::spawn(service.ready().await.unwrap().call("hello"));
    assert_pending!(answer.poll());
    assert_eq!((questions.busy(), handle.snapshot().in_flight), (1, 1));
    drop(answer);
    assert_eq!(questions.busy(), 0);
    assert_eq!(counts(&handle), [0, 0, 0, 1, 0]);

    drop(service.ready().await.unwrap().call("never polled"));
    assert_eq!(counts(&handle), [0, 0, 0, 2, 0]);
}

#[tokio::test(start_paused = true)]
async fn memory_as_a_store_decides_as_memory_does() {
    let clock = ManualClock::new();
    let layer = || {
        let layer = RateLimitLayer::new(per_minute(7).burst(3)).clock(clock.clock());
        layer.by(Header("x-api-key"))
    };
    let store = MemoryStore::with(100, clock.clock());
    let (own, stored) = (layer(), layer().store(store));
    let http = || ready::<Request<()>, _>(Response::new(String::new()));
    let (mut a, mut b) = (own.layer(http()), stored.layer(http()));
    for step in 0..200_u64 {
        // One of three keys, some time later; no pattern that the limit would know.
        let key = ["a", "b", "c"][(step * step / 7 % 3) as usize];
        clock.advance(Duration::from_micros(step * 7_919 % 5_000_000));
        let request = || Request::builder().header("x-api-key", key).body(()).unwrap();
        let (a, b) =
            (call(&mut a, request()).await.unwrap(), call(&mut b, request()).await.unwrap());
        assert_eq!((a.status(), a.headers()), (b.status(), b.headers()), "step {step}");
    }
    let (own, stored) = (own.handle().snapshot(), stored.handle().snapshot());
    assert_eq!((own.passed, own.rejected), (stored.passed, stored.rejected));
    assert!(own.rejected > 50 && own.passed > 50, "{own:?}");
    assert_eq!(stored.keys, 0, "nothing is kept beside the store");
}

#[tokio::test(start_paused = true)]
async fn layers_that_share_a_store_share_a_limit_by_its_name() {
    let store = Arc::new(MemoryStore::new());
    let layer = |name| RateLimitLayer::new(per_minute(1)).name(name).store(Arc::clone(&store));
    let http = || ready::<Request<()>, _>(Response::new(String::new()));
    let get = || Request::new(());
    let (mut a, mut again) = (layer("a").layer(http()), layer("a").layer(http()));
    let mut other = layer("b").layer(http());
    assert_eq!(call(&mut a, get()).await.unwrap().status(), 200);
    assert_eq!(call(&mut again, get()).await.unwrap().status(), 429);
    assert_eq!(call(&mut other, get()).await.unwrap().status(), 200);
}

/// Within a deadline that is so far away.
fn within(time: Duration) -> CallContext {
    CallContext::current().with_deadline(Clock::tokio().now() + Micros::from(time))
}

#[tokio::test(start_paused = true)]
async fn a_store_has_no_more_time_than_the_call() {
    let soon = Duration::from_millis(20);
    let (layer, questions) = limit(Say::Pass, Duration::from_millis(30));
    let mut service = layer.clone().plain().layer(echo());
    let started = Instant::now();
    let error = within(soon).scope(call(&mut service, "hello")).await.unwrap_err();
    assert_eq!(started.elapsed(), soon);
    let why = error.rejection().unwrap();
    assert_eq!((why.name(), why.reason()), ("api", Reason::Expired));
    assert_eq!(counts(&layer.handle()), [0, 1, 0, 0, 0], "it is no failure of the store");
    assert_eq!(questions.busy(), 0, "the question is withdrawn");

    // Nor has it more than 50 ms.
    let (layer, _questions) = limit(Say::Pass, TOO_LATE);
    let mut service = layer.clone().plain().layer(echo());
    let started = Instant::now();
    let far = within(Duration::from_secs(1));
    far.scope(call(&mut service, "hello")).await.unwrap();
    assert_eq!(started.elapsed(), BUDGET);
    assert_eq!(counts(&layer.handle()), [1, 0, 0, 0, 1]);
}

#[tokio::test(start_paused = true)]
async fn an_answer_within_the_deadline_counts() {
    let (layer, _questions) = limit(Say::Pass, Duration::from_millis(10));
    let mut service = layer.clone().plain().layer(echo());
    let soon = within(Duration::from_millis(20));
    assert_eq!(soon.scope(call(&mut service, "hello")).await, Ok("hello"));
    assert_eq!(counts(&layer.handle()), [1, 0, 0, 0, 0]);
}

#[tokio::test(start_paused = true)]
async fn a_store_is_not_asked_for_a_call_that_is_late() {
    let (layer, mut questions) = limit(Say::Pass, AT_ONCE);
    let mut service = layer.clone().plain().layer(echo());
    let late = within(Duration::ZERO);
    service.ready().await.unwrap();
    let answer = late.enter(|| service.call("hello"));
    let reason = answer.await.unwrap_err().rejection().unwrap().reason();
    assert_eq!(reason, Reason::Expired);
    assert!(questions.keys().is_empty());
    assert_eq!(counts(&layer.handle()), [0, 1, 0, 0, 0]);
}

#[tokio::test(start_paused = true)]
async fn in_a_dry_run_late_calls_pass_and_are_counted() {
    let (layer, _questions) = limit(Say::Pass, BUDGET);
    let layer = layer.enforce(Ratio::ZERO);
    for time in [Duration::ZERO, Duration::from_millis(20)] {
        let mut service = layer.clone().plain().layer(echo());
        service.ready().await.unwrap();
        let context = within(time);
        let answer = context.enter(|| service.call("hello"));
        assert_eq!(context.scope(answer).await, Ok("hello"));
    }
    assert_eq!(counts(&layer.handle()), [0, 0, 2, 0, 0]);
}
