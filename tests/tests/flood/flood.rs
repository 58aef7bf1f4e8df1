//! The flood, and the callers that were there before it.

use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use palisade::{Clock, Key, ManualClock, Micros, RateLimiter, ratelimit::Snapshot};

use crate::kinds::{Kind, PERIOD};

/// For how many keys there is room.
pub(crate) const CAP: u64 = 100_000;

/// Callers that have spent what they had.
const SPENT: u64 = 1_000;

/// Time from one key to the next: in two periods, the longest that any of the algorithms remembers a
/// key, half as many come as there is room for.
const STEP: Duration = Duration::from_micros(40);

pub(crate) struct Flood<'k> {
    kind: &'k Kind,
    limiter: RateLimiter,
    manual: ManualClock,
    clock: Clock,
    /// When each of the callers gets its next unit.
    until: Vec<Micros>,
    /// How often they were let through, and refused.
    answers: [u64; 2],
    /// The number of the next key of the flood.
    next: u64,
    text: String,
}

impl<'k> Flood<'k> {
    pub(crate) fn new(kind: &'k Kind) -> Self {
        let manual = ManualClock::new();
        let clock = manual.clock();
        let limiter = (kind.limiter)().max_keys(CAP as usize).clock(manual.clock());
        let (until, text) = (vec![Micros::ZERO; SPENT as usize], String::new());
        let mut flood =
            Self { kind, limiter, manual, clock, until, answers: [0; 2], next: 0, text };
        (0..SPENT).for_each(|caller| flood.ask(caller));
        flood
    }

    /// So slowly that there is always room: each key has a limit of its own.
    pub(crate) fn comes(&mut self, keys: u64) {
        for key in 0..keys {
            self.manual.advance(STEP);
            assert!(self.next_passes(), "new key {key} was refused, although there is room");
            if key % 10 == 0 {
                self.ask(key / 10 % SPENT);
            }
        }
        let Snapshot { keys: known, evictions, overflows, .. } = self.snapshot();
        assert!(known as u64 <= CAP, "{known} keys");
        assert!(evictions >= keys - CAP, "{evictions} of {keys} keys were dropped");
        assert_eq!(overflows, 0);
        assert!(self.answers.iter().all(|&often| often > keys / 100), "{:?}", self.answers);
    }

    /// All in one moment, and more than there is room for: those without a place share one limit.
    pub(crate) fn comes_at_once(&mut self, keys: u64) {
        // So that nobody's time comes.
        (0..SPENT).for_each(|caller| self.ask(caller));
        let mut passed = 0;
        for key in 0..keys {
            passed += u64::from(self.next_passes());
            if key % 10 == 0 {
                self.ask(key / 10 % SPENT);
            }
        }
        let Snapshot { keys: known, overflows, .. } = self.snapshot();
        assert_eq!(known as u64, CAP, "the place of every key whose time is over is taken");
        assert!(overflows >= keys - CAP, "{overflows} of {keys} keys had no place");
        assert_eq!(passed, keys - overflows + 1, "all without a place got one unit together");
    }

    /// When its keys' time is over, everybody passes.
    pub(crate) fn is_over(&mut self) {
        self.manual.advance(2 * PERIOD);
        let [passed, refused] = self.answers;
        (0..SPENT).for_each(|caller| self.ask(caller));
        assert_eq!(self.answers, [passed + SPENT, refused]);
        assert!((0..SPENT).all(|_| self.next_passes()));
    }

    /// A caller asks, and passes if its time has come and not before.
    fn ask(&mut self, caller: u64) {
        let now = self.clock.now();
        let until = &mut self.until[caller as usize];
        let passes = self.limiter.of(u64::MAX - caller).check().is_ok();
        assert_eq!(passes, *until <= now, "caller {caller} at {now:?}, whose time is {until:?}");
        if passes {
            *until = (self.kind.until)(now);
        }
        self.answers[usize::from(!passes)] += 1;
    }

    /// Of ten keys eight are numbers, one an address and one a text.
    fn next_passes(&mut self) -> bool {
        let number = self.next;
        self.next += 1;
        let key = match number % 10 {
            8 if number % 20 == 8 => Key::from(IpAddr::V4(Ipv4Addr::from_bits(number as u32))),
            8 => Key::from(IpAddr::V6(Ipv6Addr::from_bits(u128::from(number) << 64))),
            9 => {
                self.text.clear();
                write!(self.text, "caller-{number}").unwrap();
                Key::from(&*self.text)
            }
            _ => Key::from(number),
        };
        // Not `check_key`: of that, the most is compiled into its caller, here without optimisation.
        self.limiter.of(key).check().is_ok()
    }

    fn snapshot(&self) -> Snapshot {
        self.limiter.handle().snapshot()
    }
}
