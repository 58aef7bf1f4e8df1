//! Budgets as data.

use std::time::Duration;

use palisade_core::Ratio;
use palisade_core::text::{Problem, Problems, duration};

use crate::budget::Budget;

/// A [`Budget`] as data: the text `"unlimited"`, or a table with the numbers of one.
///
/// Each layer that is made of it has a budget of its own. To share one, give it to the layers in code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BudgetConfig {
    /// As many further attempts as anybody asks for.
    Unlimited,
    /// A share of requests, and some for each second.
    Limited(Tokens),
}

/// What a budget has, where it differs from that which the layer has unless it is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(::serde::Serialize, ::serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields, default))]
pub struct Tokens {
    /// How many further attempts for each request: 20 % for a retry, 5 % for a hedge if left out.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub share: Option<Ratio>,
    /// How many for each second besides: 10 for a retry, 1 for a hedge if left out.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub per_second: Option<u32>,
    /// How long they last: 10 µs at least; 10 s if left out.
    #[cfg_attr(
        feature = "serde",
        serde(with = "palisade_core::text::duration::optional"),
        serde(skip_serializing_if = "Option::is_none")
    )]
    pub window: Option<Duration>,
}

/// Of shorter windows the tenths would last no time at all.
const LEAST_WINDOW: Duration = Duration::from_micros(10);

impl BudgetConfig {
    /// The budget, where it is not that of `usual`: share and tokens a second.
    pub(super) fn build(self, (share, per_second): (Ratio, u32)) -> Option<Budget> {
        match self {
            Self::Unlimited => Some(Budget::unlimited()),
            Self::Limited(tokens) if tokens == Tokens::default() => None,
            Self::Limited(tokens) => {
                let budget = Budget::new(tokens.share.unwrap_or(share))
                    .per_second(tokens.per_second.unwrap_or(per_second));
                Some(match tokens.window {
                    Some(window) => budget.window(window),
                    None => budget,
                })
            }
        }
    }

    pub(super) fn check(self, problems: &mut Problems) {
        if let Self::Limited(Tokens { window: Some(window), .. }) = self
            && window < LEAST_WINDOW
        {
            let value = duration::display(window);
            problems.push(Problem::new("budget.window", value, "10us or more"));
        }
    }
}

impl Default for BudgetConfig {
    /// That which the layer has unless it is told.
    fn default() -> Self {
        Self::Limited(Tokens::default())
    }
}
