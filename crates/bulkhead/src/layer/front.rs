//! A bulkhead, and how a layer treats what comes to it: behind one reference, since a service is
//! cloned with each request.

use std::sync::Arc;

use palisade_core::key::Missing;

use crate::options::Until;
use crate::shared::Shared;

#[derive(Clone, Debug)]
pub(crate) struct Front {
    pub(crate) shared: Arc<Shared>,
    pub(crate) missing: Missing,
    pub(crate) until: Until,
}

impl Front {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared, missing: Missing::default(), until: Until::default() }
    }
}
