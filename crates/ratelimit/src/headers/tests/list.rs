//! Whatever the numbers: the lists are lists of RFC 9651, and every value is one of a header.

use std::time::Duration;

use palisade_core::Name;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed};

use super::*;
use crate::headers::{LARGEST, seconds};

/// A string and its parameters.
type Item = (String, Vec<(String, u64)>);

/// Reads a list of strings with non-negative integers as parameters (RFC 9651, section 4.2); `None`
/// for anything else, even if the RFC knows it.
fn list(mut text: &str) -> Option<Vec<Item>> {
    let mut items = Vec::new();
    loop {
        let (string, mut rest) = string(text)?;
        let mut parameters = Vec::new();
        while let Some(parameter) = rest.strip_prefix(';') {
            let (key, value) = parameter.split_once('=')?;
            let is_key = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            if !key.starts_with(|c: char| c.is_ascii_lowercase()) || !key.chars().all(is_key) {
                return None;
            }
            let digits = value.bytes().take_while(u8::is_ascii_digit).count();
            let (number, after) = value.split_at(digits);
            if !(1..=15).contains(&digits) {
                return None;
            }
            parameters.push((key.to_owned(), number.parse().ok()?));
            rest = after;
        }
        items.push((string, parameters));
        if rest.is_empty() {
            return Some(items);
        }
        text = rest.strip_prefix(',')?.trim_start_matches([' ', '\t']);
    }
}

/// Reads a string off the front of `text`.
fn string(text: &str) -> Option<(String, &str)> {
    let mut chars = text.strip_prefix('"')?.chars();
    let mut string = String::new();
    loop {
        match chars.next()? {
            '"' => return Some((string, chars.as_str())),
            '\\' => string.push(chars.next().filter(|c| ['"', '\\'].contains(c))?),
            c @ ' '..='~' => string.push(c),
            _ => return None,
        }
    }
}

#[test]
fn the_reader_is_strict() {
    let read = list(r#""a \"b\\";q=5;w=60, "c""#).unwrap();
    let q_w = vec![(String::from("q"), 5), (String::from("w"), 60)];
    assert_eq!(read, [(String::from(r#"a "b\"#), q_w), (String::from("c"), Vec::new())]);
    assert_eq!(list(r#""a";q=999999999999999"#).unwrap()[0].1[0].1, LARGEST);
    for text in [
        "",
        "a",
        r#""a"#,
        r#""a","#,
        r#""a" ,"b""#,
        r#" "a""#,
        r#""a";"#,
        r#""a";q"#,
        r#""a";q="#,
        r#""a";q=-1"#,
        r#""a";q=1.0"#,
        r#""a";Q=1"#,
        r#""a";=1"#,
        r#""a";q=1000000000000000"#,
        r#""a\b""#,
        "\"\u{fc}\"",
        "\"\t\"",
    ] {
        assert_eq!(list(text), None, "{text}");
    }
}

fn micros() -> impl Strategy<Value = u64> {
    prop_oneof![0..10_000_000_u64, any::<u64>(), Just(u64::MAX)]
}

fn any_told() -> impl Strategy<Value = Told> {
    let quota = (any::<u32>(), prop_oneof![Just(1_000_000_u64), 0..2_000_000_u64, any::<u64>()])
        .prop_map(|(limit, period)| Quota::new(limit, Duration::from_micros(period)));
    let retry = prop_oneof![
        Just(Retry::Now),
        micros().prop_map(|wait| Retry::After(Micros(wait))),
        Just(Retry::Never),
    ];
    let left = prop_oneof![0..100_u64, any::<u64>(), Just(u64::MAX)];
    // Names stay for as long as the process lives.
    let name = prop_oneof![any::<String>(), "[\"\\\\a ]{0,140}", Just(String::from("api"))];
    (name, quota, any::<bool>(), retry, left, micros()).prop_map(
        |(name, quota, allowed, retry, left, reset)| {
            let outcome = if allowed { Outcome::passed(1) } else { Outcome::refused(retry) };
            let outcome = outcome.with_remaining(left).with_reset(Micros(reset));
            Told { name: Name::new(name), quota, outcome }
        },
    )
}

fn any_style() -> impl Strategy<Value = Style> {
    let headers = prop_oneof![
        Just(Headers::Ietf),
        Just(Headers::Legacy),
        Just(Headers::PerWindow),
        Just(Headers::Both)
    ];
    let reset = prop_oneof![Just(Reset::Epoch), Just(Reset::Delta)];
    (headers, reset).prop_map(|(headers, reset)| Style { headers, reset, ..Style::default() })
}

/// What a limit is in the two lists.
fn items(told: &Told) -> (String, u64, Option<u64>) {
    let until =
        if told.outcome.allowed { Some(told.outcome.reset()) } else { told.outcome.retry.wait() };
    let plain = |c| if (' '..='~').contains(&c) { c } else { '?' };
    let name = told.name.as_str().chars().map(plain).collect();
    (name, told.outcome.remaining().min(LARGEST), until.map(seconds))
}

fn parameter(item: &Item, key: &str) -> Option<u64> {
    item.1.iter().find(|(name, _)| name == key).map(|&(_, number)| number)
}

proptest! {
    #![proptest_config(Config {
        cases: 256,
        rng_seed: RngSeed::Fixed(0x5EED),
        failure_persistence: None,
        ..Config::default()
    })]

    #[test]
    fn the_lists_say_what_is_told(told in proptest::collection::vec(any_told(), 1..4), now in micros()) {
        let mut headers = HeaderMap::new();
        style(Headers::Ietf).write(&told, Micros(now), &mut headers);
        let read = |name: &str| list(headers[name].to_str().unwrap()).unwrap();
        let (policies, states) = (read("ratelimit-policy"), read("ratelimit"));
        prop_assert_eq!((policies.len(), states.len()), (told.len(), told.len()));
        for ((policy, state), told) in policies.iter().zip(&states).zip(&told) {
            let (name, remaining, until) = items(told);
            prop_assert_eq!(&policy.0, &name);
            prop_assert!(parameter(policy, "q").is_some());
            prop_assert_ne!(parameter(policy, "w"), Some(0));
            prop_assert_eq!(&state.0, &name);
            prop_assert_eq!(parameter(state, "r"), Some(remaining));
            prop_assert_eq!(parameter(state, "t"), until);
        }
    }

    #[test]
    fn every_value_is_valid_and_every_other_one_is_a_number(
        told in proptest::collection::vec(any_told(), 1..4),
        style in any_style(),
        now in micros(),
    ) {
        let mut headers = HeaderMap::new();
        style.write(&told, Micros(now), &mut headers);
        prop_assert!(!headers.is_empty());
        for (name, value) in &headers {
            let text = value.to_str().unwrap();
            prop_assert!(HeaderValue::from_str(text).is_ok());
            if ["ratelimit", "ratelimit-policy"].contains(&name.as_str()) {
                prop_assert!(list(text).is_some(), "{}: {}", name, text);
            } else {
                prop_assert!((1..=15).contains(&text.len()), "{}: {}", name, text);
                prop_assert!(text.bytes().all(|byte| byte.is_ascii_digit()), "{}: {}", name, text);
            }
        }
    }
}
