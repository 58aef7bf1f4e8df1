//! Where limits are kept, as a sentence.

use std::fmt;

use crate::gateway::plan::Redis;

/// Where a plan's limits are kept.
#[derive(Clone, Copy, Debug)]
pub struct KeptSentence<'p> {
    /// What the plan says.
    pub redis: Option<&'p Redis>,
    /// Whether it did not answer.
    pub is_alone: bool,
}

impl fmt::Display for KeptSentence<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(Redis { server, prefix }) = self.redis else {
            return f.write_str("limits are kept in this process; --redis URL shares them");
        };
        write!(f, "limits are kept in {} under {prefix:?}, ", server.redacted_url())?;
        f.write_str("and shared by all gateways that name both")?;
        f.write_str(match self.is_alone {
            true => "; it does not answer, so they are kept here until it does",
            false => "",
        })
    }
}
