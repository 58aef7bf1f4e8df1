//! What is wrong with a configuration.

use std::time::Duration;

use palisade_core::text::{Problem, Problems, duration};
use palisade_retry::Factor;

use super::ResilienceConfig;

impl ResilienceConfig {
    /// Checks all of it.
    ///
    /// # Errors
    /// Everything that is wrong: settings outside of their range, or that contradict each other.
    ///
    /// ```
    /// use palisade_resilient_store::config::{ResilienceConfig, RetryConfig};
    ///
    /// let config = ResilienceConfig {
    ///     retry: RetryConfig { max_attempts: 0, backoff_multiplier: -1.0, ..RetryConfig::default() },
    ///     ..ResilienceConfig::default()
    /// };
    /// assert_eq!(
    ///     config.validate().unwrap_err().to_string(),
    ///     "retry.max_attempts: 0, must be 1 to 1073741823\n\
    ///      retry.backoff_multiplier: -1, must be 0 to 42949672.95",
    /// );
    /// ```
    pub fn validate(&self) -> Result<(), Problems> {
        let Self { health_check, circuit_breaker, retry, in_memory } = self;
        let mut problems = Problems::default();
        let mut below_one = |path: &str, value: u64, most: u64| {
            if value == 0 || value > most {
                problems.push(Problem::new(path, value, format_args!("1 to {most}")));
            }
        };
        let counts = [
            ("circuit_breaker.failure_threshold", circuit_breaker.failure_threshold),
            ("circuit_breaker.success_threshold", circuit_breaker.success_threshold),
        ];
        for (path, count) in counts {
            below_one(path, count.into(), u32::MAX.into());
        }
        below_one("retry.max_attempts", retry.max_attempts.into(), MOST_ATTEMPTS);
        below_one("in_memory.max_entries", in_memory.max_entries as u64, u64::MAX);
        let times = [
            ("health_check.check_interval", health_check.check_interval),
            ("health_check.check_timeout", health_check.check_timeout),
            ("circuit_breaker.reset_timeout", circuit_breaker.reset_timeout),
            ("in_memory.cleanup_interval", in_memory.cleanup_interval),
        ];
        for (path, time) in times {
            if time < Duration::from_millis(1) {
                problems.push(Problem::new(path, duration::display(time), "1ms or more"));
            }
        }
        if retry.max_backoff < retry.initial_backoff {
            let least = duration::display(retry.initial_backoff);
            let expected = format_args!("{least} or more, which is initial_backoff");
            let value = duration::display(retry.max_backoff);
            problems.push(Problem::new("retry.max_backoff", value, expected));
        }
        if Factor::try_from(retry.backoff_multiplier).is_err() {
            let (path, value) = ("retry.backoff_multiplier", retry.backoff_multiplier);
            problems.push(Problem::new(path, value, "0 to 42949672.95"));
        }
        problems.into_result()
    }
}

/// Those of a retry.
const MOST_ATTEMPTS: u64 = (1 << 30) - 1;
