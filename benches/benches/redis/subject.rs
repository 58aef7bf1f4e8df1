//! Whom decisions are about.

/// A subject's text, which is not heap-allocated for the limiter's sake.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Subject([u8; 17]);

impl Subject {
    /// Subject number `number`, in the digits that `redis-benchmark` makes of a random one.
    pub(crate) fn new(number: u64) -> Self {
        let (mut text, mut rest) = (*b"user:000000000000", number);
        for digit in text.iter_mut().skip(5).rev() {
            *digit = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
        Self(text)
    }

    pub(crate) fn as_str(&self) -> &str {
        str::from_utf8(&self.0).unwrap_or_default()
    }
}
