//! A plan from a file.
//!
//! | file | its one idea |
//! |---|---|
//! | [`DEFAULT`] | a file that says all there is to say |
//! | `mend` | reading on behind an error, so that all are told at once |
//! | `unusable` | what is told |

mod mend;
mod unusable;

use std::fs;
use std::path::Path;

use palisade::text::Problem;
use toml::Table;

use self::unusable::Fault;
pub use self::unusable::Unusable;
use super::plan::Plan;

/// What the gateway serves unless told otherwise, and the description of the format.
pub const DEFAULT: &str = include_str!("default.toml");

/// The plan in a file, or the default one.
///
/// # Errors
///
/// The file cannot be read, or what [`read`] says.
pub fn load(file: Option<&Path>) -> Result<Plan, Unusable> {
    let Some(file) = file else { return read("the default configuration", DEFAULT) };
    let source = file.display().to_string();
    match fs::read_to_string(file) {
        Ok(text) => read(&source, &text),
        Err(cause) => Err(Unusable::unreadable(&source, cause)),
    }
}

/// The plan in a text; `source` is what errors call it.
///
/// # Errors
///
/// The place where the text is no TOML; or all of its settings that are not known, cannot be read,
/// are missing or outside of their range.
pub fn read(source: &str, text: &str) -> Result<Plan, Unusable> {
    let tree: Table = text.parse().map_err(|error| Unusable::syntax(source, text, &error))?;
    let (plan, mut faults) = mend::read::<Plan>(tree);
    if let Some(Err(problems)) = plan.as_ref().map(Plan::validate) {
        // What stands in for a value that does not read is nobody's fault.
        let known = faults.clone();
        let is_new = |problem: &&Problem| !known.iter().any(|fault| fault.covers(problem.path()));
        faults.extend(problems.iter().filter(is_new).map(Fault::from));
    }
    match plan {
        Some(plan) if faults.is_empty() => Ok(plan),
        _ => Err(Unusable::faults(source, faults)),
    }
}
