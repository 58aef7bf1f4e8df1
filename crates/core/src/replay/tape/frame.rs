//! A frame that can be cloned.

use bytes::Bytes;
use http::HeaderMap;
use http_body::Frame;

/// A frame as it is kept.
#[derive(Clone)]
pub(super) enum Recorded {
    Data(Bytes),
    // Boxed, since there is one at most and it is three times as large.
    Trailers(Box<HeaderMap>),
}

impl Recorded {
    /// `None` for what need not be kept: without any bytes, a body could be endless and within its limit. (There are no
    /// frames but of data and of trailers.)
    pub(super) fn of(frame: &Frame<Bytes>) -> Option<Self> {
        if let Some(data) = frame.data_ref() {
            return (!data.is_empty()).then(|| Self::Data(data.clone()));
        }
        frame.trailers_ref().map(|trailers| Self::Trailers(Box::new(trailers.clone())))
    }

    /// The bytes of the body in it.
    pub(super) fn data_len(&self) -> usize {
        match self {
            Self::Data(data) => data.len(),
            Self::Trailers(_) => 0,
        }
    }

    /// The bytes that it holds.
    pub(super) fn weight(&self) -> usize {
        match self {
            Self::Data(data) => data.len(),
            Self::Trailers(trailers) => {
                let line = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
                    name.as_str().len() + value.len()
                };
                trailers.iter().map(line).sum()
            }
        }
    }
}

impl From<Recorded> for Frame<Bytes> {
    fn from(recorded: Recorded) -> Self {
        match recorded {
            Recorded::Data(data) => Self::data(data),
            Recorded::Trailers(trailers) => Self::trailers(*trailers),
        }
    }
}
