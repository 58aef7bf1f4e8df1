//! Boxed bodies, which are recorded: what is in the box cannot be cloned, but another reader fits into it.

use bytes::Bytes;
use http_body_util::combinators::{BoxBody, UnsyncBoxBody};

use super::{Lost, Recording, Replay};

impl<E: From<Lost> + 'static> Replay for BoxBody<Bytes, E> {
    type Kept = Recording<Self>;

    fn keep(self, most: usize) -> (Self, Option<Recording<Self>>) {
        Recording::start(self, most, Self::new)
    }

    fn is_whole(kept: &Recording<Self>) -> bool {
        kept.is_whole()
    }

    fn remake(kept: &Recording<Self>) -> Option<Self> {
        kept.reader().map(Self::new)
    }
}

impl<E: From<Lost> + 'static> Replay for UnsyncBoxBody<Bytes, E> {
    type Kept = Recording<Self>;

    fn keep(self, most: usize) -> (Self, Option<Recording<Self>>) {
        Recording::start(self, most, Self::new)
    }

    fn is_whole(kept: &Recording<Self>) -> bool {
        kept.is_whole()
    }

    fn remake(kept: &Recording<Self>) -> Option<Self> {
        kept.reader().map(Self::new)
    }
}

#[cfg(feature = "tonic")]
impl Replay for tonic::body::Body {
    type Kept = Recording<Self>;

    fn keep(self, most: usize) -> (Self, Option<Recording<Self>>) {
        Recording::start(self, most, Self::new)
    }

    fn is_whole(kept: &Recording<Self>) -> bool {
        kept.is_whole()
    }

    fn remake(kept: &Recording<Self>) -> Option<Self> {
        kept.reader().map(Self::new)
    }
}

#[cfg(feature = "axum")]
impl Replay for axum::body::Body {
    type Kept = Recording<Self>;

    fn keep(self, most: usize) -> (Self, Option<Recording<Self>>) {
        Recording::start(self, most, Self::new)
    }

    fn is_whole(kept: &Recording<Self>) -> bool {
        kept.is_whole()
    }

    fn remake(kept: &Recording<Self>) -> Option<Self> {
        kept.reader().map(Self::new)
    }
}
