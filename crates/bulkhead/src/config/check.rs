//! What is wrong with a configuration.

use palisade_core::text::{Problem, Problems};

use super::BulkheadConfig;

impl BulkheadConfig {
    /// Checks all of it.
    ///
    /// # Errors
    /// Everything that is wrong: settings outside of their range, or that contradict each other.
    ///
    /// ```
    /// use palisade_bulkhead::config::BulkheadConfig;
    ///
    /// let config = BulkheadConfig { max_keys: 0, ..BulkheadConfig::default() };
    /// assert_eq!(
    ///     config.validate().unwrap_err().to_string(),
    ///     "max_concurrent: 0, must be 1 or more\nmax_keys: 0, must be 1 or more",
    /// );
    /// ```
    pub fn validate(&self) -> Result<(), Problems> {
        let mut problems = Problems::default();
        problems.check_name("name", &self.name);
        if self.max_concurrent == 0 {
            problems.push(Problem::new("max_concurrent", 0, "1 or more"));
        }
        if self.max_queued > 0 && self.max_wait.is_zero() {
            let expected = "more than nothing, since calls may queue";
            problems.push(Problem::new("max_wait", "0s", expected));
        }
        if self.max_keys == 0 {
            problems.push(Problem::new("max_keys", 0, "1 or more"));
        }
        problems.into_result()
    }
}
