//! `X-RateLimit-Limit-Second` and its like.

use std::time::Duration;

use palisade_core::{per_day, per_hour, per_minute, per_second};

use super::*;

/// The lines that begin so.
fn beginning(told: &[Told], start: &str) -> Vec<String> {
    let lines = said(style(Headers::PerWindow), told);
    lines.into_iter().filter(|line| line.starts_with(start)).collect()
}

#[test]
fn one_limit_is_its_window_and_the_tightest() {
    assert_eq!(
        said(style(Headers::PerWindow), &[passed("login", per_minute(5), 4, 12_000)]),
        [
            "ratelimit-limit: 5",
            "ratelimit-remaining: 4",
            "ratelimit-reset: 12",
            "x-ratelimit-limit-minute: 5",
            "x-ratelimit-remaining-minute: 4",
            "x-ratelimit-reset: 1767225613",
        ]
    );
}

#[test]
fn each_limit_has_its_window_and_only_the_reset_with_an_x_can_be_a_date() {
    let told = [
        passed("second", per_second(10), 7, 300),
        refused("hour", per_hour(1_000), 3_600, 7_200),
        passed("day", per_day(9_000), 8_000, 60_000),
    ];
    let mut expected = [
        "ratelimit-limit: 1000",
        "ratelimit-remaining: 0",
        "ratelimit-reset: 4",
        "x-ratelimit-limit-day: 9000",
        "x-ratelimit-limit-hour: 1000",
        "x-ratelimit-limit-second: 10",
        "x-ratelimit-remaining-day: 8000",
        "x-ratelimit-remaining-hour: 0",
        "x-ratelimit-remaining-second: 7",
        "x-ratelimit-reset: 1767225605",
    ];
    assert_eq!(said(style(Headers::PerWindow), &told), expected);
    expected[9] = "x-ratelimit-reset: 4";
    assert_eq!(said(delta(Headers::PerWindow), &told), expected);
}

#[test]
fn a_refusal_that_waiting_does_not_help_tells_when_all_is_back() {
    assert_eq!(
        said(delta(Headers::PerWindow), &[never("api", per_second(5), 7_000)]),
        [
            "ratelimit-limit: 5",
            "ratelimit-remaining: 0",
            "ratelimit-reset: 7",
            "x-ratelimit-limit-second: 5",
            "x-ratelimit-remaining-second: 0",
            "x-ratelimit-reset: 7",
        ]
    );
}

#[test]
fn a_window_without_a_name_of_its_own_is_told_as_a_text() {
    const DAY: u64 = 86_400_000_000;
    for (micros, suffix) in [
        (1_000_000, "second"),
        (60_000_000, "minute"),
        (3_600_000_000, "hour"),
        (DAY, "day"),
        (30 * DAY, "month"),
        (365 * DAY, "year"),
        (1, "1us"),
        (100_000, "100ms"),
        (1_500_000, "1.5s"),
        (90_000_000, "90s"),
        (150_000_000, "2m30s"),
        (7 * DAY, "7d"),
        (365 * DAY - 1, "364d23h59m59.999999s"),
    ] {
        let quota = Quota::new(5, Duration::from_micros(micros));
        let told = [passed("api", quota, 4, 1)];
        let limit = format!("x-ratelimit-limit-{suffix}: 5");
        assert_eq!(beginning(&told, "x-ratelimit-limit"), [limit]);
        let remaining = format!("x-ratelimit-remaining-{suffix}: 4");
        assert_eq!(beginning(&told, "x-ratelimit-remaining"), [remaining]);
    }
}

#[test]
fn of_two_limits_of_one_window_the_tighter_is_told() {
    let wide = passed("all", per_minute(100), 2, 60_000);
    let narrow = passed("login", per_minute(5), 1, 48_000);
    let other = passed("hour", per_hour(30), 20, 9);
    // Tighter than what has less left, since it is a refusal.
    let outcome = Outcome::refused(Retry::After(Micros(1))).with_remaining(3);
    let bytes = Told { name: "bytes".into(), quota: per_minute(9), outcome };
    for (told, limit) in [
        (&[wide, other, narrow][..], 5),
        (&[narrow, other, wide], 5),
        (&[narrow, other, bytes, wide], 9),
    ] {
        assert_eq!(
            beginning(told, "x-ratelimit-limit"),
            [
                String::from("x-ratelimit-limit-hour: 30"),
                format!("x-ratelimit-limit-minute: {limit}")
            ]
        );
        assert_eq!(beginning(told, "ratelimit-limit"), [format!("ratelimit-limit: {limit}")]);
    }
}
