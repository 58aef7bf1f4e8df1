//! What clients are told about their quota in every style, byte by byte.

mod ietf;
mod inner;
mod legacy;
mod list;
mod per_window;
mod styles;

use http::{HeaderMap, HeaderName, HeaderValue};
use palisade_core::algorithm::{Outcome, Retry};
use palisade_core::{Micros, Quota};

use super::{Style, Told};
use crate::options::{Headers, HeadersOn, Reset};

/// The start of 2026, and half a second.
const NOW: Micros = Micros(1_767_225_600_500_000);

fn style(headers: Headers) -> Style {
    Style { headers, ..Style::default() }
}

fn delta(headers: Headers) -> Style {
    Style { reset: Reset::Delta, ..style(headers) }
}

fn millis(millis: u64) -> Micros {
    Micros(millis * 1_000)
}

/// A pass that leaves `remaining`, with all of it back after `reset` milliseconds.
fn passed(name: &str, quota: Quota, remaining: u64, reset: u64) -> Told {
    let outcome = Outcome::passed(1).with_remaining(remaining).with_reset(millis(reset));
    Told { name: name.into(), quota, outcome }
}

/// A refusal that leaves nothing, and is over after `wait` milliseconds.
fn refused(name: &str, quota: Quota, wait: u64, reset: u64) -> Told {
    refused_with(name, quota, Retry::After(millis(wait)), reset)
}

/// A refusal for ever.
fn never(name: &str, quota: Quota, reset: u64) -> Told {
    refused_with(name, quota, Retry::Never, reset)
}

fn refused_with(name: &str, quota: Quota, retry: Retry, reset: u64) -> Told {
    let outcome = Outcome::refused(retry).with_reset(millis(reset));
    Told { name: name.into(), quota, outcome }
}

/// What stands in the map, by name; of one name in the order of the map.
fn lines(headers: &HeaderMap) -> Vec<String> {
    let line = |(name, value): (&HeaderName, &HeaderValue)| {
        (name.to_string(), format!("{name}: {}", value.to_str().unwrap()))
    };
    let mut lines: Vec<_> = headers.iter().map(line).collect();
    lines.sort_by(|(one, _), (other, _)| one.cmp(other));
    lines.into_iter().map(|(_, line)| line).collect()
}

/// What is written into an empty map.
fn said(style: Style, told: &[Told]) -> Vec<String> {
    let mut headers = HeaderMap::new();
    style.write(told, NOW, &mut headers);
    lines(&headers)
}
