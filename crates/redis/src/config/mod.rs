//! Where Redis is, as data: what a configuration file says.

mod check;

use std::fmt;
use std::time::Duration;

use crate::url;

/// Which Redis, and how to connect to it.
///
/// | `url` | what it is |
/// |---|---|
/// | `redis://[[user]:password@]host[:port][/db]` | one server; port 6379 and database 0 unless said |
/// | `redis+unix:///path[?db=1&user=name&pass=word]`, `unix://...` | one server, by its socket |
/// | `redis+cluster://[[user]:password@]host[:port],...` | a cluster, by some of its nodes; port 6379 |
/// | `redis+sentinel://[[user]:password@]host[:port],.../service[/db]` | the primary that sentinels name; port 26379 |
///
/// `rediss` instead of `redis` is TLS, to the sentinels too, and needs the feature `tls`. User and password are
/// percent-encoded where they hold any of `:@/?#%`. Sentinels that ask for a password get the same one.
///
/// With the feature `serde` it is read from and written to any format; what is left out has its default,
/// and what is not known is an error. Written is all of it, the password too; [`Debug`] leaves that out.
///
/// ```
/// use std::time::Duration;
/// use palisade_redis::RedisConfig;
///
/// let config = RedisConfig {
///     url: "redis://limits:secret@redis.internal:6379/1".to_owned(),
///     pool_size: 0,
///     connection_timeout: Duration::from_millis(100),
/// };
/// assert!(config.validate().is_ok());
/// assert!(!format!("{config:?}").contains("secret"));
/// ```
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields, default))]
pub struct RedisConfig {
    /// Where Redis is; `redis://127.0.0.1:6379` by default.
    pub url: String,
    /// How many connections: 0 to 1024. 0, the default, is one that all calls share, and the fastest: it
    /// sends what many calls ask in one piece. A cluster has one such connection for each of its nodes,
    /// and no other number.
    pub pool_size: usize,
    /// How long connecting may take, TLS and authentication included: more than nothing, 100 ms by default.
    /// With sentinels it is the time for asking them, and then again for connecting.
    #[cfg_attr(feature = "serde", serde(with = "palisade_core::text::duration::serde"))]
    pub connection_timeout: Duration,
}

impl Default for RedisConfig {
    fn default() -> Self {
        Self {
            url: "redis://127.0.0.1:6379".to_owned(),
            pool_size: 0,
            connection_timeout: Duration::from_millis(100),
        }
    }
}

impl RedisConfig {
    /// The URL as messages may show it: without user, password and parameters, well-formed or not.
    ///
    /// ```
    /// use palisade_redis::RedisConfig;
    ///
    /// let url = "redis://limits:secret@redis.internal:6379/1".to_owned();
    /// let config = RedisConfig { url, ..RedisConfig::default() };
    /// assert_eq!(config.redacted_url(), "redis://***@redis.internal:6379/1");
    /// ```
    #[must_use]
    pub fn redacted_url(&self) -> String {
        url::redacted(&self.url)
    }
}

/// Without the password.
impl fmt::Debug for RedisConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisConfig")
            .field("url", &self.redacted_url())
            .field("pool_size", &self.pool_size)
            .field("connection_timeout", &self.connection_timeout)
            .finish()
    }
}
