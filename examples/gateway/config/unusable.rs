//! Why a configuration cannot be used.

use std::error::Error;
use std::{fmt, io};

use palisade::text::Problem;

/// A configuration that is none, and all that is to be mended.
#[derive(Debug)]
pub struct Unusable {
    source: String,
    why: Why,
}

#[derive(Debug)]
enum Why {
    Unreadable(io::Error),
    /// The line and the column, from 1 on, in characters.
    Syntax {
        line: usize,
        column: usize,
        message: String,
    },
    Faults(Vec<Fault>),
}

/// One setting that cannot be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    path: String,
    /// What it is, and what would be permitted.
    what: String,
}

impl Unusable {
    pub(super) fn unreadable(source: &str, cause: io::Error) -> Self {
        Self { source: source.to_owned(), why: Why::Unreadable(cause) }
    }

    pub(super) fn syntax(source: &str, text: &str, error: &toml::de::Error) -> Self {
        let start = error.span().map_or(text.len(), |span| span.start);
        let before = text.get(..start).unwrap_or(text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        let message = error.message().to_owned();
        Self { source: source.to_owned(), why: Why::Syntax { line, column, message } }
    }

    pub(super) fn faults(source: &str, faults: Vec<Fault>) -> Self {
        Self { source: source.to_owned(), why: Why::Faults(faults) }
    }
}

impl Fault {
    pub(super) fn new(path: impl Into<String>, what: impl Into<String>) -> Self {
        Self { path: path.into(), what: what.into() }
    }

    /// Whether it is about the setting at `path`, or about one that it is a part of.
    pub(super) fn covers(&self, path: &str) -> bool {
        path.strip_prefix(&self.path)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    }
}

impl From<&Problem> for Fault {
    fn from(problem: &Problem) -> Self {
        Self::new(problem.path(), format!("{}, must be {}", problem.value(), problem.expected()))
    }
}

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { source, why } = self;
        match why {
            Why::Unreadable(cause) => write!(f, "{source} cannot be read: {cause}"),
            Why::Syntax { line, column, message } => {
                write!(f, "{source} is no TOML: line {line}, column {column}: {message}")
            }
            Why::Faults(faults) => {
                write!(f, "{source} cannot be used:")?;
                faults.iter().try_for_each(|Fault { path, what }| write!(f, "\n  {path}: {what}"))
            }
        }
    }
}

impl Error for Unusable {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_covers_its_setting_and_the_parts_of_it() {
        let fault = Fault::new("limits[1].limits", "");
        for path in ["limits[1].limits", "limits[1].limits[0]", "limits[1].limits.x"] {
            assert!(fault.covers(path), "{path}");
        }
        for path in ["limits[1]", "limits[1].limits_too", "limits[11].limits", ""] {
            assert!(!fault.covers(path), "{path}");
        }
    }
}
