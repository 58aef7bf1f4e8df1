//! What a layer is made of, beside what it could have been made of: the prices that decided the design.

use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use palisade::{CallContext, Clock, Micros, Name};
use palisade_benches::{Bench, Group};
use palisade_core::hot::{Hot, Words};
use palisade_core::telemetry::{Counter, Meter, Schema};

static SCHEMA: Schema = Schema { layer: "ingredient", series: &[] };

#[derive(Clone, Copy)]
struct Three([u64; 3]);

impl Words<3> for Three {
    fn pack(self) -> [u64; 3] {
        self.0
    }

    fn unpack(words: [u64; 3]) -> Self {
        Self(words)
    }
}

pub(crate) fn benches() -> Vec<Bench> {
    let group = Group::new("ingredients")
        .bare(|| each(|| ()))
        .ours("the clock", || {
            let clock = Clock::fast();
            each(move || clock.now())
        })
        .peer("Instant::now", || {
            #[allow(clippy::disallowed_methods)] // It is what is compared with.
            each(std::time::Instant::now)
        })
        .ours("a count in the thread's own cell", || {
            let meter = Meter::new(&SCHEMA, Name::default());
            each(move || meter.add(Counter::own(0)))
        })
        .ours("a ticket opened and closed", || {
            let meter = Meter::new(&SCHEMA, Name::default());
            each(move || meter.enter().close(Counter::own(0)))
        })
        .peer("a shared counter", || {
            let counter = AtomicU64::new(0);
            each(move || counter.fetch_add(1, Ordering::Relaxed))
        })
        .peer("a reference counted up and down", || {
            let shared = Arc::new(0_u64);
            each(move || Arc::clone(black_box(&shared)))
        })
        .ours("three settings that can change", || {
            let hot = Hot::new(Three([1, 2, 3]));
            each(move || black_box(&hot).get().0[2])
        })
        .ours("a deadline in the call context", || {
            each(|| {
                let context = CallContext::current().with_deadline(Micros(black_box(5)));
                context.enter(|| CallContext::current().deadline())
            })
        });
    vec![Bench::Calls(group)]
}

/// The same thing again and again.
fn each<T>(mut thing: impl FnMut() -> T) -> impl FnMut(u64) {
    move |calls| {
        for _ in 0..calls {
            black_box(thing());
        }
    }
}
