//! The room of all calls, and those of keys.

use std::sync::Arc;

use palisade_core::guard::Ref;
use palisade_core::keyed::Keyed;
use palisade_core::pool::Pooled;
use palisade_core::store::Place;
use palisade_core::telemetry::Meter;
use palisade_core::{Clock, Key};

use crate::learning::Algorithm;
use crate::room::{POOL, Room};

/// How many keys have a room of their own unless somebody says otherwise.
pub(crate) const MOST_KEYS: usize = 100_000;

/// What all rooms are made by.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) most_keys: usize,
    /// `None` where the limit is a number.
    pub(crate) algorithm: Option<Algorithm>,
}

#[derive(Debug)]
pub(crate) struct Rooms {
    hall: Hall,
    keyed: Keyed<Room>,
    plan: Plan,
    clock: Clock,
}

/// The room of all calls, or of those without a key.
#[derive(Debug)]
enum Hall {
    /// No references are counted.
    Pooled(Pooled<Room>),
    /// One that learns: it reads the clock twice per call anyway.
    Learning(Arc<Room>),
}

impl Rooms {
    pub(crate) fn new(plan: Plan, limit: u32, meter: &Meter, clock: Clock) -> Self {
        let keyed = Keyed::new(plan.most_keys);
        let hall = match &plan.algorithm {
            None => Hall::Pooled(POOL.take(meter, limit)),
            Some(algorithm) => {
                Hall::Learning(Arc::new(Room::learning("", algorithm.begin(clock.clone()))))
            }
        };
        Self { hall, keyed, plan, clock }
    }

    pub(crate) const fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The room of all calls, or of those without a key.
    #[inline]
    pub(crate) fn hall(&self) -> Ref<Room> {
        match &self.hall {
            Hall::Pooled(room) => Ref::Static(room.get()),
            Hall::Learning(room) => Ref::Shared(Arc::clone(room)),
        }
    }

    /// The room of a key. The limit is asked for under the table's lock, so that who changes it
    /// meanwhile comes to a new room afterwards.
    pub(crate) fn of(&self, key: &Key<'_>, limit: impl FnOnce() -> u32) -> Ref<Room> {
        if key.is_global() {
            return self.hall();
        }
        let now = self.clock.now();
        let room = self.keyed.get(key, now, |place| {
            let mut spelled = String::new();
            if place == Place::Own {
                key.spell(&mut spelled);
            }
            match &self.plan.algorithm {
                None => Room::new(&spelled, limit()),
                Some(algorithm) => Room::learning(&spelled, algorithm.begin(self.clock.clone())),
            }
        });
        room.see(now);
        Ref::Shared(room)
    }

    pub(crate) const fn keyed(&self) -> &Keyed<Room> {
        &self.keyed
    }

    /// Shows the keys' rooms to `look`, that of the overflow among them. It runs under the table's locks:
    /// it must wake nobody.
    pub(crate) fn each_of_keys(&self, mut look: impl FnMut(&Room)) {
        self.keyed.each(|room, _| look(room));
    }

    /// All rooms, to be changed without a lock. Those of keys are held, and so not evicted, meanwhile.
    pub(crate) fn all(&self) -> impl Iterator<Item = Ref<Room>> {
        let mut rooms = vec![self.hall()];
        self.keyed.each(|room, _| rooms.push(Ref::Shared(Arc::clone(room))));
        rooms.into_iter()
    }
}

impl Default for Plan {
    fn default() -> Self {
        Self { most_keys: MOST_KEYS, algorithm: None }
    }
}
