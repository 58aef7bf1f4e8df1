//! What becomes of the lines that an inner layer, or the inner service, has written.

use palisade_core::{per_hour, per_minute, per_second};

use super::*;

/// A map that holds what an inner layer told.
fn inner(style: Style, told: Told) -> HeaderMap {
    let mut headers = HeaderMap::new();
    style.write(&[told], NOW, &mut headers);
    headers
}

/// A map of just this.
fn holding(name: &'static str, value: &'static [u8]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(name, HeaderValue::from_bytes(value).unwrap());
    headers
}

/// What stands there after an outer layer's turn.
fn then(style: Style, mut headers: HeaderMap, told: &[Told]) -> Vec<String> {
    style.write(told, NOW, &mut headers);
    lines(&headers)
}

#[test]
fn of_two_layers_the_tighter_one_is_told() {
    let style = delta(Headers::Legacy);
    let tight = passed("inner", per_second(10), 3, 700);
    let wide = passed("outer", per_minute(100), 4, 57_600);
    let expected = ["x-ratelimit-limit: 10", "x-ratelimit-remaining: 3", "x-ratelimit-reset: 1"];
    assert_eq!(then(style, inner(style, tight), &[wide]), expected);
    assert_eq!(then(style, inner(style, wide), &[tight]), expected);
}

#[test]
fn of_two_that_are_as_tight_the_inner_one_stays() {
    let style = delta(Headers::Legacy);
    let first = passed("inner", per_second(10), 3, 700);
    let second = passed("outer", per_minute(5), 3, 24_000);
    let expected = ["x-ratelimit-limit: 10", "x-ratelimit-remaining: 3", "x-ratelimit-reset: 1"];
    assert_eq!(then(style, inner(style, first), &[second]), expected);

    // As tight as can be told.
    let outcome = Outcome::passed(1).with_remaining(u64::MAX - 1);
    let endless = |limit| [Told { name: "api".into(), quota: per_second(limit), outcome }];
    let stays = then(style, inner(style, endless(1)[0]), &endless(2));
    assert_eq!(stays[0], "x-ratelimit-limit: 1");
}

#[test]
fn a_number_that_cannot_be_read_is_replaced() {
    let told = [passed("outer", per_minute(5), 4, 12_000)];
    let expected = ["x-ratelimit-limit: 5", "x-ratelimit-remaining: 4", "x-ratelimit-reset: 12"];
    let unreadable: [&[u8]; 7] =
        [b"", b"few", b"-1", b"1.5", b"1, 2", b"\xff", b"18446744073709551616"];
    for value in unreadable {
        let headers = holding("x-ratelimit-remaining", value);
        assert_eq!(then(delta(Headers::Legacy), headers, &told), expected, "{value:?}");
    }
    // Nothing is said of what is left: the rest says nothing.
    let headers = holding("x-ratelimit-limit", b"1");
    assert_eq!(then(delta(Headers::Legacy), headers, &told), expected);
}

#[test]
fn each_window_and_the_tightest_are_compared_alone() {
    let style = delta(Headers::PerWindow);
    let mut headers = inner(style, passed("minute", per_minute(60), 9, 9_000));
    style.write(&[passed("second", per_second(20), 8, 600)], NOW, &mut headers);
    let outer = [
        passed("minute", per_minute(70), 10, 30_000),
        passed("second", per_second(10), 7, 300),
        passed("hour", per_hour(1_000), 8, 36_000),
    ];
    assert_eq!(
        then(style, headers, &outer),
        [
            "ratelimit-limit: 10",
            "ratelimit-remaining: 7",
            "ratelimit-reset: 1",
            "x-ratelimit-limit-hour: 1000",
            "x-ratelimit-limit-minute: 60",
            "x-ratelimit-limit-second: 10",
            "x-ratelimit-remaining-hour: 8",
            "x-ratelimit-remaining-minute: 9",
            "x-ratelimit-remaining-second: 7",
            "x-ratelimit-reset: 1",
        ]
    );
}

#[test]
fn the_tightest_of_an_inner_layer_stays_while_other_windows_are_added() {
    let style = delta(Headers::PerWindow);
    let headers = inner(style, passed("second", per_second(10), 3, 5_700));
    assert_eq!(
        then(style, headers, &[passed("minute", per_minute(60), 9, 9_000)]),
        [
            "ratelimit-limit: 10",
            "ratelimit-remaining: 3",
            "ratelimit-reset: 6",
            "x-ratelimit-limit-minute: 60",
            "x-ratelimit-limit-second: 10",
            "x-ratelimit-remaining-minute: 9",
            "x-ratelimit-remaining-second: 3",
            "x-ratelimit-reset: 6",
        ]
    );
}

#[test]
fn the_reset_with_an_x_stays_with_the_limit_that_it_is_of() {
    let headers = inner(delta(Headers::Legacy), passed("inner", per_minute(5), 4, 12_000));
    let told = [passed("outer", per_second(10), 3, 700)];
    let lines = then(delta(Headers::PerWindow), headers, &told);
    assert_eq!(lines[2], "ratelimit-reset: 1");
    assert_eq!(
        lines[3..],
        [
            "x-ratelimit-limit: 5",
            "x-ratelimit-limit-second: 10",
            "x-ratelimit-remaining: 4",
            "x-ratelimit-remaining-second: 3",
            "x-ratelimit-reset: 12",
        ]
    );
}

#[test]
fn other_headers_stay() {
    for kind in [Headers::Ietf, Headers::Legacy, Headers::PerWindow, Headers::Both] {
        let told = [refused("api", per_second(5), 200, 1_000)];
        let lines = then(style(kind), holding("retry-after", b"9"), &told);
        assert!(lines.contains(&String::from("retry-after: 9")), "{kind:?}: {lines:?}");
    }
}
