//! Panics as messages.

use std::{
    cell::{Cell, RefCell},
    panic::{self, AssertUnwindSafe},
    sync::Once,
};

thread_local! {
    static CATCHING: Cell<bool> = const { Cell::new(false) };
    static MESSAGE: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Runs `f`; if it panics, answers where and why, and prints nothing: a failure is looked at
/// hundreds of times while its input is made smaller.
pub(crate) fn caught(f: impl FnOnce()) -> Result<(), String> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let previous = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if CATCHING.get() {
                MESSAGE.set(info.to_string());
            } else {
                previous(info);
            }
        }));
    });

    CATCHING.set(true);
    let outcome = panic::catch_unwind(AssertUnwindSafe(f));
    CATCHING.set(false);
    outcome.map_err(|_| MESSAGE.take())
}

#[cfg(test)]
mod tests {
    use super::caught;

    #[test]
    fn a_panic_becomes_its_place_and_message() {
        let message = caught(|| panic!("seven {}", 7)).unwrap_err();
        assert!(message.contains(file!()) && message.ends_with("seven 7"), "{message}");
        assert_eq!(caught(|| ()), Ok(()));
    }
}
