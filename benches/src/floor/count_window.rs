//! The last hundred calls.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;

use super::breaker::Window;

/// Opens when so many of the last so many calls have failed.
///
/// A success can only make things better, so nothing is looked up when a call succeeds; but it may push a
/// failure out, so successes are counted, with one compare-and-swap, as long as there is a failure among
/// the last calls. When there is none, a success changes nothing, and costs a load.
#[derive(Debug)]
pub struct CountWindow {
    calls: u64,
    failures: usize,
    /// How many successes until there are only successes; 0 when it is full of them.
    until_clean: AtomicU64,
    failed: Mutex<Failed>,
}

/// When calls have failed, in calls since the beginning. Successes that change nothing do not count.
#[derive(Debug, Default)]
struct Failed {
    now: u64,
    at: VecDeque<u64>,
}

impl CountWindow {
    /// An empty window of `calls`.
    #[must_use]
    pub fn new(calls: u64, failures: usize) -> Self {
        let failed = Failed { now: 0, at: VecDeque::with_capacity(failures) };
        Self { calls, failures, until_clean: AtomicU64::new(calls), failed: Mutex::new(failed) }
    }
}

impl Window for CountWindow {
    #[inline]
    fn succeeded(&self) {
        let mut left = self.until_clean.load(Ordering::Relaxed);
        while left > 0 {
            let fewer = self.until_clean.compare_exchange_weak(
                left,
                left - 1,
                Ordering::Relaxed,
                Ordering::Relaxed,
            );
            match fewer {
                Ok(_) => return,
                Err(actual) => left = actual,
            }
        }
    }

    fn failed(&self) -> bool {
        let Failed { now, at } = &mut *self.failed.lock();
        let succeeded = self.calls - self.until_clean.swap(self.calls, Ordering::Relaxed);
        *now += succeeded + 1;
        while at.front().is_some_and(|&failed| *now - failed >= self.calls) {
            at.pop_front();
        }
        at.push_back(*now);
        *now >= self.calls && at.len() >= self.failures
    }
}

#[cfg(test)]
mod tests {
    use super::CountWindow;
    use crate::floor::Window;
    use std::collections::VecDeque;

    #[test]
    fn it_agrees_with_a_list_of_the_last_calls() {
        let window = CountWindow::new(10, 5);
        let mut last = VecDeque::from([true; 10]);
        (0..10).for_each(|_| window.succeeded());
        let mut random = 0x9e37_79b9_u64;
        for step in 0..100_000 {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            // Now few fail, now many do.
            let well = (random >> 33) % 100 >= [2, 30, 60][step / 100 % 3];
            last.pop_front();
            last.push_back(well);
            if well {
                window.succeeded();
            } else {
                let failures = last.iter().filter(|&&well| !well).count();
                assert_eq!(window.failed(), failures >= 5, "step {step}, {last:?}");
            }
        }
    }

    #[test]
    fn it_does_not_open_before_it_is_full() {
        let window = CountWindow::new(10, 5);
        assert!((0..9).all(|_| !window.failed()));
        assert!(window.failed());
    }
}
