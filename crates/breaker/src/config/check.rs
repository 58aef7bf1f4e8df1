//! What is wrong with a configuration.

use std::time::Duration;

use palisade_core::text::{Problem, Problems, duration};

use super::BreakerConfig;
use crate::settings::MOST_CALLS;

impl BreakerConfig {
    /// Checks all of it.
    ///
    /// # Errors
    /// Everything that is wrong: settings outside of their range, or that contradict each other.
    ///
    /// ```
    /// use palisade_breaker::config::BreakerConfig;
    ///
    /// let config = BreakerConfig { probes: 0, window_calls: Some(10), ..BreakerConfig::default() };
    /// assert_eq!(
    ///     config.validate().unwrap_err().to_string(),
    ///     "minimum_calls: 20, must be 1 to 10, which the window holds\nprobes: 0, must be 1 or more",
    /// );
    /// ```
    pub fn validate(&self) -> Result<(), Problems> {
        let mut problems = Problems::default();
        problems.check_name("name", &self.name);
        if self.max_keys == 0 {
            problems.push(Problem::new("max_keys", 0, "1 or more"));
        }
        self.check_rules(&mut problems);
        self.check_window(&mut problems);
        self.check_recovery(&mut problems);
        problems.into_result()
    }

    fn check_rules(&self, problems: &mut Problems) {
        if self.slow_rate.is_some() {
            lasts("slow_after", self.slow_after, problems);
        }
        counts("consecutive_failures", self.consecutive_failures, problems);
        if let Some(percent @ 0..100) = self.throttle_percent {
            problems.push(Problem::new("throttle_percent", percent, "100 or more"));
        }
        if let (Some(calls), Some(_)) = (self.window_calls, self.throttle_percent) {
            let expected = "left out, since a throttle looks at a time";
            problems.push(Problem::new("window_calls", calls, expected));
        }
    }

    fn check_window(&self, problems: &mut Problems) {
        if self.window < Duration::from_millis(1) {
            let value = duration::display(self.window);
            problems.push(Problem::new("window", value, "1ms or more"));
        }
        match self.window_calls {
            Some(calls) if !(1..=MOST_CALLS).contains(&calls) => {
                let expected = format_args!("1 to {MOST_CALLS}");
                problems.push(Problem::new("window_calls", calls, expected));
            }
            Some(calls) if !(1..=calls).contains(&self.minimum_calls) => {
                let expected = format_args!("1 to {calls}, which the window holds");
                problems.push(Problem::new("minimum_calls", self.minimum_calls, expected));
            }
            _ => counts("minimum_calls", Some(self.minimum_calls), problems),
        }
    }

    fn check_recovery(&self, problems: &mut Problems) {
        lasts("open_for", self.open_for, problems);
        if self.open_at_most < self.open_for {
            let (value, least) =
                (duration::display(self.open_at_most), duration::display(self.open_for));
            let expected = format_args!("{least} or more, which is open_for");
            problems.push(Problem::new("open_at_most", value, expected));
        }
        counts("probes", Some(self.probes), problems);
        counts("close_after", self.close_after, problems);
        lasts("probe_timeout", self.probe_timeout, problems);
        lasts("half_open_at_most", self.half_open_at_most, problems);
    }
}

fn counts(path: &str, value: Option<u32>, problems: &mut Problems) {
    if value == Some(0) {
        problems.push(Problem::new(path, 0, "1 or more"));
    }
}

fn lasts(path: &str, value: Duration, problems: &mut Problems) {
    if value.is_zero() {
        problems.push(Problem::new(path, "0s", "more than nothing"));
    }
}
