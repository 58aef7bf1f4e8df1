//! What happens within a cluster, and among sentinels.

use palisade_test_server::{Cluster, Sentinel};

use crate::fleet::KEY;
use crate::ordeal::{Beyond, Redis, Scenario, Shows};

impl Redis for Cluster {
    fn address(&self) -> String {
        self.url()
    }
}

impl Redis for Sentinel {
    fn address(&self) -> String {
        self.url()
    }
}

/// Three nodes, of which each serves its slots whatever becomes of the others.
fn three() -> Cluster {
    let cluster = Cluster::start(3);
    for node in cluster.nodes() {
        node.command(&["CONFIG", "SET", "cluster-require-full-coverage", "no"]).unwrap();
    }
    cluster
}

/// The same, with the list of the instances on another node than what all calls ask for.
fn apart() -> Cluster {
    let cluster = three();
    let list = Cluster::slot("palisade:instances");
    cluster.move_slot(list, (owner(&cluster) + 1) % 3);
    cluster
}

/// The slot of what all calls ask for.
fn slot() -> u16 {
    Cluster::slot(KEY)
}

fn owner(cluster: &Cluster) -> usize {
    cluster.owner(slot()).unwrap()
}

#[test]
fn a_slot_that_moves() {
    Scenario {
        name: "moving",
        start: three,
        harm: Some(|cluster: &Cluster| cluster.move_slot(slot(), (owner(cluster) + 1) % 3)),
        heal: |_| {},
        shows: Shows::No,
        fails: &[],
        beyond: Beyond::Nothing,
    }
    .run();
}

fn kill(cluster: &Cluster) {
    cluster.node(owner(cluster)).kill();
}

fn restart(cluster: &Cluster) {
    for node in cluster.nodes().iter().filter(|node| !node.runs()) {
        node.restart();
    }
}

#[test]
fn a_node_that_dies_and_comes_back() {
    Scenario {
        name: "node",
        start: three,
        harm: Some(kill),
        heal: restart,
        shows: Shows::Outage,
        fails: &["not sent", "unknown", "rejected"],
        beyond: Beyond::Little,
    }
    .run();
}

#[test]
fn a_node_that_dies_and_is_not_asked_by_health_checks() {
    Scenario {
        name: "node_apart",
        start: apart,
        harm: Some(kill),
        heal: restart,
        shows: Shows::Partly,
        fails: &["not sent", "unknown", "rejected"],
        beyond: Beyond::Little,
    }
    .run();
}

#[test]
fn a_primary_that_dies_among_sentinels() {
    Scenario {
        name: "fail_over",
        start: Sentinel::start,
        harm: Some(|sentinel: &Sentinel| sentinel.primary().kill()),
        heal: |_| {},
        shows: Shows::Outage,
        fails: &["not sent", "unknown", "rejected"],
        beyond: Beyond::Little,
    }
    .run();
}
