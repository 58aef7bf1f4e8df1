//! A breaker as a sentence.

use std::fmt;

use palisade::breaker::config::BreakerConfig;
use palisade::key::By;
use palisade::text::duration;

use super::switched;

/// When a breaker opens, and for how long.
#[derive(Clone, Copy, Debug)]
pub struct BreakerSentence<'p>(pub &'p BreakerConfig);

impl fmt::Display for BreakerSentence<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(breaker) = self;
        write!(f, "{:?} ", breaker.name)?;
        let rules = rules(breaker);
        if !rules.is_empty() {
            let (least, most) = (breaker.open_for, breaker.open_at_most);
            write!(f, "opens {}, for {}", rules.join(", or "), duration::display(least))?;
            if most > least {
                write!(f, " to {}", duration::display(most))?;
            }
        }
        if let Some(percent) = breaker.throttle_percent {
            f.write_str(if rules.is_empty() { "" } else { ", and " })?;
            write!(f, "lets {percent} through for 100 that are accepted")?;
        }
        if breaker.by != By::default() {
            write!(f, ", by {}", breaker.by)?;
        }
        f.write_str(switched(breaker.enabled))
    }
}

/// What opens it.
fn rules(breaker: &BreakerConfig) -> Vec<String> {
    let BreakerConfig { failure_rate, slow_rate, consecutive_failures, raised_by, .. } = breaker;
    let span = match breaker.window_calls {
        Some(calls) => format!("the last {calls}"),
        None => {
            format!("{} or more in {}", breaker.minimum_calls, duration::display(breaker.window))
        }
    };
    let mut rules = Vec::new();
    rules
        .extend(consecutive_failures.map(|failures| format!("after {failures} failures in a row")));
    rules.extend(failure_rate.map(|rate| format!("from {rate} failures of {span} on")));
    rules.extend(slow_rate.map(|rate| {
        let slow = duration::display(breaker.slow_after);
        format!("from {rate} of {span} on that took {slow}")
    }));
    rules.extend(raised_by.map(|rise| format!("when {rise} more of {span} fail than usually do")));
    if rules.is_empty() && breaker.throttle_percent.is_none() {
        rules.push(format!("from 50% failures of {span} on"));
    }
    rules
}

#[cfg(test)]
mod tests {
    use palisade::Ratio;

    use super::*;

    #[test]
    fn each_rule_is_a_clause_and_without_one_half_must_fail() {
        let name = || "db".to_owned();
        for (breaker, says) in [
            (
                BreakerConfig::default(),
                "opens from 50% failures of 20 or more in 10s on, for 5s to 60s",
            ),
            (
                BreakerConfig {
                    slow_rate: Some(Ratio::percent(80)),
                    consecutive_failures: Some(3),
                    window_calls: Some(30),
                    open_at_most: BreakerConfig::default().open_for,
                    by: "host".parse().unwrap(),
                    enabled: false,
                    ..BreakerConfig::default()
                },
                "opens after 3 failures in a row, or from 80% of the last 30 on that took 1s, for 5s, \
                 by host, and is switched off",
            ),
            (
                BreakerConfig { throttle_percent: Some(150), ..BreakerConfig::default() },
                "lets 150 through for 100 that are accepted",
            ),
        ] {
            let breaker = BreakerConfig { name: name(), ..breaker };
            assert_eq!(BreakerSentence(&breaker).to_string(), format!("\"db\" {says}"));
        }
    }
}
