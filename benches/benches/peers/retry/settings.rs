//! Retries that make three attempts, without waiting, for all contenders.

use std::future::{Ready, ready};
use std::sync::Arc;
use std::time::Duration;

use palisade::retry::{Backoff, Budget, RetryLayer};
use tower::hedge;
use tower::retry::budget::{Budget as _, TpsBudget};
use tower::retry::{Policy, RetryLayer as TowerRetry};
use tower_resilience::retry::{RetryBudget, RetryBudgetBuilder, RetryLayer as Resilience};

/// Attempts in all.
const ATTEMPTS: u32 = 3;

/// Ours, with its budget.
pub(super) fn ours() -> RetryLayer {
    RetryLayer::new(ATTEMPTS).backoff(Backoff::none())
}

/// Ours without one.
pub(super) fn ours_unlimited() -> RetryLayer {
    ours().budget(Budget::unlimited())
}

/// Policies of tower's are written by its users.
pub(super) fn tower() -> TowerRetry<Attempts> {
    TowerRetry::new(Attempts { left: ATTEMPTS - 1, budget: None })
}

/// The same with its budget: a deposit for each answer, a withdrawal for each further attempt.
pub(super) fn tower_budget() -> TowerRetry<Attempts> {
    TowerRetry::new(Attempts { left: ATTEMPTS - 1, budget: Some(tps()) })
}

/// 20 % of the requests of ten seconds, and ten a second.
pub(super) fn tps() -> Arc<TpsBudget> {
    Arc::new(TpsBudget::new(Duration::from_secs(10), 10, 0.2))
}

/// A policy of so many attempts.
#[derive(Clone)]
pub(super) struct Attempts {
    left: u32,
    budget: Option<Arc<TpsBudget>>,
}

impl<Req: Clone, Res, E> Policy<Req, Res, E> for Attempts {
    type Future = Ready<()>;

    fn retry(&mut self, _: &mut Req, outcome: &mut Result<Res, E>) -> Option<Ready<()>> {
        if outcome.is_ok() {
            if let Some(budget) = &self.budget {
                budget.deposit();
            }
            return None;
        }
        self.left = self.left.checked_sub(1)?;
        let withdrawn = self.budget.as_ref().is_none_or(|budget| budget.withdraw());
        withdrawn.then(|| ready(()))
    }

    fn clone_request(&mut self, request: &Req) -> Option<Req> {
        Some(request.clone())
    }
}

/// tower-resilience's, without a wait worth the name: it sleeps a nanosecond where the others do not.
pub(super) fn resilience<Req, Res, E>() -> Resilience<Req, Res, E>
where
    Req: 'static,
    Res: 'static,
    E: 'static,
{
    let builder = Resilience::builder().max_attempts(ATTEMPTS as usize);
    builder.fixed_backoff(Duration::from_nanos(1)).build()
}

/// The same with its budget, of ten a second.
pub(super) fn resilience_budget<Req, Res, E>() -> Resilience<Req, Res, E>
where
    Req: 'static,
    Res: 'static,
    E: 'static,
{
    let builder = Resilience::builder().max_attempts(ATTEMPTS as usize);
    builder.fixed_backoff(Duration::from_nanos(1)).budget(resilience_tokens()).build()
}

pub(super) fn resilience_tokens() -> Arc<dyn RetryBudget> {
    let bucket = RetryBudgetBuilder::new().token_bucket().tokens_per_second(10.0).max_tokens(100);
    bucket.build().expect("the settings are within bounds")
}

/// All requests may be sent twice.
#[derive(Clone)]
pub(super) struct Twice;

impl<Req: Clone> hedge::Policy<Req> for Twice {
    fn clone_request(&self, request: &Req) -> Option<Req> {
        Some(request.clone())
    }

    fn can_retry(&self, _: &Req) -> bool {
        true
    }
}
