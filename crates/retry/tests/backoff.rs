//! The planned waits, and their end.

use std::time::Duration;

use fastrand::Rng;
use palisade_core::Ratio;
use palisade_retry::{Backoff, Factor, Jitter, Waits};

const SECOND: Duration = Duration::from_secs(1);
/// The end of time in whole microseconds.
const FOR_EVER: Duration = Duration::from_micros(u64::MAX);

fn waits(backoff: Backoff) -> Waits {
    backoff.waits(Rng::with_seed(7))
}

/// The first waits in milliseconds, without chance.
fn planned<const N: usize>(backoff: Backoff) -> [u128; N] {
    let mut waits = waits(backoff.jitter(Jitter::None));
    std::array::from_fn(|_| waits.next().expect("there is no end").as_micros())
        .map(|micros| micros / 1_000)
}

fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

#[test]
fn the_default_doubles_from_a_tenth_of_a_second_up_to_five_seconds() {
    assert_eq!(planned(Backoff::default()), [100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000]);
}

#[test]
fn each_course_goes_on_as_it_is_named() {
    assert_eq!(planned(Backoff::none()), [0, 0, 0]);
    assert_eq!(planned(Backoff::fixed(millis(300))), [300, 300, 300]);
    assert_eq!(planned(Backoff::linear(millis(300))), [300, 600, 900, 1_200]);
    assert_eq!(planned(Backoff::exponential(millis(300))), [300, 600, 1_200, 2_400]);
}

#[test]
fn a_factor_may_be_a_fraction_and_parts_are_not_lost() {
    let half_more = Backoff::exponential(Duration::from_micros(1)).factor(Factor::percent(150));
    let waits: Vec<_> = waits(half_more.jitter(Jitter::None)).take(7).collect();
    // 1, 1.5, 2.25, 3.375, 5.0625, 7.59375, 11.390625
    assert_eq!(waits, [1, 1, 2, 3, 5, 7, 11].map(Duration::from_micros));
}

#[test]
fn every_factor_means_something() {
    let from = |factor: Factor| planned(Backoff::exponential(millis(400)).factor(factor));
    assert_eq!(from(Factor::times(1)), [400, 400, 400]);
    assert_eq!(from(Factor::percent(50)), [400, 200, 100]);
    assert_eq!(from(Factor::times(0)), [400, 0, 0]);
    assert_eq!(from(Factor::times(u32::MAX)), [400, 5_000, 5_000]);
    assert_eq!(from(3.into()), [400, 1_200, 3_600]);
}

#[test]
fn a_factor_prints_as_a_number() {
    let printed = [200, 150, 105, 0].map(|percent| Factor::percent(percent).to_string());
    assert_eq!(printed, ["2", "1.5", "1.05", "0"]);
}

#[test]
fn only_an_exponential_backoff_has_a_factor() {
    assert_eq!(planned(Backoff::linear(millis(100)).factor(7)), [100, 200, 300]);
    assert_eq!(planned(Backoff::fixed(millis(100)).factor(7)), [100, 100, 100]);
}

#[test]
fn a_cap_that_is_set_holds_and_one_that_is_not_is_never_below_the_first_wait() {
    assert_eq!(planned(Backoff::fixed(8 * SECOND)), [8_000, 8_000]);
    assert_eq!(planned(Backoff::linear(8 * SECOND)), [8_000, 8_000]);
    assert_eq!(planned(Backoff::exponential(8 * SECOND)), [8_000, 8_000]);
    assert_eq!(planned(Backoff::exponential(8 * SECOND).max(SECOND)), [1_000, 1_000]);
    assert_eq!(planned(Backoff::exponential(4 * SECOND).max(60 * SECOND)), [4_000, 8_000, 16_000]);
    assert_eq!(planned(Backoff::default().max(Duration::ZERO)), [0, 0]);
}

#[test]
fn parts_of_a_microsecond_are_rounded_up_and_those_of_the_cap_down() {
    let short = Backoff::fixed(Duration::from_nanos(1_001)).jitter(Jitter::None);
    assert_eq!(waits(short.clone()).next(), Some(Duration::from_micros(2)));
    let capped = short.max(Duration::from_nanos(1_999));
    assert_eq!(waits(capped).next(), Some(Duration::from_micros(1)));
}

#[test]
fn ten_thousand_attempts_saturate() {
    for backoff in [
        Backoff::linear(Duration::from_secs(u64::MAX / 1_000_000_000)),
        Backoff::exponential(Duration::from_micros(1)),
        Backoff::exponential(Duration::from_micros(1)).factor(u32::MAX),
        Backoff::exponential(Duration::MAX).factor(Factor::percent(101)),
    ] {
        let uncapped = backoff.clone().max(Duration::MAX).jitter(Jitter::None);
        let mut last = Duration::ZERO;
        for wait in waits(uncapped).take(10_000) {
            assert!(wait >= last, "{backoff:?} fell from {last:?} to {wait:?}");
            last = wait;
        }
        assert_eq!(last, FOR_EVER, "{backoff:?}");
        let capped = backoff.max(3 * SECOND).jitter(Jitter::None);
        assert_eq!(waits(capped).nth(10_000), Some(3 * SECOND));
    }
}

#[test]
fn there_is_nothing_to_jitter_in_no_wait() {
    for jitter in [Jitter::Full, Jitter::Equal, Jitter::Decorrelated, Jitter::Plus(Ratio::ONE)] {
        let all = waits(Backoff::none().jitter(jitter)).take(100);
        assert_eq!(all.sum::<Duration>(), Duration::ZERO, "{jitter:?}");
    }
}

#[test]
fn waits_of_ones_own_come_as_they_are_and_end() {
    let own = [10 * SECOND, 3600 * SECOND, Duration::MAX, Duration::ZERO];
    let waits: Vec<_> = waits(Backoff::iter(move || own)).collect();
    assert_eq!(waits, [10 * SECOND, 3600 * SECOND, FOR_EVER, Duration::ZERO]);
}

#[test]
fn waits_of_ones_own_follow_a_cap_and_a_jitter_that_are_set() {
    let own = || [millis(1), SECOND, 10 * SECOND];
    let capped: Vec<_> = waits(Backoff::iter(own).max(2 * SECOND)).collect();
    assert_eq!(capped, [millis(1), SECOND, 2 * SECOND]);
    let drawn: Vec<_> = waits(Backoff::iter(own).jitter(Jitter::Full)).collect();
    assert_eq!(drawn.len(), 3);
    assert!(drawn.iter().zip(own()).all(|(&drawn, planned)| drawn <= planned), "{drawn:?}");
    assert_ne!(drawn, own());
}

#[test]
fn nothing_follows_the_end_of_waits_of_ones_own() {
    /// Begins anew when it is asked after its end.
    struct Again(u32);
    impl Iterator for Again {
        type Item = Duration;
        fn next(&mut self) -> Option<Duration> {
            self.0 += 1;
            (!self.0.is_multiple_of(3)).then_some(SECOND)
        }
    }
    let mut waits = waits(Backoff::iter(|| Again(0)));
    assert_eq!(waits.by_ref().count(), 2);
    assert_eq!(waits.next(), None);
}

/// As `backon` has it: a builder that is copied, and an iterator that counts its attempts.
#[test]
fn a_builder_of_iterators_fits() {
    #[derive(Clone, Copy)]
    struct Builder(u32);
    impl Builder {
        fn build(self) -> impl Iterator<Item = Duration> + Send + use<> {
            (0..self.0).map(|attempt| SECOND * 2_u32.pow(attempt))
        }
    }
    let builder = Builder(3);
    let backoff = Backoff::iter(move || builder.build());
    for _ in 0..2 {
        let waits: Vec<_> = waits(backoff.clone()).collect();
        assert_eq!(waits, [1, 2, 4].map(Duration::from_secs), "each call has its own");
    }
}

#[test]
fn a_backoff_is_shared_between_threads_and_waits_move_to_another() {
    fn shared<T: Clone + Send + Sync + std::fmt::Debug + 'static>(_: &T) {}
    fn moved<T: Send + std::fmt::Debug + 'static>(_: &T) {}
    let backoff = Backoff::iter(|| [SECOND]);
    shared(&backoff);
    moved(&waits(backoff));
}
