//! Settings that are no plain tables.

use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::{BudgetConfig, Tokens};
use crate::backoff::{Factor, Jitter};

const UNLIMITED: &str = "unlimited";

/// As a number: 1.5.
impl Serialize for Factor {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.as_f64())
    }
}

/// Reads a number, and a text with one.
impl<'de> Deserialize<'de> for Factor {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Number)
    }
}

/// As it is read: "plus 10%".
impl Serialize for Jitter {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Jitter {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(JitterText)
    }
}

impl Serialize for BudgetConfig {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Unlimited => serializer.serialize_str(UNLIMITED),
            Self::Limited(tokens) => tokens.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for BudgetConfig {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextOrTable)
    }
}

struct Number;

struct JitterText;

struct TextOrTable;

impl de::Visitor<'_> for Number {
    type Value = Factor;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number such as 2 or 1.5")
    }

    fn visit_f64<E: de::Error>(self, times: f64) -> Result<Factor, E> {
        Factor::try_from(times).map_err(E::custom)
    }

    fn visit_i64<E: de::Error>(self, times: i64) -> Result<Factor, E> {
        self.visit_f64(times as f64)
    }

    fn visit_u64<E: de::Error>(self, times: u64) -> Result<Factor, E> {
        self.visit_f64(times as f64)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Factor, E> {
        text.parse().map_err(E::custom)
    }
}

impl de::Visitor<'_> for JitterText {
    type Value = Jitter;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(r#"a jitter such as "full" or "plus 10%""#)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Jitter, E> {
        text.parse().map_err(E::custom)
    }
}

impl<'de> de::Visitor<'de> for TextOrTable {
    type Value = BudgetConfig;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(r#""unlimited", or a table with share, per_second and window"#)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<BudgetConfig, E> {
        match text {
            UNLIMITED => Ok(BudgetConfig::Unlimited),
            other => Err(E::invalid_value(de::Unexpected::Str(other), &self)),
        }
    }

    fn visit_map<M: de::MapAccess<'de>>(self, map: M) -> Result<BudgetConfig, M::Error> {
        Tokens::deserialize(MapAccessDeserializer::new(map)).map(BudgetConfig::Limited)
    }
}
