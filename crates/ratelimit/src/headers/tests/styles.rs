//! What holds in all styles.

use std::collections::BTreeSet;
use std::time::Duration;

use palisade_core::{per_hour, per_second};

use super::*;
use crate::RATE_LIMIT_HEADERS;

const ALL: [Headers; 5] =
    [Headers::Ietf, Headers::Legacy, Headers::PerWindow, Headers::Both, Headers::None];

#[test]
fn a_style_says_what_it_was_told_to_say() {
    for headers in ALL {
        let speaks = headers != Headers::None;
        for (on, passed) in [(HeadersOn::Always, speaks), (HeadersOn::OnlyDenied, false)] {
            let style = Style { on, ..style(headers) };
            assert_eq!((style.says(false), style.says(true)), (passed, speaks), "{style:?}");
        }
    }
}

#[test]
fn the_default_is_the_draft_on_every_response_and_a_reset_is_a_date() {
    let Style { headers, reset, on } = Style::default();
    assert_eq!((headers, reset, on), (Headers::Ietf, Reset::Epoch, HeadersOn::Always));
}

#[test]
fn both_are_the_lists_and_the_tightest() {
    let told = [passed("burst", per_second(10), 7, 300), passed("hourly", per_hour(1_000), 5, 36)];
    assert_eq!(
        said(style(Headers::Both), &told),
        [
            r#"ratelimit: "burst";r=7;t=1, "hourly";r=5;t=1"#,
            r#"ratelimit-policy: "burst";q=10;w=1, "hourly";q=1000;w=3600"#,
            "x-ratelimit-limit: 1000",
            "x-ratelimit-remaining: 5",
            "x-ratelimit-reset: 1767225601",
        ]
    );
}

#[test]
fn nothing_to_tell_is_nothing_said() {
    for headers in ALL {
        assert_eq!(said(style(headers), &[]), [""; 0], "{headers:?}");
    }
    assert_eq!(said(style(Headers::None), &[passed("api", per_second(1), 0, 1)]), [""; 0]);
}

/// As many other headers as a map takes, but for `free`.
fn nearly_full(free: usize) -> HeaderMap {
    const MOST: usize = 24_576;
    let mut headers = HeaderMap::new();
    for at in 0..MOST - free {
        let name = HeaderName::try_from(format!("x-{at}")).unwrap();
        headers.try_insert(name, HeaderValue::from_static("")).unwrap();
    }
    if free == 0 {
        headers.try_insert("x-too-many", HeaderValue::from_static("")).unwrap_err();
    }
    headers
}

#[test]
fn a_full_map_stays_as_it_is() {
    let full = nearly_full(0);
    for headers in ALL {
        let mut map = full.clone();
        style(headers).write(&[passed("api", per_second(5), 4, 200)], NOW, &mut map);
        assert!(map == full, "{headers:?}");
    }
}

#[test]
fn the_lines_of_a_limit_are_all_there_or_none_is() {
    let told = [passed("api", per_second(5), 4, 200)];
    for (headers, free, room_for) in [
        (Headers::Ietf, 1, 0),
        (Headers::Ietf, 2, 2),
        (Headers::Legacy, 2, 0),
        (Headers::Legacy, 3, 3),
        (Headers::Both, 4, 2),
        (Headers::PerWindow, 1, 0),
        (Headers::PerWindow, 5, 2),
        (Headers::PerWindow, 6, 6),
    ] {
        let mut map = nearly_full(free);
        let before = map.len();
        style(headers).write(&told, NOW, &mut map);
        assert_eq!(map.len() - before, room_for, "{headers:?} with {free} free");
    }
}

#[test]
fn the_list_for_cors_is_every_fixed_name_and_retry_after() {
    let periods = [1, 60, 3_600, 86_400, 30 * 86_400, 365 * 86_400].map(Duration::from_secs);
    let told = periods.map(|period| passed("api", Quota::new(5, period), 4, 1));
    let mut written = HeaderMap::new();
    written.insert("retry-after", HeaderValue::from_static("1"));
    for headers in ALL {
        style(headers).write(&told, NOW, &mut written);
    }
    // In an own map: beside a legacy layer's lines it says less.
    let mut per_window = HeaderMap::new();
    style(Headers::PerWindow).write(&told, NOW, &mut per_window);

    let written: BTreeSet<_> =
        written.keys().chain(per_window.keys()).map(HeaderName::as_str).collect();
    let names = RATE_LIMIT_HEADERS;
    let listed: BTreeSet<_> = names.iter().map(HeaderName::as_str).collect();
    assert_eq!(listed.len(), names.len());
    assert_eq!(written, listed);
}
