//! One run: its steps, how long each took, what failed, and the tests they counted.

use std::fmt;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use crate::failure::{Failure, Result};
use crate::tally::Tally;
use crate::workspace::Workspace;

#[derive(Debug)]
pub(crate) struct Run {
    workspace: Workspace,
    steps: Vec<Step>,
    tally: Tally,
}

#[derive(Debug)]
struct Step {
    name: &'static str,
    took: Duration,
    failure: Option<Failure>,
}

impl Run {
    pub(crate) fn new(workspace: Workspace) -> Self {
        Self { workspace, steps: Vec::new(), tally: Tally::default() }
    }

    pub(crate) fn workspace(&self) -> &Workspace {
        &self.workspace
    }

    /// Does `work` and answers what it made. A failure is kept for the end, so that one run shows all there is to mend.
    #[expect(clippy::disallowed_methods, reason = "the time that a person waited for a step")]
    pub(crate) fn step<T>(
        &mut self,
        name: &'static str,
        work: impl FnOnce(&Workspace, &mut Tally) -> Result<T>,
    ) -> Option<T> {
        let started = Instant::now();
        let outcome = work(&self.workspace, &mut self.tally);
        let took = started.elapsed();
        let (made, failure) = outcome.map_or_else(|f| (None, Some(f)), |made| (Some(made), None));
        self.steps.push(Step { name, took, failure });
        made
    }

    /// That of the first step that failed.
    pub(crate) fn exit_code(&self) -> ExitCode {
        self.failures().next().map_or(ExitCode::SUCCESS, |(_, failure)| failure.exit_code())
    }

    fn failures(&self) -> impl Iterator<Item = (&str, &Failure)> {
        self.steps.iter().filter_map(|step| Some((step.name, step.failure.as_ref()?)))
    }
}

/// A table of the steps, what failed in which, and the number of tests.
impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f)?;
        for Step { name, took, failure } in &self.steps {
            let verdict = if failure.is_some() { "  failed" } else { "" };
            writeln!(f, "{name:<20} {:>7.1} s{verdict}", took.as_secs_f64())?;
        }
        for (name, failure) in self.failures() {
            writeln!(f, "\n{name}: {failure}")?;
        }
        if self.tally.is_empty() { Ok(()) } else { writeln!(f, "\n{}", self.tally) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_failure_is_told_after_the_table() {
        let mut run = Run::new(Workspace::default());
        assert!(run.step("fmt", |_, _| Err::<(), _>(Failure::usage("a diff"))).is_none());
        run.step("docs", |_, _| Ok(())).unwrap();
        assert!(run.step("clippy", |_, _| Err::<(), _>(Failure::found("dead code"))).is_none());
        assert_eq!(
            run.to_string(),
            "
fmt                      0.0 s  failed
docs                     0.0 s
clippy                   0.0 s  failed

fmt: a diff

clippy: dead code
"
        );
        assert_eq!(run.exit_code(), ExitCode::from(2));
    }

    #[test]
    fn a_run_ends_with_the_number_of_tests() {
        let mut run = Run::new(Workspace::default());
        run.step("tests", |_, tally| {
            tally.read("test result: ok. 5 passed; 0 failed; 0 ignored");
            Ok(())
        })
        .unwrap();
        assert!(run.to_string().ends_with(" s\n\n5 passed, 0 failed, 0 skipped\n"), "{run}");
        assert_eq!(run.exit_code(), ExitCode::SUCCESS);
    }
}
