//! All of it, to be read.

use std::fmt;
use std::time::Duration;

use super::caller::Caller;
use super::manner::Manner;
use super::table::Table;
use super::tally::{Tally, percentile};
use super::verdict::{
    BreakerVerdict, BulkheadVerdict, LimitVerdict, RetryVerdict, StoreVerdict, Verdict,
};
use crate::gateway::plan::{Plan, Route};
use crate::gateway::store;

const HEAD: &str = "client|tier|quota|route|offered/s|requests|200|429|503|504|other|p50 ms|p99 ms";

/// Of what the gateway itself has counted, the metrics that are told.
const COUNTS: [&str; 7] = [
    "palisade_breaker_transitions_total{",
    "palisade_rejections_total{",
    "palisade_requests_total{",
    "palisade_retries_total{",
    "palisade_retry_attempts_total{",
    "palisade_store_decisions_total{",
    "palisade_store_resyncs_total{",
];

/// What each client got, what to read from it, and what the gateway itself has counted.
#[derive(Clone, Debug)]
pub struct Report {
    plan: Plan,
    rows: Vec<Row>,
    total: Tally,
    verdicts: Vec<Verdict>,
    counts: Vec<String>,
}

/// One client.
#[derive(Clone, Debug)]
pub struct Row {
    /// Who it is.
    pub caller: Caller,
    /// What it got.
    pub tally: Tally,
}

impl Report {
    /// `metrics` is the page after the last answer.
    #[must_use]
    pub fn new(plan: Plan, rows: Vec<Row>, metrics: &str) -> Self {
        let mut total = Tally::default();
        for row in &rows {
            total.add_all(&row.tally);
        }
        let of_rows = rows.iter().filter_map(|row| row.verdict(metrics));
        let of_store = StoreVerdict::new(&plan, &total).map(Verdict::Store);
        let verdicts = of_rows.chain(of_store).collect();
        Self { plan, rows, total, verdicts, counts: counted(metrics) }
    }

    /// What each client got.
    #[must_use]
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// What all of them got.
    #[must_use]
    pub fn total(&self) -> &Tally {
        &self.total
    }

    /// Whether each layer of which it is known what it had to do has done it.
    #[must_use]
    pub fn held(&self) -> bool {
        self.verdicts.iter().all(Verdict::held)
    }

    fn table(&self) -> Table {
        let mut table = Table::new(4);
        table.push(HEAD.split('|'));
        for Row { caller, tally } in &self.rows {
            let quota = caller.tightest.map(|bound| format!("{:#}", bound.quota));
            let who = [
                caller.name.clone(),
                caller.tier.clone().unwrap_or_else(|| "-".to_owned()),
                quota.unwrap_or_else(|| "-".to_owned()),
                format!("{}/*", caller.prefix),
            ];
            table.push(cells(who, caller.rate(), tally));
        }
        let offered = self.rows.iter().map(|row| row.caller.rate()).sum();
        let all = ["all", "", "", ""].map(str::to_owned);
        table.push(cells(all, offered, &self.total));
        table
    }

    /// How many requests of those who asked for no more than their limits allow were refused, and
    /// of how many.
    fn refused_within(&self) -> (u64, u64) {
        let within = self.rows.iter().filter(|row| !row.caller.exceeds());
        within.fold((0, 0), |(refused, all), Row { tally, .. }| {
            (refused + tally.limited, all + tally.requests())
        })
    }

    fn late(&self, route: &Route) -> u64 {
        let asked = self.rows.iter().filter(|row| row.caller.prefix == route.prefix);
        asked.map(|row| row.tally.late).sum()
    }
}

impl Row {
    /// Whether it got what it had to get, if that is known.
    fn verdict(&self, metrics: &str) -> Option<Verdict> {
        let Self { caller, tally } = self;
        match &caller.manner {
            Manner::WhenDue if !caller.exceeds() => None,
            Manner::WhenDue => {
                LimitVerdict::new(caller.who(), &caller.bounds, tally).map(Verdict::Limit)
            }
            Manner::InTurn(trial) => {
                BreakerVerdict::new(trial, metrics).map(|verdict| Verdict::Breaker(verdict.into()))
            }
            Manner::AtOnce(crowd) => {
                BulkheadVerdict::new(crowd).map(|verdict| Verdict::Bulkhead(verdict.into()))
            }
            Manner::Insistently(insistence) => {
                RetryVerdict::new(insistence).map(|verdict| Verdict::Retry(verdict.into()))
            }
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.table())?;
        for verdict in &self.verdicts {
            writeln!(f, "- {verdict}")?;
        }
        match self.refused_within() {
            (0, all) => writeln!(f, "- nobody else paid for it: of {all} requests none got 429")?,
            (refused, all) => writeln!(f, "- of the others' {all} requests {refused} got 429")?,
        }
        for route in &self.plan.routes {
            let (late, Route { name, timeout, .. }) = (self.late(route), route);
            if late > 0 {
                write!(f, "- {name} hung {late} times: who asked waited {timeout:?}")?;
                let is_tried_again = route.retry.as_ref().is_some_and(|retry| retry.enabled);
                let each = if is_tried_again { " in each attempt" } else { "" };
                writeln!(f, "{each}, then got 504")?;
            }
        }
        if self.total.unanswered > 0 {
            writeln!(f, "- of the other, {} got no answer at all", self.total.unanswered)?;
        }
        writeln!(f, "- a latency is that of an answer of any kind, from when its request was due")?;
        writeln!(
            f,
            "\n/metrics says the same; rejected are 429 by a limit, 503 by a breaker or a bulkhead, 504 by a timeout\n"
        )?;
        self.counts.iter().try_for_each(|line| writeln!(f, "  {line}"))
    }
}

fn cells(who: [String; 4], offered: f64, tally: &Tally) -> impl Iterator<Item = String> {
    let latencies = tally.latencies();
    let other = tally.other + tally.unanswered;
    let (limited, unavailable) = (tally.limited, tally.unavailable());
    let counts = [tally.requests(), tally.served, limited, unavailable, tally.late, other];
    let times = [50, 99]
        .map(|percent| percentile(&latencies, percent).map_or_else(|| "-".to_owned(), in_millis));
    who.into_iter()
        .chain([format!("{offered:.0}")])
        .chain(counts.map(|count| count.to_string()))
        .chain(times)
}

fn in_millis(time: Duration) -> String {
    format!("{:.1}", time.as_secs_f64() * 1e3)
}

/// The lines of a Prometheus page that count what is told and are not 0, sorted. Of the store it is what
/// was decided, and not what its own layers did for that.
fn counted(page: &str) -> Vec<String> {
    let own = format!("name={:?}", store::NAME);
    let is_told = |line: &&str| {
        COUNTS.iter().any(|name| line.starts_with(name))
            && (line.starts_with("palisade_store") || !line.contains(&own))
    };
    let counts = page.lines().filter(is_told);
    let mut counts: Vec<_> =
        counts.filter(|line| !line.ends_with(" 0")).map(str::to_owned).collect();
    counts.sort_unstable();
    counts
}
