//! What happens while a store does not answer, and who answers then.

/// What becomes of a limit while the store that keeps it does not decide in time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Outage {
    /// Each instance keeps its part of the limit by itself, so that all together admit no more than
    /// it says. The default. How many instances there are is known to a store that counts them; to any
    /// other, and of a limit that cannot be divided, it is as [`Local`](Self::Local).
    #[default]
    Share,
    /// Each instance keeps the limit by itself, in full.
    Local,
    /// The call passes.
    Allow,
    /// The call is refused: 503, or UNAVAILABLE.
    Deny,
}

/// Who decided.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Source {
    /// The store, for all instances.
    #[default]
    Store,
    /// This instance, which remembers that the store has just refused.
    Cache,
    /// This instance, out of units that it has taken from the store before.
    Lease,
    /// This instance, out of its part of the limit: the store does not answer.
    Share,
    /// This instance, as if it were alone: the store does not answer.
    Local,
    /// Nobody: the store does not answer, and the call passes.
    Open,
}

impl Source {
    /// Every source, in the order of their declaration.
    pub const ALL: [Self; 6] =
        [Self::Store, Self::Cache, Self::Lease, Self::Share, Self::Local, Self::Open];

    /// What metrics and logs call it.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Store => "store",
            Self::Cache => "cache",
            Self::Lease => "lease",
            Self::Share => "share",
            Self::Local => "local",
            Self::Open => "open",
        }
    }

    /// Whether the store was of no help: the limit holds for this instance only, or not at all.
    #[must_use]
    pub const fn is_degraded(self) -> bool {
        matches!(self, Self::Share | Self::Local | Self::Open)
    }
}
