//! Names of layers: short, few, and free to copy.

use std::collections::HashSet;
use std::fmt;
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
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Name(&'static str);

static NAMES: LazyLock<Mutex<HashSet<&'static str>>> = LazyLock::new(Mutex::default);

impl Name {
    /// The name `text`.
    #[must_use]
    pub fn new(text: impl AsRef<str>) -> Self {
        let text = text.as_ref();
        let text = &text[..text.floor_char_boundary_at(LONGEST_NAME)];
        let mut names = NAMES.lock();
        if let Some(known) = names.get(text) {
            return Self(known);
        }
        if names.len() >= MOST_NAMES {
            return Self("overflow");
        }
        let kept: &'static str = Box::leak(Box::from(text));
        names.insert(kept);
        Self(kept)
    }

    /// The name as text.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.0
    }
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
        Self("default")
    }
}

impl<T: AsRef<str>> From<T> for Name {
    fn from(text: T) -> Self {
        Self::new(text)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.0, f)
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}
