//! Moving a slot from one node to another, at once or step by step.

use super::form::id;
use super::{Cluster, slot};
use crate::Server;
use crate::wait::eventually;

/// How many keys are moved by one command.
const KEYS: &str = "100";

impl Cluster {
    /// Moves a slot with all of its keys to `node(to)`, and returns when all nodes know.
    #[track_caller]
    pub fn move_slot(&self, slot: u16, to: usize) {
        self.begin_move(slot, to);
        self.move_keys(slot, to);
        self.finish_move(slot, to);
    }

    /// The first half: from now on the owner sends away who asks for a key that it does not have, with ASK.
    ///
    /// Both keep this state until [`finish_move`](Self::finish_move). [`move_keys`](Self::move_keys), called between the two, leaves
    /// the owner with nothing but ASK to say.
    #[track_caller]
    pub fn begin_move(&self, slot: u16, to: usize) {
        let (from, to) = (self.owning(slot), self.node(to));
        set(to, slot, &["IMPORTING", &id(from)]);
        set(from, slot, &["MIGRATING", &id(to)]);
    }

    /// Moves all keys of a slot whose move has begun.
    #[track_caller]
    pub fn move_keys(&self, slot: u16, to: usize) {
        let (from, to) = (self.owning(slot), self.node(to));
        loop {
            let keys = match from.command(&["CLUSTER", "GETKEYSINSLOT", &slot.to_string(), KEYS]) {
                Ok(keys) => keys,
                Err(error) => panic!("cannot list the keys of slot {slot}: {error}"),
            };
            if keys.array().is_empty() {
                return;
            }
            let port = to.port().to_string();
            let mut command = ["MIGRATE", "127.0.0.1", &port, "", "0", "5000", "KEYS"]
                .map(|word| word.as_bytes().to_vec())
                .to_vec();
            command.extend(keys.array().iter().map(crate::Reply::bytes));
            if let Err(error) = from.command(&command) {
                panic!("cannot move the keys of slot {slot}: {error}");
            }
        }
    }

    /// The second half: `node(to)` owns the slot, and all nodes know. Who asks the old owner is sent on with MOVED.
    ///
    /// The old owner must have no key of the slot left.
    #[track_caller]
    pub fn finish_move(&self, slot: u16, to: usize) {
        let (from, to) = (self.owning(slot), self.node(to));
        // The new owner first: otherwise the slot would be nobody's for a moment.
        for node in [to, from] {
            set(node, slot, &["NODE", &id(to)]);
        }
        for node in self.nodes.iter().filter(|node| node.runs()) {
            let knows = || {
                slot::owners(node).is_some_and(|owners| {
                    owners
                        .iter()
                        .any(|owned| owned.port == to.port() && owned.slots.contains(&slot))
                })
            };
            eventually(knows, "a node to hear of a slot's new owner");
        }
    }

    #[track_caller]
    fn owning(&self, slot: u16) -> &Server {
        match self.owner(slot) {
            Some(index) => self.node(index),
            None => panic!("nobody owns slot {slot}"),
        }
    }
}

#[track_caller]
fn set(node: &Server, slot: u16, state: &[&str]) {
    let slot = slot.to_string();
    let command = [&["CLUSTER", "SETSLOT", &slot], state].concat();
    if let Err(error) = node.command(&command) {
        panic!("the node on port {} refuses {}: {error}", node.port(), command.join(" "));
    }
}
