//! The cluster: who owns what, a slot that moves, a node that is lost.

use palisade_test_server::{Cluster, Reply, eventually};

/// A key of the first node, whatever stands before it.
const KEY: &str = "{bar}:1";

fn get(cluster: &Cluster, node: usize) -> Result<Reply, String> {
    cluster.node(node).command(&["GET", KEY])
}

#[test]
fn each_key_has_one_owner_and_the_others_say_who() {
    let cluster = Cluster::start(3);
    for key in ["a", "b", "c", "d", "{a}b", "x{}{y}"] {
        let slot = Cluster::slot(key);
        let told = cluster.node(0).command(&["CLUSTER", "KEYSLOT", key]).unwrap();
        assert_eq!(told.integer(), i64::from(slot), "{key}");
        let owner = cluster.owner(slot).unwrap();
        cluster.node(owner).command(&["SET", key, "1"]).unwrap();
        let error = cluster.node((owner + 1) % 3).command(&["GET", key]).unwrap_err();
        assert_eq!(error, format!("MOVED {slot} 127.0.0.1:{}", cluster.node(owner).port()));
    }
    let ports: Vec<_> =
        cluster.nodes().iter().map(|node| format!("127.0.0.1:{}", node.port())).collect();
    assert_eq!(cluster.url(), format!("redis+cluster://{}", ports.join(",")));
}

#[test]
fn a_slot_moves_by_halves() {
    let cluster = Cluster::start(3);
    let slot = Cluster::slot(KEY);
    let from = cluster.owner(slot).unwrap();
    let to = (from + 1) % 3;
    let to_address = format!("{slot} 127.0.0.1:{}", cluster.node(to).port());
    for number in 0..250 {
        let key = format!("{{bar}}:{number}");
        cluster.node(from).command(&["SET", &key, "kept"]).unwrap();
    }

    cluster.begin_move(slot, to);
    assert_eq!(get(&cluster, from).unwrap().text(), "kept");
    cluster.move_keys(slot, to);
    assert_eq!(get(&cluster, from).unwrap_err(), format!("ASK {to_address}"));
    let mut asking = cluster.node(to).client().unwrap();
    asking.command(&["ASKING"]).unwrap();
    assert_eq!(asking.command(&["GET", KEY]).unwrap().text(), "kept");
    assert_eq!(cluster.owner(slot), Some(from));

    cluster.finish_move(slot, to);
    assert_eq!(cluster.owner(slot), Some(to));
    assert_eq!(get(&cluster, from).unwrap_err(), format!("MOVED {to_address}"));
    let count = ["CLUSTER", "COUNTKEYSINSLOT", &slot.to_string()];
    assert_eq!(cluster.node(to).command(&count).unwrap().integer(), 250);

    cluster.move_slot(slot, from);
    assert_eq!(get(&cluster, from).unwrap().text(), "kept");
}

#[test]
fn a_cluster_that_lost_a_node_is_whole_again_when_it_returns() {
    let cluster = Cluster::start(3);
    cluster.node(2).kill();
    let down = || {
        get(&cluster, cluster.owner(Cluster::slot(KEY)).unwrap())
            .is_err_and(|error| error.starts_with("CLUSTERDOWN"))
    };
    eventually(down, "the others to miss it");
    cluster.node(2).restart();
    cluster.settle();
    assert!(get(&cluster, cluster.owner(Cluster::slot(KEY)).unwrap()).is_ok());
}

#[test]
fn a_replica_takes_the_place_of_its_primary() {
    let cluster = Cluster::with_replicas(3);
    let slot = Cluster::slot(KEY);
    let owner = cluster.owner(slot).unwrap();
    let mut client = cluster.node(owner).client().unwrap();
    client.command(&["SET", KEY, "kept"]).unwrap();
    assert_eq!(client.command(&["WAIT", "1", "5000"]).unwrap().integer(), 1);
    cluster.node(owner).kill();
    eventually(|| cluster.owner(slot) == Some(owner + 3), "the replica to be promoted");
    cluster.settle();
    assert_eq!(get(&cluster, owner + 3).unwrap().text(), "kept");
    cluster.node(owner + 3).command(&["SET", KEY, "changed"]).unwrap();
}
