//! When the limit of `Gradient2` moves, and where to.

mod support;

use std::time::Duration;

use palisade_bulkhead::adaptive::{Adapt, Gradient2};
use palisade_core::{Micros, Ratio};

use support::{dropped, served};

/// Windows of ten calls, one each 12 ms.
struct Load {
    gradient: Gradient2,
    now: u64,
}

impl Load {
    fn on(gradient: Gradient2) -> Self {
        Self { gradient, now: 1_000_000_000 }
    }

    /// A window in which all calls take `rtt` microseconds.
    fn window(&mut self, rtt: u64, in_flight: u32) -> u32 {
        for _ in 0..10 {
            self.now += 12_000;
            self.gradient.adapt(&served(self.now - rtt, rtt, in_flight));
        }
        self.gradient.limit()
    }

    fn used(&mut self, rtt: u64) -> u32 {
        self.window(rtt, self.gradient.limit())
    }
}

/// Exactly as published: no tolerance, all at once.
fn plain(start: u32) -> Gradient2 {
    Gradient2::new(1, 1_000).start(start).tolerance(Ratio::ZERO).smoothing(Ratio::ONE)
}

#[test]
fn it_grows_by_the_queue_while_latency_is_as_usual() {
    let mut load = Load::on(plain(100));
    assert_eq!(load.used(1_000), 104);
    assert_eq!(load.used(1_000), 108);
    let mut load = Load::on(plain(100).queue_sqrt());
    assert_eq!(load.used(1_000), 110);
    let mut load = Load::on(plain(100).queue(0));
    assert_eq!(load.used(1_000), 100);
}

#[test]
fn smoothing_moves_it_a_part_of_the_way() {
    let mut load = Load::on(plain(100).queue(10).smoothing(Ratio::percent(20)));
    assert_eq!(load.used(1_000), 102);
}

#[test]
fn it_falls_as_latency_rises() {
    let mut load = Load::on(plain(100).queue(0).long_window(u32::MAX));
    for _ in 0..20 {
        load.window(1_000, 0);
    }
    assert_eq!(load.used(1_250), 80);
}

#[test]
fn it_never_falls_by_more_than_half() {
    let mut load = Load::on(plain(100).queue(0).long_window(u32::MAX));
    for _ in 0..20 {
        load.window(1_000, 0);
    }
    assert_eq!(load.used(1_000_000), 50);
}

#[test]
fn what_is_tolerated_does_not_make_it_fall() {
    let tolerant = plain(100).tolerance(Ratio::percent(50)).queue(0).long_window(u32::MAX);
    let mut load = Load::on(tolerant);
    for _ in 0..20 {
        load.window(1_000, 0);
    }
    assert_eq!(load.used(1_499), 100);
    assert_eq!(load.used(3_000), 50);
}

#[test]
fn a_usual_latency_that_lies_too_high_is_soon_forgotten() {
    let mut load = Load::on(plain(100).queue(0).long_window(u32::MAX));
    for _ in 0..10 {
        load.window(100_000, 0);
    }
    // By a tenth in each window: a fifth after some 16, until it is twice the new one.
    for _ in 0..40 {
        load.window(1_000, 0);
    }
    assert_eq!(load.used(4_000), 50, "3 ms are more than usual again");
}

#[test]
fn a_window_with_a_drop_has_a_gradient_of_a_half() {
    let mut load = Load::on(plain(100).queue(0));
    load.gradient.adapt(&dropped(load.now, 1, 100));
    assert_eq!(load.used(1_000), 50);
}

#[test]
fn quick_refusals_do_not_pass_for_fast_answers() {
    let mut load = Load::on(plain(100).queue(0).long_window(u32::MAX));
    for _ in 0..20 {
        load.window(1_000, 0);
    }
    for _ in 0..100 {
        load.gradient.adapt(&dropped(load.now, 1, 0));
    }
    assert_eq!(load.used(1_250), 80, "the mean is that of what was served");
}

#[test]
fn it_moves_though_nothing_is_served() {
    let mut gradient = plain(100).queue(0);
    for n in 0..20 {
        gradient.adapt(&dropped(1_000_000 + n * 20_000, 1_000, 100));
    }
    assert!(gradient.limit() < 100);
}

#[test]
fn calls_without_load_do_not_move_it() {
    let mut load = Load::on(plain(100));
    for n in 0..1_000 {
        load.gradient.adapt(&dropped(load.now, 1, 49));
        assert_eq!(load.window(1_000 + n * 100, 49), 100);
    }
    assert_eq!(load.window(100, 50), 104, "half of it is in use");
}

#[test]
fn a_window_waits_for_ten_calls() {
    let mut gradient = plain(100);
    for n in 0..9 {
        gradient.adapt(&served(n * 1_000_000, 1_000, 100));
        assert_eq!(gradient.limit(), 100);
    }
    gradient.adapt(&served(9_000_000, 1_000, 100));
    assert_eq!(gradient.limit(), 104);
}

#[test]
fn a_window_lasts_as_long_as_it_is_told_to() {
    let mut gradient = plain(100).window(Duration::from_secs(2));
    for n in 0..200 {
        gradient.adapt(&served(n * 10_000, 1_000, 100));
        assert_eq!(gradient.limit(), 100);
    }
    gradient.adapt(&served(2_000_000, 1_000, 100));
    assert_eq!(gradient.limit(), 104);
}

#[test]
fn a_clock_that_is_set_back_does_not_stop_it() {
    let mut load = Load::on(plain(100));
    load.now = 1_000_000_000_000;
    assert_eq!(load.used(1_000), 104);
    load.now = 1_000_000_000;
    load.used(1_000);
    assert_eq!(load.used(1_000), 112);
}

#[test]
fn it_stays_between_its_bounds() {
    let mut load = Load::on(Gradient2::new(5, 30).smoothing(Ratio::ONE).queue(u32::MAX));
    assert_eq!(load.used(1_000), 30);
    let mut load = Load::on(Gradient2::new(5, 30).smoothing(Ratio::ONE).queue(0));
    for _ in 0..50 {
        load.gradient.adapt(&dropped(load.now, 1, 30));
        load.used(1_000);
    }
    assert_eq!(load.gradient.limit(), 5);
}

#[test]
fn a_latency_of_nothing_is_one() {
    let mut load = Load::on(plain(100));
    assert_eq!(load.used(Micros::ZERO.0), 104);
}
