//! Contenders that do the same job.

use std::fmt;
use std::time::Duration;

/// Runs a contender for the given number of calls.
pub type Run = Box<dyn FnMut(u64)>;

/// What a contender is in its group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The service without a layer: what every other figure is counted from.
    Bare,
    /// Hand-written: the least that a correct implementation could cost.
    Floor,
    /// A layer of this workspace.
    Ours,
    /// Another crate.
    Peer,
}

/// One way to do a group's job, built only when it is run.
pub(crate) struct Contender {
    pub(crate) role: Role,
    pub(crate) name: &'static str,
    pub(crate) build: Box<dyn Fn() -> Run>,
}

/// Contenders that do the same job, measured side by side.
#[derive(Debug)]
pub struct Group {
    pub(crate) title: String,
    pub(crate) contenders: Vec<Contender>,
    pub(crate) sample: Duration,
    pub(crate) large: bool,
    pub(crate) threads: bool,
}

impl Group {
    /// A group, by the title that a filter on the command line is matched with.
    #[must_use]
    pub fn new(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            contenders: Vec::new(),
            sample: Duration::from_millis(3),
            large: false,
            threads: false,
        }
    }

    /// The table does not fit into the caches nearest to the core: samples are longer, so that most
    /// of each is spent after the neighbours' lines are gone. Instructions are not counted (the same
    /// as for the small table, and valgrind would fill it for minutes).
    #[must_use]
    pub fn large(mut self) -> Self {
        self.sample = Duration::from_millis(10);
        self.large = true;
        self
    }

    /// The contenders run on threads of their own: figures are calls per second of all of them
    /// together, and allocations and instructions are not counted.
    #[must_use]
    pub fn threads(mut self) -> Self {
        self.sample = Duration::from_millis(10);
        self.threads = true;
        self
    }

    /// Adds the service without a layer.
    #[must_use]
    pub fn bare<R: FnMut(u64) + 'static>(self, build: impl Fn() -> R + 'static) -> Self {
        self.with(Role::Bare, "bare", build)
    }

    /// Adds a hand-written floor. The group's ratios are to its first one.
    #[must_use]
    pub fn floor<R: FnMut(u64) + 'static>(
        self,
        name: &'static str,
        build: impl Fn() -> R + 'static,
    ) -> Self {
        self.with(Role::Floor, name, build)
    }

    /// Adds a layer of this workspace.
    #[must_use]
    pub fn ours<R: FnMut(u64) + 'static>(
        self,
        name: &'static str,
        build: impl Fn() -> R + 'static,
    ) -> Self {
        self.with(Role::Ours, name, build)
    }

    /// Adds another crate's.
    #[must_use]
    pub fn peer<R: FnMut(u64) + 'static>(
        self,
        name: &'static str,
        build: impl Fn() -> R + 'static,
    ) -> Self {
        self.with(Role::Peer, name, build)
    }

    fn with<R: FnMut(u64) + 'static>(
        mut self,
        role: Role,
        name: &'static str,
        build: impl Fn() -> R + 'static,
    ) -> Self {
        let build = Box::new(move || Box::new(build()) as Run);
        self.contenders.push(Contender { role, name, build });
        self
    }
}

impl fmt::Debug for Contender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Contender").field("role", &self.role).field("name", &self.name).finish()
    }
}
