//! What chance makes of the planned waits.

#![expect(clippy::unwrap_used, reason = "a test's helpers are tests, too")]

mod support;

use std::time::Duration;

use fastrand::Rng;
use palisade_core::Ratio;
use palisade_retry::{Backoff, Factor, Jitter};
use proptest::prelude::*;
use support::seeded;

const SECOND: u64 = 1_000_000;

/// In whole microseconds.
fn draw(backoff: &Backoff, jitter: Jitter, seed: u64, count: usize) -> Vec<u64> {
    let waits = backoff.clone().jitter(jitter).waits(Rng::with_seed(seed));
    waits.take(count).map(micros).collect()
}

fn micros(wait: Duration) -> u64 {
    u64::try_from(wait.as_micros()).unwrap()
}

/// Many draws of one planned second.
fn draws_of_a_second(jitter: Jitter) -> Vec<u64> {
    draw(&Backoff::fixed(Duration::from_secs(1)), jitter, 42, 10_000)
}

fn any_span() -> impl Strategy<Value = Duration> {
    prop_oneof![
        Just(Duration::ZERO),
        Just(Duration::MAX),
        (0..100_u64).prop_map(Duration::from_micros),
        (0..100_000_u64).prop_map(Duration::from_millis),
        any::<u64>().prop_map(Duration::from_micros),
        any::<u64>().prop_map(Duration::from_nanos),
    ]
}

fn any_backoff() -> impl Strategy<Value = Backoff> {
    let factor = prop_oneof![0..400_u32, any::<u32>()].prop_map(Factor::percent);
    let course = (0..5_u8, any_span(), factor).prop_map(|(course, span, factor)| match course {
        0 => Backoff::none(),
        1 => Backoff::fixed(span),
        2 => Backoff::linear(span),
        3 => Backoff::exponential(span).factor(factor),
        _ => Backoff::iter(move || (0..).map(move |n| span / (1 + n % 7))),
    });
    (course, any_span()).prop_map(|(course, cap)| course.max(cap))
}

fn any_share() -> impl Strategy<Value = Ratio> {
    prop_oneof![Just(0), Just(1_000_000), 0..1_000_000_u32].prop_map(Ratio::per_million)
}

proptest! {
    #![proptest_config(seeded(300))]

    #[test]
    fn each_draw_is_within_its_bounds_and_the_cap_holds_after_it(
        (backoff, cap) in (any_backoff(), any_span()),
        share in any_share(),
        seed in any::<u64>(),
    ) {
        let backoff = backoff.max(cap);
        let cap = u64::try_from(cap.as_micros()).unwrap_or(u64::MAX);
        let planned = draw(&backoff, Jitter::None, seed, 100);
        let within = |jitter, bounds: &dyn Fn(u64) -> (u64, u64)| {
            for (&planned, drawn) in planned.iter().zip(draw(&backoff, jitter, seed, 100)) {
                let (least, most) = bounds(planned);
                prop_assert!(planned <= cap);
                prop_assert!(
                    (least..=most.min(cap)).contains(&drawn),
                    "{:?}: {} of {}, cap {}", jitter, drawn, planned, cap
                );
            }
            Ok(())
        };
        within(Jitter::Full, &|w| (0, w))?;
        within(Jitter::Equal, &|w| (w / 2, w))?;
        within(Jitter::Plus(share), &|w| {
            let more = u128::from(w) * u128::from(share.ppm()) / 1_000_000;
            (w, w.saturating_add(more as u64))
        })?;
    }

    #[test]
    fn a_decorrelated_draw_is_between_the_first_wait_and_three_times_the_one_before(
        backoff in any_backoff(), cap in any_span(), seed in any::<u64>(),
    ) {
        let uncapped = backoff.clone().max(Duration::MAX);
        let first = draw(&uncapped, Jitter::None, seed, 1)[0];
        let cap_micros = u64::try_from(cap.as_micros()).unwrap_or(u64::MAX);
        let mut previous = first;
        for drawn in draw(&backoff.max(cap), Jitter::Decorrelated, seed, 100) {
            let most = previous.saturating_mul(3).max(first);
            let bounds = first.min(cap_micros)..=most.min(cap_micros);
            prop_assert!(bounds.contains(&drawn), "{} after {}, cap {}", drawn, previous, cap_micros);
            previous = drawn;
        }
    }

    #[test]
    fn the_same_seed_draws_the_same_waits(backoff in any_backoff(), seed in any::<u64>()) {
        for jitter in [Jitter::Full, Jitter::Equal, Jitter::Decorrelated, Jitter::Plus(Ratio::ONE)] {
            prop_assert_eq!(draw(&backoff, jitter, seed, 50), draw(&backoff, jitter, seed, 50));
        }
    }
}

/// That the least, the most and the mean of all draws are these, to a hundredth of a second.
#[track_caller]
fn assert_spread(draws: &[u64], least: u64, most: u64) {
    let close = |is: u64, should: u64| is.abs_diff(should) <= SECOND / 100;
    let (min, max) = (draws.iter().min().unwrap(), draws.iter().max().unwrap());
    assert!(close(*min, least) && close(*max, most), "{min} to {max}");
    let mean = draws.iter().sum::<u64>() / draws.len() as u64;
    assert!(close(mean, least.midpoint(most)), "{mean}");
}

#[test]
fn full_jitter_is_uniform_from_nothing_to_the_planned_wait() {
    let draws = draws_of_a_second(Jitter::Full);
    assert_spread(&draws, 0, SECOND);
    for tenth in 0..10 {
        let range = tenth * SECOND / 10..(tenth + 1) * SECOND / 10;
        let within = draws.iter().filter(|draw| range.contains(draw)).count();
        assert!((900..1_100).contains(&within), "{within} in {range:?}");
    }
}

#[test]
fn equal_jitter_is_uniform_over_the_second_half() {
    assert_spread(&draws_of_a_second(Jitter::Equal), SECOND / 2, SECOND);
}

#[test]
fn plus_adds_up_to_its_share() {
    assert_spread(&draws_of_a_second(Jitter::Plus(Ratio::percent(20))), SECOND, SECOND * 6 / 5);
    assert_spread(&draws_of_a_second(Jitter::Plus(Ratio::ONE)), SECOND, SECOND * 2);
    assert_eq!(draws_of_a_second(Jitter::Plus(Ratio::ZERO)), vec![SECOND; 10_000]);
}

#[test]
fn a_planned_wait_at_the_cap_is_not_lengthened() {
    let capped = Backoff::fixed(Duration::from_secs(9)).max(Duration::from_secs(1));
    let draws = draw(&capped, Jitter::Plus(Ratio::ONE), 42, 1_000);
    assert_eq!(draws, vec![SECOND; 1_000]);
}

#[test]
fn what_is_planned_beyond_the_cap_is_drawn_from_up_to_the_cap() {
    // Of a draw from what was planned first, nearly all would be the cap.
    let capped = Backoff::exponential(Duration::from_millis(1)).max(Duration::from_secs(1));
    let draws = draw(&capped, Jitter::Full, 42, 10_000);
    assert_spread(&draws, 0, SECOND);
    assert_spread(&draw(&capped, Jitter::Equal, 42, 10_000)[20..], SECOND / 2, SECOND);
}

#[test]
fn the_first_decorrelated_wait_is_uniform_up_to_three_times_the_planned_one() {
    let backoff = Backoff::exponential(Duration::from_secs(1));
    let firsts: Vec<u64> =
        (0..10_000).map(|seed| draw(&backoff, Jitter::Decorrelated, seed, 1)[0]).collect();
    assert_spread(&firsts, SECOND, 3 * SECOND);
}

#[test]
fn decorrelated_waits_grow_up_to_the_cap_and_come_down_again() {
    let backoff = Backoff::exponential(Duration::from_secs(1)).max(Duration::from_secs(60));
    let draws = draw(&backoff, Jitter::Decorrelated, 42, 1_000);
    assert_eq!(draws.iter().max(), Some(&(60 * SECOND)));
    assert!(draws.windows(2).any(|pair| pair[0] > 30 * SECOND && pair[1] < 10 * SECOND));
}

#[test]
fn one_microsecond_is_drawn_from_as_well() {
    let draws = draw(&Backoff::fixed(Duration::from_micros(1)), Jitter::Full, 42, 1_000);
    let ones = draws.iter().filter(|&&draw| draw == 1).count();
    assert!((400..600).contains(&ones), "{ones}");
}
