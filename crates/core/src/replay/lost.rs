//! Why a body could not be read once more.

use std::error::Error;
use std::fmt;

/// The error of a body that is read once more and cannot be: what it would send is not there any longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Lost {
    /// The body has more bytes than may be kept, and this reader was too far behind.
    TooLarge {
        /// How many may be kept.
        most: usize,
    },
    /// The body failed or panicked while another attempt read it.
    BrokeOff,
}

impl fmt::Display for Lost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge { most } => {
                write!(
                    f,
                    "the body cannot be sent again: it has more than the {most} bytes that are kept"
                )
            }
            Self::BrokeOff => f.write_str(
                "the body cannot be sent again: it broke off while another attempt read it",
            ),
        }
    }
}

impl Error for Lost {}

#[cfg(feature = "tonic")]
impl From<Lost> for tonic::Status {
    fn from(lost: Lost) -> Self {
        Self::from_error(Box::new(lost))
    }
}

#[cfg(feature = "axum")]
impl From<Lost> for axum::Error {
    fn from(lost: Lost) -> Self {
        Self::new(lost)
    }
}
