//! What becomes of a server whose process ends without running a destructor.

use std::path::PathBuf;
use std::process::{Command, abort};
use std::{env, fs};

use palisade_test_server::{Client, Server, eventually};

const CHILD: &str = "PALISADE_KEEPER_TEST_WRITES_TO";

#[test]
fn a_server_ends_with_a_process_that_aborts() {
    // In the process that this test starts below.
    if let Some(file) = env::var_os(CHILD) {
        let server = Server::start();
        let told = format!("{} {}", server.port(), server.directory().display());
        fs::write(file, told).unwrap();
        abort();
    }

    let here = Server::start();
    let file = here.directory().join("told");
    let status = Command::new(env::current_exe().unwrap())
        .args(["--exact", "a_server_ends_with_a_process_that_aborts"])
        .env(CHILD, &file)
        .output()
        .unwrap()
        .status;
    assert!(!status.success());
    let told = fs::read_to_string(file).unwrap();
    let (port, directory) = told.split_once(' ').unwrap();
    let (port, directory) = (port.parse().unwrap(), PathBuf::from(directory));
    let refused = |error: String| error.contains("refused");
    eventually(|| Client::connect(port).err().is_some_and(refused), "the server to be killed");
    eventually(|| !directory.exists(), "its directory to be removed");
}
