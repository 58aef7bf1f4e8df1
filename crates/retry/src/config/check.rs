//! What is wrong with a configuration.

use palisade_core::Ratio;
use palisade_core::text::{Problem, Problems, duration};

use super::{Course, HedgeConfig, RetryConfig};
use crate::backoff::Jitter;
use crate::shared::settings::MOST_ATTEMPTS;

impl RetryConfig {
    /// Checks all of it.
    ///
    /// # Errors
    /// Everything that is wrong: settings outside of their range, or that contradict each other.
    ///
    /// ```
    /// use palisade_retry::config::RetryConfig;
    ///
    /// let config = RetryConfig { max_attempts: 0, statuses: vec![200], ..RetryConfig::default() };
    /// assert_eq!(
    ///     config.validate().unwrap_err().to_string(),
    ///     "max_attempts: 0, must be 1 to 1073741823\nstatuses[0]: 200, must be 400 to 599",
    /// );
    /// ```
    pub fn validate(&self) -> Result<(), Problems> {
        let mut problems = Problems::default();
        problems.check_name("name", &self.name);
        if !(1..=MOST_ATTEMPTS).contains(&self.max_attempts) {
            let expected = format_args!("1 to {MOST_ATTEMPTS}");
            problems.push(Problem::new("max_attempts", self.max_attempts, expected));
        }
        self.check_backoff(&mut problems);
        if self.max_elapsed.is_some_and(|most| most.is_zero()) {
            problems.push(Problem::new("max_elapsed", "0s", "more than nothing"));
        }
        check_statuses(&self.statuses, &mut problems);
        if let Some(name) = &self.attempt_header
            && self.header().is_none()
        {
            let (value, expected) = (format_args!("{name:?}"), "the name of a header");
            problems.push(Problem::new("attempt_header", value, expected));
        }
        self.budget.check(&mut problems);
        problems.into_result()
    }

    fn check_backoff(&self, problems: &mut Problems) {
        if self.backoff != Course::None {
            if self.initial_backoff.is_zero() {
                let expected = "more than nothing, unless backoff is none";
                problems.push(Problem::new("initial_backoff", "0s", expected));
            }
            if self.max_backoff < self.initial_backoff {
                let value = duration::display(self.max_backoff);
                let least = duration::display(self.initial_backoff);
                let expected = format_args!("{least} or more, which is initial_backoff");
                problems.push(Problem::new("max_backoff", value, expected));
            }
        }
        if let (Some(jitter), Some(wanted)) = (self.jitter, self.use_jitter)
            && wanted == (jitter == Jitter::None)
        {
            let expected = format_args!("{} or left out, since jitter is {jitter}", !wanted);
            problems.push(Problem::new("use_jitter", wanted, expected));
        }
    }
}

impl HedgeConfig {
    /// Checks all of it.
    ///
    /// # Errors
    /// Everything that is wrong: settings outside of their range, or that contradict each other.
    ///
    /// ```
    /// use palisade_retry::config::HedgeConfig;
    ///
    /// assert_eq!(
    ///     HedgeConfig::default().validate().unwrap_err().to_string(),
    ///     "after: left out, must be a time, unless there is a percentile",
    /// );
    /// ```
    pub fn validate(&self) -> Result<(), Problems> {
        let mut problems = Problems::default();
        problems.check_name("name", &self.name);
        match (self.after, self.percentile) {
            (None, None) => {
                let expected = "a time, unless there is a percentile";
                problems.push(Problem::new("after", "left out", expected));
            }
            (Some(_), Some(share)) => {
                let expected = "left out, since after says when";
                problems.push(Problem::new("percentile", share, expected));
            }
            (None, Some(share)) if share == Ratio::ZERO || share == Ratio::ONE => {
                let expected = "more than 0% and less than 100%";
                problems.push(Problem::new("percentile", share, expected));
            }
            _ => {}
        }
        check_statuses(&self.statuses, &mut problems);
        self.budget.check(&mut problems);
        problems.into_result()
    }
}

fn check_statuses(statuses: &[u16], problems: &mut Problems) {
    for (at, status) in statuses.iter().enumerate() {
        if !(400..600).contains(status) {
            problems.push(Problem::new(format!("statuses[{at}]"), status, "400 to 599"));
        }
    }
}
