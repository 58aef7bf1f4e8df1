//! The choices that a bulkhead leaves to its user.

/// How long a call has its place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Until {
    /// Until the response's body has ended, in whichever way. The default: a body that is streamed
    /// is work under way. In the modes for any service (`plain` and its siblings) a response has no
    /// body that could be watched, and this is as [`Head`](Self::Head).
    #[default]
    Body,
    /// Until the response's head is there: for large bodies that cost nobody anything.
    Head,
}
