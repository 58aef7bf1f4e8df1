//! Durations that may be left out: `#[serde(with = "palisade_core::text::duration::optional")]`.

use std::time::Duration;

use ::serde::{Deserialize, Deserializer, Serialize, Serializer};

#[derive(Serialize, Deserialize)]
struct Text(#[serde(with = "super::serde")] Duration);

/// Writes the duration as [`serde`](super::serde) does, or nothing.
///
/// # Errors
///
/// What the serializer returns.
pub fn serialize<S: Serializer>(
    duration: &Option<Duration>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    duration.map(Text).serialize(serializer)
}

/// Reads a duration as [`serde`](super::serde) does, or nothing. A field that may be missing needs a
/// `default` as well.
///
/// # Errors
///
/// What [`serde`](super::serde) refuses.
pub fn deserialize<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Duration>, D::Error> {
    let text = Option::<Text>::deserialize(deserializer)?;
    Ok(text.map(|Text(duration)| duration))
}
