//! `"100/min burst 20"`.

use std::time::Duration;

use palisade_core::Quota;

use super::{
    Target,
    text::{lossy, parsed},
};

/// Quotas, in every form that is read.
pub static QUOTA: Target = Target {
    name: "quota",
    texts: &[
        b"100/min burst 20",
        b"100 per minute, burst 20",
        b"10/s",
        b"0/day",
        b"5/90s",
        b"5 per 2m30s,burst 1",
        b" 4294967295 / 365d burst 4294967295 ",
        b"1/1us",
        b"7/0.5h",
        b"7 per 1 day 2 hours",
        b"1 per 300d 200d",
    ],
    words: &[
        b"/",
        b"\n",
        b" per ",
        b"per",
        b"burst",
        b" burst ",
        b", ",
        b"s",
        b"sec",
        b"m",
        b"min",
        b"minute",
        b"h",
        b"hour",
        b"d",
        b"day",
        b"ms",
        b"us",
        "µs".as_bytes(),
        b"ns",
        b"1",
        b"365d",
        b"366d",
        b"1ns",
        b".5",
        b"0",
    ],
    check,
};

fn check(input: &[u8]) {
    let text = lossy(input);
    let Some(quota) = parsed("quota", &text, str::parse::<Quota>) else { return };

    assert_eq!(quota.to_string().parse(), Ok(quota), "{quota}");
    assert_eq!(format!("{quota:#}").parse(), Ok(quota), "{quota:#}");
    assert_eq!(format!(" {text}\t").parse(), Ok(quota), "spaces around it count");

    // The limit is the first number, the burst the last.
    let mut numbers = text.split(|c: char| !c.is_ascii_digit()).filter(|digits| !digits.is_empty());
    let number = |digits: Option<&str>| digits.and_then(|digits| digits.parse().ok());
    assert_eq!(number(numbers.next()), Some(quota.limit()));
    let burst = if text.contains("burst") { number(numbers.next_back()) } else { None };
    let all_at_once = quota.limit().max(1);
    assert_eq!(burst.unwrap_or(all_at_once), quota.burst_size());
    assert!(quota.burst_size() > 0);

    let year = Duration::from_secs(365 * 86_400);
    assert!((Duration::from_micros(1)..=year).contains(&quota.period()), "{:?}", quota.period());
    assert_eq!(Quota::new(quota.limit(), quota.period()).burst(quota.burst_size()), quota);
}
