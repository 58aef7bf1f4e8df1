//! A bulkhead as a sentence.

use std::fmt;

use palisade::bulkhead::config::BulkheadConfig;
use palisade::key::By;
use palisade::text::duration;

use super::switched;

/// How many a bulkhead lets in, and what the others do.
#[derive(Clone, Copy, Debug)]
pub struct BulkheadSentence<'p>(pub &'p BulkheadConfig);

impl fmt::Display for BulkheadSentence<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(BulkheadConfig { name, max_concurrent, max_queued, max_wait, .. }) = self;
        write!(f, "{name:?} lets {max_concurrent} in at once")?;
        if *max_queued > 0 {
            write!(f, ", and {max_queued} wait, each {} at most", duration::display(*max_wait))?;
        }
        if self.0.by != By::default() {
            write!(f, ", by {}", self.0.by)?;
        }
        f.write_str(switched(self.0.enabled))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn who_waits_is_said_where_somebody_does() {
        let (name, by) = ("db".to_owned(), "host".parse().unwrap());
        let bulkhead = BulkheadConfig { name, max_concurrent: 9, by, ..BulkheadConfig::default() };
        assert_eq!(BulkheadSentence(&bulkhead).to_string(), r#""db" lets 9 in at once, by host"#);
        let (max_wait, by) = (Duration::from_millis(20), By::default());
        let bulkhead = BulkheadConfig { max_queued: 3, max_wait, by, enabled: false, ..bulkhead };
        assert_eq!(
            BulkheadSentence(&bulkhead).to_string(),
            r#""db" lets 9 in at once, and 3 wait, each 20ms at most, and is switched off"#
        );
    }
}
