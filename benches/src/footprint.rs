//! Memory per key.

use std::any::Any;
use std::fmt;
use std::time::Instant;

use crate::alloc::live_bytes;
use crate::group::Role;
use crate::stats::Stats;
use crate::table::{Cell, Table};

/// Fills a limiter with so many keys, and returns it.
type Fill = Box<dyn Fn(u64) -> Box<dyn Any>>;

/// Contenders whose memory per key is compared.
#[derive(Debug)]
pub struct Footprint {
    pub(crate) title: String,
    keys: u64,
    contenders: Vec<Contender>,
}

struct Contender {
    role: Role,
    name: &'static str,
    fill: Fill,
}

impl Footprint {
    /// Compares the memory of limiters that hold `keys` keys.
    #[must_use]
    pub fn new(title: impl Into<String>, keys: u64) -> Self {
        Self { title: title.into(), keys, contenders: Vec::new() }
    }

    /// Adds a limiter, by a function that returns it with so many keys in it.
    #[must_use]
    pub fn with<T: 'static>(
        mut self,
        role: Role,
        name: &'static str,
        fill: impl Fn(u64) -> T + 'static,
    ) -> Self {
        let fill = Box::new(move |keys| Box::new(fill(keys)) as Box<dyn Any>);
        self.contenders.push(Contender { role, name, fill });
        self
    }

    /// Fills each contender once with a few keys.
    pub(crate) fn smoke(&self) {
        self.contenders.iter().for_each(|contender| drop((contender.fill)(100)));
    }

    /// Measures and prints.
    pub(crate) fn report(&self) {
        // Tables grow by doubling, so one size may be a lucky one: half an octave up and down too.
        let sizes = [self.keys * 6 / 10, self.keys * 8 / 10, self.keys, self.keys * 12 / 10];
        let mut table = Table::new(
            format!("{} ({} keys)", self.title, self.keys),
            &["bytes/key", "least", "most of 0.6–1.2×", "ns/new key"],
        );
        for Contender { role, name, fill } in &self.contenders {
            let filled: Vec<_> = sizes.iter().map(|&keys| fill_with(fill, keys)).collect();
            let bytes: Vec<f64> = filled.iter().map(|(bytes, _)| *bytes).collect();
            let times: Vec<f64> = filled.iter().map(|(_, ns)| *ns).collect();
            let least = Stats::of(&bytes).min;
            let most = bytes.iter().copied().fold(0.0, f64::max);
            table.row(
                *role,
                name,
                [
                    Cell::Tenths(bytes[2]),
                    Cell::Tenths(least),
                    Cell::Tenths(most),
                    Cell::Tenths(Stats::of(&times).median),
                ],
            );
        }
        table.print();
    }
}

/// Bytes and nanoseconds for each of `keys` keys.
#[expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]
fn fill_with(fill: &Fill, keys: u64) -> (f64, f64) {
    let start = Instant::now();
    let (limiter, bytes) = live_bytes(|| fill(keys));
    let took = start.elapsed();
    drop(limiter);
    (bytes as f64 / keys as f64, took.as_secs_f64() * 1e9 / keys as f64)
}

impl fmt::Debug for Contender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Contender").field("role", &self.role).field("name", &self.name).finish()
    }
}
