//! What is wrong with a configuration.

use palisade_core::text::{Problem, Problems, duration};

use super::TimeoutConfig;

impl TimeoutConfig {
    /// Checks all of it.
    ///
    /// # Errors
    /// Everything that is wrong: settings outside of their range, or that contradict each other.
    ///
    /// ```
    /// use std::time::Duration;
    /// use palisade_timeout::config::TimeoutConfig;
    ///
    /// let config = TimeoutConfig { idle: Some(Duration::ZERO), ..TimeoutConfig::default() };
    /// assert_eq!(
    ///     config.validate().unwrap_err().to_string(),
    ///     "head: 0s, must be more than nothing\nidle: 0s, must be more than nothing",
    /// );
    /// ```
    pub fn validate(&self) -> Result<(), Problems> {
        let mut problems = Problems::default();
        problems.check_name("name", &self.name);
        let times = [("head", Some(self.head)), ("idle", self.idle), ("total", self.total)];
        for (path, time) in times {
            if time.is_some_and(|time| time.is_zero()) {
                problems.push(Problem::new(path, "0s", "more than nothing"));
            }
        }
        // One that is nothing is a problem already.
        if let Some(total) = self.total.filter(|total| !total.is_zero() && *total < self.head) {
            let head = duration::display(self.head);
            let expected = format_args!("{head} (the time for the head) or more");
            problems.push(Problem::new("total", duration::display(total), expected));
        }
        problems.into_result()
    }
}
