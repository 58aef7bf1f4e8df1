//! The client throttle.

mod support;

use std::time::Duration;

use palisade_breaker::{Breaker, BreakerLayer, Cause, Ratio, State, Throttle};
use palisade_core::{ManualClock, Reason};
use support::upstream::{Manner, Upstream, refuses, send};
use support::{seconds, seeded};
use tower::Layer;

fn throttle(k_percent: u32, seed: u64) -> (Breaker, ManualClock) {
    let clock = ManualClock::new();
    let throttle = Throttle::new().k_percent(k_percent);
    (Breaker::throttle(throttle).clock(clock.clock()).seed(seed), clock)
}

fn fail_what_passes(breaker: &Breaker) {
    for _ in 0..100 {
        let _ = breaker.try_acquire().map(palisade_breaker::Permit::failure);
    }
}

fn share(breaker: &Breaker) -> u64 {
    breaker.handle().snapshot().throttled.ppm().into()
}

proptest::proptest! {
    #![proptest_config(seeded(200))]

    #[test]
    fn the_share_is_that_of_the_formula(
        k in 50_u32..400,
        seed in 0_u64..1_000,
        calls in proptest::collection::vec((0_u8..10, 0_u64..4), 1..300),
        bad in 0_u8..10,
    ) {
        let (breaker, clock) = throttle(k, seed);
        let mut list: Vec<(u64, bool)> = Vec::new();
        for (call, wait) in calls {
            clock.advance(seconds(wait));
            let accepted = call >= bad;
            match breaker.try_acquire() {
                Ok(permit) if accepted => permit.success(),
                Ok(permit) => permit.failure(),
                Err(_) => {}
            }
            let now = clock.clock().now().0;
            // What passed and was accepted; the rest was made all the same.
            let passed = breaker.handle().snapshot().passed as usize;
            let before = list.iter().filter(|&&(_, accepted)| accepted).count();
            list.push((now, passed > before));
            let first = now / 12_000_000 * 12_000_000 - 9 * 12_000_000;
            let made = list.iter().filter(|&&(at, _)| at >= first).count() as u64;
            let accepts = list.iter().filter(|&&(at, accepted)| at >= first && accepted).count() as u64;
            let share_now = share(&breaker);
            let beyond = (made * 100).saturating_sub(accepts * u64::from(k.max(100)));
            let expected = beyond * 1_000_000 / ((made + 1) * 100);
            // A success is not looked at as long as nothing is refused: then the share is nothing.
            proptest::prop_assert_eq!(share_now, expected, "{} of {}", accepts, made);
        }
    }
}

#[test]
fn a_service_that_does_half_of_it_gets_about_all_that_it_can_do_and_as_much_again() {
    for seed in 0..5 {
        let (breaker, clock) = throttle(200, seed);
        let (mut reached, mut accepted) = (0_u32, 0_u32);
        for second in 0..1_200 {
            // It can do 10 calls a second, and is asked for 40.
            let mut left = 10_u32;
            for _ in 0..40 {
                clock.advance(Duration::from_millis(25));
                let Ok(call) = breaker.try_acquire() else { continue };
                let does = left > 0;
                left = left.saturating_sub(1);
                if second >= 600 {
                    reached += 1;
                    accepted += u32::from(does);
                }
                if does { call.success() } else { call.failure() }
            }
        }
        assert!(accepted >= 5_900, "seed {seed}: {accepted}");
        // K = 2: for each that is accepted about one more is sent.
        assert!((11_000..13_000).contains(&reached), "seed {seed}: {reached}");
        assert_eq!(support::state(&breaker), State::Closed);
    }
}

/// A call a second for so long; returns how many were refused.
fn run(breaker: &Breaker, clock: &ManualClock, success: bool, calls: u32) -> usize {
    let refuses = |_: &u32| {
        clock.advance(seconds(1));
        match breaker.try_acquire() {
            Ok(call) if success => call.success(),
            Ok(call) => call.failure(),
            Err(_) => return true,
        }
        false
    };
    (0..calls).filter(refuses).count()
}

#[test]
fn after_a_time_of_failures_it_refuses_less_with_each_success_and_then_nothing() {
    let (breaker, clock) = throttle(200, 1);
    assert_eq!(run(&breaker, &clock, true, 600), 0);
    assert!(run(&breaker, &clock, false, 90) > 10);
    run(&breaker, &clock, true, 240);
    assert_eq!(run(&breaker, &clock, true, 600), 0, "two windows after");
}

#[test]
fn after_an_outage_that_outlasts_its_window_what_passes_doubles_with_each_window() {
    for seed in 0..10 {
        let (breaker, clock) = throttle(200, seed);
        assert!(run(&breaker, &clock, false, 600) > 570, "seed {seed}");
        // 120 calls to a window: seven times double is more than all, with some to find the first.
        run(&breaker, &clock, true, 120 * 12);
        assert_eq!(run(&breaker, &clock, true, 600), 0, "seed {seed}");
    }
}

#[test]
fn the_same_seed_refuses_the_same_calls() {
    let refused = |seed| {
        let (breaker, _) = throttle(100, seed);
        let ask = |_| match breaker.try_acquire() {
            Ok(call) => {
                call.failure();
                false
            }
            Err(_) => true,
        };
        (0..200).map(ask).collect::<Vec<_>>()
    };
    assert_eq!(refused(1), refused(1));
    assert_ne!(refused(1), refused(2));
}

#[test]
fn after_a_time_without_calls_nothing_is_refused_that_long_ago_was() {
    for seed in 0..100 {
        let (breaker, clock) = throttle(100, seed);
        fail_what_passes(&breaker);
        assert!(share(&breaker) > 900_000);
        clock.advance(seconds(3_600));
        assert!(breaker.try_acquire().is_ok(), "seed {seed}");
    }
}

#[tokio::test]
async fn a_refusal_says_how_few_were_accepted() {
    let clock = ManualClock::new();
    let layer = BreakerLayer::throttle(Throttle::new().k_percent(100)).clock(clock.clock()).seed(1);
    let mut service = layer.layer(Upstream::new(Manner::Status(503)));
    let mut refused = false;
    while !refused {
        refused = refuses(&mut service).await;
    }
    let why = loop {
        let response = send(&mut service).await.expect("an answer");
        if let Some(why) = response.extensions().get::<palisade_breaker::Rejection>() {
            break *why;
        }
    };
    let made = layer.handle().snapshot().failed + layer.handle().snapshot().rejected;
    let cause = Cause::Throttled { accepts: 0, of: u32::try_from(made).unwrap() };
    assert!(
        matches!(why.reason(), Reason::CircuitOpen { cause: said, .. } if said == cause),
        "{why}"
    );
    assert_eq!(why.retry_after(), None);
}

#[test]
fn switched_off_it_refuses_nothing_at_once() {
    let (breaker, _) = throttle(100, 1);
    fail_what_passes(&breaker);
    breaker.handle().update(|settings| settings.throttle = None);
    assert_eq!(breaker.handle().snapshot().throttled, Ratio::ZERO);
    assert!((0..100).all(|_| breaker.try_acquire().is_ok()));
}

#[test]
fn a_throttled_call_is_not_told_that_the_circuit_is_open() {
    let (breaker, _) = throttle(200, 1);
    let breaker = breaker.name("ledger");
    fail_what_passes(&breaker);
    let refused = (0..100).find_map(|_| breaker.try_acquire().err()).expect("most are refused");
    let text = refused.to_string();
    assert!(text.starts_with(r#"circuit "ledger" lets only some calls through (0 of "#), "{text}");
    assert!(text.ends_with(" calls were accepted)"), "{text}");
}
