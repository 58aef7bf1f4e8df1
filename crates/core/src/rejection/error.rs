//! Rejections as errors.

use std::error::Error;
use std::fmt;

use super::Rejection;

/// The boxed error that tower's own layers use.
pub type BoxError = Box<dyn Error + Send + Sync>;

/// The error of a layer in the modes `.typed()` and `.plain()`: its own refusal, or the inner
/// service's error.
///
/// Either is the [`source`](Error::source), so that [`rejection()`] finds a refusal through any number of layers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LayerError<E> {
    /// The layer refused or ended the call.
    Rejected(Rejection),
    /// The inner service failed.
    Inner(E),
}

/// The rejection in an error's chain of sources, if a layer of ours caused the error.
///
/// ```
/// use palisade_core::{BoxError, LayerError, Reason, Rejection, per_second, rejection};
///
/// let why = Rejection::new("ratelimit", "api", Reason::rate_limited(per_second(5), ""));
/// let typed: LayerError<std::io::Error> = LayerError::Rejected(why);
/// assert_eq!(rejection(&typed), Some(&why));
///
/// let boxed: BoxError = typed.into();
/// assert_eq!(rejection(&*boxed), Some(&why));
/// assert_eq!(rejection(&std::io::Error::other("disk")), None);
/// ```
#[must_use]
pub fn rejection<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a Rejection> {
    std::iter::successors(Some(error), |&error| error.source())
        .find_map(<dyn Error>::downcast_ref::<Rejection>)
}

impl<E> LayerError<E> {
    /// The rejection, if it was one.
    #[must_use]
    pub const fn rejection(&self) -> Option<&Rejection> {
        match self {
            Self::Rejected(why) => Some(why),
            Self::Inner(_) => None,
        }
    }

    /// The inner service's error, if it was one.
    #[must_use]
    pub fn into_inner(self) -> Option<E> {
        match self {
            Self::Rejected(_) => None,
            Self::Inner(error) => Some(error),
        }
    }
}

/// This level only: what happened stands in the source.
impl<E> fmt::Display for LayerError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rejected(why) => write!(f, "rejected by {} {:?}", why.layer(), why.name()),
            Self::Inner(_) => f.write_str("the inner service failed"),
        }
    }
}

impl<E: Error + 'static> Error for LayerError<E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Rejected(why) => Some(why),
            Self::Inner(error) => Some(error),
        }
    }
}
