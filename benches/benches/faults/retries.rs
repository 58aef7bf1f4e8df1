//! Facts of retries and hedges.

use std::future::{Future, Ready, ready};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use palisade::retry::{Backoff, Budget};
use palisade::{Clock, HedgeLayer, Ratio, RetryLayer};
use palisade_benches::svc::{By, Failed};
use tokio::runtime::{Builder, Runtime};
use tower::hedge::{self, Hedge};
use tower::retry::budget::{Budget as _, TpsBudget};
use tower::retry::{Policy, RetryLayer as TowerRetry};
use tower_layer::Layer;
use tower_resilience::hedge::HedgeLayer as ResilienceHedge;
use tower_resilience::retry::RetryLayer as ResilienceRetry;
use tower_service::Service;

use crate::job::Job;
use crate::{Row, yes};

pub(crate) const NAMES: [&str; 3] = ["palisade", "tower 0.5.3", "tower-resilience 0.13.0"];

const ATTEMPTS: u32 = 3;

/// Milliseconds that a second request may take to be sent.
const PATIENCE: u32 = 100;

/// All facts.
pub(crate) fn rows() -> [Row<{ NAMES.len() }>; 4] {
    [
        Row {
            fact: "A budget of 70 % of requests and none a second, 100 requests: further attempts",
            expected: "70",
            found: budgets(Ratio::percent(70), 0.7),
        },
        Row { fact: "The same of 40 %", expected: "40", found: budgets(Ratio::percent(40), 0.4) },
        Row {
            fact: "The first attempt fails, the service cannot be readied for the second, and could for the \
                   third: answered",
            expected: "yes",
            found: readiness(),
        },
        Row {
            fact: "Hedged: the first request fails, then the second one is answered: answered",
            expected: "yes",
            found: hedges(),
        },
    ]
}

fn budgets(share: Ratio, percent: f32) -> [String; NAMES.len()] {
    const REQUESTS: usize = 100;
    let (ours, clock) = (Budget::new(share).per_second(0), Clock::default());
    let tower = TpsBudget::new(Duration::from_secs(10), 0, percent);
    for _ in 0..REQUESTS {
        ours.deposit();
        tower.deposit();
    }
    let ours = (0..2 * REQUESTS).filter(|_| ours.withdraw(clock.now())).count();
    let tower = (0..2 * REQUESTS).filter(|_| tower.withdraw()).count();
    // Its budgets know no share of requests.
    [ours.to_string(), tower.to_string(), "–".to_owned()]
}

fn readiness() -> [String; NAMES.len()] {
    let ours = RetryLayer::new(ATTEMPTS).backoff(Backoff::none()).plain();
    let resilience = ResilienceRetry::builder().max_attempts(ATTEMPTS as usize);
    let resilience = resilience.fixed_backoff(Duration::from_nanos(1)).build();
    let tower = TowerRetry::new(Attempts(ATTEMPTS - 1));
    [
        answered(ours.layer(Rough::default()).call(())),
        answered(tower.layer(Rough::default()).call(())),
        answered(resilience.layer(Rough::default()).call(())),
    ]
}

/// A policy of so many further attempts.
#[derive(Clone)]
struct Attempts(u32);

impl<Res, E> Policy<(), Res, E> for Attempts {
    type Future = Ready<()>;

    fn retry(&mut self, (): &mut (), outcome: &mut Result<Res, E>) -> Option<Ready<()>> {
        self.0 = self.0.checked_sub(u32::from(outcome.is_err()))?;
        outcome.is_err().then(|| ready(()))
    }

    fn clone_request(&mut self, (): &()) -> Option<()> {
        Some(())
    }
}

/// Fails the first call, then cannot be readied once, then answers.
#[derive(Clone, Debug, Default)]
struct Rough(Arc<AtomicU32>);

impl Service<()> for Rough {
    type Response = ();
    type Error = Failed;
    type Future = Ready<Result<(), Failed>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Failed>> {
        let second = self.0.compare_exchange(1, 2, Ordering::Relaxed, Ordering::Relaxed).is_ok();
        Poll::Ready(if second { Err(Failed) } else { Ok(()) })
    }

    fn call(&mut self, (): ()) -> Self::Future {
        let first = self.0.compare_exchange(0, 1, Ordering::Relaxed, Ordering::Relaxed).is_ok();
        ready(if first { Err(Failed) } else { Ok(()) })
    }
}

fn hedges() -> [String; NAMES.len()] {
    let (ours, jobs) = jobs();
    let ours = HedgeLayer::after(Duration::ZERO).plain().layer(ours).call(());
    let ours = hedged(ours, jobs);
    let (tower, jobs) = self::jobs();
    // It has no delay as long as it has no latencies.
    let tower = Hedge::new(tower, Twice, 0, 0.9, Duration::from_secs(60)).call(());
    let tower = hedged(tower, jobs);
    let (resilience, jobs) = self::jobs();
    let builder = ResilienceHedge::builder().no_delay().max_hedged_attempts(2);
    let resilience = hedged(builder.build().layer(resilience).call(()), jobs);
    [ours, tower, resilience]
}

/// All requests may be sent twice.
#[derive(Clone)]
struct Twice;

impl hedge::Policy<()> for Twice {
    fn clone_request(&self, (): &()) -> Option<()> {
        Some(())
    }

    fn can_retry(&self, (): &()) -> bool {
        true
    }
}

/// The jobs of the first and of the second request.
type Jobs = [Job; 2];

/// A service whose requests have these jobs.
fn jobs()
-> (impl Service<(), Response = (), Error = Failed, Future = Job> + Clone + Send + 'static, Jobs) {
    let jobs = [Job::default(), Job::default()];
    let (calls, given) = (Arc::new(AtomicU32::new(0)), jobs.clone());
    let service = By(move |()| {
        let call = calls.fetch_add(1, Ordering::Relaxed);
        given[call.min(1) as usize].clone()
    });
    (service, jobs)
}

/// Ends the first request badly, then the second one well.
fn hedged<T, E>(future: impl Future<Output = Result<T, E>>, [first, second]: Jobs) -> String {
    let runtime = runtime();
    let _within = runtime.enter();
    let mut future = Box::pin(future);
    // Timers of no length want the clock to have gone on.
    for _ in 0..PATIENCE {
        if first.reached() && second.reached() {
            break;
        }
        if let Some(outcome) = poll(future.as_mut()) {
            return yes(outcome);
        }
        runtime.block_on(tokio::time::sleep(Duration::from_millis(1)));
    }
    first.end(false);
    if let Some(outcome) = poll(future.as_mut()) {
        return yes(outcome);
    }
    second.end(true);
    poll(future.as_mut()).map_or_else(|| "–".to_owned(), yes)
}

/// Whether the call is answered; polled as long as it may take.
fn answered<T, E>(future: impl Future<Output = Result<T, E>>) -> String {
    yes(runtime().block_on(future).is_ok())
}

fn poll<T, E>(future: Pin<&mut impl Future<Output = Result<T, E>>>) -> Option<bool> {
    match future.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(outcome) => Some(outcome.is_ok()),
        Poll::Pending => None,
    }
}

fn runtime() -> Runtime {
    let built = Builder::new_current_thread().enable_time().build();
    built.expect("a runtime without input and output needs nothing")
}
