//! The Redis that keeps the limits, if they are not kept in this process.

use std::fmt;

use palisade::text::Problems;
use palisade::{RedisConfig, RedisStore};
use serde::de::value::MapAccessDeserializer;
use serde::{Deserialize, Deserializer, de};

/// Which Redis, and what the limits are called there.
///
/// In a file it is a URL, or a table with one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redis {
    /// How to connect to it.
    pub server: RedisConfig,
    /// What all keys begin with: gateways with another one share no limit with these.
    pub prefix: String,
}

impl Redis {
    /// At a URL.
    #[must_use]
    pub fn at(url: impl Into<String>) -> Self {
        let server = RedisConfig { url: url.into(), ..RedisConfig::default() };
        Self { server, ..Self::default() }
    }

    /// Checks it, and connects to nothing.
    pub(super) fn check(&self, problems: &mut Problems) {
        problems.extend_under("redis", self.server.validate().err().unwrap_or_default());
        // The one by default is valid, so that what remains to be wrong is the prefix.
        let store = RedisStore::new(RedisConfig::default());
        let prefixed = store.and_then(|store| store.prefix(&self.prefix));
        problems.extend_under("redis", prefixed.err().unwrap_or_default());
    }
}

impl Default for Redis {
    fn default() -> Self {
        Self { server: RedisConfig::default(), prefix: "palisade".to_owned() }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    url: Option<String>,
    #[serde(default)]
    pool_size: usize,
    prefix: Option<String>,
}

impl<'de> Deserialize<'de> for Redis {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextOrTable)
    }
}

struct TextOrTable;

impl<'de> de::Visitor<'de> for TextOrTable {
    type Value = Redis;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(r#"a URL such as "redis://127.0.0.1:6379", or a table with one"#)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Redis, E> {
        Ok(Redis::at(text))
    }

    fn visit_map<M: de::MapAccess<'de>>(self, map: M) -> Result<Redis, M::Error> {
        let Table { url, pool_size, prefix } = Table::deserialize(MapAccessDeserializer::new(map))?;
        let Redis { server, prefix: usual } = url.map_or_else(Redis::default, Redis::at);
        let prefix = prefix.unwrap_or(usual);
        Ok(Redis { server: RedisConfig { pool_size, ..server }, prefix })
    }
}
