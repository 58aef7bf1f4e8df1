//! Instructions per call, counted by valgrind.
//!
//! Hardware counters would be simpler, but virtual machines seldom have them. callgrind counts on any
//! machine, and the same every time: the bench starts itself once for each contender, and collects
//! only while [`measured`] is on the stack, so that neither building nor warming up is counted.

use std::env;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::alloc::uncounted;
use crate::group::Run;

/// Calls that are counted: enough that a table which doubles now and then does not show.
const CALLS: u64 = 10_000;

/// Calls before, so that every lazy thing has been done.
const WARM_UP: u64 = 100;

/// Instructions of one contender, bare loop included; `None` where valgrind is not installed.
///
/// # Errors
///
/// What valgrind said, if it ran and did not count.
pub fn instructions(group: &str, contender: &str) -> Result<Option<f64>, String> {
    let bench = env::current_exe().map_err(|error| format!("where the bench is: {error}"))?;
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null", "--collect-atstart=no"])
        .arg("--toggle-collect=*callgrind*measured*")
        .arg(Path::new(&bench))
        .args([group, "--one", contender, "--calls", &CALLS.to_string()])
        .stdin(Stdio::null())
        .output();
    let Ok(output) = output else { return Ok(None) };
    let said = String::from_utf8_lossy(&output.stderr);
    let total =
        said.lines().find_map(|line| line.split("Collected : ").nth(1)?.trim().parse().ok());
    match total {
        Some(total) if output.status.success() && total > 0 => {
            let total: u64 = total;
            Ok(Some(total as f64 / CALLS as f64))
        }
        _ => Err(format!("{contender}: valgrind counted nothing:\n{said}")),
    }
}

/// The side under valgrind: runs `calls` calls where they are counted.
pub fn count(run: &mut Run, calls: u64) {
    uncounted(|| {
        run(WARM_UP);
        measured(run, calls);
    });
}

/// The function whose inclusive cost is collected.
#[inline(never)]
fn measured(run: &mut Run, calls: u64) {
    run(calls);
}
