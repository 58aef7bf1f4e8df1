//! Callers who decide one thing after another, for a while.

use std::future::Future;
use std::time::Duration;

use palisade_benches::alloc::{per_call, uncounted};
use palisade_benches::floor::{Ticks, Tsc};
use palisade_benches::keys::Walk;
use tokio::task::{JoinSet, coop};

use crate::sample::{Latencies, Sample};
use crate::site::Site;

/// How a decision ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Passed,
    Refused,
    /// No answer, or not the store's: with it the figures are not worth much.
    Failed,
}

/// Somebody who asks for decisions.
pub(crate) trait Caller: Clone + Send + 'static {
    fn decide(&mut self, key: u64) -> impl Future<Output = Verdict> + Send;
}

/// How much is asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    /// How many callers there are, each of whom waits for one decision at a time.
    pub(crate) callers: u64,
    /// Out of how many keys each takes one at random.
    pub(crate) keys: u64,
    /// How long.
    pub(crate) span: Duration,
    /// Whether all decisions are to let the call pass.
    pub(crate) passes: bool,
}

/// Decisions whose allocations are counted.
const COUNTED: u64 = 1_000;

/// Measures, after a while that is not.
pub(crate) fn sample<C: Caller>(site: &Site, caller: &C, load: Load) -> Sample {
    let mut sample = None;
    uncounted(|| {
        site.block_on(decide(caller, Load { span: load.span / 4, ..load }));
        let before = site.usage();
        let latencies = site.block_on(decide(caller, load));
        sample = Some(Sample::of(latencies, site.usage(), before));
    });
    sample.expect("`uncounted` runs the closure once")
}

/// Heap allocations of a decision, in all that the client does for it.
pub(crate) fn allocations<C: Caller>(site: &Site, caller: &C, load: Load) -> f64 {
    let mut walk = Walk::over(load.keys);
    let mut run = |calls| {
        let mut caller = caller.clone();
        site.block_on(async {
            for _ in 0..calls {
                caller.decide(walk.next_key()).await;
            }
        });
    };
    run(COUNTED);
    per_call(&mut run, COUNTED)
}

/// All callers, until the time is over.
async fn decide<C: Caller>(caller: &C, load: Load) -> Latencies {
    let clock = Tsc::new();
    let start = clock.now();
    let ticks = load.span.as_secs_f64() * clock.per_second() as f64;
    let end = start + ticks as u64;
    let mut callers = JoinSet::new();
    for number in 0..load.callers {
        callers.spawn(decide_until(end, caller.clone(), number, load, clock.clone()));
    }
    let mut all = Latencies::new(&clock);
    while let Some(latencies) = callers.join_next().await {
        all.add(latencies.expect("a contender does not panic"));
    }
    all.over(clock.now() - start)
}

async fn decide_until(
    end: u64,
    mut caller: impl Caller,
    number: u64,
    load: Load,
    clock: Tsc,
) -> Latencies {
    let (mut walk, mut latencies) = (Walk::over(load.keys), Latencies::new(&clock));
    // All walks are the same one: each caller is ahead of the one before it.
    let ahead = number * 617;
    let mut before = clock.now();
    while before < end {
        let verdict = caller.decide((walk.next_key() + ahead) % load.keys).await;
        // What is decided without the store never waits, and others want their turn.
        coop::consume_budget().await;
        let after = clock.now();
        let is_odd = verdict == Verdict::Failed || load.passes && verdict == Verdict::Refused;
        latencies.push(after - before, is_odd);
        before = after;
    }
    latencies
}
