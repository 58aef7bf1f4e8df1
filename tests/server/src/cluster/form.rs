//! How servers become a cluster.

use super::{Cluster, SLOTS};
use crate::Server;
use crate::wait::eventually;

/// After how long a node is given up, in ms. Shorter, and a busy machine loses nodes that are only late.
const NODE_TIMEOUT: &str = "1000";

impl Cluster {
    #[track_caller]
    pub(super) fn form(primaries: usize, replicas: usize) -> Self {
        let nodes: Vec<_> = (0..primaries + replicas).map(|_| start()).collect();
        let (leaders, followers) = nodes.split_at(primaries);
        if let Err(error) = share(leaders).and_then(|()| introduce(&nodes)) {
            panic!("cannot form a cluster: {error}");
        }
        for (leader, follower) in leaders.iter().zip(followers) {
            let leader = id(leader);
            // Refused as long as the follower has not heard of its leader.
            let follows = || follower.command(&["CLUSTER", "REPLICATE", &leader]).is_ok();
            eventually(follows, "a replica to join its primary");
        }
        // What a client asks first must know of the replicas, too.
        for node in &nodes {
            eventually(|| known(node, " slave ") == replicas, "a node to know all replicas");
        }
        Self { nodes }
    }
}

fn start() -> Server {
    Server::builder()
        .arg("--cluster-enabled", "yes")
        .arg("--cluster-node-timeout", NODE_TIMEOUT)
        // However long a replica was without its primary, it may replace it.
        .arg("--cluster-replica-validity-factor", "0")
        .arg("--cluster-allow-replica-migration", "no")
        .start()
}

/// Gives each an equal share of the slots, and an epoch of its own, so that they need not quarrel for one.
fn share(leaders: &[Server]) -> Result<(), String> {
    let bound = |index: usize| index * usize::from(SLOTS) / leaders.len();
    for (index, node) in leaders.iter().enumerate() {
        let (first, last) = (bound(index).to_string(), (bound(index + 1) - 1).to_string());
        node.command(&["CLUSTER", "ADDSLOTSRANGE", &first, &last])?;
        node.command(&["CLUSTER", "SET-CONFIG-EPOCH", &(index + 1).to_string()])?;
    }
    Ok(())
}

/// Makes the first of them known to all others, which then hear of each other through it.
fn introduce(nodes: &[Server]) -> Result<(), String> {
    if let Some((first, others)) = nodes.split_first() {
        for other in others {
            first.command(&["CLUSTER", "MEET", "127.0.0.1", &other.port().to_string()])?;
        }
    }
    for node in nodes {
        eventually(|| known(node, " connected") == nodes.len(), "a node to know all others");
    }
    Ok(())
}

/// In how many lines of what `node` knows of its cluster `word` stands.
fn known(node: &Server, word: &str) -> usize {
    let Ok(reply) = node.command(&["CLUSTER", "NODES"]) else { return 0 };
    // "myself,slave" is a replica as any other.
    let text = reply.text().replace("myself,", "");
    text.lines().filter(|line| line.contains(word) && !line.contains("handshake")).count()
}

/// A node's name in its cluster.
#[track_caller]
pub(super) fn id(node: &Server) -> String {
    match node.command(&["CLUSTER", "MYID"]) {
        Ok(reply) => reply.text(),
        Err(error) => panic!("the node on port {} has no name: {error}", node.port()),
    }
}
