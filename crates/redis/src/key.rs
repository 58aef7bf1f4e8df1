//! Where a limit stands in Redis.
//!
//! | | key | field |
//! |---|---|---|
//! | a limit by itself | `palisade:{alice}:login:g1` | |
//! | limits that are decided together | `palisade:{alice}` | `login:g1` |
//! | a log | `palisade:{alice}:login:l1` | |
//! | the instances that live | `palisade:instances` | |
//!
//! The subject stands in braces, so that in a cluster all limits of one subject are on one node. Behind the
//! limit's name is the format of its state: after a change of the algorithm the old state is not met again.
//!
//! What is no readable name becomes a digest, so that no token is stored and no key is too long: `sha#` and the
//! first 32 digits of its SHA-256.

use palisade_core::algorithm::Keeps;
use palisade_core::store::Charge;
use palisade_core::text::{Problem, Problems};
use sha2::{Digest, Sha256};

/// The tag of a state that is an algorithm's own bytes.
pub(crate) const BYTES: &str = "b1";

// With five of `:`, `{` and `}` between them, and a prefix of 32 bytes, the longest key has 237.
const LONGEST_SUBJECT: usize = 128;
const LONGEST_NAME: usize = 64;
const LONGEST_TAG: usize = 8;

/// The key of a limit's state, and its field if that is a hash.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) key: String,
    pub(crate) field: Option<String>,
}

impl Place {
    /// Where the state of this tag stands that `charge` is about.
    pub(crate) fn new(prefix: &str, charge: &Charge, tag: &str, keeps: Keeps) -> Self {
        let name = charge.policy.name().as_str();
        let mut key = String::with_capacity(prefix.len() + charge.subject.len() + name.len() + 16);
        key.push_str(prefix);
        key.push_str(":{");
        push(&mut key, &charge.subject, LONGEST_SUBJECT);
        key.push('}');
        if charge.together && keeps == Keeps::Text {
            let mut field = String::with_capacity(name.len() + 1 + tag.len());
            push_limit(&mut field, name, tag);
            return Self { key, field: Some(field) };
        }
        key.push(':');
        push_limit(&mut key, name, tag);
        Self { key, field: None }
    }
}

/// The key of the instances that live.
pub(crate) fn instances(prefix: &str) -> String {
    format!("{prefix}:instances")
}

/// Whether a tag is what a tag is to be: 1 to 8 letters and digits.
pub(crate) fn is_tag(tag: &str) -> bool {
    (1..=LONGEST_TAG).contains(&tag.len()) && tag.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// Checks a prefix.
pub(crate) fn check_prefix(prefix: &str) -> Result<(), Problems> {
    let mut problems = Problems::default();
    if !is_plain(prefix, 32) {
        let expected = "1 to 32 printable ASCII characters without braces";
        let short: String = prefix.chars().take(40).collect();
        problems.push(Problem::new("prefix", format_args!("{short:?}"), expected));
    }
    problems.into_result()
}

fn push_limit(out: &mut String, name: &str, tag: &str) {
    push(out, name, LONGEST_NAME);
    out.push(':');
    out.push_str(tag);
}

fn push(out: &mut String, text: &str, longest: usize) {
    if is_plain(text, longest) {
        out.push_str(text);
        return;
    }
    out.push_str("sha#");
    let digits = |byte: u8| [byte >> 4, byte & 15];
    for digit in Sha256::digest(text).into_iter().take(16).flat_map(digits) {
        out.extend(char::from_digit(digit.into(), 16));
    }
}

/// Whether it can stand in a key as it is. A name of nothing cannot: `{}` is no hash tag.
fn is_plain(text: &str, longest: usize) -> bool {
    (1..=longest).contains(&text.len())
        && text.bytes().all(|byte| matches!(byte, b' '..=b'~') && !matches!(byte, b'{' | b'}'))
}
