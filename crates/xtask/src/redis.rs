//! Finding the Redis server that the store tests start for themselves, and what they make certificates with.

use std::env;
use std::ffi::OsStr;
use std::path::PathBuf;

use crate::failure::{Failure, Result};
use crate::install;

/// The variable that tells the tests which server to start; set by hand, it also decides here.
pub(crate) const VARIABLE: &str = "PALISADE_REDIS_SERVER";

const SERVERS: [&str; 2] = ["redis-server", "valkey-server"];

const ADVICE: &str = "no Redis server, and the store tests start one: install redis-server or valkey-server \
    (Debian: apt-get install redis-server; macOS: brew install redis), or set PALISADE_REDIS_SERVER to its path";

/// The server's path; installs one where there is none and a package manager may be used.
pub(crate) fn server() -> Result<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let named = env::var_os(VARIABLE).map(PathBuf::from);
    let server = match named {
        Some(named) if named.is_file() => named,
        Some(named) => {
            let named = named.display();
            return Err(Failure::found(format!("{VARIABLE} names no file: {named}")));
        }
        None => find(&SERVERS, &path)
            .or_else(|| {
                eprintln!("\nno {} on PATH", SERVERS.join(" or "));
                install::redis(&path);
                find(&SERVERS, &path)
            })
            .ok_or_else(|| Failure::found(ADVICE))?,
    };
    eprintln!("\n{VARIABLE}={}", server.display());
    Ok(server)
}

/// Installs `openssl` where it is missing; tests that need it fail where that does not help, and say why.
pub(crate) fn openssl() {
    let path = env::var_os("PATH").unwrap_or_default();
    if find(&["openssl"], &path).is_none() {
        eprintln!("\nno openssl on PATH");
        install::openssl(&path);
    }
}

/// The first of `programs` that lies in a directory of `path`.
pub(crate) fn find(programs: &[&str], path: &OsStr) -> Option<PathBuf> {
    let candidates = programs.iter().flat_map(|program| {
        let file = format!("{program}{}", env::consts::EXE_SUFFIX);
        env::split_paths(path).map(move |directory| directory.join(&file))
    });
    candidates.into_iter().find(|candidate| candidate.is_file())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn redis_goes_before_valkey_wherever_each_lies() {
        let root = env::temp_dir().join(format!("xtask-redis-{}", std::process::id()));
        let [first, second] = [root.join("first"), root.join("second")];
        fs::create_dir_all(&first).unwrap();
        fs::create_dir_all(&second).unwrap();
        let file = |name: &str| format!("{name}{}", env::consts::EXE_SUFFIX);
        fs::write(first.join(file("valkey-server")), "").unwrap();
        let path = env::join_paths([&first, &second]).unwrap();
        assert_eq!(find(&SERVERS, &path), Some(first.join(file("valkey-server"))));

        fs::write(second.join(file("redis-server")), "").unwrap();
        assert_eq!(find(&SERVERS, &path), Some(second.join(file("redis-server"))));
        fs::remove_dir_all(&root).unwrap();
    }

    #[test]
    fn nothing_is_found_on_an_empty_path() {
        assert_eq!(find(&SERVERS, OsStr::new("")), None);
    }
}
