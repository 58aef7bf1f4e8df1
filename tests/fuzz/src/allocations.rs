//! What a piece of code allocates.

use std::panic::{self, AssertUnwindSafe};

use allocation_counter::{AllocationInfo, measure};

/// Runs `f` and says what it allocated on this thread.
pub(crate) fn counted<T>(f: impl FnOnce() -> T) -> (T, AllocationInfo) {
    let mut outcome = None;
    // A panic that went through `measure` would leave its count open.
    let info = measure(|| outcome = Some(panic::catch_unwind(AssertUnwindSafe(f))));
    match outcome.expect("`measure` runs the closure once") {
        Ok(made) => (made, info),
        Err(panic) => panic::resume_unwind(panic),
    }
}

/// Runs `f`, which must not allocate.
pub(crate) fn none<T>(f: impl FnOnce() -> T) -> T {
    let (made, info) = counted(f);
    assert_eq!(info.count_total, 0, "allocations");
    made
}
