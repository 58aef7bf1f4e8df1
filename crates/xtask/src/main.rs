//! The workspace's own commands: `cargo xtask` lists them.
//!
//! Each command is a sequence of steps. A step prints the command that reproduces it by hand. A failure does not keep
//! the later steps from running; at the end stand a table of the time that each took and what failed, and the exit code
//! is that of the first failure.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command-line tool prints")]

mod check;
mod command;
mod failure;
mod features;
mod fuzz;
mod install;
mod msrv;
mod redis;
mod run;
mod size;
mod tally;
mod test;
mod workspace;

use std::process::ExitCode;

use crate::failure::{Failure, Result};
use crate::run::Run;
use crate::workspace::Workspace;

const HELP: &str = "\
usage: cargo xtask COMMAND [ARGUMENTS]

  test [FILTER]   every test: unit, integration, documentation and loom; ARGUMENTS go to each `cargo test`
  check           everything else that the gate asks for: formatting, lints, documentation, each feature alone,
                  dependencies, benches and examples
  ci              check, then test
  fuzz [TARGET]   a million odd inputs for each parser, others in each run; --inputs N and --seed S set how many and
                  which, an unknown TARGET lists those that there are
  bench [FILTER]  the benchmarks; ARGUMENTS go to `cargo bench`
  docs [--open]   the documentation of the library crates; ARGUMENTS go to `cargo doc`

environment:
  PALISADE_REDIS_SERVER   the redis-server or valkey-server that the tests start; else the one on PATH
  LOOM_MAX_PREEMPTIONS    how deep loom searches; 2 unless set
";

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let command = arguments.next().unwrap_or_default();
    dispatch(&command, &arguments.collect::<Vec<_>>()).unwrap_or_else(|failure| {
        eprintln!("xtask: {failure}");
        failure.exit_code()
    })
}

fn dispatch(command: &str, arguments: &[String]) -> Result<ExitCode> {
    let steps: fn(&mut Run, &[String]) = match command {
        "test" => test::all,
        "check" => check::all,
        "ci" => |run, arguments| {
            check::all(run, arguments);
            test::all(run, arguments);
        },
        "fuzz" => fuzz::all,
        "bench" => bench,
        "docs" => check::docs,
        "" | "help" | "-h" | "--help" => {
            print!("{HELP}");
            return Ok(ExitCode::SUCCESS);
        }
        unknown => return Err(Failure::usage(format!("no command `{unknown}`\n\n{HELP}"))),
    };
    if let ("check" | "ci", [first, ..]) = (command, arguments) {
        return Err(Failure::usage(format!("unexpected argument `{first}`")));
    }
    let mut run = Run::new(Workspace::load()?);
    steps(&mut run, arguments);
    print!("{run}");
    Ok(run.exit_code())
}

fn bench(run: &mut Run, arguments: &[String]) {
    run.step("benches", |workspace, _| {
        let mut cargo = workspace.cargo(["bench", "-p", "palisade-benches"]);
        command::run(cargo.args(arguments))
    });
}
