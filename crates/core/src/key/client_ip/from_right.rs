//! A header's entries from the right, across its lines.

use http::{
    HeaderValue,
    header::{GetAll, ValueIter},
};

use super::Malformed;

/// No more entries than this are looked at, empty ones included.
pub(super) const ENTRIES: u8 = 64;

/// No entry is longer than this: addresses have at most 60 bytes, in `Forwarded` with a host 400.
const LONGEST: usize = 1_024;

/// The entries of all lines of a header, as of one line joined by commas, from the right.
///
/// Empty entries are left out, as lists in headers may have them. A comma ends an entry within
/// quotes as well: what a client sends must not hide what a proxy appends after it.
pub(super) struct FromRight<'a> {
    lines: ValueIter<'a, HeaderValue>,
    /// What is left of the line at hand.
    line: Option<&'a [u8]>,
    left: u8,
}

impl<'a> FromRight<'a> {
    pub(super) fn new(lines: GetAll<'a, HeaderValue>) -> Self {
        Self { lines: lines.into_iter(), line: None, left: ENTRIES }
    }
}

impl<'a> Iterator for FromRight<'a> {
    type Item = Result<&'a [u8], Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let line = match self.line.take() {
                Some(line) => line,
                None => self.lines.next_back()?.as_bytes(),
            };
            self.left = match self.left.checked_sub(1) {
                Some(left) => left,
                None => return Some(Err(Malformed)),
            };

            // With the comma in front of the longest entry.
            let tail = &line[line.len().saturating_sub(LONGEST + 1)..];
            let entry = match tail.iter().rposition(|byte| *byte == b',') {
                Some(comma) => {
                    self.line = Some(&line[..line.len() - tail.len() + comma]);
                    &tail[comma + 1..]
                }
                None if line.len() > LONGEST => return Some(Err(Malformed)),
                None => line,
            };
            let entry = entry.trim_ascii();
            if !entry.is_empty() {
                return Some(Ok(entry));
            }
        }
    }
}
