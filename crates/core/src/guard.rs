//! Admissions that end exactly once.
//!
//! What a layer admits it must hear the end of: a permit is to be given back, a probe to be judged.
//! A [`Guard`] is that debt. It is settled by a verdict, and if the future or the body that holds
//! it is dropped instead, it settles itself as [`End::Abandoned`] (or, during a panic, as a
//! failure). Its generation tells the layer whether the state that admitted the call still stands:
//! a late verdict on an older state counts for nothing.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use crate::Micros;
use crate::telemetry::Ticket;

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

/// What an admission is known by, and the call's ticket.
#[derive(Debug, Default)]
pub struct Admission {
    /// Which of the layer's states admitted the call.
    pub generation: u64,
    /// When it was admitted, or another number that the layer wants to see again.
    pub at: Micros,
    /// The call in flight; a closed one where nothing is counted. The layer closes it when it has
    /// settled the admission, and not before: a [pooled](crate::pool) state is used again when all
    /// tickets are closed.
    pub ticket: Ticket,
}

/// Who is owed the end of an admission: something that lives for ever, or a reference that is
/// counted.
///
/// Counting a reference up and down costs two locked instructions per call, on a cache line that all
/// threads share. What is [pooled](crate::pool) needs no counting.
pub enum Ref<T: ?Sized + 'static> {
    /// It outlives every call.
    Static(&'static T),
    /// It lives for as long as somebody counts.
    Shared(Arc<T>),
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
/// drop(Guard::new(slots.clone(), Admission::default()));
/// assert_eq!(slots.0.load(Ordering::Relaxed), 1);
/// ```
#[must_use = "dropping a guard settles it as abandoned"]
pub struct Guard<A: Account + ?Sized + 'static = dyn Account> {
    open: Option<(Ref<A>, Admission)>,
}

impl<A: Account + ?Sized> Guard<A> {
    /// Opens an admission by `account`.
    pub fn new(account: impl Into<Ref<A>>, admission: Admission) -> Self {
        Self { open: Some((account.into(), admission)) }
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
    #[inline]
    pub fn settle(mut self, end: End) {
        self.settle_once(end);
    }

    #[inline]
    fn settle_once(&mut self, end: End) {
        if let Some((account, admission)) = self.open.take() {
            account.settle(admission, end);
        }
    }
}

impl<A: Account> Guard<A> {
    /// The same admission without the account's type, as a response body holds it.
    pub fn erase(mut self) -> Guard {
        let open = self.open.take().map(|(account, admission)| {
            let account = match account {
                Ref::Static(account) => Ref::Static(account as &'static dyn Account),
                Ref::Shared(account) => Ref::Shared(account as Arc<dyn Account>),
            };
            (account, admission)
        });
        Guard { open }
    }
}

impl<A: Account + ?Sized> Drop for Guard<A> {
    #[inline]
    fn drop(&mut self) {
        if self.open.is_some() {
            let panicking = std::thread::panicking();
            self.settle_once(if panicking { End::Failure } else { End::Abandoned });
        }
    }
}

impl<A: Account + ?Sized> fmt::Debug for Guard<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let admission = self.open.as_ref().map(|(_, admission)| admission);
        f.debug_struct("Guard").field("admission", &admission).finish_non_exhaustive()
    }
}

// ===== impl Ref =====

impl<T: ?Sized> Deref for Ref<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        match self {
            Self::Static(it) => it,
            Self::Shared(it) => it,
        }
    }
}

impl<T: ?Sized> Clone for Ref<T> {
    #[inline]
    fn clone(&self) -> Self {
        match self {
            Self::Static(it) => Self::Static(it),
            Self::Shared(it) => Self::Shared(Arc::clone(it)),
        }
    }
}

impl<T: ?Sized> From<&'static T> for Ref<T> {
    fn from(it: &'static T) -> Self {
        Self::Static(it)
    }
}

impl<T: ?Sized> From<Arc<T>> for Ref<T> {
    fn from(it: Arc<T>) -> Self {
        Self::Shared(it)
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for Ref<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
