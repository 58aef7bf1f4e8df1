//! Bodies that are all there, and are cloned.

use bytes::Buf;
use http_body::Body;
use http_body_util::{Empty, Full};

use super::Replay;

fn keep<B: Body + Clone>(body: B, most: usize) -> (B, Option<B>) {
    let kept = (body.size_hint().lower() <= most as u64).then(|| body.clone());
    (body, kept)
}

/// Without a body.
impl Replay for () {
    type Kept = ();

    fn keep(self, _most: usize) -> (Self, Option<()>) {
        ((), Some(()))
    }

    fn remake((): &()) -> Option<Self> {
        Some(())
    }
}

/// A copy each time.
impl Replay for String {
    type Kept = Self;

    fn keep(self, most: usize) -> (Self, Option<Self>) {
        keep(self, most)
    }

    fn is_whole(_: &Self) -> bool {
        true
    }

    fn remake(kept: &Self) -> Option<Self> {
        Some(kept.clone())
    }
}

impl<D: Buf + Clone> Replay for Full<D> {
    type Kept = Self;

    fn keep(self, most: usize) -> (Self, Option<Self>) {
        keep(self, most)
    }

    fn is_whole(_: &Self) -> bool {
        true
    }

    fn remake(kept: &Self) -> Option<Self> {
        Some(kept.clone())
    }
}

impl<D> Replay for Empty<D> {
    type Kept = ();

    fn keep(self, _most: usize) -> (Self, Option<()>) {
        (self, Some(()))
    }

    fn remake((): &()) -> Option<Self> {
        Some(Self::new())
    }
}
