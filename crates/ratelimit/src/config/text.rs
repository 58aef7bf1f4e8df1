//! A limit in a configuration: a table, or the text of its quota alone.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use palisade_core::Quota;
use palisade_core::key::By;
use palisade_core::store::Outage;
use palisade_core::text::duration;
use serde::de::value::MapAccessDeserializer;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::{Algorithm, LimitConfig};
use crate::algorithms::Anchor;

/// The table.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    quota: Quota,
    #[serde(default)]
    algorithm: Algorithm,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    by: Option<By>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    anchor: Option<Anchor>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    max_wait: Option<Span>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    max_queued: Option<u32>,
    #[serde(default)]
    chargeable: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    on_outage: Option<Outage>,
    // Last, since some formats want tables after values.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    tiers: BTreeMap<String, Quota>,
}

/// A duration as text.
#[derive(Serialize, Deserialize)]
#[serde(transparent)]
struct Span(#[serde(with = "duration::serde")] Duration);

impl From<Table> for LimitConfig {
    fn from(table: Table) -> Self {
        let Table {
            name,
            quota,
            algorithm,
            by,
            anchor,
            max_wait,
            max_queued,
            chargeable,
            on_outage,
            tiers,
        } = table;
        let max_wait = max_wait.map(|Span(wait)| wait);
        Self {
            name,
            quota,
            algorithm,
            by,
            tiers,
            chargeable,
            on_outage,
            anchor,
            max_wait,
            max_queued,
        }
    }
}

impl Serialize for LimitConfig {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self {
            name,
            quota,
            algorithm,
            by,
            tiers,
            chargeable,
            on_outage,
            anchor,
            max_wait,
            max_queued,
        } = self.clone();
        let max_wait = max_wait.map(Span);
        Table {
            name,
            quota,
            algorithm,
            by,
            anchor,
            max_wait,
            max_queued,
            chargeable,
            on_outage,
            tiers,
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for LimitConfig {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextOrTable)
    }
}

struct TextOrTable;

impl<'de> de::Visitor<'de> for TextOrTable {
    type Value = LimitConfig;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(r#"a quota such as "100/min burst 20", or a table with one"#)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<LimitConfig, E> {
        text.parse().map(LimitConfig::new).map_err(E::custom)
    }

    fn visit_map<M: de::MapAccess<'de>>(self, map: M) -> Result<LimitConfig, M::Error> {
        Table::deserialize(MapAccessDeserializer::new(map)).map(Into::into)
    }
}
