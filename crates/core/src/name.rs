//! Names of layers: short, few, and free to copy.

use std::collections::HashMap;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::LazyLock;

use parking_lot::Mutex;

/// How many different names a process may give to its layers.
const MOST_NAMES: usize = 4096;

/// How many bytes of a name are kept.
const LONGEST_NAME: usize = 128;

/// The name of a layer, as it stands in metrics, messages and headers.
///
/// A name is kept for as long as the process lives (so that a rejection and a metric can carry it
/// without counting references): give layers names from code or configuration, never from requests.
/// Of a longer name the first 128 bytes are kept; from the 4097th different name on, all are
/// `"overflow"`.
///
/// ```
/// use palisade_core::Name;
///
/// assert_eq!(Name::default().as_str(), "default");
/// assert_eq!(Name::new("login"), Name::new(String::from("login")));
/// ```
#[derive(Clone, Copy)]
pub struct Name(&'static Spelled);

/// A name in the forms that are needed at every call.
struct Spelled {
    text: &'static str,
    quoted: &'static str,
}

static NAMES: LazyLock<Mutex<HashMap<&'static str, Name>>> = LazyLock::new(Mutex::default);

static DEFAULT: Spelled = Spelled { text: "default", quoted: "\"default\"" };
static OVERFLOW: Spelled = Spelled { text: "overflow", quoted: "\"overflow\"" };

impl Name {
    /// The name `text`.
    #[must_use]
    pub fn new(text: impl AsRef<str>) -> Self {
        let text = text.as_ref();
        let text = &text[..text.floor_char_boundary_at(LONGEST_NAME)];
        if text == DEFAULT.text {
            return Self(&DEFAULT);
        }
        let mut names = NAMES.lock();
        if let Some(&known) = names.get(text) {
            return known;
        }
        if names.len() >= MOST_NAMES {
            return Self(&OVERFLOW);
        }
        let text: &'static str = Box::leak(Box::from(text));
        let quoted = Box::leak(quote(text).into_boxed_str());
        let name = Self(Box::leak(Box::new(Spelled { text, quoted })));
        names.insert(text, name);
        name
    }

    /// The name as text.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.0.text
    }

    /// The name as a string of RFC 9651 (structured fields for HTTP), quotes and all; what is not
    /// printable ASCII is a `?`.
    ///
    /// ```
    /// # use palisade_core::Name;
    /// assert_eq!(Name::new(r#"5" pipe"#).as_quoted(), r#""5\" pipe""#);
    /// ```
    #[must_use]
    pub const fn as_quoted(self) -> &'static str {
        self.0.quoted
    }
}

fn quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            ' '..='~' => quoted.push(c),
            _ => quoted.push('?'),
        }
    }
    quoted.push('"');
    quoted
}

/// `str::floor_char_boundary`, which is younger than our oldest Rust.
trait FloorCharBoundary {
    fn floor_char_boundary_at(&self, index: usize) -> usize;
}

impl FloorCharBoundary for str {
    fn floor_char_boundary_at(&self, index: usize) -> usize {
        (0..=index.min(self.len())).rev().find(|&at| self.is_char_boundary(at)).unwrap_or(0)
    }
}

impl Default for Name {
    /// `"default"`, the name of a layer that was given none.
    fn default() -> Self {
        Self(&DEFAULT)
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        self.0.text == other.0.text
    }
}

impl Eq for Name {}

impl Hash for Name {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.0.text.hash(hasher);
    }
}

impl<T: AsRef<str>> From<T> for Name {
    fn from(text: T) -> Self {
        Self::new(text)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.0.text, f)
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.text)
    }
}
