//! What a breaker's circuits go by: replaced as a whole when something is set.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use palisade_core::hot::Words;
use palisade_core::switch::Switch;
use palisade_core::{Clock, Micros, Name, Ratio};
use tokio::sync::broadcast;

use crate::recovery::Recovery;
use crate::settings::{Abandoned, Settings, Window};
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
    pub(crate) flags: Flags,
    /// From which time on a call is slow; `Micros::MAX` if no call is.
    pub(crate) slow: Micros,
    /// From which time on an abandoned call has failed; `Micros::MAX` if none has.
    pub(crate) hung: Micros,
}

/// What of that are yes and no, in one word: so that the way of nearly every call loads that alone.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Flags(pub(crate) u64);

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

    /// How loaded the process is; not at all if nobody says so, or who says so panics.
    pub(crate) fn load(&self) -> Ratio {
        let load = |load: &Load| catch_unwind(AssertUnwindSafe(|| load())).unwrap_or_default();
        self.load.as_ref().map_or(Ratio::ZERO, load)
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
        let hung = match settings.abandoned {
            Abandoned::Neutral => Micros::MAX,
            Abandoned::FailsAfter(hung) => hung.into(),
        };
        Terms {
            switch,
            flags: Flags::of(self),
            slow: settings.trip.slow().unwrap_or(Micros::MAX),
            hung,
        }
    }
}

impl fmt::Debug for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plan").field("settings", &self.settings).finish_non_exhaustive()
    }
}

// ===== impl Terms =====

impl Words<3> for Terms {
    #[inline]
    fn pack(self) -> [u64; 3] {
        [u64::from(self.switch.pack()) | self.flags.0, self.slow.0, self.hung.0]
    }

    #[inline]
    fn unpack([word, slow, hung]: [u64; 3]) -> Self {
        let (switch, flags) = (Switch::unpack(word as u32), Flags(word & Flags::ALL));
        Self { switch, flags, slow: Micros(slow), hung: Micros(hung) }
    }
}

// ===== impl Flags =====

impl Flags {
    const TIME: u64 = 1 << 32;
    const RING: u64 = 1 << 33;
    const ROW: u64 = 1 << 34;
    const THROTTLE: u64 = 1 << 35;
    const FAST_CLOCK: u64 = 1 << 36;
    const TIMES_CALLS: u64 = 1 << 37;
    /// Without the switch.
    const ALL: u64 = !(u32::MAX as u64);

    fn of(plan: &Plan) -> Self {
        let settings = &plan.settings;
        let flags = [
            (Self::TIME, settings.is_timed()),
            (Self::RING, matches!(settings.window, Window::Calls(_))),
            (Self::ROW, settings.trip.consecutive.is_some()),
            (Self::THROTTLE, settings.throttle.is_some()),
            (Self::FAST_CLOCK, plan.clock.is_fast()),
            (Self::TIMES_CALLS, settings.trip.slow().is_some()),
        ];
        Self(flags.into_iter().filter(|&(_, is_set)| is_set).fold(0, |all, (flag, _)| all | flag))
    }

    /// Whether the breaker does anything.
    #[inline]
    pub(crate) const fn enabled(self) -> bool {
        Switch::unpack(self.0 as u32).enabled
    }

    /// Whether a window of time is looked at.
    #[inline]
    pub(crate) const fn time(self) -> bool {
        self.0 & Self::TIME != 0
    }

    /// Whether a window of calls is.
    #[inline]
    pub(crate) const fn ring(self) -> bool {
        self.0 & Self::RING != 0
    }

    /// Whether failures in a row are counted.
    #[inline]
    pub(crate) const fn row(self) -> bool {
        self.0 & Self::ROW != 0
    }

    /// Whether calls may be refused while the breaker is closed.
    #[inline]
    pub(crate) const fn throttle(self) -> bool {
        self.0 & Self::THROTTLE != 0
    }

    /// Whether the clock is the usual one.
    #[inline]
    pub(crate) const fn fast_clock(self) -> bool {
        self.0 & Self::FAST_CLOCK != 0
    }

    /// Whether a call's duration is asked for when it succeeds.
    #[inline]
    pub(crate) const fn times_calls(self) -> bool {
        self.0 & Self::TIMES_CALLS != 0
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
