//! `X-RateLimit-Limit` and its like.

use std::time::Duration;

use palisade_core::{per_hour, per_minute, per_second};

use super::*;

/// The three numbers: limit, remaining, reset.
fn numbers(style: Style, told: &[Told]) -> [u64; 3] {
    let lines = said(style, told);
    let names = ["x-ratelimit-limit: ", "x-ratelimit-remaining: ", "x-ratelimit-reset: "];
    assert_eq!(lines.len(), names.len(), "{lines:?}");
    let number = |at: usize| lines[at].strip_prefix(names[at]).unwrap().parse().unwrap();
    [0, 1, 2].map(number)
}

#[test]
fn one_limit_is_three_lines() {
    let told = [passed("login", per_minute(5), 4, 12_000)];
    assert_eq!(
        said(style(Headers::Legacy), &told),
        ["x-ratelimit-limit: 5", "x-ratelimit-remaining: 4", "x-ratelimit-reset: 1767225613"]
    );
    assert_eq!(
        said(delta(Headers::Legacy), &told),
        ["x-ratelimit-limit: 5", "x-ratelimit-remaining: 4", "x-ratelimit-reset: 12"]
    );
}

#[test]
fn the_reset_is_rounded_up_as_a_sum_or_as_a_span() {
    // It is half past a second.
    for (wait, epoch, span) in [
        (0, 1_767_225_601, 0),
        (1, 1_767_225_601, 1),
        (500, 1_767_225_601, 1),
        (501, 1_767_225_602, 1),
        (1_000, 1_767_225_602, 1),
        (1_001, 1_767_225_602, 2),
        (1_500, 1_767_225_602, 2),
    ] {
        for told in [passed("api", per_second(5), 0, wait), refused("api", per_second(5), wait, 9)]
        {
            assert_eq!(numbers(style(Headers::Legacy), &[told])[2], epoch, "{wait}");
            assert_eq!(numbers(delta(Headers::Legacy), &[told])[2], span, "{wait}");
        }
    }
}

#[test]
fn a_refusal_that_waiting_does_not_help_tells_when_all_is_back() {
    let told = [never("api", per_minute(5), 7_000)];
    assert_eq!(numbers(delta(Headers::Legacy), &told), [5, 0, 7]);
    assert_eq!(numbers(style(Headers::Legacy), &told), [5, 0, 1_767_225_608]);
}

#[test]
fn the_limit_is_that_of_the_quotas_own_period() {
    for (quota, limit) in [
        (Quota::new(5, Duration::from_millis(100)), 5),
        (Quota::new(7, Duration::from_millis(1_500)), 7),
        (per_second(u32::MAX), 4_294_967_295),
        (per_second(0), 0),
    ] {
        assert_eq!(numbers(style(Headers::Legacy), &[passed("api", quota, 1, 1)])[0], limit);
    }
}

#[test]
fn of_several_limits_the_tightest_is_told() {
    let wide = passed("wide", per_hour(1_000), 900, 360_000);
    let narrow = passed("narrow", per_second(10), 3, 700);
    let slow = passed("slow", per_minute(3), 3, 40_000);
    let soon = refused("soon", per_second(11), 100, 1_000);
    let later = refused("later", per_minute(4), 15_000, 60_000);
    let dead = never("dead", per_second(12), 2_000);
    for (told, tightest) in [
        // The smallest remaining, then the longest reset.
        (&[wide, narrow][..], [10, 3, 1]),
        (&[narrow, slow, wide], [3, 3, 40]),
        // A refusal before all passes; of several the longest wait, and no wait is as long as never.
        (&[passed("none", per_second(2), 0, 900_000), soon], [11, 0, 1]),
        (&[soon, later, narrow], [4, 0, 15]),
        (&[later, dead, soon], [12, 0, 2]),
        // Of two that are as tight, the first.
        (&[narrow, passed("twin", per_second(20), 3, 700)], [10, 3, 1]),
    ] {
        assert_eq!(numbers(delta(Headers::Legacy), told), tightest, "{told:?}");
    }
}

#[test]
fn of_refusals_with_one_wait_the_one_with_less_left_is_told() {
    let with = |limit, remaining, reset| {
        let outcome = Outcome::refused(Retry::After(millis(5_000)));
        let outcome = outcome.with_remaining(remaining).with_reset(millis(reset));
        Told { name: "api".into(), quota: per_minute(limit), outcome }
    };
    let told = [with(20, 3, 9_000), with(30, 2, 6_000), with(40, 2, 9_000), with(50, 2, 8_000)];
    assert_eq!(numbers(delta(Headers::Legacy), &told), [40, 2, 5]);
}

#[test]
fn a_pass_is_never_tighter_than_a_refusal_whatever_they_say_of_the_wait() {
    let at_once = refused_with("refused", per_second(7), Retry::Now, 3_000);
    let mut in_vain = passed("passed", per_second(9), 0, 5_000);
    in_vain.outcome.retry = Retry::Never;
    assert_eq!(numbers(delta(Headers::Legacy), &[in_vain, at_once]), [7, 0, 0]);
    // Nor does what a pass says of it make it tighter than another.
    let other = passed("other", per_second(8), 0, 6_000);
    assert_eq!(numbers(delta(Headers::Legacy), &[in_vain, other]), [8, 0, 6]);
}

#[test]
fn the_end_of_time_is_a_number() {
    let outcome = Outcome::passed(1).with_remaining(u64::MAX).with_reset(Micros::MAX);
    let told = [Told { name: "api".into(), quota: per_second(5), outcome }];
    let told = numbers(style(Headers::Legacy), &told);
    assert_eq!(told, [5, 999_999_999_999_999, 18_446_744_073_710]);
}
