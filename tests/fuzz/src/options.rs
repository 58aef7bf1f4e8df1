//! The command line.

use std::{
    collections::hash_map::RandomState,
    hash::{BuildHasher, Hasher},
};

use crate::targets::{TARGETS, Target};

/// What to run.
#[derive(Debug)]
pub struct Options {
    /// One target, or all.
    pub targets: Vec<&'static Target>,
    /// How many inputs each.
    pub inputs: u64,
    /// The number of the first.
    pub seed: u64,
}

impl Options {
    /// Reads the arguments after the program's name.
    ///
    /// # Errors
    ///
    /// What makes no sense, with the arguments that would.
    pub fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Self { targets: TARGETS.to_vec(), inputs: 1_000_000, seed: fresh_seed() };
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--inputs" => options.inputs = number(&argument, arguments.next())?,
                "--seed" => options.seed = number(&argument, arguments.next())?,
                name => match TARGETS.iter().find(|target| target.name == name) {
                    Some(target) => options.targets = vec![target],
                    None => return Err(format!("no target `{name}`; {}", usage())),
                },
            }
        }
        Ok(options)
    }
}

fn usage() -> String {
    let names: Vec<_> = TARGETS.iter().map(|target| target.name).collect();
    format!("cargo xtask fuzz [TARGET] [--inputs N] [--seed S], TARGET one of {}", names.join(", "))
}

fn number(flag: &str, value: Option<String>) -> Result<u64, String> {
    let value = value.unwrap_or_default();
    value.parse().map_err(|_| format!("{flag} takes a number, not {value:?}; {}", usage()))
}

/// Other inputs in each run. Short, since it is typed again.
fn fresh_seed() -> u64 {
    RandomState::new().build_hasher().finish() >> 24
}

#[cfg(test)]
mod tests {
    use super::Options;
    use crate::targets::TARGETS;

    fn parse(line: &str) -> Result<Options, String> {
        Options::parse(line.split_whitespace().map(String::from))
    }

    #[test]
    fn all_targets_run_on_fresh_inputs_unless_asked_otherwise() {
        let (first, second) = (parse("").unwrap(), parse("").unwrap());
        assert_eq!((first.targets.len(), first.inputs), (TARGETS.len(), 1_000_000));
        assert_ne!(first.seed, second.seed);
    }

    #[test]
    fn one_input_can_be_repeated() {
        let options = parse("quota --seed 7 --inputs 1").unwrap();
        assert_eq!((options.targets[0].name, options.targets.len()), ("quota", 1));
        assert_eq!((options.seed, options.inputs), (7, 1));
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        assert!(parse("qouta").unwrap_err().starts_with("no target `qouta`; cargo xtask fuzz"));
        assert!(parse("--inputs many").unwrap_err().contains("takes a number, not \"many\""));
        assert!(parse("--seed").is_err());
    }
}
