//! Deadlines that go on with the request.

use http::HeaderMap;
use palisade_core::{Micros, deadline};

/// Which requests tell whoever they go to until when the whole answer must be there.
///
/// A header is only ever added, or made to say less: a request that says itself that it has less time is
/// left as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Forward {
    /// None: headers are left alone.
    Never,
    /// gRPC calls by `grpc-timeout`; others by `x-request-timeout-ms` if they have that header already.
    /// The default.
    #[default]
    Grpc,
    /// All of them.
    Always,
}

impl Forward {
    /// Tells of `remaining` in the headers of a request.
    #[cold]
    pub(crate) fn write(self, headers: &mut HeaderMap, grpc: bool, remaining: Micros) {
        let said = deadline::read(headers, grpc);
        let tells = match self {
            Self::Never => false,
            Self::Grpc => grpc || said.is_some(),
            Self::Always => true,
        };
        if tells && said.is_none_or(|said| said > remaining) {
            deadline::write(headers, grpc, remaining);
        }
    }
}
