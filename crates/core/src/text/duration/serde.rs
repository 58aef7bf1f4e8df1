//! Durations as strings in a configuration: `#[serde(with = "palisade_core::text::duration::serde")]`.

use std::{fmt, time::Duration};

use ::serde::{Deserializer, Serializer, de};

/// Writes the duration as [`display`](super::display) prints it.
///
/// # Errors
///
/// What the serializer returns.
pub fn serialize<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&super::display(*duration))
}

/// Reads a string as [`parse`](super::parse) does.
///
/// # Errors
///
/// What [`parse`](super::parse) refuses, and anything but a string: a bare number has no unit.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    deserializer.deserialize_str(Text)
}

struct Text;

impl de::Visitor<'_> for Text {
    type Value = Duration;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(r#"a duration such as "250ms" or "1.5s""#)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Duration, E> {
        super::parse(text).map_err(E::custom)
    }
}
