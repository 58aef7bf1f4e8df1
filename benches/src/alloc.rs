//! Heap allocations, counted for the current thread.
//!
//! The counting allocator is always in place, so contenders that allocate would pay for the counting.
//! [`uncounted`] switches it off around everything that is timed: what stays is a look at a
//! thread-local flag, 0.5 ns an allocation here.

use allocation_counter::{AllocationInfo, measure, opt_out};

/// Runs `f` with the counting switched off.
pub fn uncounted(f: impl FnOnce()) {
    opt_out(f);
}

/// Allocations per call of `run`, which is asked for `calls` of them.
pub fn per_call(run: &mut dyn FnMut(u64), calls: u64) -> f64 {
    let AllocationInfo { count_total, .. } = measure(|| run(calls));
    count_total as f64 / calls as f64
}

/// Bytes that `f` allocated and left alive in what it returned.
pub fn live_bytes<T>(f: impl FnOnce() -> T) -> (T, u64) {
    let mut kept = None;
    let AllocationInfo { bytes_current, .. } = measure(|| kept = Some(f()));
    let kept = kept.expect("`measure` runs the closure once");
    (kept, bytes_current.max(0).unsigned_abs())
}

#[cfg(test)]
mod tests {
    use super::{live_bytes, per_call, uncounted};
    use std::hint::black_box;

    fn boxes(calls: u64) {
        for i in 0..calls {
            black_box(Box::new(i));
        }
    }

    #[test]
    fn allocations_are_counted_per_call() {
        assert_eq!(per_call(&mut boxes, 100), 1.0);
        assert_eq!(per_call(&mut |calls| uncounted(|| boxes(calls)), 100), 0.0);
    }

    #[test]
    fn live_bytes_are_those_still_held() {
        let (kept, bytes) = live_bytes(|| {
            boxes(10);
            vec![0_u8; 4096]
        });
        assert_eq!((kept.len(), bytes), (4096, 4096));
    }
}
