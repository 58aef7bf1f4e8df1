//! How a request is made again, and which may be.
//!
//! ```
//! use palisade_retry::RetryLayer;
//!
//! let retry = RetryLayer::standard().idempotent_by(|head| head.path().starts_with("/search"));
//! ```

mod http;
mod plain;

use ::http::HeaderMap;

pub use self::http::{ByMethod, Idempotent, MayRepeat, MayRepeatIf, Replay};
pub use self::plain::{Cloned, RepeatBy};

/// Makes requests again.
///
/// `Kept` is what a request is remade of; it is taken before the request is sent, when nobody knows yet
/// whether it will be needed.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot make a request of type `{Req}` again",
    label = "this request cannot be sent twice as it is",
    note = "HTTP requests are made again if their body is one that `palisade_core::replay` knows; those of axum, tonic and reqwest need the feature of that name",
    note = "for any request that is `Clone` end the layer with `.cloned()`, for others with `.repeat_by(|request| ..)`"
)]
pub trait Repeat<Req> {
    /// What a request is remade of.
    type Kept;

    /// The request to send, and what it is remade of; `None` if it cannot be, or has more than `most`
    /// bytes.
    fn keep(&self, request: Req, most: usize) -> (Req, Option<Self::Kept>);

    /// The same request again; `None` if it turned out to be too large, or cannot be read again.
    fn again(&self, kept: &Self::Kept) -> Option<Req>;

    /// Whether it can be made again now; asked after a failure, before there is a wait.
    fn can_repeat(&self, kept: &Self::Kept) -> bool {
        self.again(kept).is_some()
    }

    /// Whether the request may be sent twice, whatever became of the first.
    fn is_idempotent(&self, request: &Req) -> bool;

    /// Whether it is a gRPC call.
    fn is_grpc(&self, request: &Req) -> bool {
        let _ = request;
        false
    }

    /// The headers of a request, if it has any, to be changed.
    fn headers(request: &mut Req) -> Option<&mut HeaderMap> {
        let _ = request;
        None
    }
}
