//! `cargo xtask fuzz`: the parsers' promises against many odd inputs. `cargo xtask test` tries a few of them.

use std::process::Command;

use crate::command;
use crate::run::Run;
use crate::workspace::Workspace;

pub(crate) fn all(run: &mut Run, arguments: &[String]) {
    run.step("fuzz", |workspace, _| command::run(&mut fuzz(workspace, arguments)));
}

/// Optimised, and with the checks of a debug build all the same.
fn fuzz(workspace: &Workspace, arguments: &[String]) -> Command {
    let mut cargo =
        workspace.cargo(["run", "--quiet", "--profile", "fuzz", "-p", "palisade-fuzz", "--"]);
    cargo.args(arguments);
    cargo
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_and_its_seed_reach_the_fuzzer() {
        let arguments = ["quota", "--seed", "7", "--inputs", "1"].map(String::from);
        let cargo = fuzz(&Workspace::default(), &arguments);
        let words: Vec<_> = cargo.get_args().map(|word| word.to_string_lossy()).collect();
        assert_eq!(
            words.join(" "),
            "run --quiet --profile fuzz -p palisade-fuzz -- quota --seed 7 --inputs 1"
        );
    }
}
