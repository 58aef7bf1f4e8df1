//! An outage under load, and the recovery from it, in virtual time.

#![expect(clippy::unwrap_used, reason = "a test's helpers are tests, too")]

mod support;

use std::future::ready;
use std::sync::Arc;
use std::time::Duration;

use palisade_core::CallContext;
use palisade_retry::{Backoff, Budget, Jitter, RetryLayer};
use parking_lot::Mutex;
use support::histogram::Histogram;
use support::upstream::{Fault, ms};
use tokio::time::{Instant, sleep};
use tower::{Layer, Service, ServiceExt, service_fn};

const REQUESTS_PER_SECOND: u64 = 1_000;
const OUTAGE: Duration = Duration::from_secs(60);

/// An attempt that reached the upstream: when, since the beginning, and which of its call.
type Arrival = (Duration, u32);

/// An upstream that fails for so long, and the attempts that reach it.
fn failing(
    outage: Duration,
) -> (
    impl Service<(), Response = (), Error = Fault, Future: Send> + Clone + Send,
    Arc<Mutex<Vec<Arrival>>>,
) {
    let (begin, arrivals) = (Instant::now(), Arc::new(Mutex::new(Vec::new())));
    let seen = Arc::clone(&arrivals);
    let service = service_fn(move |()| {
        let at = begin.elapsed();
        seen.lock().push((at, CallContext::current().attempt()));
        ready(if at < outage { Err(Fault("down")) } else { Ok(()) })
    });
    (service, arrivals)
}

/// An outage under a thousand requests per second, and two seconds more of them.
async fn storm(layer: &RetryLayer, outage: Duration) -> Vec<Arrival> {
    let (upstream, arrivals) = failing(outage);
    let service = layer.clone().plain().layer(upstream);
    let total = (outage + Duration::from_secs(2)).as_millis() as u64;
    for _ in 0..total * REQUESTS_PER_SECOND / 1_000 {
        tokio::spawn(service.clone().oneshot(()));
        sleep(ms(1)).await;
    }
    sleep(Duration::from_secs(1)).await;
    arrivals.lock().clone()
}

/// How many first and how many further attempts there were in the outage.
fn during(arrivals: &[Arrival], outage: Duration) -> (u64, u64) {
    let of = |first: bool| {
        let counts = arrivals.iter().filter(|(at, n)| *at < outage && (*n == 1) == first);
        counts.count() as u64
    };
    (of(true), of(false))
}

#[tokio::test(start_paused = true)]
async fn an_outage_costs_a_fifth_more_and_not_twice_more() {
    let layer = RetryLayer::standard().seed(17);
    let arrivals = storm(&layer, OUTAGE).await;
    let (requests, further) = during(&arrivals, OUTAGE);
    assert_eq!(requests, OUTAGE.as_secs() * REQUESTS_PER_SECOND);
    // 20 % of them, and ten for each second: of the outage, and of the window before it.
    let bound = requests / 5 + 10 * (OUTAGE.as_secs() + 10);
    assert!(further <= bound, "{further} of {bound}");
    assert!(further >= bound * 95 / 100, "what there is gets used: {further} of {bound}");
    let seen = layer.handle().snapshot();
    assert!(seen.attempts <= bound + 1);
    assert_eq!(seen.in_flight, 0);

    // Nor do they come in bursts.
    let seconds = OUTAGE.as_millis() as usize / 1_000;
    let retries = || arrivals.iter().filter(|(_, n)| *n > 1).map(|(at, _)| *at);
    let each = Histogram::new(retries(), ms(1_000), seconds);
    let usual = REQUESTS_PER_SECOND / 5 + 10;
    for (second, &count) in each.slots().iter().enumerate().skip(1) {
        assert!(count <= usual * 6 / 5, "{count} in second {second}");
    }

    // A quarter of the outage is enough to see what there is without a budget.
    let (layer, outage) = (layer.budget(Budget::unlimited()), OUTAGE / 4);
    let (requests, further) = during(&storm(&layer, outage).await, outage);
    // But for the last calls' attempts, which come when it is over.
    assert!(further > requests * 195 / 100, "{further} of {requests}");
}

#[tokio::test(start_paused = true)]
async fn after_an_outage_there_is_no_herd() {
    let layer = RetryLayer::standard().seed(17).budget(Budget::unlimited());
    let outage = Duration::from_secs(2);
    let arrivals = storm(&layer, outage).await;
    let after = arrivals.iter().filter_map(|(at, _)| at.checked_sub(outage));
    let slots = Histogram::new(after, ms(10), 200);
    slots.print("attempts after the outage, all of them");
    let usual = REQUESTS_PER_SECOND / 100;
    // At first those of three times as many calls as usual, by chance some more or fewer.
    assert!(slots.slots().iter().all(|&count| (usual - 1..=5 * usual).contains(&count)));
    assert!(slots.slots()[31..].iter().all(|&count| count <= usual + 1), "only new calls");
    let seen = layer.handle().snapshot();
    assert_eq!(seen.passed - seen.success, 2 * REQUESTS_PER_SECOND, "at the first attempt");
}

/// So many calls fail in one instant, as when an upstream restarts; it is there at once. When their
/// second attempts come.
async fn restart(jitter: Jitter) -> Histogram {
    const CALLS: usize = 10_000;
    let backoff = Backoff::exponential(ms(100)).jitter(jitter);
    let layer = RetryLayer::standard().seed(17).backoff(backoff).budget(Budget::unlimited());
    let (upstream, arrivals) = failing(Duration::from_nanos(1));
    let service = layer.plain().layer(upstream);
    let calls: Vec<_> = (0..CALLS).map(|_| tokio::spawn(service.clone().oneshot(()))).collect();
    for call in calls {
        call.await.unwrap().unwrap();
    }
    let arrivals = arrivals.lock();
    assert_eq!(arrivals.len(), 2 * CALLS);
    // A timer goes off at the end of its millisecond.
    let waits = arrivals.iter().filter(|(_, n)| *n == 2).map(|(at, _)| at.saturating_sub(ms(1)));
    let slots = Histogram::new(waits, ms(10), 10);
    assert_eq!(slots.slots().iter().sum::<u64>() as usize, CALLS, "within 100 ms, all of them");
    slots.print(&format!("second attempts after a restart, {jitter:?}"));
    slots
}

#[tokio::test(start_paused = true)]
async fn those_who_failed_together_come_back_apart() {
    let slots = restart(Jitter::Full).await;
    assert!(slots.is_even(), "chi-square {}", slots.chi_square());
    let mean = 10_000 / 10;
    assert!(slots.slots().iter().all(|&count| count.abs_diff(mean) < mean / 8));
}

/// What makes the above a test.
#[tokio::test(start_paused = true)]
async fn without_jitter_or_with_half_of_it_they_do_not() {
    let slots = restart(Jitter::None).await;
    assert!(!slots.is_even());
    assert_eq!(slots.slots(), [0, 0, 0, 0, 0, 0, 0, 0, 0, 10_000]);
    assert!(!restart(Jitter::Equal).await.is_even());
}
