//! What is done in every scenario.

use std::time::Duration;

use palisade::algorithm::Op;
use palisade::prelude::*;
use palisade_test_server::{Proxy, Server, eventually};
use tokio::runtime::{Builder, Runtime};
use tower::ServiceExt;

use crate::fleet::{Instance, LIMIT, fleet, redis, request};
use crate::lateness::Lateness;
use crate::published::{log, series};
use crate::traffic::Traffic;
use crate::verdict::{Before, Report};

/// How many calls an instance makes before anything happens, while it does, and after it.
const CALLS: u64 = 30;

/// Something that has the address of a Redis.
pub(crate) trait Redis {
    fn address(&self) -> String;
}

impl Redis for Server {
    fn address(&self) -> String {
        self.url()
    }
}

/// One that is reached over a link, or one that has a copy.
impl Redis for (Server, Proxy) {
    fn address(&self) -> String {
        self.1.url()
    }
}

/// What happens to a Redis, and how it shows.
pub(crate) struct Scenario<W> {
    pub(crate) name: &'static str,
    pub(crate) start: fn() -> W,
    /// `None`: it is away from the start.
    pub(crate) harm: Option<fn(&W)>,
    pub(crate) heal: fn(&W),
    pub(crate) shows: Shows,
    /// How a store with nothing around it may fail.
    pub(crate) fails: &'static [&'static str],
    /// How many limits more may pass.
    pub(crate) beyond: Beyond,
}

/// Whether an outage is seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shows {
    /// Never.
    No,
    /// It may be over too soon for that.
    Perhaps,
    /// By all instances.
    Outage,
    /// By all, but for their health checks.
    Partly,
}

/// What may pass besides the limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Beyond {
    /// Nothing, but calls of which it is not known what Redis did with them.
    Nothing,
    /// What Redis forgets of what nobody has heard of yet.
    Little,
    /// What was taken: Redis forgets it, and nobody sees that.
    All,
}

impl<W: Redis> Scenario<W> {
    pub(crate) fn run(&self) {
        log();
        let runtime = runtime();
        let world = (self.start)();
        let instances = fleet(self.name, &world.address(), 2, Outage::Share);
        let lateness = Lateness::begin();
        let traffic: Vec<_> =
            instances.iter().map(|one| Traffic::through(&runtime, &one.service, 6)).collect();
        let bare = Traffic::bare(&runtime, &redis(&world.address()), 2);

        if self.harm.is_some() {
            self.wait(&instances, "the fleet to count itself", |one| {
                let counted = one.resilient().portion().map(|portion| portion.instances().get());
                counted == Some(2) && one.store.by_store() >= CALLS && one.is_well()
            });
        }
        let patient = redis(&world.address()).response_timeout(Duration::from_secs(5));
        let (mut taken, mut before) = (0, vec![Before::default(); instances.len()]);
        if let Some(harm) = self.harm {
            // Much, so that it shows if it is forgotten.
            taken = LIMIT / 2;
            instances[0].aside(&runtime, &patient, Op::Charge, taken);
            self.decide(&instances);
            before = instances.iter().map(Before::of).collect();
            harm(&world);
        }
        let total =
            || bare.seen().total() + traffic.iter().map(|one| one.seen().total()).sum::<u64>();
        match self.shows {
            Shows::Outage | Shows::Partly => {
                self.wait(&instances, "an outage to be seen", |one| {
                    one.resilient().is_degraded()
                        && one.resilient().health_checker().is_healthy()
                            == (self.shows == Shows::Partly)
                        && one.store.without_store() >= CALLS
                        && series("store", &one.name)["store_degraded"] == 1.0
                });
            }
            Shows::No | Shows::Perhaps => {
                let enough = total() + 5 * CALLS;
                eventually(|| total() >= enough, "more calls");
            }
        }
        (self.heal)(&world);
        self.decide(&instances);
        let good = bare.seen().count("passed");
        eventually(|| bare.seen().count("passed") >= good + CALLS, "the bare store to be back");
        let report = Report {
            calls: traffic.into_iter().map(|traffic| traffic.end(&runtime)).collect(),
            bare: bare.end(&runtime),
            besides: taken + instances[0].aside(&runtime, &patient, Op::Take, LIMIT),
            late: lateness.end(),
            before,
        };
        self.judge(&instances, &report);
    }

    /// Returns when the store decides for all instances, and has done so for a while.
    fn decide(&self, instances: &[Instance]) {
        let decided: Vec<_> = instances.iter().map(|one| one.store.by_store()).collect();
        for (one, decided) in instances.iter().zip(decided) {
            let is_back = || {
                let store = series("store", &one.name);
                one.is_well()
                    && one.store.by_store() >= decided + CALLS
                    && (store["store_degraded"], store["store_healthy"]) == (0.0, 1.0)
            };
            eventually(is_back, &format!("the store of {} to decide in {:?}", one.name, self.name));
        }
    }

    fn wait(&self, instances: &[Instance], what: &str, holds: impl Fn(&Instance) -> bool) {
        for one in instances {
            eventually(|| holds(one), &format!("{what}: {} in {:?}", one.name, self.name));
        }
    }
}

/// Takes what is left of the limit, and says how much that was.
pub(crate) fn drain(runtime: &Runtime, instances: &[Instance]) -> u64 {
    let mut drained = 0;
    for units in [200, 20, 1] {
        for one in instances.iter().cycle() {
            let call = one.service.clone().oneshot(request(units));
            match runtime.block_on(call).unwrap() {
                200 => drained += units,
                429 => break,
                other => panic!("{}: {other}", one.name),
            }
        }
    }
    drained
}

/// One thread is enough, and what blocks it shows.
pub(crate) fn runtime() -> Runtime {
    Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}
