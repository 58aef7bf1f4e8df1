//! Decimal numbers, read and printed exactly.

use std::fmt;

/// Digits kept after the point: enough for a nanosecond within a day, and any product of them with
/// the units of this crate fits in 128 bits.
const FRACTION: usize = 18;

/// A non-negative decimal number: `whole + fraction / scale`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Decimal {
    /// Saturates: the largest range of any setting ends far below.
    whole: u128,
    fraction: u128,
    scale: u128,
}

impl Decimal {
    /// Reads digits with an optional point from the front of `text`, and returns what follows.
    ///
    /// `None` where no digit stands before or after the point, or nothing after it.
    pub(super) fn read(text: &str) -> Option<(Self, &str)> {
        let (digits, rest) = split_digits(text);
        let (fraction, rest) = match rest.strip_prefix('.') {
            None => ("", rest),
            Some(rest) => match split_digits(rest) {
                ("", _) => return None,
                split => split,
            },
        };
        if digits.is_empty() && fraction.is_empty() {
            return None;
        }

        let kept = &fraction[..fraction.len().min(FRACTION)];
        let number = Self {
            whole: value_of(digits),
            fraction: value_of(kept),
            scale: 10_u128.pow(kept.len() as u32),
        };
        Some((number, rest))
    }

    /// Times `unit`, without what is left below one.
    pub(super) fn times(self, unit: u64) -> u128 {
        self.scaled(unit, 0)
    }

    /// Times `unit`, to the nearest integer.
    pub(super) fn times_rounded(self, unit: u64) -> u128 {
        self.scaled(unit, self.scale / 2)
    }

    fn scaled(self, unit: u64, rounding: u128) -> u128 {
        let fraction = (self.fraction * u128::from(unit) + rounding) / self.scale;
        self.whole.saturating_mul(u128::from(unit)).saturating_add(fraction)
    }

    /// Whether the number is greater than an integer.
    pub(super) fn exceeds(self, limit: u128) -> bool {
        self.whole > limit || (self.whole == limit && self.fraction > 0)
    }
}

/// Prints `whole.fraction unit` without trailing zeros; `digits` is how many digits the fraction
/// has, leading zeros included.
pub(super) fn write(
    f: &mut fmt::Formatter<'_>,
    whole: u64,
    mut fraction: u64,
    mut digits: usize,
    unit: &str,
) -> fmt::Result {
    if fraction == 0 {
        return write!(f, "{whole}{unit}");
    }
    while fraction.is_multiple_of(10) {
        fraction /= 10;
        digits -= 1;
    }
    write!(f, "{whole}.{fraction:0digits$}{unit}")
}

fn split_digits(text: &str) -> (&str, &str) {
    text.split_at(text.bytes().take_while(u8::is_ascii_digit).count())
}

fn value_of(digits: &str) -> u128 {
    digits
        .bytes()
        .fold(0, |sum: u128, digit| sum.saturating_mul(10).saturating_add(u128::from(digit - b'0')))
}
