//! Quotas, ratios and durations as text.

#![expect(clippy::unwrap_used, reason = "a test's helpers are tests, too")]

use std::time::Duration;

use palisade_core::{
    ParseError, Quota, Ratio, per_day, per_hour, per_minute, per_second, text::duration,
};
use proptest::prelude::*;

fn quota(text: &str) -> Result<Quota, ParseError> {
    text.parse()
}

fn message<T: std::fmt::Debug>(result: Result<T, ParseError>) -> String {
    result.unwrap_err().to_string()
}

#[test]
fn a_quota_reads_every_common_spelling() {
    for text in
        ["100/min burst 20", "100 per minute, burst 20", "100/1m burst 20", "100 / 60s,burst 20"]
    {
        assert_eq!(quota(text), Ok(per_minute(100).burst(20)), "{text}");
    }
    for text in ["10/s", "10/sec", "10/second", "10 per second", "10/1s", " 10/1000ms "] {
        assert_eq!(quota(text), Ok(per_second(10)), "{text}");
    }
    assert_eq!(quota("1000/h"), Ok(per_hour(1_000)));
    assert_eq!(quota("1/day"), Ok(per_day(1)));
    assert_eq!(quota("5/90s"), Ok(Quota::new(5, Duration::from_secs(90))));
    assert_eq!(quota("5 per 2m30s"), Ok(Quota::new(5, Duration::from_secs(150))));
    assert_eq!(quota("0/s"), Ok(per_second(0)));
}

#[test]
fn a_quota_prints_as_a_sentence_and_in_short() {
    let odd = Quota::new(5, Duration::from_secs(90));
    for (quota, sentence, short) in [
        (per_second(10), "10 per second", "10/s"),
        (per_minute(100).burst(20), "100 per minute, burst 20", "100/min burst 20"),
        (per_hour(1).burst(1), "1 per hour", "1/h"),
        (per_day(3).burst(1), "3 per day, burst 1", "3/day burst 1"),
        (per_day(0), "0 per day", "0/day"),
        (odd, "5 per 90s", "5/90s"),
    ] {
        assert_eq!(quota.to_string(), sentence);
        assert_eq!(format!("{quota:#}"), short);
    }
}

#[test]
fn every_number_given_to_a_quota_has_a_meaning() {
    assert_eq!(Quota::new(7, Duration::ZERO).period_micros(), 1);
    assert_eq!(Quota::new(7, Duration::from_nanos(1_999)).period_micros(), 1);
    assert_eq!(Quota::new(7, Duration::MAX).period(), Duration::from_secs(365 * 86_400));
    assert_eq!(per_second(7).burst_size(), 7);
    assert_eq!(per_second(7).burst(0).burst_size(), 1);
    assert_eq!(per_second(0).burst_size(), 1);
    assert!(per_second(0).denies_all());
    assert_eq!(per_second(u32::MAX).limit(), u32::MAX);
}

#[test]
fn a_quota_is_a_constant() {
    const LOGIN: Quota = per_minute(5).burst(2);
    assert_eq!(LOGIN.to_string(), "5 per minute, burst 2");
}

#[test]
fn a_wrong_quota_says_what_is_wrong() {
    for (text, expected) in [
        ("5 per", r#"quota "5 per": expected e.g. "100/min burst 20""#),
        ("", r#"quota "": expected e.g. "100/min burst 20""#),
        ("-5/s", r#"quota "-5/s": expected e.g. "100/min burst 20""#),
        ("5/fortnight", r#"quota "5/fortnight": expected e.g. "100/min burst 20""#),
        ("5/s burst", r#"quota "5/s burst": expected e.g. "100/min burst 20""#),
        ("99999999999/s", r#"quota "99999999999/s": limit 99999999999, must be 0 to 4294967295"#),
        ("5/s burst 0", r#"quota "5/s burst 0": burst 0, must be 1 to 4294967295"#),
        ("5/0s", r#"quota "5/0s": period 0s, must be whole microseconds from 1us to 365d"#),
        ("5/1ns", r#"quota "5/1ns": period 1ns, must be whole microseconds from 1us to 365d"#),
        ("5/366d", r#"quota "5/366d": period 366d, must be whole microseconds from 1us to 365d"#),
    ] {
        assert_eq!(message(quota(text)), expected);
    }
}

#[test]
fn an_error_echoes_no_more_than_64_characters() {
    let error = quota(&"ä".repeat(100_000)).unwrap_err();
    assert_eq!(error.field(), "quota");
    assert_eq!(error.value().chars().count(), 65);
    assert!(error.value().ends_with('…'));
    let error = quota(&format!("{}/s", "9".repeat(100_000))).unwrap_err();
    assert!(error.to_string().len() < 256);
    assert_eq!(error.expected(), "0 to 4294967295");
}

#[test]
fn an_error_is_one_line_whatever_was_given() {
    assert_eq!(
        message(quota("5/366d\n1s")),
        "quota \"5/366d\\n1s\": period 366d\\n1s, must be whole microseconds from 1us to 365d"
    );
}

#[test]
fn a_ratio_reads_percentages_and_fractions() {
    for (text, ppm) in [
        ("50%", 500_000),
        ("0.5%", 5_000),
        ("0.25", 250_000),
        ("100 %", 1_000_000),
        ("1", 1_000_000),
        ("1.000", 1_000_000),
        ("0", 0),
        (".5", 500_000),
        ("33.33333333333333333333%", 333_333),
        ("66.66666666666666666666%", 666_667),
    ] {
        assert_eq!(text.parse(), Ok(Ratio::per_million(ppm)), "{text}");
    }
}

#[test]
fn a_ratio_outside_of_its_range_is_an_error_that_names_it() {
    let parse = |text: &str| message(text.parse::<Ratio>());
    assert_eq!(parse("150%"), r#"ratio "150%": expected 0% to 100%, or 0 to 1"#);
    assert_eq!(
        parse("1.0000000000001"),
        r#"ratio "1.0000000000001": expected 0% to 100%, or 0 to 1"#
    );
    assert_eq!(parse("half"), r#"ratio "half": expected e.g. "50%" or "0.5""#);
    assert_eq!(parse("5."), r#"ratio "5.": expected e.g. "50%" or "0.5""#);
    assert_eq!(message(Ratio::try_from(f64::NAN)), r#"ratio "NaN": expected 0 to 1"#);
    assert_eq!(message(Ratio::try_from(-0.1)), r#"ratio "-0.1": expected 0 to 1"#);
    assert_eq!(message(Ratio::try_from(1.5)), r#"ratio "1.5": expected 0 to 1"#);
}

#[test]
fn a_ratio_saturates_at_all() {
    assert_eq!(Ratio::percent(u32::MAX), Ratio::ONE);
    assert_eq!(Ratio::per_million(u32::MAX), Ratio::ONE);
    assert_eq!(Ratio::try_from(1.0), Ok(Ratio::ONE));
    assert_eq!(Ratio::default(), Ratio::ZERO);
}

#[test]
fn a_duration_reads_every_unit() {
    for (text, nanos) in [
        ("250ms", 250_000_000),
        ("1.5s", 1_500_000_000),
        ("2m30s", 150_000_000_000),
        ("2m 30s", 150_000_000_000),
        ("100us", 100_000),
        ("100µs", 100_000),
        ("100μs", 100_000),
        ("1h", 3_600_000_000_000),
        ("2d", 172_800_000_000_000),
        ("3 seconds", 3_000_000_000),
        ("1min", 60_000_000_000),
        ("7ns", 7),
        ("0s", 0),
        ("0.1234567899s", 123_456_789),
    ] {
        assert_eq!(duration::parse(text), Ok(Duration::from_nanos(nanos)), "{text}");
    }
    assert_eq!(duration::parse("18446744073709551615s"), Ok(Duration::from_secs(u64::MAX)));
}

#[test]
fn a_duration_that_does_not_fit_is_an_error() {
    let range = "0s to 213503982334601d, which is 2^64 seconds";
    let nines = "9".repeat(1_000);
    for text in [
        "18446744073709551616s",
        "213503982334602d",
        &format!("{nines}ns"),
        &format!("{nines}d{nines}d"),
    ] {
        let error = duration::parse(text).unwrap_err();
        assert_eq!(error.expected(), range, "{text}");
    }
}

#[test]
fn a_duration_needs_a_unit() {
    for text in ["", "30", "s", "-1s", "1 2s", "1s2", "1.s", "1fortnight", "inf"] {
        assert_eq!(
            message(duration::parse(text)),
            format!(r#"duration "{text}": expected e.g. "250ms", "1.5s" or "2m30s""#)
        );
    }
}

#[test]
fn a_duration_prints_in_the_unit_a_person_would_choose() {
    for (duration, text) in [
        (Duration::ZERO, "0s"),
        (Duration::from_nanos(1), "1ns"),
        (Duration::from_micros(100), "100us"),
        (Duration::from_micros(1_500), "1.5ms"),
        (Duration::from_millis(250), "250ms"),
        (Duration::from_millis(1_050), "1.05s"),
        (Duration::from_secs(90), "90s"),
        (Duration::from_secs(120), "2m"),
        (Duration::from_millis(150_500), "2m30.5s"),
        (Duration::from_secs(3_600), "1h"),
        (Duration::from_secs(172_800), "2d"),
    ] {
        assert_eq!(duration::display(duration).to_string(), text);
    }
}

proptest! {
    #[test]
    fn any_quota_survives_its_text(limit: u32, micros in 1_u64..=31_536_000_000_000, burst: u32) {
        let built = Quota::new(limit, Duration::from_micros(micros)).burst(burst);
        prop_assert_eq!(quota(&built.to_string()), Ok(built));
        prop_assert_eq!(quota(&format!("{built:#}")), Ok(built));
    }

    #[test]
    fn any_ratio_survives_its_text(ppm in 0_u32..=1_000_000) {
        let ratio = Ratio::per_million(ppm);
        prop_assert_eq!(ratio.to_string().parse(), Ok(ratio));
        prop_assert_eq!(Ratio::try_from(f64::from(ppm) / 1e6), Ok(ratio));
    }

    #[test]
    fn any_duration_survives_its_text(seconds: u64, nanos in 0_u32..1_000_000_000, shift in 0_u32..64) {
        let built = Duration::new(seconds >> shift, nanos);
        prop_assert_eq!(duration::parse(&duration::display(built).to_string()), Ok(built));
    }

    #[test]
    fn no_text_makes_a_parser_panic(text in ".*", near in "[0-9]{0,30}[./% ]?[0-9]{0,3}(s|min|per|burst|us|d|,| ){0,4}[0-9]{0,12}") {
        for text in [&text, &near] {
            let _ = (text.parse::<Quota>(), text.parse::<Ratio>(), duration::parse(text));
        }
    }

    #[test]
    fn no_float_makes_a_ratio_panic(float: f64) {
        prop_assert_eq!(Ratio::try_from(float).is_ok(), (0.0..=1.0).contains(&float));
    }
}

#[cfg(feature = "serde")]
#[test]
fn settings_are_strings_in_a_configuration() {
    #[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize)]
    struct Config {
        quota: Quota,
        enforce: Ratio,
        #[serde(with = "duration::serde")]
        period: Duration,
    }

    let config = Config {
        quota: per_minute(100).burst(20),
        enforce: Ratio::percent(50),
        period: Duration::from_millis(250),
    };
    let json = r#"{"quota":"100/min burst 20","enforce":"50%","period":"250ms"}"#;
    assert_eq!(serde_json::to_string(&config).unwrap(), json);
    assert_eq!(serde_json::from_str::<Config>(json).unwrap(), config);

    let error = serde_json::from_str::<Quota>("\"5 per\"").unwrap_err().to_string();
    assert!(error.starts_with(r#"quota "5 per": expected"#), "{error}");
    let error = serde_json::from_str::<Ratio>("7").unwrap_err().to_string();
    assert!(error.contains(r#"a ratio such as "50%""#), "{error}");
}
