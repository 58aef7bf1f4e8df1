//! Reads a tree of settings to its end, whatever is wrong in it.
//!
//! Deserialization ends at the first value that does not read. Here that value is noted and taken
//! away, or where something must stand in its place, replaced; then the tree is read again. Nothing
//! else is touched, so that paths stay those of the file, and what is beside a fault is read and
//! checked as well.

use serde::de::DeserializeOwned;
use serde_path_to_error::{Path, Segment};
use toml::{Table, Value};

use super::unusable::Fault;

/// How often a tree is read again. Who needs more has sent no configuration.
const ROUNDS: usize = 1_000;

/// What the tree says, as far as it reads, and what does not; nothing if it says nothing at all.
pub(super) fn read<T: DeserializeOwned>(tree: Table) -> (Option<T>, Vec<Fault>) {
    let (mut tree, mut faults) = (Value::Table(tree), Vec::new());
    for _ in 0..ROUNDS {
        let error = match serde_path_to_error::deserialize::<_, T>(tree.clone()) {
            Ok(read) => return (Some(read), faults),
            Err(error) => error,
        };
        let mut steps = steps(error.path());
        let message = error.inner().message();
        // A table is told to lack a field: the fault is the field.
        let missing =
            message.strip_prefix("missing field `").and_then(|rest| rest.split('`').next());
        steps.extend(missing.map(|field| Step::Key(field.to_owned())));

        let path = spelled(&steps);
        if !faults.iter().any(|fault: &Fault| fault.covers(&path)) {
            faults.push(Fault::new(path, if missing.is_some() { "missing" } else { message }));
        }
        if mend(&mut tree, &steps, message.starts_with("unknown field")).is_none() {
            break;
        }
    }
    (None, faults)
}

#[derive(Clone, Debug)]
enum Step {
    Key(String),
    Index(usize),
}

/// The way to a value. What lies below one, such as the content of a variant, is part of it.
fn steps(path: &Path) -> Vec<Step> {
    let step = |segment: &Segment| match segment {
        Segment::Map { key } => Some(Step::Key(key.clone())),
        Segment::Seq { index } => Some(Step::Index(*index)),
        Segment::Enum { .. } | Segment::Unknown => None,
    };
    path.iter().map_while(step).collect()
}

/// As a [`Problem`](palisade::text::Problem) spells it: `limits[1].quota`.
fn spelled(steps: &[Step]) -> String {
    steps.iter().fold(String::new(), |path, step| match step {
        Step::Key(key) if path.is_empty() => key.clone(),
        Step::Key(key) => format!("{path}.{key}"),
        Step::Index(index) => format!("{path}[{index}]"),
    })
}

/// Makes the tree readable at one place, or at least differently wrong; `None` where it cannot.
fn mend(tree: &mut Value, steps: &[Step], is_unknown: bool) -> Option<()> {
    let (last, before) = steps.split_last()?;
    let parent = before.iter().try_fold(tree, |value, step| match step {
        Step::Key(key) => value.get_mut(key),
        Step::Index(index) => value.get_mut(index),
    })?;
    match last {
        Step::Key(key) => {
            let table = parent.as_table_mut()?;
            match stand_in(before.last(), key).filter(|_| !is_unknown) {
                Some(value) => table.insert(key.clone(), value),
                None => Some(table.remove(key)?),
            };
        }
        // Elements are tables or texts, and stay: those behind keep their index.
        Step::Index(index) => {
            let element = parent.get_mut(index)?;
            *element = if element.is_table() {
                Value::String("/".to_owned())
            } else {
                Value::Table(Table::new())
            };
        }
    }
    Some(())
}

/// What reads in the place of a setting that must be there.
fn stand_in(parent: Option<&Step>, key: &str) -> Option<Value> {
    let text = match (parent, key) {
        // So that routes which name it still name one.
        (Some(Step::Key(parent)), _) if parent == "upstreams" => {
            let address = ("address".to_owned(), Value::String("demo:steady".to_owned()));
            return Some(Value::Table(Table::from_iter([address])));
        }
        (Some(Step::Key(parent)), _) if parent == "tiers" => "1/s",
        (_, "quota") => "1/s",
        (_, "address") => "demo:steady",
        (_, "name" | "prefix" | "upstream") => "",
        _ => return None,
    };
    Some(Value::String(text.to_owned()))
}
