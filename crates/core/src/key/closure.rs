//! Keys from closures.

use std::fmt;

use super::{Key, KeyBy};
use crate::head::{HasHead, Head};

/// A key from a closure over the request's head. Layers have it as `.by_fn(..)`.
///
/// ```
/// use palisade_core::{Key, KeyBy, key};
///
/// let by = key::by_fn(|head| head.header("x-api-key").map(Key::from));
/// let request = http::Request::get("/").header("x-api-key", "k1").body(()).unwrap();
/// assert_eq!(by.key(&request), Some(Key::from("k1")));
/// ```
pub fn by_fn<F>(f: F) -> ByFn<F>
where
    F: for<'a> Fn(&Head<'a>) -> Option<Key<'a>>,
{
    ByFn(f)
}

/// A key from a closure over the whole request, of any type: HTTP or not.
///
/// ```
/// use palisade_core::{Key, KeyBy, key};
///
/// struct Job { tenant: String }
///
/// let by = key::request(|job: &Job| Some(Key::from(&job.tenant)));
/// let job = Job { tenant: "acme".to_owned() };
/// assert_eq!(by.key(&job), Some(Key::from("acme")));
/// ```
pub fn request<Req, F>(f: F) -> ByRequest<F>
where
    F: for<'r> Fn(&'r Req) -> Option<Key<'r>>,
{
    ByRequest(f)
}

/// See [`by_fn`].
#[derive(Clone, Copy)]
pub struct ByFn<F>(F);

/// See [`request`].
#[derive(Clone, Copy)]
pub struct ByRequest<F>(F);

// ===== impl ByFn =====

impl<F, Req> KeyBy<Req> for ByFn<F>
where
    F: for<'a> Fn(&Head<'a>) -> Option<Key<'a>>,
    Req: HasHead,
{
    fn key<'r>(&'r self, request: &'r Req) -> Option<Key<'r>> {
        (self.0)(&request.head())
    }
}

impl<F> fmt::Debug for ByFn<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ByFn").finish_non_exhaustive()
    }
}

// ===== impl ByRequest =====

impl<F, Req> KeyBy<Req> for ByRequest<F>
where
    F: for<'r> Fn(&'r Req) -> Option<Key<'r>>,
{
    fn key<'r>(&'r self, request: &'r Req) -> Option<Key<'r>> {
        (self.0)(request)
    }
}

impl<F> fmt::Debug for ByRequest<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ByRequest").finish_non_exhaustive()
    }
}
