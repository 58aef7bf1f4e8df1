//! Calls that wait for their turn, in front of a service and without one.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response};
use palisade_core::algorithm::Op;
use palisade_core::store::{Answer, Charge, MemoryStore, Store, StoreError};
use palisade_core::test::{Probe, drop_at_every_await, ready};
use palisade_core::{CallContext, Clock, Header, LayerError, Rejection};
use palisade_ratelimit::{
    FixedWindow, Limit, Limits, RateLimitHandle, RateLimitLayer, RateLimiter, Ratio, Shaper,
    SlidingLog, SlidingWindow, per_hour, per_second,
};
use parking_lot::Mutex;
use tokio::time::{Instant, advance};
use tokio_test::{assert_pending, assert_ready_ok, task};
use tower::{Layer, Service, ServiceExt};

const INTERVAL: Duration = Duration::from_millis(100);

/// Ten per second, three of them waiting at most.
fn shaper() -> Shaper {
    Shaper::new(per_second(10)).max_queued(3)
}

fn layer() -> RateLimitLayer {
    RateLimitLayer::with(shaper())
}

/// When a call of `layer` was answered, or why not.
async fn call<K, R, A>(layer: RateLimitLayer<K, R, A>) -> Result<Instant, Rejection>
where
    RateLimitLayer<K, R, A>: Layer<palisade_core::test::Canned<Request<()>, Response<()>>>,
    <RateLimitLayer<K, R, A> as Layer<palisade_core::test::Canned<Request<()>, Response<()>>>>::Service:
        Service<Request<()>, Error = LayerError<Infallible>>,
{
    let request = Request::new(());
    match layer.layer(ready(Response::new(()))).oneshot(request).await {
        Ok(_) => Ok(Instant::now()),
        Err(LayerError::Rejected(why)) => Err(why),
        Err(LayerError::Inner(never)) => match never {},
    }
}

fn waits(handle: &RateLimitHandle) -> [u64; 4] {
    let now = handle.snapshot();
    [now.passed, now.in_flight, now.delayed, now.abandoned]
}

#[tokio::test(start_paused = true)]
async fn calls_go_on_in_the_order_in_which_they_came_one_each_interval() {
    let (limit, begin) = (layer().plain(), Instant::now());
    let (order, handle) = (Arc::new(Mutex::new(Vec::new())), limit.handle());
    let mut calls = tokio::task::JoinSet::new();
    for n in 0..4 {
        let (limit, order) = (limit.clone(), Arc::clone(&order));
        calls.spawn(async move {
            let went = call(limit).await.unwrap();
            order.lock().push((n, went - begin));
        });
    }
    tokio::task::yield_now().await;
    assert_eq!(waits(&handle), [1, 3, 3, 0], "one went at once");
    calls.join_all().await;
    let order = order.lock().clone();
    let late = Duration::from_millis(1);
    for (n, (who, after)) in order.into_iter().enumerate() {
        assert_eq!(who, n);
        let due = INTERVAL * n as u32;
        assert!(due <= after && after <= due + late, "{n} went after {after:?}");
    }
    assert_eq!(waits(&handle), [4, 0, 3, 0]);
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_is_too_long_is_refused_at_once_and_told_when_there_is_room() {
    let limit = layer().plain();
    let queue: Vec<_> = (0..4).map(|_| tokio::spawn(call(limit.clone()))).collect();
    tokio::task::yield_now().await;

    let begin = Instant::now();
    let why = call(limit.clone()).await.unwrap_err();
    assert_eq!(begin.elapsed(), Duration::ZERO);
    assert_eq!(why.retry_after(), Some(INTERVAL));

    advance(INTERVAL - Duration::from_micros(1)).await;
    assert!(call(limit.clone()).await.is_err(), "a microsecond early");
    advance(Duration::from_micros(1)).await;
    let place = tokio::spawn(call(limit));
    assert!(place.await.unwrap().is_ok());
    for waiter in queue {
        assert!(waiter.await.unwrap().is_ok());
    }
}

#[tokio::test(start_paused = true)]
async fn who_leaves_the_end_of_the_queue_gives_its_place_to_the_next() {
    let (limit, begin) = (layer().plain(), Instant::now());
    let handle = limit.handle();
    assert!(call(limit.clone()).await.is_ok());
    let mut leaving = task::spawn(call(limit.clone()));
    assert_pending!(leaving.poll());
    assert_eq!(waits(&handle), [1, 1, 1, 0]);
    drop(leaving);
    assert_eq!(waits(&handle), [1, 0, 1, 1]);

    let went = call(limit).await.unwrap();
    assert!(went - begin <= INTERVAL + Duration::from_millis(1), "{:?}", went - begin);
}

#[tokio::test(start_paused = true)]
async fn who_leaves_from_the_middle_leaves_the_others_their_places() {
    let (limit, begin) = (layer().plain(), Instant::now());
    assert!(call(limit.clone()).await.is_ok());
    let mut leaving = task::spawn(call(limit.clone()));
    assert_pending!(leaving.poll());
    let mut behind = task::spawn(call(limit.clone()));
    assert_pending!(behind.poll());
    drop(leaving);

    let next = tokio::spawn(call(limit));
    let behind = behind.await.unwrap() - begin;
    assert!(behind >= INTERVAL * 2, "{behind:?}");
    let next = next.await.unwrap().unwrap() - begin;
    assert!(next >= INTERVAL * 3, "nobody goes together with another: {next:?}");
}

#[tokio::test(start_paused = true)]
async fn wherever_a_waiter_is_dropped_nothing_is_lost() {
    let limit = layer().plain();
    let (service, handle) =
        (limit.layer(ready::<Request<()>, _>(Response::new(()))), limit.handle());
    drop_at_every_await(
        || {
            let service = service.clone();
            async move {
                service.clone().oneshot(Request::new(())).await.unwrap();
                service.oneshot(Request::new(())).await.unwrap();
            }
        },
        |polls| assert_eq!(handle.snapshot().in_flight, 0, "after {polls} polls"),
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn nothing_of_the_inner_service_is_held_by_a_waiter() {
    let probe = Probe::new(ready::<Request<()>, _>(Response::new(())));
    let handle = probe.handle();
    let mut service = layer().plain().layer(probe);
    service.ready().await.unwrap().call(Request::new(())).await.unwrap();
    let mut waiting = task::spawn(service.ready().await.unwrap().call(Request::new(())));
    assert_pending!(waiting.poll());
    assert_eq!(handle.counts().unused, 1, "the readied instance is given up");
    assert!(waiting.await.is_ok());
    assert_eq!((handle.counts().calls, handle.counts().violations), (2, 0));
}

#[tokio::test(start_paused = true)]
async fn a_turn_after_the_deadline_is_refused_at_once_and_takes_no_place() {
    let limit = layer().plain();
    assert!(call(limit.clone()).await.is_ok());
    let soon = Clock::default().now() + palisade_core::Micros(50_000);
    let hurried = CallContext::current().with_deadline(soon).scope(call(limit.clone()));
    let (begin, why) = (Instant::now(), hurried.await.unwrap_err());
    assert_eq!((begin.elapsed(), why.retry_after()), (Duration::ZERO, Some(INTERVAL)));
    assert_eq!(limit.handle().snapshot().rejected, 1);

    let went = call(limit).await.unwrap();
    assert!(went - begin <= INTERVAL + Duration::from_millis(1), "its place is free");
}

#[tokio::test(start_paused = true)]
async fn tried_out_nobody_waits() {
    let limit = layer().enforce(Ratio::ZERO).plain();
    let begin = Instant::now();
    for _ in 0..10 {
        assert!(call(limit.clone()).await.is_ok());
    }
    assert_eq!(begin.elapsed(), Duration::ZERO);
    let now = limit.handle().snapshot();
    assert_eq!((now.passed, now.shadowed, now.delayed), (1, 9, 0));
}

#[tokio::test(start_paused = true)]
async fn a_waiter_that_leaves_gives_back_what_other_limits_took() {
    let limiter = RateLimiter::with(Limits::all((shaper(), per_hour(5)))).name("api");
    let hourly = || limiter.of("alice").peek().remaining();
    let layer = limiter.layer_by(Header("x-key")).plain();
    let ask = || {
        let request = Request::builder().header("x-key", "alice").body(()).unwrap();
        layer.layer(ready(Response::new(()))).oneshot(request)
    };
    ask().await.unwrap();
    let mut leaving = task::spawn(ask());
    assert_pending!(leaving.poll());
    drop(leaving);
    advance(INTERVAL).await;
    // The shaper has one to give; of the hourly limit one is gone, or the least of both would be 0.
    assert_eq!(hourly(), 1);
    let taken = limiter.of("alice").units(10).take();
    assert_eq!(taken, 1, "of the shaper");
    let mut rest = 0;
    for _ in 0..10 {
        advance(INTERVAL).await;
        rest += limiter.of("alice").take();
    }
    assert_eq!(rest, 3, "of five, the first call took one and the take another");
}

#[tokio::test(start_paused = true)]
async fn without_tower_who_waits_goes_in_order_and_too_many_are_refused() {
    let limiter = RateLimiter::with(shaper());
    let (begin, subject) = (Instant::now(), limiter.of("alice"));
    for n in 0..4 {
        let outcome = subject.until_ready().await.unwrap();
        assert!(outcome.allowed);
        assert!(begin.elapsed() >= INTERVAL * n, "{n}: {:?}", begin.elapsed());
    }
    assert_eq!(waits(&limiter.handle()), [4, 0, 3, 0]);
    let mut queue: Vec<_> = (0..3).map(|_| task::spawn(subject.until_ready())).collect();
    for waiter in &mut queue {
        assert_pending!(waiter.poll());
    }
    let begin = Instant::now();
    let why = subject.until_ready().await.unwrap_err();
    assert_eq!(begin.elapsed(), Duration::ZERO);
    assert!(why.retry_after().unwrap() <= INTERVAL);

    drop(queue.pop());
    let mut last = task::spawn(subject.until_ready());
    assert_pending!(last.poll());
    advance(INTERVAL * 3 + Duration::from_millis(1)).await;
    for mut waiter in queue {
        assert_ready_ok!(waiter.poll());
    }
    assert_ready_ok!(last.poll());
}

#[tokio::test(start_paused = true)]
async fn who_leaves_gives_back_nothing_of_what_others_took() {
    let shaper = || Shaper::new(per_second(2)).max_wait(Duration::from_secs(20));
    for limit in [
        Limit::from(FixedWindow::new(per_second(10))),
        Limit::from(SlidingWindow::new(per_second(10))),
        Limit::from(SlidingLog::new(per_second(10))),
        Limit::new(per_second(10)),
    ] {
        // One queue for each key, and one limit for all of them.
        let limits = Limits::all((Limit::from(shaper()).by(Header("x-key")), limit));
        let layer = RateLimitLayer::with(limits).plain();
        let ask = |key: &str| {
            let request = Request::builder().header("x-key", key).body(()).unwrap();
            layer.layer(ready(Response::new(()))).oneshot(request)
        };
        let mut waiting = Vec::new();
        for _ in 0..3 {
            for _ in 0..10 {
                let mut call = task::spawn(ask("one"));
                if call.poll().is_pending() {
                    waiting.push(call);
                }
            }
            advance(Duration::from_secs(1)).await;
        }
        // When none of that counts any more others use the limit up, and then the waiters hang up.
        advance(Duration::from_secs(2)).await;
        let mut others = Vec::new();
        for n in 0..40 {
            let mut call = task::spawn(ask(&format!("other {n}")));
            others.push(matches!(call.poll(), std::task::Poll::Ready(Ok(_))));
        }
        assert!(others.iter().filter(|passed| **passed).count() <= 10);
        drop(waiting);
        for n in 0..40 {
            let mut call = task::spawn(ask(&format!("another {n}")));
            let passed = matches!(call.poll(), std::task::Poll::Ready(Ok(_)));
            assert!(!passed, "{n} passes on what the others took");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_policing_limit_beside_a_shaper_is_waited_for_as_well() {
    let limiter = RateLimiter::with(Limits::all((Shaper::new(per_second(100)), per_second(1))));
    let begin = Instant::now();
    for n in 0..3 {
        limiter.of("alice").until_ready().await.unwrap();
        assert!(begin.elapsed() >= Duration::from_secs(n), "{n}: {:?}", begin.elapsed());
    }
    assert!(begin.elapsed() < Duration::from_millis(2_100));

    let soon = Clock::default().now() + palisade_core::Micros(500_000);
    let hurried = CallContext::current().with_deadline(soon);
    let begin = Instant::now();
    assert!(hurried.scope(limiter.of("alice").until_ready()).await.is_err());
    assert_eq!(begin.elapsed(), Duration::ZERO, "it would be too late");
}

/// A store that keeps what it is asked.
struct Kept {
    memory: MemoryStore,
    asked: Arc<Mutex<Vec<(Op, u64)>>>,
}

impl Store for Kept {
    async fn execute(&self, op: Op, charges: Vec<Charge>) -> Result<Answer, StoreError> {
        self.asked.lock().push((op, charges[0].units));
        self.memory.execute(op, charges).await
    }
}

#[tokio::test(start_paused = true)]
async fn a_shaper_in_a_store_delays_and_keeps_the_place_of_who_leaves() {
    let asked = Arc::<Mutex<Vec<_>>>::default();
    let store = Kept { memory: MemoryStore::new(), asked: Arc::clone(&asked) };
    let (limit, begin) = (layer().store(store).plain(), Instant::now());
    assert!(call(limit.clone()).await.is_ok());
    let went = call(limit.clone()).await.unwrap() - begin;
    assert!(went >= INTERVAL && went <= INTERVAL + Duration::from_millis(1), "{went:?}");

    let mut leaving = task::spawn(call(limit));
    assert_pending!(leaving.poll());
    drop(leaving);
    tokio::task::yield_now().await;
    // It cannot tell whether others stand behind: two that go at once would be worse than a gap.
    assert_eq!(*asked.lock(), [(Op::Decide, 1); 3]);
}
