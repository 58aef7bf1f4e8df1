//! What is wrong with a configuration.

use palisade_core::Quota;
use palisade_core::text::{Problem, Problems};

use super::{Algorithm, LimitConfig, RateLimitConfig};
use crate::algorithms::{Anchor, SlidingLog, SlidingWindow};

/// How many limits, and tiers of one, there are at most.
const MOST: usize = 255;

impl RateLimitConfig {
    /// Checks all of it.
    ///
    /// # Errors
    /// Everything that is wrong: settings outside of their range, that contradict each other, or
    /// that the algorithm does not have.
    ///
    /// ```
    /// use palisade_ratelimit::config::RateLimitConfig;
    ///
    /// let config = RateLimitConfig { max_keys: 0, ..RateLimitConfig::default() };
    /// assert_eq!(
    ///     config.validate().unwrap_err().to_string(),
    ///     "limits: 0 limits, must be 1 to 255 limits\nmax_keys: 0, must be 1 or more",
    /// );
    /// ```
    pub fn validate(&self) -> Result<(), Problems> {
        let mut problems = Problems::default();
        problems.check_name("name", &self.name);
        if !(1..=MOST).contains(&self.limits.len()) {
            let value = format_args!("{} limits", self.limits.len());
            problems.push(Problem::new("limits", value, "1 to 255 limits"));
        }
        for (at, limit) in self.limits.iter().enumerate() {
            let mut part = Problems::default();
            limit.check(&mut part);
            let earlier = self.limits.iter().take(at).filter_map(|other| other.name.as_ref());
            if let Some(name) = &limit.name
                && earlier.into_iter().any(|other| other == name)
            {
                part.push(Problem::new(
                    "name",
                    format_args!("{name:?}"),
                    "another name than before",
                ));
            }
            problems.extend_under(&format!("limits[{at}]"), part);
        }
        for (at, path) in self.skip_paths.iter().enumerate() {
            if !path.starts_with('/') {
                let expected = "a path that begins with /";
                problems.push(Problem::new(
                    format!("skip_paths[{at}]"),
                    format_args!("{path:?}"),
                    expected,
                ));
            }
        }
        if self.max_keys == 0 {
            problems.push(Problem::new("max_keys", 0, "1 or more"));
        }
        problems.into_result()
    }
}

impl LimitConfig {
    fn check(&self, problems: &mut Problems) {
        if let Some(text) = &self.name {
            problems.check_name("name", text);
        }
        self.check_quota("quota", self.quota, problems);
        if self.tiers.len() > MOST {
            let value = format_args!("{} tiers", self.tiers.len());
            problems.push(Problem::new("tiers", value, "255 tiers at most"));
        }
        for (tier, quota) in &self.tiers {
            self.check_quota(&format!("tiers.{tier}"), *quota, problems);
        }
        let mut only = |setting, value: Option<String>, algorithm, text| {
            if let Some(value) = value
                && self.algorithm != algorithm
            {
                let expected = format_args!("left out unless the algorithm is {text}");
                problems.push(Problem::new(setting, value, expected));
            }
        };
        let anchor = self.anchor.map(|anchor| match anchor {
            Anchor::Epoch => "epoch".to_owned(),
            Anchor::FirstHit => "first_hit".to_owned(),
        });
        only("anchor", anchor, Algorithm::FixedWindow, "fixed_window");
        let wait =
            self.max_wait.map(|wait| palisade_core::text::duration::display(wait).to_string());
        only("max_wait", wait, Algorithm::Shaper, "shaper");
        let queued = self.max_queued.map(|queued| queued.to_string());
        only("max_queued", queued, Algorithm::Shaper, "shaper");
    }

    /// A quota that the algorithm would round is an error here, where somebody can mend it.
    fn check_quota(&self, path: &str, quota: Quota, problems: &mut Problems) {
        let mut wrong = |expected: &str| {
            problems.push(Problem::new(path, format_args!("\"{quota:#}\""), expected));
        };
        let windowed = matches!(
            self.algorithm,
            Algorithm::FixedWindow | Algorithm::SlidingWindow | Algorithm::SlidingLog
        );
        if windowed && quota.burst_size() != quota.limit().max(1) {
            wrong("without a burst, which a window does not have");
        }
        match self.algorithm {
            Algorithm::SlidingLog if quota.limit() > SlidingLog::MOST => {
                wrong("10000 at most, since a sliding_log keeps each call");
            }
            Algorithm::SlidingWindow if SlidingWindow::new(quota).quota() != quota => {
                wrong("less: limit times period in microseconds is 9007199254740991 at most");
            }
            _ => {}
        }
    }
}
