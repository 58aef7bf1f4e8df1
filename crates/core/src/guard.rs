//! Admissions that end exactly once.
//!
//! What a layer admits it must hear the end of: a permit is to be given back, a probe to be judged.
//! A [`Guard`] is that debt. It is settled by a verdict, and if the future or the body that holds
//! it is dropped instead, it settles itself as [`End::Abandoned`] (or, during a panic, as a
//! failure). Its generation tells the layer whether the state that admitted the call still stands:
//! a late verdict on an older state counts for nothing.

use std::fmt;
use std::sync::Arc;

use crate::Micros;

/// How an admitted call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum End {
    /// The inner service did its work.
    Success,
    /// The inner service failed, or panicked.
    Failure,
    /// Nobody waited for the end: the client went away, a timeout outside cut the call, a hedge
    /// lost. It says nothing about the inner service.
    Abandoned,
}

/// What an admission is known by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Admission {
    /// Which of the layer's states admitted the call.
    pub generation: u64,
    /// When it was admitted.
    pub at: Micros,
}

/// Whoever admits calls and hears how they end.
pub trait Account: Send + Sync {
    /// Takes the end of an admission: called exactly once for each, from whichever thread it
    /// happens on, possibly while that thread unwinds, so it must not panic.
    fn settle(&self, admission: Admission, end: End);
}

/// An admission that is still open.
///
/// ```
/// use std::sync::Arc;
/// use palisade_core::guard::{Account, Admission, End, Guard};
/// use palisade_core::Micros;
/// # use std::sync::atomic::{AtomicUsize, Ordering};
///
/// #[derive(Default)]
/// struct Slots(AtomicUsize);
///
/// impl Account for Slots {
///     fn settle(&self, _: Admission, end: End) {
///         assert_eq!(end, End::Abandoned);
///         self.0.fetch_add(1, Ordering::Relaxed);
///     }
/// }
///
/// let slots = Arc::new(Slots::default());
/// drop(Guard::new(slots.clone(), Admission { generation: 0, at: Micros::ZERO }));
/// assert_eq!(slots.0.load(Ordering::Relaxed), 1);
/// ```
#[must_use = "dropping a guard settles it as abandoned"]
pub struct Guard<A: Account + ?Sized + 'static = dyn Account> {
    account: Option<Arc<A>>,
    admission: Admission,
}

impl<A: Account + ?Sized> Guard<A> {
    /// Opens an admission by `account`.
    pub const fn new(account: Arc<A>, admission: Admission) -> Self {
        Self { account: Some(account), admission }
    }

    /// What the admission is known by.
    #[must_use]
    pub const fn admission(&self) -> Admission {
        self.admission
    }

    /// The inner service did its work.
    pub fn success(self) {
        self.settle(End::Success);
    }

    /// The inner service failed.
    pub fn failure(self) {
        self.settle(End::Failure);
    }

    /// The admission ended so.
    pub fn settle(mut self, end: End) {
        self.settle_once(end);
    }

    fn settle_once(&mut self, end: End) {
        if let Some(account) = self.account.take() {
            account.settle(self.admission, end);
        }
    }
}

impl<A: Account> Guard<A> {
    /// The same admission without the account's type, as a response body holds it.
    pub fn erase(mut self) -> Guard {
        let account = self.account.take().map(|account| account as Arc<dyn Account>);
        Guard { account, admission: self.admission }
    }
}

impl<A: Account + ?Sized> Drop for Guard<A> {
    fn drop(&mut self) {
        let panicking = self.account.is_some() && std::thread::panicking();
        self.settle_once(if panicking { End::Failure } else { End::Abandoned });
    }
}

impl<A: Account + ?Sized> fmt::Debug for Guard<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guard").field("admission", &self.admission).finish_non_exhaustive()
    }
}
