//! The command line.

use std::env;

/// What to run, and how.
#[derive(Debug)]
pub(crate) enum Mode {
    /// Print the titles.
    List,
    /// Run everything once: what `cargo test --benches` asks for.
    Smoke,
    /// Measure.
    Measure(How),
    /// Run one contender for so many calls: what the bench asks of itself under valgrind.
    One {
        /// The contender's name; the filter is its group's title.
        contender: String,
        /// How many calls.
        calls: u64,
    },
}

/// How to measure.
#[derive(Debug)]
pub(crate) struct How {
    /// How many samples of each contender, if that was said.
    pub(crate) rounds: Option<usize>,
    /// Whether to count instructions too.
    pub(crate) instructions: bool,
}

/// The command line.
#[derive(Debug)]
pub(crate) struct Options {
    /// What a group's title must contain.
    pub(crate) filter: String,
    /// What to run.
    pub(crate) mode: Mode,
}

impl Options {
    /// Reads the arguments after the program's name.
    pub(crate) fn from_env() -> Result<Self, String> {
        Self::parse(env::args().skip(1))
    }

    fn parse(mut args: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut filter = String::new();
        let (mut bench, mut list, mut instructions) = (false, false, false);
        let (mut rounds, mut calls, mut contender) = (None, 10_000, None);
        while let Some(arg) = args.next() {
            match arg.as_str() {
                // cargo's own words for "this is `cargo bench`" and "list what there is".
                "--bench" => bench = true,
                "--list" => list = true,
                "--instructions" => instructions = true,
                "--rounds" => rounds = Some(number(&arg, args.next())?.max(1) as usize),
                "--calls" => calls = number(&arg, args.next())?,
                "--one" => contender = args.next(),
                flag if flag.starts_with('-') => {
                    return Err(format!("unknown flag {flag}; {USAGE}"));
                }
                _ => filter = arg,
            }
        }
        let mode = match contender {
            _ if list => Mode::List,
            Some(contender) => Mode::One { contender, calls },
            None if bench => Mode::Measure(How { rounds, instructions }),
            None => Mode::Smoke,
        };
        Ok(Self { filter, mode })
    }
}

const USAGE: &str =
    "cargo bench -p palisade-benches -- [FILTER] [--rounds N] [--instructions] [--list]";

fn number(flag: &str, value: Option<String>) -> Result<u64, String> {
    let value = value.unwrap_or_default();
    value.parse().map_err(|_| format!("{flag} takes a number, not {value:?}; {USAGE}"))
}

#[cfg(test)]
mod tests {
    use super::{How, Mode, Options};

    fn parse(line: &str) -> Result<Options, String> {
        Options::parse(line.split_whitespace().map(String::from))
    }

    #[test]
    fn without_cargo_bench_everything_runs_once() {
        assert!(matches!(parse("").unwrap().mode, Mode::Smoke));
        assert!(matches!(parse("--bench").unwrap().mode, Mode::Measure(How { rounds: None, .. })));
    }

    #[test]
    fn a_filter_and_flags_come_in_any_order() {
        let options = parse("--rounds 5 timeout --bench --instructions").unwrap();
        assert_eq!(options.filter, "timeout");
        assert!(matches!(options.mode, Mode::Measure(How { rounds: Some(5), instructions: true })));
    }

    #[test]
    fn a_flag_that_is_not_known_is_refused() {
        assert!(parse("--fast").is_err());
        assert!(parse("--rounds many").is_err());
    }
}
