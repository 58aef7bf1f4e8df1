//! A part of what an upstream answers, and what stands before it alone.

use std::time::Duration;

use palisade::bulkhead::config::BulkheadConfig;
use palisade::ratelimit::config::RateLimitConfig;
use palisade::retry::config::RetryConfig;
use palisade::text::duration;
use serde::Deserialize;

/// What the gateway serves of an upstream.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Route {
    /// How metrics and answers call it: 1 to 128 bytes.
    pub name: String,
    /// The paths below this one are proxied, without it: `/steady/a` arrives as `/a`.
    pub prefix: String,
    /// The name of the upstream that answers them.
    pub upstream: String,
    /// How long the upstream may take to begin its answer, the upload included: 1 ms to 1 hour. With
    /// retries each attempt has so long.
    #[serde(default = "default_timeout", with = "duration::serde")]
    pub timeout: Duration,
    /// How long the body of an answer may send nothing, if that is limited: 1 ms to 1 hour.
    #[serde(default, with = "duration::optional")]
    pub idle_timeout: Option<Duration>,
    /// How long all may take, if that is limited: the waits for a place and between attempts, every
    /// attempt, and the answer to its end. Not less than `timeout`, and 1 hour at most.
    #[serde(default, with = "duration::optional")]
    pub total_timeout: Option<Duration>,
    /// Whether requests that fail are sent again. It is called as the route is unless it has a name of
    /// its own.
    pub retry: Option<RetryConfig>,
    /// How many requests it has at once, to the ends of their answers. It is called as the route is
    /// unless it has a name of its own.
    pub bulkhead: Option<BulkheadConfig>,
    /// What callers may ask of this route, inside of the limits of all.
    #[serde(default)]
    pub limits: Vec<RateLimitConfig>,
}

impl Route {
    /// The bulkhead, by the name that metrics and answers call it.
    #[must_use]
    pub fn bulkhead(&self) -> Option<BulkheadConfig> {
        let mut bulkhead = self.bulkhead.clone()?;
        if bulkhead.name == BulkheadConfig::default().name {
            self.name.clone_into(&mut bulkhead.name);
        }
        Some(bulkhead)
    }

    /// The retry, by the name that metrics call it.
    #[must_use]
    pub fn retry(&self) -> Option<RetryConfig> {
        let mut retry = self.retry.clone()?;
        if retry.name == RetryConfig::default().name {
            self.name.clone_into(&mut retry.name);
        }
        Some(retry)
    }

    /// How metrics and answers call the timeout around all of it, if there is one: a total time is one,
    /// and around a retry there must be one for the time that a request says it has, which is not that of
    /// each attempt.
    #[must_use]
    pub fn outer_timeout(&self) -> Option<String> {
        let is_there = self.total_timeout.is_some() || self.retry.is_some();
        is_there.then(|| format!("{}-total", self.name))
    }
}

const fn default_timeout() -> Duration {
    Duration::from_secs(1)
}
