//! What a breaker's circuits go by: replaced as a whole when something is set.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use palisade_core::hot::Words;
use palisade_core::switch::Switch;
use palisade_core::{Clock, Micros, Name, Ratio};
use tokio::sync::broadcast;

use crate::evidence::Uses;
use crate::recovery::Recovery;
use crate::settings::{Abandoned, Settings};
use crate::state::Event;

/// Hears of changes.
pub(crate) type Listener = Arc<dyn Fn(&Event) + Send + Sync>;

/// Says how loaded the process is.
pub(crate) type Load = Arc<dyn Fn() -> Ratio + Send + Sync>;

/// What is looked at now and then.
#[derive(Clone)]
pub(crate) struct Plan {
    pub(crate) name: Name,
    pub(crate) clock: Clock,
    pub(crate) settings: Settings,
    pub(crate) recovery: Recovery,
    pub(crate) load: Option<Load>,
    pub(crate) listener: Option<Listener>,
    /// `None` once the layer has ended.
    pub(crate) events: Option<broadcast::Sender<Event>>,
    pub(crate) dice: Arc<Dice>,
}

/// What is looked at by every call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terms {
    pub(crate) switch: Switch,
    pub(crate) uses: Uses,
    /// From which time on a call is slow; `Micros::MAX` if no call is.
    pub(crate) slow: Micros,
    /// From which time on an abandoned call has failed; `Micros::MAX` if none has.
    pub(crate) hung: Micros,
}

/// Random numbers, from a seed if one is given.
#[derive(Debug)]
pub(crate) struct Dice(AtomicU64);

/// How many events a subscriber may lag behind before it misses some.
const BACKLOG: usize = 64;

impl Plan {
    pub(crate) fn new(name: Name, clock: Clock) -> Self {
        let settings = Settings::default();
        Self {
            name,
            clock,
            settings,
            recovery: settings.recovery(),
            load: None,
            listener: None,
            events: Some(broadcast::channel(BACKLOG).0),
            dice: Arc::new(Dice::seeded(fastrand::u64(..))),
        }
    }

    /// The same for a layer of its own.
    pub(crate) fn fork(&self) -> Self {
        Self { events: Some(broadcast::channel(BACKLOG).0), ..self.clone() }
    }

    pub(crate) fn set(&mut self, settings: Settings) {
        self.settings = settings;
        self.recovery = settings.recovery();
    }

    pub(crate) fn load(&self) -> Ratio {
        self.load.as_ref().map_or(Ratio::ZERO, |load| load())
    }

    /// Tells whoever listens. A listener that panics is no reason to unwind: this may be a thread that
    /// already does.
    pub(crate) fn tell(&self, event: &Event) {
        if let Some(listener) = &self.listener {
            let _ = catch_unwind(AssertUnwindSafe(|| listener(event)));
        }
        if let Some(events) = &self.events {
            // An error says that nobody listens.
            let _ = events.send(event.clone());
        }
    }

    /// What every call goes by, for these settings.
    pub(crate) fn terms(&self, switch: Switch) -> Terms {
        let settings = &self.settings;
        let uses = Uses {
            time: settings.is_timed(),
            ring: matches!(settings.window, crate::Window::Calls(_)),
            row: settings.trip.consecutive.is_some(),
            throttle: settings.throttle.is_some(),
            fast_clock: self.clock.is_fast(),
        };
        let hung = match settings.abandoned {
            Abandoned::Neutral => Micros::MAX,
            Abandoned::FailsAfter(hung) => hung.into(),
        };
        Terms { switch, uses, slow: settings.trip.slow().unwrap_or(Micros::MAX), hung }
    }
}

impl fmt::Debug for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plan").field("settings", &self.settings).finish_non_exhaustive()
    }
}

// ===== impl Terms =====

const FLAGS: u32 = 32;

impl Words<3> for Terms {
    #[inline]
    fn pack(self) -> [u64; 3] {
        let Uses { time, ring, row, throttle, fast_clock } = self.uses;
        let flags = u64::from(time) | u64::from(ring) << 1 | u64::from(row) << 2;
        let flags = flags | u64::from(throttle) << 3 | u64::from(fast_clock) << 4;
        [u64::from(self.switch.pack()) | flags << FLAGS, self.slow.0, self.hung.0]
    }

    #[inline]
    fn unpack([switch, slow, hung]: [u64; 3]) -> Self {
        let flag = |bit: u32| switch >> (FLAGS + bit) & 1 == 1;
        let (time, ring, row, throttle, fast_clock) = (flag(0), flag(1), flag(2), flag(3), flag(4));
        let uses = Uses { time, ring, row, throttle, fast_clock };
        let switch = Switch::unpack(switch as u32);
        Self { switch, uses, slow: Micros(slow), hung: Micros(hung) }
    }
}

impl Terms {
    /// Whether a call's duration is asked for when it succeeds.
    #[inline]
    pub(crate) fn times_calls(&self) -> bool {
        self.slow != Micros::MAX
    }
}

// ===== impl Dice =====

impl Dice {
    pub(crate) const fn seeded(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }

    /// A random number; no lock.
    pub(crate) fn roll(&self) -> u32 {
        fastrand::Rng::with_seed(self.0.fetch_add(1, Relaxed)).u32(..)
    }
}
