//! The nodes of a cluster, and what they say about it.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;
use redis::cmd;
use tokio::task::JoinSet;

use super::map::{self, Map, Range};
use crate::link::dial::Dial;
use crate::link::fault::{Fault, Trouble};
use crate::link::kept::{Kept, Route, Way};
use crate::url::Address;

/// How many nodes are asked at once: one may hang, and another may have been cut off.
const ASKED: usize = 3;

/// Connections to the nodes that are known.
pub(super) struct Nodes {
    /// The ones that the URL names; they are asked even when nobody else mentions them.
    seeds: Vec<Address>,
    dial: Arc<Dial>,
    known: Mutex<HashMap<Address, Arc<Kept>>>,
}

impl Nodes {
    pub(super) fn new(seeds: Vec<Address>, dial: Arc<Dial>) -> Self {
        Self { seeds, dial, known: Mutex::default() }
    }

    /// The node at `address`.
    pub(super) fn at(&self, address: &Address) -> Arc<Kept> {
        let mut known = self.known.lock();
        if let Some(node) = known.get(address) {
            return Arc::clone(node);
        }
        let route = Route::new(Way::To(address.clone()), Arc::clone(&self.dial));
        let node = Arc::new(Kept::new(route));
        known.insert(address.clone(), Arc::clone(&node));
        node
    }

    /// Asks who serves which slot; the first answer counts.
    pub(super) async fn map(self: Arc<Self>) -> Result<Map, Trouble> {
        let mut candidates = self.candidates();
        fastrand::shuffle(&mut candidates);
        let mut asked = JoinSet::new();
        let mut trouble = Trouble::new("no node of the cluster answered");
        // As many as are asked at once; whenever one has nothing to say, the next.
        loop {
            while asked.len() < ASKED
                && let Some(address) = candidates.pop()
            {
                let node = self.at(&address);
                asked.spawn(async move { ask(&node, &address).await });
            }
            match asked.join_next().await {
                None => return Err(trouble),
                Some(Ok(Ok(ranges))) => return Ok(self.learn(ranges)),
                Some(Ok(Err(error))) => trouble = error,
                Some(Err(_)) => {}
            }
        }
    }

    fn candidates(&self) -> Vec<Address> {
        let mut all: Vec<_> = self.known.lock().keys().cloned().collect();
        for seed in &self.seeds {
            if !all.contains(seed) {
                all.push(seed.clone());
            }
        }
        all
    }

    /// Connections to nodes that serve nothing (any more) are dropped.
    fn learn(&self, ranges: Vec<(u16, u16, Address)>) -> Map {
        let served: Vec<_> = ranges
            .into_iter()
            .map(|(first, last, address)| {
                (address.clone(), Range { first, last, primary: self.at(&address) })
            })
            .collect();
        let is_served = |address: &Address| served.iter().any(|(known, _)| known == address);
        self.known.lock().retain(|address, _| is_served(address));
        Map::new(served.into_iter().map(|(_, range)| range).collect())
    }
}

async fn ask(node: &Kept, at: &Address) -> Result<Vec<(u16, u16, Address)>, Trouble> {
    let answer = match node.send(cmd("CLUSTER").arg("SLOTS")).await {
        Ok(answer) => answer,
        Err(Fault::NotSent(trouble) | Fault::Unknown(trouble)) => return Err(trouble),
        Err(Fault::Refused(refusal)) => return Err(Trouble::new(refusal)),
    };
    match map::read(&answer, at) {
        Some(ranges) if !ranges.is_empty() => Ok(ranges),
        Some(_) => Err(Trouble::new(format_args!("redis at {at} knows of no slots"))),
        None => Err(Trouble::new(format_args!("cannot understand the slots of redis at {at}"))),
    }
}
