//! Several servers that share the slots.

mod form;
mod slot;
mod transfer;

use crate::Server;
use crate::server::value;
use crate::wait::eventually;

/// How many slots there are.
pub(crate) const SLOTS: u16 = 16_384;

/// A Redis Cluster: its primaries, each with an equal share of the slots, and perhaps a replica for each.
///
/// Takes 2 to 3 seconds to start: for the first two a node refuses to be a primary. A node that is lost is
/// given up after a second; its replica, if it has one, takes its place within two or three more.
#[derive(Debug)]
pub struct Cluster {
    nodes: Vec<Server>,
}

impl Cluster {
    /// Starts a cluster of that many primaries, and returns when all of them call it whole.
    ///
    /// Without replicas it answers nothing while a node is lost, unless `cluster-require-full-coverage` is
    /// switched off by `CONFIG SET` in each.
    #[must_use]
    #[track_caller]
    pub fn start(primaries: usize) -> Self {
        let cluster = Self::form(primaries, 0);
        cluster.settle();
        cluster
    }

    /// Starts a cluster in which each primary has a replica: that of `node(i)` is `node(primaries + i)`.
    #[must_use]
    #[track_caller]
    pub fn with_replicas(primaries: usize) -> Self {
        let cluster = Self::form(primaries, primaries);
        cluster.settle();
        cluster
    }

    /// All nodes: the primaries first, as they were at the start.
    #[must_use]
    pub fn nodes(&self) -> &[Server] {
        &self.nodes
    }

    /// A node by its place in [`nodes`](Self::nodes).
    #[must_use]
    #[track_caller]
    pub fn node(&self, index: usize) -> &Server {
        match self.nodes.get(index) {
            Some(node) => node,
            None => panic!("no node {index}: there are {}", self.nodes.len()),
        }
    }

    /// `redis+cluster://127.0.0.1:PORT,127.0.0.1:PORT,...` with all nodes.
    #[must_use]
    pub fn url(&self) -> String {
        let nodes = self.nodes.iter().map(|node| format!("127.0.0.1:{}", node.port()));
        format!("redis+cluster://{}", nodes.collect::<Vec<_>>().join(","))
    }

    /// The slot of a key, from 0 to 16 383: of what is between its first braces, if it has some.
    #[must_use]
    pub fn slot(key: impl AsRef<[u8]>) -> u16 {
        slot::of(key.as_ref())
    }

    /// Which node owns a slot, in the eyes of the first one that answers. None if nobody does.
    #[must_use]
    pub fn owner(&self, slot: u16) -> Option<usize> {
        let seen = self.nodes.iter().filter(|node| node.runs()).find_map(slot::owners)?;
        let port = seen.into_iter().find(|owned| owned.slots.contains(&slot))?.port;
        self.nodes.iter().position(|node| node.port() == port)
    }

    /// Returns when all nodes that run call the cluster whole, and all their replicas follow.
    ///
    /// A node that has been killed or restarted is still part of a whole cluster before the others miss it.
    #[track_caller]
    pub fn settle(&self) {
        for node in self.nodes.iter().filter(|node| node.runs()) {
            eventually(|| whole(node), "a node to call its cluster whole");
            let follows = || role(node).as_deref() != Some("slave") || node.in_sync();
            eventually(follows, "a node to follow its primary");
        }
    }
}

fn role(node: &Server) -> Option<String> {
    node.info("replication", "role")
}

fn whole(node: &Server) -> bool {
    let Ok(reply) = node.command(&["CLUSTER", "INFO"]) else { return false };
    let info = reply.text();
    value(&info, "cluster_state").as_deref() == Some("ok")
        && value(&info, "cluster_slots_ok") == Some(SLOTS.to_string())
}
