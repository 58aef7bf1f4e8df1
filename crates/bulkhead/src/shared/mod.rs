//! What a bulkhead's layers, services and handles share.

pub(crate) mod counters;
pub(crate) mod entry;
pub(crate) mod settings;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use palisade_core::base::{self, Base};
use palisade_core::guard::Ref;
use palisade_core::hot::Hot;
use palisade_core::key::Key;
use palisade_core::keyed::Keyed;
use palisade_core::pool::Pooled;
use palisade_core::switch::{Share, Switch};
use palisade_core::telemetry::{self, Metric, Observe};

use self::counters::{KEYLESS, LAYER, SCHEMA};
use self::settings::{MOST_KEYS, Settings};
use crate::room::{POOL, Room};

#[derive(Debug)]
pub(crate) struct Shared {
    base: Base,
    switch: AtomicU32,
    share: Share,
    settings: Hot<Settings, 2>,
    /// The room of all calls, or of those without a key.
    room: Pooled<Room>,
    keyed: Keyed<Room>,
    most_keys: usize,
    warned: AtomicBool,
}

impl Shared {
    pub(crate) fn new(max_concurrent: u32) -> Self {
        let settings = Settings::new(max_concurrent);
        Self::with(Base::new(&SCHEMA), settings, Switch::default(), MOST_KEYS)
    }

    fn with(base: Base, settings: Settings, switch: Switch, most_keys: usize) -> Self {
        Self {
            room: POOL.take(base.meter(), settings.max_concurrent),
            base,
            switch: AtomicU32::new(switch.pack()),
            share: Share::default(),
            settings: Hot::new(settings),
            keyed: Keyed::new(most_keys),
            most_keys,
            warned: AtomicBool::new(false),
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

    pub(crate) fn set_most_keys(&mut self, most: usize) {
        self.most_keys = most;
        self.keyed = Keyed::new(most);
    }

    /// Changes the limit of every gate.
    pub(crate) fn set_max_concurrent(&self, max_concurrent: u32) {
        self.set(|old| Settings { max_concurrent, ..old });
        // Whoever applied a number that is no longer the setting applies the new one, too: the last
        // number that a gate is given is the setting, however many change it at once.
        loop {
            let limit = self.settings().max_concurrent;
            // Not under the table's locks, since it wakes those who now fit in.
            for room in self.rooms() {
                room.gate.set_limit(limit);
            }
            if self.settings().max_concurrent == limit {
                return;
            }
        }
    }

    /// The room of all calls, or of those without a key.
    #[inline]
    pub(crate) const fn room(&self) -> Ref<Room> {
        Ref::Static(self.room.get())
    }

    /// The room of a key.
    pub(crate) fn room_of(&self, key: &Key<'_>) -> Ref<Room> {
        if key.is_global() {
            return self.room();
        }
        let now = self.base.clock().now();
        // Made under the table's lock: who changes the limit meanwhile comes to it afterwards.
        let room = self.keyed.get(key, now, |place| {
            let limit = self.settings().max_concurrent;
            match place {
                palisade_core::store::Place::Own => Room::of(key, limit),
                palisade_core::store::Place::Overflow => Room::shared(limit),
            }
        });
        room.see(now);
        Ref::Shared(room)
    }

    /// A request has no key.
    pub(crate) fn keyless(&self, message: &str) {
        self.base.meter().add(KEYLESS);
        if !self.warned.swap(true, Ordering::Relaxed) {
            telemetry::warn(LAYER, self.base.name(), message);
        }
    }

    pub(crate) const fn keyed(&self) -> &Keyed<Room> {
        &self.keyed
    }

    /// The keys' rooms, that of the overflow among them.
    pub(crate) fn rooms_of_keys(&self) -> Vec<Arc<Room>> {
        let mut rooms = Vec::new();
        self.keyed.each(|room, _| rooms.push(Arc::clone(room)));
        rooms
    }

    fn rooms(&self) -> impl Iterator<Item = Ref<Room>> {
        let keyed = self.rooms_of_keys().into_iter().map(Ref::Shared);
        std::iter::once(self.room()).chain(keyed)
    }

    /// How many units are taken, and how many calls wait, in all rooms together.
    pub(crate) fn load(&self) -> (u64, u64) {
        self.rooms().fold((0, 0), |(in_use, waiting), room| {
            (in_use + u64::from(room.gate.in_use()), waiting + u64::from(room.gate.waiting()))
        })
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
        Self::with(base, self.settings(), self.switch(), self.most_keys)
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
        put("limit".into(), f64::from(self.settings.get().max_concurrent));
    }
}
