//! `cargo xtask fuzz`: many inputs for each target, others in each run.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command-line tool prints")]

use std::process::ExitCode;

use palisade_fuzz::Options;

fn main() -> ExitCode {
    let Options { targets, inputs, seed } = match Options::parse(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::from(2);
        }
    };
    let mut code = ExitCode::SUCCESS;
    for target in targets {
        // Said beforehand, for the case of an input that ends or stalls the process.
        println!("{}: {inputs} inputs, --seed {seed}", target.name);
        if let Err(failure) = target.run(seed, inputs) {
            eprintln!("\n{failure}\n");
            code = ExitCode::FAILURE;
        }
    }
    code
}
