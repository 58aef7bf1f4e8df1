//! What the instances of a fleet admit together while their store is away.

use palisade::prelude::*;
use palisade_test_server::{Server, eventually};

use crate::fleet::{Instance, LIMIT, fleet};
use crate::ordeal::{drain, runtime};
use crate::traffic::Traffic;

const INSTANCES: usize = 5;

/// An instance divides what it has heard last was left, and others have taken some of that since.
const STALE: u64 = LIMIT / 20;

#[test]
fn five_instances_without_their_store_admit_what_was_left_of_the_limit() {
    let (runtime, server) = (runtime(), Server::start());
    let instances = fleet("share", &server.url(), INSTANCES, Outage::Share);
    let begin = |one: &Instance| Traffic::through(&runtime, &one.service, 4);
    let traffic: Vec<_> = instances.iter().map(begin).collect();
    for one in &instances {
        let counted = || one.resilient().portion().map_or(0, |portion| portion.instances().get());
        let are_all = || counted() as usize == INSTANCES && one.store.by_store() >= 40;
        eventually(are_all, "the fleet to count itself");
    }
    server.stop();
    for one in &instances {
        eventually(|| one.resilient().is_degraded(), "an outage to be seen");
        eventually(|| one.store.without_store() >= 20, "calls without the store");
    }
    let steady: u64 = traffic.into_iter().map(|one| one.end(&runtime).count("200")).sum();
    let away = steady + drain(&runtime, &instances);
    let around = LIMIT - STALE..=LIMIT + STALE;
    assert!(around.contains(&away), "{away} of {LIMIT} while the store was away");

    server.cont();
    let traffic: Vec<_> = instances.iter().map(begin).collect();
    for one in &instances {
        let before = one.store.by_store();
        eventually(|| one.is_well() && one.store.by_store() >= before + 20, "the store to be back");
    }
    let after: u64 = traffic.into_iter().map(|one| one.end(&runtime).count("200")).sum();
    let all = away + after + drain(&runtime, &instances);
    // Who is back first takes what the others have not told yet.
    assert!(all <= 2 * LIMIT, "{all} of {LIMIT} with what passed when it was back");
}
