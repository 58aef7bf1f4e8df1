//! Which program is the server.

use std::env;
use std::path::PathBuf;

/// Set by `cargo xtask test`, or by hand.
const VARIABLE: &str = "PALISADE_REDIS_SERVER";

const PROGRAMS: [&str; 2] = ["redis-server", "valkey-server"];

/// The server's path: what the variable names, else the first of the programs on `PATH`.
pub(crate) fn find() -> Result<PathBuf, String> {
    if let Some(named) = env::var_os(VARIABLE).map(PathBuf::from) {
        return if named.is_file() {
            Ok(named)
        } else {
            Err(format!("{VARIABLE} names no file: {}", named.display()))
        };
    }
    on_path(&PROGRAMS).ok_or_else(|| {
        format!(
            "no {} on PATH, and this test starts one: run it by `cargo xtask test`, which installs it, \
             or set {VARIABLE} to the server's path",
            PROGRAMS.join(" or ")
        )
    })
}

/// The first of `programs` that lies in a directory of `PATH`.
pub(crate) fn on_path(programs: &[&str]) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    programs
        .iter()
        .flat_map(|program| env::split_paths(&path).map(move |directory| directory.join(program)))
        .find(|candidate| candidate.is_file())
}
