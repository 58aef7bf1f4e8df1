//! A cluster: each command goes to the node that serves its key.
//!
//! Not the library's cluster client: it repeats a command that timed out, or whose connection broke, and a
//! charge is then made twice; without repeats it does not follow a slot that has moved. Here only what a node
//! said it did not execute is sent again.

mod map;
mod nodes;
pub(super) mod slot;

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use redis::{Cmd, Value};
use tokio::task::JoinSet;
use tokio::time::Instant;

use self::map::Map;
use self::nodes::Nodes;
use super::dial::Dial;
use super::fault::{Fault, Refusal, Trouble};
use super::flight::Flight;
use crate::url::Address;

/// How often a command follows a slot: from an old map to the node, and from there in the middle of a move.
const HOPS: usize = 3;

/// The map is asked for at most so often, however many commands show that it is old.
const FRESH: Duration = Duration::from_millis(50);

/// The nodes of a cluster.
pub(super) struct Cluster {
    nodes: Arc<Nodes>,
    map: Flight<Map>,
    asked: Mutex<Option<Instant>>,
}

/// Where a slot went.
enum Redirect {
    /// For good.
    Moved(Address),
    /// It is on its way, and the key may be there already.
    Ask(Address),
}

impl Cluster {
    pub(super) fn new(seeds: Vec<Address>, dial: Arc<Dial>) -> Self {
        let nodes = Arc::new(Nodes::new(seeds, dial));
        Self { nodes, map: Flight::new(), asked: Mutex::new(None) }
    }

    /// Sends a command to the node of its first key.
    pub(super) async fn send(&self, command: &Cmd) -> Result<Value, Fault> {
        let map = self.map().await?;
        let slot = slot::of(command);
        let node = slot.map_or_else(|| map.any(), |slot| map.primary(slot));
        let Some(mut node) = node.map(Arc::clone) else {
            self.renew();
            let slot = slot.unwrap_or_default();
            let message = format_args!("no node of the cluster serves slot {slot}");
            return Err(Fault::NotSent(Trouble::new(message)));
        };
        let mut answer = node.send(command).await;
        for _ in 0..HOPS {
            let Err(Fault::Refused(refusal)) = &answer else { break };
            match redirect(refusal) {
                Some(Redirect::Moved(to)) => {
                    self.renew();
                    node = self.nodes.at(&to);
                    answer = node.send(command).await;
                }
                Some(Redirect::Ask(to)) => {
                    node = self.nodes.at(&to);
                    answer = node.send_asking(command).await;
                }
                None => break,
            }
        }
        self.look_at(answer.as_ref());
        answer
    }

    /// Sends a command to all primaries. It is a success if it is one anywhere: one node that is away must not
    /// keep the others from what they need.
    pub(super) async fn send_to_all(&self, command: &Cmd) -> Result<(), Fault> {
        let mut sent = JoinSet::new();
        for node in self.map().await?.primaries() {
            let command = command.clone();
            sent.spawn(async move { node.send(&command).await });
        }
        let mut failed = Fault::NotSent(Trouble::new("the cluster has no nodes"));
        let mut succeeded = false;
        while let Some(answer) = sent.join_next().await {
            match answer {
                Ok(answer) => {
                    self.look_at(answer.as_ref());
                    match answer {
                        Ok(_) => succeeded = true,
                        Err(fault) => failed = fault,
                    }
                }
                Err(_) => failed = Fault::Unknown(Trouble::new("the runtime has ended")),
            }
        }
        if succeeded { Ok(()) } else { Err(failed) }
    }

    async fn map(&self) -> Result<Arc<Map>, Fault> {
        if let Some(map) = self.map.value() {
            return Ok(map);
        }
        let nodes = &self.nodes;
        self.map.get(|| Arc::clone(nodes).map()).await.map_err(Fault::NotSent)
    }

    /// A node that is gone, hangs or does not serve may have been replaced.
    fn look_at(&self, answer: Result<&Value, &Fault>) {
        match answer {
            Err(Fault::NotSent(_) | Fault::Unknown(_)) => self.renew(),
            Err(Fault::Refused(refusal)) => match &*refusal.code {
                "MOVED" | "CLUSTERDOWN" | "READONLY" | "MASTERDOWN" => self.renew(),
                _ => {}
            },
            Ok(_) => {}
        }
    }

    fn renew(&self) {
        let now = Instant::now();
        {
            let mut asked = self.asked.lock();
            if asked.is_some_and(|asked| now < asked + FRESH) {
                return;
            }
            *asked = Some(now);
        }
        let nodes = &self.nodes;
        self.map.renew(|| Arc::clone(nodes).map());
    }
}

/// Reads `MOVED 3999 127.0.0.1:6381`. A node that does not know a name leaves it out: it is that node's.
fn redirect(refusal: &Refusal) -> Option<Redirect> {
    let mut words = refusal.detail.split_ascii_whitespace();
    let (host, port) = words.nth(1)?.rsplit_once(':')?;
    let port = port.parse().ok()?;
    let host = match host.trim_start_matches('[').trim_end_matches(']') {
        "" | "?" => refusal.by.rsplit_once(':')?.0.trim_start_matches('[').trim_end_matches(']'),
        host => host,
    };
    let to = Address::Tcp(host.to_owned(), port);
    match &*refusal.code {
        "MOVED" => Some(Redirect::Moved(to)),
        "ASK" => Some(Redirect::Ask(to)),
        _ => None,
    }
}
