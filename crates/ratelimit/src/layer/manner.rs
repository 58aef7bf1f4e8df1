//! How a layer treats requests and responses: what does not touch the limit's state, and so may
//! differ between layers of one limit.

use std::sync::Arc;

use palisade_core::Head;
use palisade_core::key::Missing;

use crate::headers::Style;
use crate::shared::Shared;

#[derive(Clone, Debug)]
pub(crate) struct Manner {
    pub(crate) style: Style,
    pub(crate) missing: Missing,
    pub(crate) skip_preflights: bool,
    pub(crate) skip_paths: Vec<Box<str>>,
}

/// A limit, and how a layer treats what it limits: behind one reference, since a service is cloned
/// with each request.
#[derive(Clone, Debug)]
pub(crate) struct Front {
    pub(crate) shared: Arc<Shared>,
    pub(crate) manner: Manner,
}

impl Default for Manner {
    fn default() -> Self {
        let (style, missing) = (Style::default(), Missing::default());
        Self { style, missing, skip_preflights: true, skip_paths: Vec::new() }
    }
}

impl Manner {
    /// Whether a request passes without a look at its limit.
    #[inline(always)]
    pub(crate) fn skips(&self, head: Option<Head<'_>>) -> bool {
        let Some(head) = head else { return false };
        (self.skip_preflights && head.is_preflight())
            || (!self.skip_paths.is_empty() && self.skips_path(head.path()))
    }

    #[inline(never)]
    fn skips_path(&self, path: &str) -> bool {
        self.skip_paths.iter().any(|skipped| match skipped.strip_suffix('*') {
            Some(prefix) => path.starts_with(prefix),
            None => path == &**skipped,
        })
    }
}
