//! Running a command after printing the line that repeats it.

use std::ffi::OsStr;
use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::failure::{Failure, Result};
use crate::tally::Tally;

/// Runs `command` with our own terminal.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let line = announce(command);
    let status = command.status().map_err(|error| unable(command, &error))?;
    if status.success() { Ok(()) } else { Err(Failure::status(&line, status)) }
}

/// Runs `command` and adds up the tests it reports while passing its output on.
pub(crate) fn run_tests(command: &mut Command, tally: &mut Tally) -> Result<()> {
    let line = announce(command);
    let mut child =
        command.stdout(Stdio::piped()).spawn().map_err(|error| unable(command, &error))?;
    if let Some(stdout) = child.stdout.take() {
        pass_through(BufReader::new(stdout), io::stdout(), |line| tally.read(line))?;
    }
    let status = child.wait()?;
    if status.success() { Ok(()) } else { Err(Failure::status(&line, status)) }
}

fn pass_through(
    mut from: impl BufRead,
    mut to: impl Write,
    mut read: impl FnMut(&str),
) -> io::Result<()> {
    let mut line = Vec::new();
    while from.read_until(b'\n', &mut line)? > 0 {
        to.write_all(&line)?;
        read(&String::from_utf8_lossy(&line));
        line.clear();
    }
    Ok(())
}

/// What `command` prints, unannounced.
pub(crate) fn output(command: &mut Command) -> Result<Vec<u8>> {
    let output =
        command.stderr(Stdio::inherit()).output().map_err(|error| unable(command, &error))?;
    if output.status.success() {
        Ok(output.stdout)
    } else {
        Err(Failure::status(&line(command), output.status))
    }
}

fn announce(command: &Command) -> String {
    let line = line(command);
    eprintln!("\n$ {line}");
    line
}

fn unable(command: &Command, error: &io::Error) -> Failure {
    Failure::found(format!("{}: {error}", command.get_program().display()))
}

/// `command` as one would type it: variables, program, arguments.
fn line(command: &Command) -> String {
    let variables = command.get_envs().filter_map(|(name, value)| {
        Some(format!("{}={}", name.display(), quote(&value?.to_string_lossy())))
    });
    // `cargo` is run by its full path, which is of no use to anyone who repeats this.
    let program =
        Path::new(command.get_program()).file_name().unwrap_or_else(|| command.get_program());
    let words = std::iter::once(program).chain(command.get_args()).map(OsStr::to_string_lossy);
    variables.chain(words.map(|word| quote(&word))).collect::<Vec<_>>().join(" ")
}

fn quote(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_=+./:,@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_can_be_pasted_into_a_shell() {
        let mut command = Command::new("/opt/rust/bin/cargo");
        command.env("RUSTFLAGS", "--cfg loom").args(["test", "--test", "loom*", "it's"]);
        assert_eq!(line(&command), r"RUSTFLAGS='--cfg loom' cargo test --test 'loom*' 'it'\''s'");
    }

    #[cfg(unix)]
    #[test]
    fn a_failing_command_names_itself() {
        let failure = run(Command::new("sh").args(["-c", "exit 7"])).unwrap_err();
        assert_eq!(failure.to_string(), "exit status: 7: sh -c 'exit 7'");
    }

    #[test]
    fn a_missing_program_is_named() {
        let failure = run(&mut Command::new("no-such-program")).unwrap_err();
        assert!(failure.to_string().starts_with("no-such-program: "), "{failure}");
    }

    #[test]
    fn output_passes_through_unchanged_while_it_is_read() {
        let (printed, mut passed_on, mut seen) = (b"one\n\xff two\nthree", Vec::new(), Vec::new());
        pass_through(&printed[..], &mut passed_on, |line| seen.push(line.to_owned())).unwrap();
        assert_eq!(passed_on, printed);
        assert_eq!(seen, ["one\n", "\u{fffd} two\n", "three"]);
    }
}
