//! An algorithm of one's own, in memory and in a store.

mod support;

use std::time::Duration;

use http::Request;
use palisade_core::algorithm::{Algorithm, Change, Op, Outcome, Retry, State};
use palisade_core::store::{MemoryStore, Policy};
use palisade_core::{Clock, Head, ManualClock, Micros};
use palisade_ratelimit::{
    ClassBy, Header, IntoLimits, Limit, Limits, RateLimitLayer, RateLimiter, per_hour, per_minute,
};
use tower::Layer;

use self::support::calls::{count, get, ok, passes, refusal, said, send};
use self::support::scripted::passing;

const MINUTE: Micros = Micros(60_000_000);

/// So many units a minute, of which class 0 may use only half of what is left.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Fair(u64);

/// What was taken in the minute that ends then.
#[derive(Clone, Copy, Default)]
struct Taken {
    units: u64,
    until: Micros,
}

impl State for Taken {
    fn inert_at(&self) -> Micros {
        self.until
    }
}

impl Algorithm for Fair {
    type State = Taken;
    type Change = Taken;

    fn plan(
        &self,
        state: &Taken,
        now: Micros,
        op: Op,
        units: u64,
        class: u8,
    ) -> (Outcome, Change<Taken>) {
        let Self(size) = *self;
        let mut taken = *state;
        if taken.until <= now {
            taken = Taken { units: 0, until: now + MINUTE };
        }
        let share = |left: u64| if class == 0 { left / 2 } else { left };
        let may = share(size - taken.units);
        let granted = match op {
            Op::Decide if units <= may => units,
            Op::Decide if units > share(size) => {
                return (self.refused(Retry::Never, &taken), Change::Keep);
            }
            Op::Decide => {
                let retry = Retry::After(taken.until.since(now));
                return (self.refused(retry, &taken), Change::Keep);
            }
            Op::Charge => units.min(size - taken.units),
            Op::Take => units.min(may),
            Op::Refund | Op::Raise => 0,
        };
        taken.units += granted;
        if op == Op::Refund {
            taken.units = taken.units.saturating_sub(units);
        }
        let change = if units == 0 { Change::Keep } else { Change::Commit(taken) };
        let reset = if taken.units > 0 { taken.until.since(now) } else { Micros::ZERO };
        let outcome = Outcome::passed(granted).with_remaining(size - taken.units).with_reset(reset);
        (outcome, change)
    }

    fn commit(&self, state: &mut Taken, change: Taken) {
        *state = change;
    }
}

impl Fair {
    fn refused(self, retry: Retry, taken: &Taken) -> Outcome {
        Outcome::refused(retry).with_remaining(self.0 - taken.units)
    }
}

/// At most so many different calls, and it remembers when each was: a state that owns memory.
struct Log(usize);

#[derive(Clone, Default)]
struct Calls(Vec<Micros>);

impl State for Calls {
    fn inert_at(&self) -> Micros {
        self.0.last().map_or(Micros::ZERO, |last| *last + MINUTE)
    }
}

impl Algorithm for Log {
    type State = Calls;
    type Change = Calls;

    fn plan(
        &self,
        state: &Calls,
        now: Micros,
        _: Op,
        units: u64,
        _: u8,
    ) -> (Outcome, Change<Calls>) {
        let mut calls = state.clone();
        calls.0.retain(|at| *at + MINUTE > now);
        let full = calls.0.len() >= self.0;
        match calls.0.first() {
            Some(first) if full && units > 0 => {
                let retry = Retry::After((*first + MINUTE).since(now));
                (Outcome::refused(retry), Change::Keep)
            }
            _ => {
                let left = (self.0 - calls.0.len()) as u64;
                if units == 0 {
                    return (Outcome::passed(0).with_remaining(left), Change::Keep);
                }
                calls.0.push(now);
                (Outcome::passed(units).with_remaining(left - 1), Change::Commit(calls))
            }
        }
    }

    fn commit(&self, state: &mut Calls, change: Calls) {
        *state = change;
    }
}

fn fair() -> Limit {
    Limit::custom(per_minute(16), Fair(16))
}

fn class(head: &Head<'_>) -> u8 {
    head.header("x-class").map_or(0, |class| u8::from(class == "high"))
}

type Class = fn(&Head<'_>) -> u8;

fn layer<L: IntoLimits>(
    limits: L,
    clock: Clock,
) -> RateLimitLayer<L::Keys, palisade_core::Http, ClassBy<L::Asks, Class>> {
    RateLimitLayer::with(limits).name("api").clock(clock).class_by(class as Class)
}

fn of(class: &str) -> Request<()> {
    get([("x-class", class), ("x-user", "a")])
}

#[tokio::test]
async fn it_sees_the_requests_class() {
    let clock = ManualClock::new();
    let mut service = layer(fair(), clock.clock()).layer(ok());
    // Of 16 left a low one may use 8, then 7 of 15, at last none of the one that is left.
    assert_eq!(count(&mut service, || of("low")).await, 15);
    assert!(passes(&mut service, of("high")).await);
    let why = refusal(&mut service, of("high")).await.unwrap();
    assert_eq!((why.name(), why.retry_after()), ("api", Some(Duration::from_secs(60))));

    clock.advance(Duration::from_secs(60));
    assert_eq!(count(&mut service, || of("high")).await, 16);
}

#[tokio::test]
async fn its_outcome_is_what_responses_say() {
    let mut service = layer(fair(), ManualClock::new().clock()).cost_by(|_| 9).layer(ok());
    let response = send(&mut service, of("high")).await;
    assert_eq!(said(&response, "ratelimit-policy"), r#""api";q=16;w=60"#);
    assert_eq!(said(&response, "ratelimit"), r#""api";r=7;t=60"#);
    let response = send(&mut service, of("low")).await;
    assert_eq!(said(&response, "ratelimit"), r#""api";r=7"#, "half is never nine");
    assert_eq!(said(&response, "retry-after"), "");
}

#[test]
fn all_operations_reach_it() {
    let limiter = RateLimiter::with(fair()).clock(ManualClock::new().clock());
    let (low, high) = (limiter.of("a"), limiter.of("a").class(7));
    assert_eq!(low.clone().units(99).take(), 8);
    assert_eq!(high.clone().units(3).charge().remaining(), 5);
    assert_eq!(high.clone().units(4).refund().remaining(), 9);
    assert_eq!(high.peek().remaining(), 9);
    assert!(low.clone().units(5).check().is_err());
    assert!(high.clone().units(9).check().is_ok());
    low.reset();
    assert_eq!(high.units(99).take(), 16);
}

#[test]
fn beside_another_limit_it_takes_nothing_unless_both_pass() {
    let clock = ManualClock::new();
    let limits = Limits::all((fair(), Limit::new(per_hour(20)).name("hour")));
    let limiter = RateLimiter::with(limits).name("api").clock(clock.clock());
    let (low, high) = (limiter.of("a"), limiter.of("a").class(1));
    assert!(low.clone().units(8).check().is_ok());
    let why = low.clone().units(5).check().unwrap_err();
    assert_eq!((why.name(), why.retry_after().unwrap().as_secs()), ("api-minute", 60));
    let outcome = high.clone().units(8).check().unwrap();
    assert_eq!(
        (outcome.granted, outcome.remaining()),
        (8, 0),
        "the refusal took nothing of either"
    );

    clock.advance(Duration::from_secs(60));
    assert_eq!(high.peek().remaining(), 4, "of the hour");
    assert_eq!(high.clone().units(5).check().unwrap_err().name(), "hour");
    assert_eq!(high.units(99).take(), 4);
    assert_eq!(low.peek().remaining(), 0);
}

#[tokio::test(start_paused = true)]
async fn in_a_store_it_decides_as_in_memory() {
    let clock = ManualClock::new();
    let limits = || Limits::all((fair(), Limit::custom(per_hour(9), Log(9)).name("log")));
    let store = MemoryStore::with(100, clock.clock());
    let stored = layer(limits(), clock.clock()).by(Header("x-user")).store(store);
    let own = layer(limits(), clock.clock()).by(Header("x-user"));
    let (mut a, mut b) = (stored.layer(ok()), own.layer(ok()));
    for step in 0..200_u64 {
        clock.advance(Duration::from_micros(step * 7_919 % 3_000_000));
        let request = || of(if step * step % 7 < 3 { "high" } else { "low" });
        let (a, b) = (send(&mut a, request()).await, send(&mut b, request()).await);
        assert_eq!((a.status(), a.headers()), (b.status(), b.headers()), "step {step}");
    }
    let (stored, own) = (stored.handle().snapshot(), own.handle().snapshot());
    assert_eq!((own.passed, own.rejected), (stored.passed, stored.rejected));
    assert!(own.rejected > 50 && own.passed > 20, "{own:?}");
}

#[tokio::test(start_paused = true)]
async fn a_store_is_given_the_algorithm_itself() {
    let (store, mut questions) = passing();
    let mut service = layer(fair().name("fair"), Clock::tokio()).store(store).layer(ok());
    assert!(passes(&mut service, of("high")).await);
    let (_, charges) = questions.charges().unwrap();
    let policy: &Policy = &charges[0].policy;
    assert_eq!(policy.downcast_ref::<Fair>(), Some(&Fair(16)));
    assert_eq!((policy.name().as_str(), charges[0].class), ("fair", 1));
}

#[test]
fn a_state_that_owns_memory_is_each_keys_own_and_is_dropped_with_it() {
    let clock = ManualClock::new();
    let limit = Limit::custom(per_minute(3), Log(3));
    let limiter = RateLimiter::with(limit).clock(clock.clock()).max_keys(2);
    for key in ["a", "b"] {
        for left in [2, 1, 0] {
            assert_eq!(limiter.check_key(key).unwrap().remaining(), left);
            clock.advance(Duration::from_secs(1));
        }
    }
    let why = limiter.check_key("a").unwrap_err();
    assert_eq!(why.retry_after(), Some(Duration::from_secs(54)));
    clock.advance(Duration::from_secs(54));
    assert_eq!(limiter.check_key("a").unwrap().remaining(), 0);
    // The one key whose last call is long ago gives its place to a new one.
    clock.advance(Duration::from_secs(59));
    assert_eq!(limiter.check_key("c").unwrap().remaining(), 2);
    assert_eq!(limiter.check_key("a").unwrap().remaining(), 1);
    let seen = limiter.handle().snapshot();
    assert_eq!((seen.keys, seen.evictions, seen.overflows), (2, 1, 0));
}

#[test]
fn a_change_of_its_quota_changes_what_is_said_and_not_what_it_does() {
    let limiter = RateLimiter::with(fair()).clock(ManualClock::new().clock());
    limiter.handle().set_quota(per_hour(1));
    assert_eq!(limiter.of("a").class(1).units(99).take(), 16);
    let why = limiter.of("a").check().unwrap_err();
    assert!(why.to_string().contains("1 per hour"), "{why}");
}
