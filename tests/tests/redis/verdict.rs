//! What must hold whatever happens to Redis.

use std::collections::BTreeSet;
use std::time::Duration;

use palisade::store::Source;
use tracing::Level;

use crate::fleet::{Instance, LIMIT};
use crate::noted::DENIED;
use crate::ordeal::{Beyond, Scenario, Shows};
use crate::published::{said, series};
use crate::traffic::Seen;

/// How long a call may wait, and what a scheduler may add to it besides its own lateness.
const BUDGET: Duration = Duration::from_millis(50);
const ALLOWANCE: Duration = Duration::from_millis(100);

/// A store by itself: connecting, or asking sentinels and then connecting, and some answers.
const BARE: Duration = Duration::from_millis(400);

/// What a scenario leaves behind.
pub(crate) struct Report {
    pub(crate) calls: Vec<Seen>,
    pub(crate) bare: Seen,
    /// What was taken of the limit past all instances.
    pub(crate) besides: u64,
    pub(crate) late: Duration,
    /// What was seen before anything happened, of each instance.
    pub(crate) before: Vec<Before>,
}

/// What an instance has seen while it came up: on a busy machine its first calls may be too late.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Before {
    store: Said,
    circuit: Said,
    without_store: u64,
}

/// How often an instance's store was said to be worse off, and better.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Said(usize, usize);

impl<W> Scenario<W> {
    pub(crate) fn judge(&self, instances: &[Instance], report: &Report) {
        for seen in &report.calls {
            let ends: BTreeSet<_> = seen.ends.keys().map(String::as_str).collect();
            assert!(ends.is_subset(&BTreeSet::from(["200", "429"])), "{}: {ends:?}", self.name);
            in_time(seen, report.late);
        }
        self.judge_bare(report);
        let passed = report.calls.iter().map(|seen| seen.count("200")).sum::<u64>();
        // Of a call that was not answered in time nobody knows whether it was charged.
        let unheard: u64 = instances.iter().map(|one| unheard(&one.name)).sum();
        let most = match self.beyond {
            // Two limits more in an outage is all that is promised.
            _ if instances.iter().any(|one| lost(&one.name) > 0) => 3 * LIMIT,
            Beyond::Nothing => LIMIT + unheard,
            Beyond::Little => LIMIT + unheard + LIMIT / 10,
            Beyond::All => 2 * LIMIT,
        };
        let admitted = passed + report.besides;
        // Who misses an answer tells Redis what it knew.
        if self.beyond == Beyond::All && unheard == 0 {
            assert!(admitted >= LIMIT + LIMIT / 2, "{}: it shows what is forgotten", self.name);
        }
        println!("{}: {admitted} of {LIMIT}, {unheard} unheard, late {:?}", self.name, report.late);
        println!("{:?}, {:?}", report.calls, report.bare);
        assert!(admitted <= most, "{}: {admitted} of {most}", self.name);
        for (one, &before) in instances.iter().zip(&report.before) {
            self.judge_instance(one, before, report.is_noisy());
        }
    }

    fn judge_bare(&self, report: &Report) {
        let mut ends: BTreeSet<_> = report.bare.ends.keys().map(String::as_str).collect();
        ends.remove("passed");
        let mut may: BTreeSet<_> = self.fails.iter().copied().collect();
        if report.is_noisy() {
            may.extend(["not sent", "unknown"]);
        }
        assert!(ends.is_subset(&may), "{}: {ends:?}, late {:?}", self.name, report.late);
        if matches!(self.shows, Shows::Outage | Shows::Partly) {
            assert!(!ends.is_empty(), "{}: the bare store saw nothing", self.name);
        }
        let most = BARE + report.late;
        assert!(report.bare.longest[0] <= most, "{}: {:?}", self.name, report.bare);
    }

    /// What is published and said of an instance.
    fn judge_instance(&self, one: &Instance, before: Before, noisy: bool) {
        let name = &one.name;
        let store = series("store", name);
        for source in Source::ALL.map(Source::label).into_iter().chain([DENIED]) {
            let noted = one.store.all().get(source).copied().unwrap_or(0);
            let told = store[&format!("store_decisions_total source={source}")];
            assert_eq!(told, noted as f64, "{name}: {source}");
        }
        assert_eq!(one.handle.snapshot().store_errors, 0, "{name}: the layer had to stand in");
        let errors = |kind| store[&format!("store_errors_total kind={kind}")];
        let failed: f64 = ["not_sent", "unknown", "rejected", "timed_out"].map(errors).iter().sum();
        let breaker = series("breaker", name);
        let moved = |from: &str, to: &str| {
            breaker[&format!("breaker_transitions_total from={from} to={to}")] as usize
        };
        let opened = moved("closed", "open") + moved("half_open", "open");
        let closed = moved("half_open", "closed") + moved("open", "closed");
        let circuit = Said::of("breaker", name);
        assert_eq!(circuit, Said(opened, closed + moved("open", "half_open")), "{name}");
        let all = Said::of("store", name);
        let flips = all.since(before.store);
        let opened = circuit.since(before.circuit).0;
        println!("{name}: {flips:?} {circuit:?} failed {failed} {:?}", one.store.all());
        match self.shows {
            // It may be away in one way and then in another.
            _ if noisy => assert!(all.0 >= all.1, "{name}: {all:?}"),
            Shows::Perhaps => assert_eq!(all.0, all.1, "{name}"),
            Shows::No => {
                assert_eq!((flips, opened), (Said(0, 0), 0), "{name}");
                assert_eq!(one.store.without_store(), before.without_store, "{name}");
            }
            Shows::Partly => assert_eq!((flips, opened > 0), (Said(0, 0), true), "{name}"),
            // A cluster first does not answer, and then answers that it cannot.
            Shows::Outage if self.fails.len() > 2 => {
                assert!((1..=2).contains(&flips.0) && flips.1 == 1, "{name}: {flips:?}");
            }
            Shows::Outage => assert_eq!(flips, Said(1, 1), "{name}"),
        }
        // Else a health check may have been the first to see it.
        if matches!(self.shows, Shows::Outage | Shows::Partly) && !noisy {
            assert!(failed > 0.0, "{name}: {store:?}");
        }
    }
}

impl Report {
    /// Whether the machine was so late that a server which is well may have missed a budget: an answer takes
    /// some threads of several processes, and each may be that late.
    fn is_noisy(&self) -> bool {
        self.late > BUDGET / 20
    }
}

impl Before {
    pub(crate) fn of(one: &Instance) -> Self {
        let [store, circuit] = ["store", "breaker"].map(|layer| Said::of(layer, &one.name));
        Self { store, circuit, without_store: one.store.without_store() }
    }
}

impl Said {
    fn since(self, before: Self) -> Self {
        Self(self.0 - before.0, self.1 - before.1)
    }

    fn of(layer: &str, name: &str) -> Self {
        Self(said(Level::WARN, layer, name).len(), said(Level::INFO, layer, name).len())
    }
}

/// How many decisions of this store were not answered, or not in time.
fn unheard(name: &str) -> u64 {
    let store = series("store", name);
    let kinds = ["unknown", "timed_out"];
    kinds.map(|kind| store[&format!("store_errors_total kind={kind}")] as u64).iter().sum()
}

/// How often it is not known whether the store was told of what was decided without it.
fn lost(name: &str) -> u64 {
    series("store", name)["store_resyncs_total outcome=unknown"] as u64
}

/// No call has waited for more than its budget, on a machine that was so late itself: when
/// the call was to begin to wait, and when it was to end.
#[track_caller]
pub(crate) fn in_time(seen: &Seen, late: Duration) {
    let most = BUDGET + ALLOWANCE + 2 * late;
    assert!(seen.longest[0] <= most, "{seen:?}, and the machine was {late:?} late");
}
