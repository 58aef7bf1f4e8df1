//! `RateLimit-Policy` and `RateLimit`.

use std::time::Duration;

use palisade_core::{Quota, per_day, per_hour, per_minute, per_second};

use super::*;

/// The two lists of one layer.
fn lists(told: &[Told]) -> (String, String) {
    let mut headers = HeaderMap::new();
    style(Headers::Ietf).write(told, NOW, &mut headers);
    let lines = lines(&headers);
    let [state, policy] = lines.as_slice() else { panic!("two lines: {lines:?}") };
    let value = |line: &str, name: &str| line.strip_prefix(name).unwrap().to_owned();
    (value(policy, "ratelimit-policy: "), value(state, "ratelimit: "))
}

fn are(policy: &str, state: &str) -> (String, String) {
    (policy.to_owned(), state.to_owned())
}

#[test]
fn a_pass_tells_what_is_left_and_when_all_is_back() {
    let told = [passed("login", per_minute(5), 4, 12_000)];
    assert_eq!(lists(&told), are(r#""login";q=5;w=60"#, r#""login";r=4;t=12"#));
}

#[test]
fn a_refusal_tells_when_there_is_more_and_no_time_if_there_never_is() {
    let after = [refused("login", per_minute(5), 10_001, 60_000)];
    assert_eq!(lists(&after), are(r#""login";q=5;w=60"#, r#""login";r=0;t=11"#));
    let never = [never("login", per_minute(5), 60_000)];
    assert_eq!(lists(&never), are(r#""login";q=5;w=60"#, r#""login";r=0"#));
}

#[test]
fn several_limits_are_one_list_in_their_order() {
    let two = [passed("burst", per_second(10), 7, 300), passed("hourly", per_hour(1_000), 990, 36)];
    assert_eq!(
        lists(&two),
        are(
            r#""burst";q=10;w=1, "hourly";q=1000;w=3600"#,
            r#""burst";r=7;t=1, "hourly";r=990;t=1"#
        )
    );

    let three = [
        refused("burst", per_second(10), 100, 1_000),
        passed("hourly", per_hour(1_000), 990, 36_000),
        never("bytes", per_day(1_000_000), 7_000),
    ];
    assert_eq!(
        lists(&three),
        are(
            r#""burst";q=10;w=1, "hourly";q=1000;w=3600, "bytes";q=1000000;w=86400"#,
            r#""burst";r=0;t=1, "hourly";r=990;t=36, "bytes";r=0"#
        )
    );
}

#[test]
fn a_window_is_in_whole_seconds_or_is_not_told() {
    let quota = |limit, millis| Quota::new(limit, Duration::from_millis(millis));
    for (quota, policy) in [
        (per_second(10).burst(20), r#""api";q=10;w=1"#),
        (per_second(0), r#""api";q=0;w=1"#),
        (per_day(365), r#""api";q=365;w=86400"#),
        (quota(5, 90_000), r#""api";q=5;w=90"#),
        // Below a second: what that makes in one.
        (quota(5, 100), r#""api";q=50;w=1"#),
        (quota(1, 300), r#""api";q=3;w=1"#),
        // A second and a half is neither.
        (quota(5, 1_500), r#""api";q=5"#),
        // A structured field has 15 digits.
        (Quota::new(u32::MAX, Duration::from_micros(1)), r#""api";q=999999999999999;w=1"#),
    ] {
        assert_eq!(lists(&[passed("api", quota, 1, 1)]).0, policy, "{quota}");
    }
}

#[test]
fn seconds_are_rounded_up() {
    for (reset, t) in [(0, 0), (1, 1), (999, 1), (1_000, 1), (1_001, 2)] {
        let state = format!(r#""api";r=1;t={t}"#);
        assert_eq!(lists(&[passed("api", per_second(5), 1, reset)]).1, state);
        let state = format!(r#""api";r=0;t={t}"#);
        assert_eq!(lists(&[refused("api", per_second(5), reset, 0)]).1, state);
    }
}

#[test]
fn a_number_has_15_digits_at_most() {
    let outcome = Outcome::passed(1).with_remaining(u64::MAX).with_reset(Micros::MAX);
    let told = [Told { name: "api".into(), quota: per_second(5), outcome }];
    assert_eq!(lists(&told).1, r#""api";r=999999999999999;t=18446744073710"#);
}

#[test]
fn a_list_of_any_length_is_whole() {
    let name = "\"".repeat(128);
    let told = [passed(&name, per_second(5), 4, 200); 40];
    let item = name.replace('"', "\\\"");
    let expected = |numbers: &str| vec![format!("\"{item}\";{numbers}"); 40].join(", ");
    assert_eq!(lists(&told), (expected("q=5;w=1"), expected("r=4;t=1")));
}

#[test]
fn the_lines_of_stacked_layers_stand_beside_each_other() {
    let mut headers = HeaderMap::new();
    let style = style(Headers::Ietf);
    style.write(&[passed("inner", per_second(2), 1, 500)], NOW, &mut headers);
    style.write(&[passed("outer", per_minute(9), 8, 7_000)], NOW, &mut headers);
    assert_eq!(
        lines(&headers),
        [
            r#"ratelimit: "inner";r=1;t=1"#,
            r#"ratelimit: "outer";r=8;t=7"#,
            r#"ratelimit-policy: "inner";q=2;w=1"#,
            r#"ratelimit-policy: "outer";q=9;w=60"#,
        ]
    );
}
