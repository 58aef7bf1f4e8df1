//! What is wrong with a plan.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::time::Duration;

use axum::http::uri::Authority;
use palisade::ratelimit::config::RateLimitConfig;
use palisade::text::{Problem, Problems, duration};

use super::text::expected_upstream;
use super::{Plan, Route, Upstream};
use crate::gateway::{app, demo};

const TIMEOUT: RangeInclusive<Duration> = Duration::from_millis(1)..=Duration::from_secs(3_600);
const GRACE: RangeInclusive<Duration> = Duration::ZERO..=Duration::from_secs(600);
const NAME_BYTES: RangeInclusive<usize> = 1..=128;

impl Plan {
    /// Checks all of it, the limits included.
    ///
    /// # Errors
    ///
    /// Everything that is wrong, each with its path, its value and what would be right.
    pub fn validate(&self) -> Result<(), Problems> {
        let mut problems = Problems::default();
        within("grace", self.grace, &GRACE, &mut problems);
        if let Some(redis) = &self.redis {
            redis.check(&mut problems);
        }
        self.check_accounts(&mut problems);
        let mut names = BTreeSet::new();
        check_limits(&self.limits, &mut names, &mut problems);
        self.check_upstreams(&mut problems);
        self.check_routes(&mut names, &mut problems);
        problems.into_result()
    }

    fn check_routes<'p>(&'p self, limits: &mut BTreeSet<&'p str>, problems: &mut Problems) {
        if self.routes.is_empty() {
            problems.push(Problem::new("routes", "0 routes", "1 or more"));
        }
        let (mut bulkheads, mut retries) = (BTreeSet::new(), BTreeSet::new());
        for (at, route) in self.routes.iter().enumerate() {
            let (mut part, earlier) = (Problems::default(), &self.routes[..at]);
            route.check(&mut part);
            self.check_upstream_of(route, &mut part);
            let has_name = |other: &Route| {
                let (own, others) = (route.outer_timeout(), other.outer_timeout());
                other.name == route.name
                    || own.as_ref() == Some(&other.name)
                    || others.as_ref() == Some(&route.name)
            };
            let is_taken = !route.name.is_empty() && earlier.iter().any(has_name);
            if is_taken {
                part.push(taken("name", &route.name));
            }
            if is_prefix(&route.prefix) && earlier.iter().any(|other| other.prefix == route.prefix)
            {
                part.push(taken("prefix", &route.prefix));
            }
            if let Some(bulkhead) = route.bulkhead()
                && !bulkheads.insert(bulkhead.name.clone())
                && !is_taken
            {
                part.push(taken("bulkhead.name", &bulkhead.name));
            }
            if let Some(retry) = route.retry()
                && !retries.insert(retry.name.clone())
                && !is_taken
            {
                part.push(taken("retry.name", &retry.name));
            }
            check_limits(&route.limits, limits, &mut part);
            problems.extend_under(&format!("routes[{at}]"), part);
        }
    }

    fn check_upstream_of(&self, route: &Route, problems: &mut Problems) {
        if !self.upstreams.contains_key(&route.upstream) {
            let known: Vec<_> = self.upstreams.keys().map(String::as_str).collect();
            let known = if known.is_empty() { "there are none" } else { &known.join(", ") };
            let expected = format_args!("the name of an upstream: {known}");
            problems.push(Problem::new("upstream", format_args!("{:?}", route.upstream), expected));
        }
    }

    fn check_upstreams(&self, problems: &mut Problems) {
        let mut names = BTreeSet::new();
        for (name, upstream) in &self.upstreams {
            let mut part = Problems::default();
            upstream.check(name, &mut part);
            if let Some(breaker) = upstream.breaker(name)
                && !names.insert(breaker.name.clone())
            {
                part.push(taken("breaker.name", &breaker.name));
            }
            problems.extend_under(&format!("upstreams.{name}"), part);
        }
    }

    fn check_accounts(&self, problems: &mut Problems) {
        let limits = self.limits.iter().chain(self.routes.iter().flat_map(|route| &route.limits));
        let limits = limits.flat_map(|layer| &layer.limits);
        let tiers: BTreeSet<_> = limits.flat_map(|limit| limit.tiers.keys()).collect();
        for (key, tier) in &self.accounts {
            let path = format!("accounts.{key}");
            if key.is_empty() || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
                let expected = "visible ASCII characters, as a header's value has them";
                problems.push(Problem::new(&path, format_args!("API key {key:?}"), expected));
            }
            if !tiers.contains(tier) {
                let known: Vec<_> = tiers.iter().map(|tier| tier.as_str()).collect();
                let known = if known.is_empty() { "there are none" } else { &known.join(", ") };
                let expected = format_args!("a tier of a limit: {known}");
                problems.push(Problem::new(&path, format_args!("{tier:?}"), expected));
            }
        }
    }
}

impl Upstream {
    /// What is wrong with the upstream of this name.
    fn check(&self, name: &str, problems: &mut Problems) {
        check_name("", name, problems);
        if !is_address(&self.address) {
            let value = format_args!("{:?}", self.address.as_str());
            problems.push(Problem::new("address", value, expected_upstream()));
        }
        if let Some(breaker) = &self.breaker {
            problems.extend_under("breaker", breaker.validate().err().unwrap_or_default());
        }
    }
}

impl Route {
    fn check(&self, problems: &mut Problems) {
        check_name("name", &self.name, problems);
        if !is_prefix(&self.prefix) {
            let expected = "/ and a path of letters, digits and -._~ without a / at its end";
            problems.push(Problem::new("prefix", format_args!("{:?}", self.prefix), expected));
        } else if app::OWN_PATHS.contains(&self.prefix.as_str()) {
            let expected = "another one: that path is the gateway's own";
            problems.push(Problem::new("prefix", format_args!("{:?}", self.prefix), expected));
        }
        within("timeout", self.timeout, &TIMEOUT, problems);
        if let Some(idle) = self.idle_timeout {
            within("idle_timeout", idle, &TIMEOUT, problems);
        }
        if let Some(total) = self.total_timeout {
            // One that is out of its range is a problem already.
            let least =
                if TIMEOUT.contains(&self.timeout) { self.timeout } else { *TIMEOUT.start() };
            within("total_timeout", total, &(least..=*TIMEOUT.end()), problems);
        }
        if let Some(retry) = &self.retry {
            problems.extend_under("retry", retry.validate().err().unwrap_or_default());
        }
        if let Some(bulkhead) = &self.bulkhead {
            problems.extend_under("bulkhead", bulkhead.validate().err().unwrap_or_default());
        }
    }
}

/// Limits that stand beside each other or inside of another: metrics and headers tell them apart by
/// their names.
fn check_limits<'p>(
    limits: &'p [RateLimitConfig],
    names: &mut BTreeSet<&'p str>,
    problems: &mut Problems,
) {
    for (at, limit) in limits.iter().enumerate() {
        let mut part = limit.validate().err().unwrap_or_default();
        if !limit.name.is_empty() && !names.insert(&limit.name) {
            part.push(taken("name", &limit.name));
        }
        let own =
            limit.limits.iter().enumerate().filter_map(|(at, limit)| {
                limit.by.as_ref().map(|by| (format!("limits[{at}].by"), by))
            });
        for (path, by) in [("by".to_owned(), &limit.by)].into_iter().chain(own) {
            if by.to_string().split(" and ").any(|key| key.trim() == "route") {
                let expected = "another key: each route has limits of its own";
                part.push(Problem::new(path, format_args!("\"{by}\""), expected));
            }
        }
        problems.extend_under(&format!("limits[{at}]"), part);
    }
}

fn check_name(path: &str, name: &str, problems: &mut Problems) {
    if !NAME_BYTES.contains(&name.len()) {
        let short: String = name.chars().take(16).collect();
        let value = format_args!("{short:?} of {} bytes", name.len());
        problems.push(Problem::new(path, value, "1 to 128 bytes"));
    }
}

fn taken(path: &str, value: &str) -> Problem {
    let setting = path.rsplit('.').next().unwrap_or(path);
    Problem::new(path, format_args!("{value:?}"), format_args!("another {setting} than before"))
}

fn within(path: &str, value: Duration, range: &RangeInclusive<Duration>, problems: &mut Problems) {
    if !range.contains(&value) {
        let (least, most) = (duration::display(*range.start()), duration::display(*range.end()));
        let expected = format_args!("{least} to {most}");
        problems.push(Problem::new(path, duration::display(value), expected));
    }
}

/// Whether the router takes it for a path, and not for a pattern.
fn is_prefix(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let is_segment = |segment: &str| !segment.is_empty() && segment.bytes().all(is_plain);
    text.strip_prefix('/').is_some_and(|path| path.split('/').all(is_segment))
}

fn is_address(upstream: &Authority) -> bool {
    let is_there = upstream.port_u16().is_some_and(|port| port > 0) && !upstream.host().is_empty();
    demo::UPSTREAMS.contains(&upstream.as_str()) || (is_there && !upstream.as_str().contains('@'))
}
