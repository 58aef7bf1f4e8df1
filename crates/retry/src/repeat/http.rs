//! HTTP requests.

use std::fmt;

use ::http::{HeaderMap, Method};
use palisade_core::{HasHead, Head, replay};

use super::Repeat;

/// HTTP requests are sent again with the same head, and the same body as far as it is not too large.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Replay<M = ByMethod>(pub M);

/// Whether a request may be sent twice.
pub trait MayRepeat {
    /// Whether the request with this head may be sent twice.
    fn may_repeat(&self, head: Head<'_>) -> bool;
}

/// Requests whose method is idempotent (RFC 9110, section 9.2.2: GET, HEAD, OPTIONS, TRACE, PUT and
/// DELETE), and those that say so: by an `Idempotency-Key` or by [`Idempotent`] in their extensions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ByMethod;

/// In a request's extensions: this request may be sent twice, whatever its method is.
///
/// ```
/// use http::Request;
/// use palisade_retry::Idempotent;
///
/// let charge = Request::post("/charges/17").extension(Idempotent).body(())?;
/// # Ok::<(), http::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Idempotent;

impl MayRepeat for ByMethod {
    #[inline]
    fn may_repeat(&self, head: Head<'_>) -> bool {
        matches!(
            *head.method(),
            Method::GET
                | Method::HEAD
                | Method::OPTIONS
                | Method::TRACE
                | Method::PUT
                | Method::DELETE
        ) || head.header("idempotency-key").is_some()
            || head.extension::<Idempotent>().is_some()
    }
}

/// A closure over the head.
#[derive(Clone, Copy)]
pub struct MayRepeatIf<F>(pub F);

impl<F: Fn(&Head<'_>) -> bool> MayRepeat for MayRepeatIf<F> {
    fn may_repeat(&self, head: Head<'_>) -> bool {
        (self.0)(&head)
    }
}

impl<F> fmt::Debug for MayRepeatIf<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MayRepeatIf")
    }
}

impl<Req, M> Repeat<Req> for Replay<M>
where
    Req: replay::Repeat + HasHead,
    M: MayRepeat,
{
    type Kept = Req::Kept;

    #[inline]
    fn keep(&self, request: Req, most: usize) -> (Req, Option<Req::Kept>) {
        request.keep(most)
    }

    fn again(&self, kept: &Req::Kept) -> Option<Req> {
        Req::remake(kept)
    }

    fn can_repeat(&self, kept: &Req::Kept) -> bool {
        Req::is_whole(kept)
    }

    #[inline]
    fn is_idempotent(&self, request: &Req) -> bool {
        self.0.may_repeat(request.head())
    }

    #[inline]
    fn is_grpc(&self, request: &Req) -> bool {
        request.head().is_grpc()
    }

    fn headers(request: &mut Req) -> Option<&mut HeaderMap> {
        Some(request.headers_mut())
    }
}
