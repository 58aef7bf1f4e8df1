//! Requests without a key.

/// What happens to a request that has no key: no such header, no known peer address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Missing {
    /// All such requests are as one caller. The default, with one warning (feature `tracing`).
    #[default]
    Shared,
    /// It passes, and the layer does nothing for it.
    Pass,
    /// It is refused: 429, or RESOURCE_EXHAUSTED.
    Reject,
}
