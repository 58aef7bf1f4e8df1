//! What a layer that sends a request again asks of it.

use http::HeaderMap;

/// Bodies that can be sent again.
///
/// To implement it for a boxed body of your own, see [`Recording`](super::Recording).
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a body that can be sent again",
    label = "cannot be kept",
    note = "box it, as `http_body_util::combinators::BoxBody<Bytes, BoxError>` or another body that has `Replay`",
    note = "a boxed body needs an error that says when a record is lost: `From<palisade_core::replay::Lost>`",
    note = "the bodies of tonic and axum need the feature of their name"
)]
pub trait Replay: Sized {
    /// What the body is remade from.
    type Kept;

    /// The body to send, and what another one is made from.
    ///
    /// `None` if it has more than `most` bytes, as far as is known now; the body is then the one that was given.
    fn keep(self, most: usize) -> (Self, Option<Self::Kept>);

    /// Whether [`remake`](Self::remake) would make one now.
    fn is_whole(kept: &Self::Kept) -> bool {
        Self::remake(kept).is_some()
    }

    /// Another body that sends the same.
    ///
    /// `None` if it turned out to have more than `most` bytes, or if it broke off.
    fn remake(kept: &Self::Kept) -> Option<Self>;
}

/// Requests that can be sent again: `http::Request` of a body with [`Replay`], and `reqwest::Request` (feature
/// `reqwest`).
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a request that can be sent again",
    label = "cannot be kept",
    note = "an `http::Request` can if its body has `palisade_core::replay::Replay`",
    note = "`reqwest::Request` needs the feature `reqwest`",
    note = "for a request of your own implement `palisade_core::replay::Repeat`"
)]
pub trait Repeat: Sized {
    /// What the request is remade from.
    type Kept;

    /// The request to send, and what another one is made from.
    ///
    /// `None` if its body has more than `most` bytes, as far as is known now, or if it asks for another protocol; the
    /// request is then the one that was given.
    fn keep(self, most: usize) -> (Self, Option<Self::Kept>);

    /// Whether [`remake`](Self::remake) would make one now.
    fn is_whole(kept: &Self::Kept) -> bool {
        Self::remake(kept).is_some()
    }

    /// Another request that sends the same.
    ///
    /// `None` if its body turned out to have more than `most` bytes, or if it broke off.
    fn remake(kept: &Self::Kept) -> Option<Self>;

    /// The headers, to be changed.
    fn headers_mut(&mut self) -> &mut HeaderMap;
}
