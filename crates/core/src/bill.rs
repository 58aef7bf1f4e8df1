//! Where the cost of a call goes that is known only at its end.

use std::cell::RefCell;
use std::fmt;
use std::sync::Arc;

/// Takes costs that become known while a call is under way, or after it.
pub trait Billed: Send + Sync {
    /// Takes `units` more than were taken when the call was admitted, whether they are there or not.
    fn charge(&self, units: u64);

    /// Gives `units` back.
    fn refund(&self, units: u64);
}

/// The current call's bill: what a handler puts a cost on that it learns only while it works, such as
/// the tokens that a model has used.
///
/// Limits that are told to keep one (`.chargeable(true)`) open it with each call. Whatever runs
/// inside finds it with [`Bill::current`]; several limits around each other all take what is
/// charged. A spawned task does not inherit it: move a clone into the task, or use
/// [`CallContext::scope`](crate::CallContext::scope). It may be charged long after the call has
/// ended, so a response body can hold one.
///
/// ```
/// use palisade_core::Bill;
///
/// # async fn generate() -> u64 { 3 }
/// async fn handler() -> String {
///     let tokens = generate().await;
///     if let Some(bill) = Bill::current() {
///         bill.charge(tokens);
///     }
///     format!("{tokens} tokens")
/// }
/// ```
///
/// # Cost
///
/// An allocation per call of a limit that keeps bills, nothing for others. Finding the bill takes a
/// reference.
#[derive(Clone)]
pub struct Bill(Arc<Link<dyn Billed>>);

struct Link<B: ?Sized> {
    /// The bill of the next limit outside.
    outer: Option<Bill>,
    billed: B,
}

thread_local! {
    static CURRENT: RefCell<Option<Bill>> = const { RefCell::new(None) };
}

impl Bill {
    /// A bill that `billed` takes, and whoever takes the current one.
    #[must_use]
    pub fn new(billed: impl Billed + 'static) -> Self {
        Self(Arc::new(Link { outer: Self::current(), billed }))
    }

    /// The bill of the call that this thread is working on, if anybody keeps one.
    #[must_use]
    pub fn current() -> Option<Self> {
        // A thread that is ending has none.
        CURRENT.try_with(|current| current.borrow().clone()).ok().flatten()
    }

    /// Takes `units` more than were taken when the call was admitted, whether they are there or not.
    pub fn charge(&self, units: u64) {
        self.each(|billed| billed.charge(units));
    }

    /// Gives `units` back.
    pub fn refund(&self, units: u64) {
        self.each(|billed| billed.refund(units));
    }

    fn each(&self, settle: impl Fn(&dyn Billed)) {
        let mut link = Some(self);
        while let Some(Self(bill)) = link {
            settle(&bill.billed);
            link = bill.outer.as_ref();
        }
    }

    /// Runs `f` with this as the current bill.
    pub fn enter<T>(&self, f: impl FnOnce() -> T) -> T {
        let swap = |bill| CURRENT.try_with(|current| current.replace(bill)).ok().flatten();
        let _restore = Restore(swap(Some(self.clone())));
        f()
    }
}

/// Leaves the scope, also when what runs in it panics.
struct Restore(Option<Bill>);

impl Drop for Restore {
    fn drop(&mut self) {
        let outer = self.0.take();
        // The inner bill is dropped after the borrow has ended: it may be the last reference.
        let _inner = CURRENT.try_with(|current| current.replace(outer));
    }
}

impl fmt::Debug for Bill {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bill").finish_non_exhaustive()
    }
}
