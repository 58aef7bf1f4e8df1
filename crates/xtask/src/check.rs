//! `cargo xtask check`: everything the gate asks for that is not a test.

use std::env;

use crate::failure::Failure;
use crate::run::Run;
use crate::{command, features, msrv, redis, size};

const LINTS: [&str; 6] =
    ["clippy", "--workspace", "--all-targets", "--all-features", "--", "-Dwarnings"];

/// Without the tests' features: this is how examples and benches really run.
const PROGRAMS: [&str; 8] = [
    "build",
    "-p",
    "palisade-benches",
    "-p",
    "palisade-examples",
    "--benches",
    "--bins",
    "--examples",
];

pub(crate) fn all(run: &mut Run, _: &[String]) {
    run.step("fmt", |workspace, _| command::run(&mut workspace.cargo(["fmt", "--all", "--check"])));
    run.step("file sizes", |workspace, _| size::check(&workspace.root));
    run.step("msrv", |workspace, _| msrv::check(workspace));
    run.step("deny", |workspace, _| {
        let path = env::var_os("PATH").unwrap_or_default();
        if redis::find(&["cargo-deny"], &path).is_none() {
            return Err(Failure::found("no cargo-deny on PATH: cargo install --locked cargo-deny"));
        }
        let what = ["bans", "licenses", "sources"];
        command::run(workspace.cargo(["deny", "check", "--hide-inclusion-graph"]).args(what))
    });
    run.step("clippy", |workspace, _| command::run(&mut workspace.cargo(LINTS)));
    run.step("each feature", |workspace, _| features::check(workspace));
    docs(run, &[]);
    run.step("benches, examples", |workspace, _| command::run(&mut workspace.cargo(PROGRAMS)));
}

pub(crate) fn docs(run: &mut Run, arguments: &[String]) {
    run.step("docs", |workspace, _| {
        let mut cargo = workspace.cargo(["doc", "--no-deps", "--all-features"]);
        for library in workspace.libraries() {
            cargo.args(["-p", &library.name]);
        }
        command::run(cargo.env("RUSTDOCFLAGS", "-Dwarnings").args(arguments))
    });
}
