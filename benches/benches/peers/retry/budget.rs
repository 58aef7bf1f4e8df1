//! Budgets without a layer: a deposit for each request, a withdrawal for each further attempt.

use std::sync::Arc;

use palisade::retry::Budget;
use palisade::{Clock, Ratio};
use palisade_benches::contended::tasks;
use palisade_benches::drive::check;
use palisade_benches::{Bench, Group};
use tower::retry::budget::Budget as _;

use super::settings::{resilience_tokens, tps};

pub(crate) fn benches() -> Vec<Bench> {
    [deposit("retry budget, a deposit"), contended(), withdraw()].map(Bench::Calls).into()
}

fn deposit(title: &str) -> Group {
    Group::new(title)
        .bare(|| loops(|| true))
        .ours("palisade", || {
            let budget = Budget::default();
            loops(move || {
                budget.deposit();
                true
            })
        })
        .peer("tower TpsBudget", || {
            let budget = tps();
            loops(move || {
                budget.deposit();
                true
            })
        })
        .peer("tower-resilience token bucket", || {
            let budget = resilience_tokens();
            loops(move || {
                budget.deposit();
                true
            })
        })
}

fn contended() -> Group {
    let group = Group::new("contended, retry budget, a deposit");
    let group = group
        .bare(|| tasks(|| |calls| check(|()| true, || (), calls)))
        .ours("palisade", || {
            let budget = Budget::default();
            tasks(move || {
                let budget = budget.clone();
                move |calls| deposits(|| budget.deposit(), calls)
            })
        })
        .peer("tower TpsBudget", || {
            let budget = tps();
            tasks(move || {
                let budget = Arc::clone(&budget);
                move |calls| deposits(|| budget.deposit(), calls)
            })
        });
    group.threads()
}

/// A withdrawal that there is always something for: it follows deposits that bring as much.
fn withdraw() -> Group {
    Group::new("retry budget, a deposit and a withdrawal")
        .bare(|| loops(|| true))
        .ours("palisade, its clock read", || {
            let (budget, clock) = (Budget::new(Ratio::ONE), Clock::default());
            loops(move || {
                budget.deposit();
                budget.withdraw(clock.now())
            })
        })
        .peer("tower TpsBudget", || {
            let tps =
                tower::retry::budget::TpsBudget::new(std::time::Duration::from_secs(10), 10, 1.0);
            loops(move || {
                tps.deposit();
                tps.withdraw()
            })
        })
}

fn loops(mut each: impl FnMut() -> bool) -> impl FnMut(u64) {
    move |calls| check(|()| each(), || (), calls)
}

fn deposits(mut deposit: impl FnMut(), calls: u64) {
    let made = |()| {
        deposit();
        true
    };
    check(made, || (), calls);
}
