//! The tests of many test binaries, added up.

use std::fmt;

#[derive(Debug, Default)]
pub(crate) struct Tally {
    passed: u64,
    failed: u64,
    ignored: u64,
}

impl Tally {
    /// Adds the counts of a line such as `test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured`, coloured or not.
    pub(crate) fn read(&mut self, line: &str) {
        let Some(counts) = line.strip_prefix("test result: ") else { return };
        // The verdict before the first count may hold escape codes, so a count is what stands before its name.
        let words: Vec<_> = counts.split([' ', ';']).filter(|word| !word.is_empty()).collect();
        for pair in words.windows(2) {
            let [count, name] = pair else { continue };
            let Ok(count) = count.parse::<u64>() else { continue };
            match *name {
                "passed" => self.passed += count,
                "failed" => self.failed += count,
                "ignored" => self.ignored += count,
                _ => {}
            }
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.passed + self.failed + self.ignored == 0
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { passed, failed, ignored } = self;
        write!(f, "{passed} passed, {failed} failed, {ignored} skipped")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn binaries_add_up() {
        let mut tally = Tally::default();
        tally.read("test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s\n");
        tally.read("test a_test_result_is_not_a_summary ... ok\n");
        tally.read(
            "test result: \u{1b}[31mFAILED\u{1b}[0m. 40 passed; 2 failed; 0 ignored; 0 measured\n",
        );
        assert_eq!(tally.to_string(), "43 passed, 2 failed, 1 skipped");
    }

    #[test]
    fn nothing_read_is_empty() {
        let mut tally = Tally::default();
        tally.read("running 0 tests\n");
        tally.read("test result: ok. 0 passed; 0 failed; 0 ignored; 0 measured; 7 filtered out\n");
        assert!(tally.is_empty());
    }
}
