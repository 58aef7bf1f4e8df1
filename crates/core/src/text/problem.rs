//! All that is wrong with a configuration.

use std::{error::Error, fmt};

/// One setting that cannot be: where it stands, what it is, what would be permitted.
///
/// ```
/// use palisade_core::text::Problem;
///
/// let problem = Problem::new("max_keys", 0, "1 to 4294967295").under("limits[1]");
/// assert_eq!(problem.to_string(), "limits[1].max_keys: 0, must be 1 to 4294967295");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    path: String,
    value: String,
    expected: String,
}

/// All that is wrong with a configuration, one line each; never empty where it is an error.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problems(Vec<Problem>);

impl Problem {
    /// The setting at `path` has a `value` that is not what is `expected`.
    pub fn new(
        path: impl Into<String>,
        value: impl fmt::Display,
        expected: impl fmt::Display,
    ) -> Self {
        Self { path: path.into(), value: value.to_string(), expected: expected.to_string() }
    }

    /// The same problem of a configuration that is part of another one, at `path` there.
    #[must_use]
    pub fn under(mut self, path: &str) -> Self {
        let joint = if self.path.is_empty() || self.path.starts_with('[') { "" } else { "." };
        self.path = format!("{path}{joint}{}", self.path);
        self
    }

    /// Where the setting stands, such as `limits[1].quota`.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What it is.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }

    /// What would be permitted.
    #[must_use]
    pub fn expected(&self) -> &str {
        &self.expected
    }
}

impl Problems {
    /// Adds one.
    pub fn push(&mut self, problem: Problem) {
        self.0.push(problem);
    }

    /// Adds those of a part of the configuration, which stands at `path`.
    pub fn extend_under(&mut self, path: &str, part: Self) {
        self.0.extend(part.0.into_iter().map(|problem| problem.under(path)));
    }

    /// Checks the name of a layer, which stands at `path`: 1 to 128 bytes, of which messages and metrics
    /// show all.
    pub fn check_name(&mut self, path: &str, name: &str) {
        if !(1..=128).contains(&name.len()) {
            let short: String = name.chars().take(16).collect();
            let value = format_args!("{short:?} of {} bytes", name.len());
            self.push(Problem::new(path, value, "1 to 128 bytes"));
        }
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = &Problem> {
        self.0.iter()
    }

    /// An error, if there is any.
    ///
    /// # Errors
    /// There is one.
    pub fn into_result(self) -> Result<(), Self> {
        if self.0.is_empty() { Ok(()) } else { Err(self) }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}, must be {}", self.path, self.value, self.expected)
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, problem) in self.0.iter().enumerate() {
            write!(f, "{}{problem}", if at > 0 { "\n" } else { "" })?;
        }
        Ok(())
    }
}

impl Error for Problems {}
