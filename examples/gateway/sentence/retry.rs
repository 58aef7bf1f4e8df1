//! A retry as a sentence.

use std::fmt;

use palisade::Ratio;
use palisade::retry::config::{BudgetConfig, Course, RetryConfig};
use palisade::text::duration;

use super::switched;

/// How often a retry sends a request, and how many it adds to all.
#[derive(Clone, Copy, Debug)]
pub struct RetrySentence<'p>(pub &'p RetryConfig);

impl fmt::Display for RetrySentence<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(retry) = self;
        write!(f, "{:?} sends up to {} times what fails", retry.name, retry.max_attempts)?;
        let (first, most) =
            (duration::display(retry.initial_backoff), duration::display(retry.max_backoff));
        match retry.backoff {
            Course::None => f.write_str(", at once")?,
            Course::Fixed => write!(f, ", after {first}")?,
            _ => write!(f, ", after {first} to {most}")?,
        }
        if let BudgetConfig::Limited(tokens) = retry.budget {
            let share = tokens.share.unwrap_or(Ratio::percent(20));
            write!(f, ", adding {share} and {} per second", tokens.per_second.unwrap_or(10))?;
        }
        f.write_str(switched(retry.enabled))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use palisade::retry::config::Tokens;

    use super::*;

    #[test]
    fn the_waits_and_the_budget_are_said_where_there_are_any() {
        let says = |retry: &RetryConfig| RetrySentence(retry).to_string();
        let name = "db".to_owned();
        let retry = RetryConfig { name, ..RetryConfig::default() };
        assert_eq!(
            says(&retry),
            r#""db" sends up to 3 times what fails, after 100ms to 5s, adding 20% and 10 per second"#
        );
        let tokens = Tokens { share: Some(Ratio::ZERO), per_second: Some(2), window: None };
        let budget = BudgetConfig::Limited(tokens);
        let retry = RetryConfig { backoff: Course::Fixed, budget, enabled: false, ..retry };
        assert_eq!(
            says(&retry),
            r#""db" sends up to 3 times what fails, after 100ms, adding 0% and 2 per second, and is switched off"#
        );
        let (budget, max_attempts) = (BudgetConfig::Unlimited, 2);
        let initial_backoff = Duration::ZERO;
        let backoff = Course::None;
        let retry =
            RetryConfig { backoff, budget, max_attempts, initial_backoff, enabled: true, ..retry };
        assert_eq!(says(&retry), r#""db" sends up to 2 times what fails, at once"#);
    }
}
