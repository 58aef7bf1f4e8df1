//! A target and its inputs.

use std::fmt;

use crate::{caught::caught, mutate, shrink::shrink, targets::Target};

/// No more of an input is printed: its number makes it again.
const PRINTED: usize = 1_000;

/// An input that broke a promise.
///
/// Prints what happened, the input and a smaller one, and the command that repeats it.
pub struct Failure {
    target: &'static str,
    seed: u64,
    message: String,
    input: Vec<u8>,
    smallest: Vec<u8>,
}

impl Target {
    /// Tries so many inputs, of the numbers from `seed` on.
    ///
    /// # Errors
    ///
    /// The first input that breaks a promise.
    pub fn run(&self, seed: u64, inputs: u64) -> Result<(), Failure> {
        (0..inputs).try_for_each(|i| self.one(seed.wrapping_add(i)))
    }

    fn one(&self, seed: u64) -> Result<(), Failure> {
        let input = mutate::input(self, seed);
        let Err(message) = self.holds(&input) else { return Ok(()) };
        let smallest = shrink(&input, |bytes| self.holds(bytes).is_err());
        Err(Failure { target: self.name, seed, message, input, smallest })
    }

    fn holds(&self, input: &[u8]) -> Result<(), String> {
        caught(|| (self.check)(input))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { target, seed, message, input, smallest } = self;
        writeln!(f, "{target}: {message}")?;
        writeln!(f, "input:    {}", Escaped(input))?;
        writeln!(f, "smallest: {}", Escaped(smallest))?;
        write!(f, "repeat:   cargo xtask fuzz {target} --seed {seed} --inputs 1")
    }
}

/// So that a test that unwraps one prints what a person can read.
impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// As a byte string in Rust.
struct Escaped<'a>(&'a [u8]);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (shown, rest) = self.0.split_at(self.0.len().min(PRINTED));
        write!(f, "b\"{}\"", shown.escape_ascii())?;
        if rest.is_empty() { Ok(()) } else { write!(f, " and {} bytes more", rest.len()) }
    }
}

#[cfg(test)]
mod tests {
    use crate::targets::Target;

    /// Keeps its promise but for one pair of characters.
    const PLANTED: Target = Target {
        name: "planted",
        texts: &[b"for=192.0.2.1;host=example"],
        words: &[b";", b"="],
        check: |bytes| assert!(!bytes.windows(2).any(|pair| pair == b";;"), "two\nof them"),
    };

    #[test]
    fn a_broken_promise_is_found_and_its_number_repeats_it() {
        let failure = PLANTED.run(0, 10_000).unwrap_err();
        let again = PLANTED.run(failure.seed, 1).unwrap_err();
        assert_eq!(again.input, failure.input);
        assert_eq!(failure.smallest, b";;");
        let seed = failure.seed;
        let text = failure.to_string();
        assert!(text.starts_with("planted: panicked at "), "{text}");
        assert!(text.contains("\ntwo\nof them\ninput:    b\""), "{text}");
        assert!(text.contains("\nsmallest: b\";;\"\n"), "{text}");
        let repeat = format!("repeat:   cargo xtask fuzz planted --seed {seed} --inputs 1");
        assert!(text.ends_with(&repeat), "{text}");
    }

    #[test]
    fn a_kept_promise_is_silent() {
        let target = Target { check: |_| (), ..PLANTED };
        assert!(target.run(u64::MAX, 10).is_ok());
    }

    #[test]
    fn a_huge_input_is_not_printed_in_full() {
        let target = Target { check: |bytes| assert!(bytes.len() < 60_000, "long"), ..PLANTED };
        let text = target.run(0, 10_000).unwrap_err().to_string();
        assert!(text.len() < 10_000 && text.contains(" bytes more\n"), "{text}");
    }
}
