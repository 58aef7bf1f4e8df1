//! Which node serves which slot.

use std::sync::Arc;

use redis::Value;

use crate::link::flight::Usable;
use crate::link::kept::Kept;
use crate::url::Address;

/// Which node serves which slot, as one node of the cluster knew it.
pub(super) struct Map {
    /// By their last slot, ascending.
    ranges: Vec<Range>,
}

/// A range of slots, both ends included.
pub(super) struct Range {
    pub(super) first: u16,
    pub(super) last: u16,
    pub(super) primary: Arc<Kept>,
}

impl Map {
    pub(super) fn new(mut ranges: Vec<Range>) -> Self {
        ranges.sort_by_key(|range| range.last);
        Self { ranges }
    }

    /// The node that serves `slot`.
    pub(super) fn primary(&self, slot: u16) -> Option<&Arc<Kept>> {
        let at = self.ranges.partition_point(|range| range.last < slot);
        self.ranges.get(at).filter(|range| range.first <= slot).map(|range| &range.primary)
    }

    /// Any node.
    pub(super) fn any(&self) -> Option<&Arc<Kept>> {
        self.ranges.get(fastrand::usize(..self.ranges.len().max(1))).map(|range| &range.primary)
    }

    /// Each node once.
    pub(super) fn primaries(&self) -> Vec<Arc<Kept>> {
        let mut all: Vec<Arc<Kept>> = Vec::new();
        for Range { primary, .. } in &self.ranges {
            if !all.iter().any(|known| Arc::ptr_eq(known, primary)) {
                all.push(Arc::clone(primary));
            }
        }
        all
    }
}

impl Usable for Map {
    /// A wrong map is better than none: nodes correct it.
    fn is_usable(&self) -> bool {
        true
    }
}

/// Reads the answer to CLUSTER SLOTS: first and last slots, and their primaries. A node that does not know
/// its own name leaves it out: it is `asked`.
pub(super) fn read(answer: &Value, asked: &Address) -> Option<Vec<(u16, u16, Address)>> {
    let ranges = array(answer)?.iter().map(|range| {
        let [first, last, primary, ..] = array(range)? else { return None };
        let [host, port, ..] = array(primary)? else { return None };
        let host = match (host, asked) {
            (Value::BulkString(host), _) if !host.is_empty() && host != b"?" => {
                String::from_utf8(host.clone()).ok()?
            }
            (_, Address::Tcp(host, _)) => host.clone(),
            (_, Address::Unix(_)) => return None,
        };
        Some((number(first)?, number(last)?, Address::Tcp(host, number(port)?)))
    });
    ranges.collect()
}

fn array(value: &Value) -> Option<&[Value]> {
    if let Value::Array(items) = value { Some(items) } else { None }
}

fn number(value: &Value) -> Option<u16> {
    if let Value::Int(number) = value { u16::try_from(*number).ok() } else { None }
}
