//! What is wrong with a configuration.

use palisade_core::text::{Problem, Problems};

use super::RedisConfig;
use crate::url::{Place, Target};

/// More than any server would want of one process, and no typing error.
const MOST_CONNECTIONS: usize = 1024;

impl RedisConfig {
    /// Checks all of it. Nothing is connected to, and no name resolved.
    ///
    /// # Errors
    /// Everything that is wrong: settings outside of their range, or that contradict each other. No
    /// message shows the password.
    ///
    /// ```
    /// use palisade_redis::RedisConfig;
    ///
    /// let config = RedisConfig { url: "redis://:secret@cache/first".to_owned(), ..RedisConfig::default() };
    /// assert_eq!(
    ///     config.validate().unwrap_err().to_string(),
    ///     r#"url: "redis://***@cache/first", must be one whose database is a number from 0 to 4294967295"#,
    /// );
    /// ```
    pub fn validate(&self) -> Result<(), Problems> {
        self.target().map(|_| ())
    }

    /// What the URL names, if all is well.
    pub(crate) fn target(&self) -> Result<Target, Problems> {
        let mut problems = Problems::default();
        let target = Target::parse(&self.url);
        if let Err(expected) = &target {
            let shown = format!("{:?}", self.redacted_url());
            problems.push(Problem::new("url", shown, expected));
        }
        if self.pool_size > MOST_CONNECTIONS {
            let expected = format_args!("0 to {MOST_CONNECTIONS}");
            problems.push(Problem::new("pool_size", self.pool_size, expected));
        } else if self.pool_size > 0
            && matches!(target, Ok(Target { place: Place::Cluster(_), .. }))
        {
            let expected = "0 with a cluster, which has one connection for each node";
            problems.push(Problem::new("pool_size", self.pool_size, expected));
        }
        if self.connection_timeout.is_zero() {
            problems.push(Problem::new("connection_timeout", "0s", "more than nothing"));
        }
        match target {
            Ok(target) => problems.into_result().map(|()| target),
            Err(_) => Err(problems),
        }
    }
}
