//! What a bulkhead's layers, services and handles share.

pub(crate) mod counters;
pub(crate) mod entry;
pub(crate) mod settings;

use std::sync::atomic::{AtomicU32, Ordering};

use palisade_core::base::{self, Base};
use palisade_core::guard::Ref;
use palisade_core::hot::Hot;
use palisade_core::key::Missing;
use palisade_core::switch::{Share, Switch};
use palisade_core::telemetry::{Metric, Observe};
use palisade_core::{Clock, Key};

use self::counters::{KEYLESS, LAYER, SCHEMA};
use self::settings::Settings;
use crate::room::Room;
use crate::rooms::{Plan, Rooms};

#[derive(Debug)]
pub(crate) struct Shared {
    base: Base,
    switch: AtomicU32,
    share: Share,
    settings: Hot<Settings, 2>,
    rooms: Rooms,
}

impl Shared {
    pub(crate) fn new(max_concurrent: u32) -> Self {
        let settings = Settings::new(max_concurrent);
        Self::with(Base::new(&SCHEMA), settings, Switch::default(), Plan::default())
    }

    fn with(base: Base, settings: Settings, switch: Switch, plan: Plan) -> Self {
        let clock = base.clock().clone();
        Self {
            rooms: Rooms::new(plan, settings.max_concurrent, base.meter(), clock),
            base,
            switch: AtomicU32::new(switch.pack()),
            share: Share::default(),
            settings: Hot::new(settings),
        }
    }

    #[inline]
    pub(crate) fn switch(&self) -> Switch {
        Switch::unpack(self.switch.load(Ordering::Relaxed))
    }

    pub(crate) fn settings(&self) -> Settings {
        self.settings.get()
    }

    pub(crate) fn set(&self, change: impl FnOnce(Settings) -> Settings) {
        self.settings.update(change);
    }

    /// Makes the rooms by another plan.
    pub(crate) fn plan(&mut self, change: impl FnOnce(&mut Plan)) {
        let mut plan = self.rooms.plan().clone();
        change(&mut plan);
        let (limit, clock) = (self.settings().max_concurrent, self.base.clock().clone());
        self.rooms = Rooms::new(plan, limit, self.base.meter(), clock);
    }

    /// Changes the limit of every gate. Those that find their own keep it.
    pub(crate) fn set_max_concurrent(&self, max_concurrent: u32) {
        self.set(|old| Settings { max_concurrent, ..old });
        // Whoever applied a number that is no longer the setting applies the new one, too: the last
        // number that a gate is given is the setting, however many change it at once.
        loop {
            let limit = self.settings().max_concurrent;
            // Not under the table's locks, since it wakes those who now fit in.
            for room in self.rooms.all().filter(|room| !room.learns()) {
                room.gate.set_limit(limit);
            }
            if self.settings().max_concurrent == limit {
                return;
            }
        }
    }

    /// The room of all calls, or of those without a key.
    #[inline]
    pub(crate) fn room(&self) -> Ref<Room> {
        self.rooms.hall()
    }

    /// The room of a key.
    pub(crate) fn room_of(&self, key: &Key<'_>) -> Ref<Room> {
        self.rooms.of(key, || self.settings().max_concurrent)
    }

    /// Counts a request without a key, and warns of the first unless such requests are meant to pass.
    #[cold]
    pub(crate) fn keyless(&self, by: &'static str, missing: Missing) {
        self.base.meter().add(KEYLESS);
        self.base.warn_keyless(LAYER, by, missing);
    }

    pub(crate) const fn rooms(&self) -> &Rooms {
        &self.rooms
    }

    /// How many units are taken, and how many calls wait, in all rooms together.
    pub(crate) fn load(&self) -> (u64, u64) {
        let (mut in_use, mut waiting) = (0, 0);
        let mut add = |room: &Room| {
            in_use += u64::from(room.gate.in_use());
            waiting += u64::from(room.gate.waiting());
        };
        add(&self.rooms.hall());
        self.rooms.each_of_keys(add);
        (in_use, waiting)
    }
}

impl base::Shared for Shared {
    fn base(&self) -> &Base {
        &self.base
    }

    fn base_mut(&mut self) -> &mut Base {
        &mut self.base
    }

    fn fork(&self) -> Self {
        let base = self.base.fork(&SCHEMA);
        Self::with(base, self.settings(), self.switch(), self.rooms.plan().clone())
    }

    /// The rooms read the time, too.
    fn set_clock(&mut self, clock: Clock) {
        self.base.set_clock(clock);
        self.plan(|_| {});
    }

    fn set_switch(&self, change: impl FnOnce(Switch) -> Switch) {
        let new = change(self.switch()).pack();
        self.switch.store(new, Ordering::Relaxed);
    }
}

impl Observe for Shared {
    fn gauges(&self, put: &mut dyn FnMut(Metric, f64)) {
        let (in_use, waiting) = self.load();
        put("bulkhead_in_use".into(), in_use as f64);
        put("bulkhead_queued".into(), waiting as f64);
    }

    fn settings(&self, put: &mut dyn FnMut(Metric, f64)) {
        put("limit".into(), f64::from(self.room().gate.limit()));
    }
}
