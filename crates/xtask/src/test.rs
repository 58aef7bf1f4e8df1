//! `cargo xtask test`: everything that is a test.

use std::env;
use std::io::{self, IsTerminal};
use std::path::Path;
use std::process::Command;

use crate::command;
use crate::redis;
use crate::run::Run;
use crate::workspace::{Package, Workspace};

const EVERYTHING: [&str; 4] = ["test", "--workspace", "--all-features", "--no-fail-fast"];

const PREEMPTIONS: &str = "LOOM_MAX_PREEMPTIONS";

pub(crate) fn all(run: &mut Run, arguments: &[String]) {
    // Without a server the tests that start one fail, and the others still say what they have to say.
    let server = run.step("redis server", |_, _| redis::server());
    redis::openssl();

    if run.workspace().libraries().any(has_models) {
        run.step("loom", |workspace, tally| {
            command::run_tests(pass_on(&mut loom(workspace), arguments), tally)
        });
    }
    for (name, kind) in [("doctests", "--doc"), ("tests", "--tests")] {
        run.step(name, |workspace, tally| {
            let mut cargo = workspace.cargo(EVERYTHING);
            cargo.arg(kind).envs(server.as_ref().map(|server| (redis::VARIABLE, server)));
            command::run_tests(pass_on(&mut cargo, arguments), tally)
        });
    }
}

fn has_models(package: &Package) -> bool {
    package.tests.iter().any(|test| test.starts_with("loom"))
}

/// The models run optimised, and in a target directory of their own: `--cfg loom` reaches every dependency.
///
/// It takes `tokio::net` away, so a crate with models names axum, hyper-util and the like only under
/// `[target.'cfg(not(loom))'.dev-dependencies]`.
fn loom(workspace: &Workspace) -> Command {
    let mut cargo = workspace.cargo(["test", "--release", "--no-fail-fast", "--test", "loom*"]);
    for package in workspace.libraries().filter(|package| has_models(package)) {
        cargo.args(["-p", &package.name]);
    }
    let flags = env::var("RUSTFLAGS").map_or_else(|_| String::new(), |flags| flags + " ");
    cargo.env("RUSTFLAGS", flags + "--cfg loom");
    cargo.env("CARGO_TARGET_DIR", Path::new(&workspace.target).join("loom"));
    if env::var_os(PREEMPTIONS).is_none() {
        cargo.env(PREEMPTIONS, "2");
    }
    cargo
}

/// Adds what the user typed. The output goes through a pipe to be counted, so colours have to be asked for.
fn pass_on<'a>(cargo: &'a mut Command, arguments: &[String]) -> &'a mut Command {
    let colour = io::stdout().is_terminal().then_some("--color=always");
    let mut halves = arguments.splitn(2, |argument| argument == "--");
    cargo.args(halves.next().unwrap_or_default());
    let harness: Vec<_> = colour.into_iter().chain(halves.flatten().map(String::as_str)).collect();
    if harness.is_empty() { cargo } else { cargo.arg("--").args(harness) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(command: &Command) -> Vec<String> {
        command.get_args().map(|word| word.to_string_lossy().into_owned()).collect()
    }

    fn package(name: &str, test: &str, library: bool) -> Package {
        Package { name: name.to_owned(), features: vec![], tests: vec![test.to_owned()], library }
    }

    #[test]
    fn loom_runs_only_the_libraries_that_have_models() {
        let workspace = Workspace {
            packages: vec![
                package("palisade-core", "loom_cell", true),
                package("palisade-timeout", "deadlines", true),
                package("palisade-tests", "loom_of_another_kind", false),
            ],
            ..Workspace::default()
        };
        let cargo = loom(&workspace);
        assert_eq!(
            words(&cargo).join(" "),
            "test --release --no-fail-fast --test loom* -p palisade-core"
        );
    }

    #[test]
    fn a_filter_and_the_harness_arguments_keep_their_sides() {
        let arguments = ["a_filter", "--", "--nocapture"].map(String::from);
        let mut cargo = Command::new("cargo");
        let words = words(pass_on(&mut cargo, &arguments));
        assert_eq!(words.first().unwrap(), "a_filter");
        assert_eq!(words.last().unwrap(), "--nocapture");
        assert_eq!(words.iter().filter(|word| *word == "--").count(), 1);
    }
}
