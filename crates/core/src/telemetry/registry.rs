//! Which rows belong to which layer.
//!
//! A dropped layer's row is used again only when all of its tickets are closed, so that a late
//! ticket never counts for somebody else; until then the layer's counts still show.

use std::collections::BTreeMap;
use std::sync::Weak;

use parking_lot::Mutex;

use super::{COUNTERS, Counter, Schema, cells};
use crate::Name;

/// What a layer knows besides its counters.
pub trait Observe: Send + Sync {
    /// Puts each gauge's name, without [`PREFIX`](super::PREFIX), and its value.
    fn gauges(&self, put: &mut dyn FnMut(&'static str, f64));

    /// Puts each counter that the layer keeps elsewhere than in its [`Meter`](super::Meter).
    fn totals(&self, put: &mut dyn FnMut(&'static str, u64)) {
        let _ = put;
    }
}

/// How many (layer, name) pairs keep the counts of layers that are gone.
const MOST_RETIRED: usize = 1024;

struct Entry {
    schema: &'static Schema,
    name: Name,
    /// What the cells held when the row was handed out.
    base: [u64; COUNTERS],
    observer: Option<Weak<dyn Observe>>,
    life: Life,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Life {
    Live,
    /// The layer is gone; tickets may still be open.
    Leaving,
    Free,
}

type Retired = BTreeMap<(&'static str, &'static str), (&'static Schema, [u64; COUNTERS])>;

struct Registry {
    entries: Vec<Entry>,
    retired: Retired,
}

static REGISTRY: Mutex<Registry> =
    Mutex::new(Registry { entries: Vec::new(), retired: BTreeMap::new() });

pub(super) fn enter(schema: &'static Schema, name: Name) -> u32 {
    let mut registry = REGISTRY.lock();
    registry.retire();
    let free = registry.entries.iter().position(|entry| entry.life == Life::Free);
    let row = free.unwrap_or(registry.entries.len());
    let base = std::array::from_fn(|index| cells::sum(row as u32, index));
    let entry = Entry { schema, name, base, observer: None, life: Life::Live };
    match free {
        Some(row) => registry.entries[row] = entry,
        None => registry.entries.push(entry),
    }
    row as u32
}

pub(super) fn leave(row: u32) {
    let mut registry = REGISTRY.lock();
    registry.entries[row as usize].life = Life::Leaving;
    registry.entries[row as usize].observer = None;
    registry.retire();
}

pub(super) fn rename(row: u32, name: Name) {
    REGISTRY.lock().entries[row as usize].name = name;
}

pub(super) fn observe(row: u32, observer: Weak<dyn Observe>) {
    REGISTRY.lock().entries[row as usize].observer = Some(observer);
}

pub(super) fn count(row: u32, counter: Counter) -> u64 {
    REGISTRY.lock().entries[row as usize].count(row, counter)
}

pub(super) fn in_flight(row: u32) -> u64 {
    REGISTRY.lock().entries[row as usize].in_flight(row)
}

impl Entry {
    fn count(&self, row: u32, counter: Counter) -> u64 {
        cells::sum(row, counter.index()).wrapping_sub(self.base[counter.index()])
    }

    /// Threads are read one after another, so a sum may miss an entry whose leaving it sees.
    fn in_flight(&self, row: u32) -> u64 {
        let left = self.count(row, Counter::LEFT);
        self.count(row, Counter::ENTERED).saturating_sub(left)
    }
}

impl Registry {
    /// Frees the rows of layers that are gone and have no ticket open.
    fn retire(&mut self) {
        for (row, entry) in self.entries.iter_mut().enumerate() {
            let row = row as u32;
            if entry.life != Life::Leaving || entry.in_flight(row) > 0 {
                continue;
            }
            entry.life = Life::Free;
            let key = (entry.schema.layer, entry.name.as_str());
            if self.retired.len() < MOST_RETIRED || self.retired.contains_key(&key) {
                let sums = &mut self.retired.entry(key).or_insert((entry.schema, [0; COUNTERS])).1;
                for (index, sum) in sums.iter_mut().enumerate() {
                    *sum = sum.wrapping_add(entry.count(row, Counter(index as u8)));
                }
            }
        }
    }
}

/// One (layer, name) as it is published.
#[cfg(feature = "metrics")]
pub(super) struct Sums {
    pub(super) schema: &'static Schema,
    pub(super) counters: [u64; COUNTERS],
    pub(super) in_flight: u64,
    pub(super) observers: Vec<std::sync::Arc<dyn Observe>>,
}

/// The sums over all layers of equal kind and name.
#[cfg(feature = "metrics")]
pub(super) fn sums() -> BTreeMap<(&'static str, &'static str), Sums> {
    let mut registry = REGISTRY.lock();
    registry.retire();
    let none =
        |schema| Sums { schema, counters: [0; COUNTERS], in_flight: 0, observers: Vec::new() };
    let mut all = BTreeMap::new();
    for (&key, &(schema, counters)) in &registry.retired {
        all.insert(key, Sums { counters, ..none(schema) });
    }
    for (row, entry) in registry.entries.iter().enumerate() {
        if entry.life == Life::Free {
            continue;
        }
        let row = row as u32;
        let key = (entry.schema.layer, entry.name.as_str());
        let sums = all.entry(key).or_insert_with(|| none(entry.schema));
        for (index, sum) in sums.counters.iter_mut().enumerate() {
            *sum = sum.wrapping_add(entry.count(row, Counter(index as u8)));
        }
        sums.in_flight += entry.in_flight(row);
        sums.observers.extend(entry.observer.as_ref().and_then(Weak::upgrade));
    }
    all
}
