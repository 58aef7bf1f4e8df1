//! How long to wait before each further attempt.
//!
//! Callers that failed together come back together, unless chance parts them: so every wait is
//! drawn, by default from zero to the planned one. What is planned grows, since a service that has
//! not recovered from a first pause needs a longer one; and it is capped, after the draw as well,
//! since a caller that waits longer than its own caller gains nothing.

mod course;
mod factor;
mod jitter;
mod text;
mod waits;

use std::time::Duration;

use palisade_core::Micros;

use self::course::{Course, Source};
pub use self::factor::Factor;
pub use self::jitter::Jitter;
pub use self::waits::Waits;

/// How long to wait before each further attempt.
///
/// | | planned waits | default jitter | default cap |
/// |---|---|---|---|
/// | [`none`](Self::none) | 0, 0, 0 | | |
/// | [`fixed`](Self::fixed) | d, d, d | full | 5 s, or d if longer |
/// | [`linear`](Self::linear) | d, 2d, 3d | full | 5 s, or d if longer |
/// | [`exponential`](Self::exponential) | d, 2d, 4d | full | 5 s, or d if longer |
/// | [`iter`](Self::iter) | yours | none | none |
///
/// The default is exponential: 100 ms, doubled each time, 5 s at most, with full jitter.
///
/// Waits are whole microseconds; what is given in parts of them is rounded up, the cap down. All
/// arithmetic saturates: no setting and no number of attempts panics or starts over. Only the waits
/// of [`iter`](Self::iter) end; how many attempts there are is not decided here.
///
/// Cloning copies a few words, and counts a reference for [`iter`](Self::iter).
///
/// ```
/// use std::time::Duration;
/// use palisade_retry::{Backoff, Jitter};
///
/// let backoff = Backoff::exponential(Duration::from_millis(100)).max(Duration::from_secs(1));
/// let plan: Vec<_> = backoff.clone().jitter(Jitter::None).waits(fastrand::Rng::new()).take(5).collect();
/// assert_eq!(plan, [100, 200, 400, 800, 1_000].map(Duration::from_millis));
///
/// for (wait, planned) in backoff.waits(fastrand::Rng::new()).zip(plan) {
///     assert!(wait <= planned);
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Backoff {
    course: Course,
    /// `None`: what is usual for the course.
    cap: Option<Micros>,
    jitter: Jitter,
}

/// The longest wait, unless told otherwise.
const CAP: Micros = Micros(5_000_000);

impl Backoff {
    /// No wait at all: each further attempt is made at once.
    ///
    /// For services whose next attempt goes elsewhere. There is nothing to jitter, whatever is set.
    ///
    /// ```
    /// use std::time::Duration;
    /// use palisade_retry::Backoff;
    ///
    /// let mut waits = Backoff::none().waits(fastrand::Rng::new());
    /// assert_eq!(waits.next(), Some(Duration::ZERO));
    /// ```
    #[must_use]
    pub const fn none() -> Self {
        Self::along(Course::Fixed(Micros::ZERO))
    }

    /// The same wait each time.
    ///
    /// ```
    /// use std::time::Duration;
    /// use palisade_retry::{Backoff, Jitter};
    ///
    /// let second = Duration::from_secs(1);
    /// let mut waits = Backoff::fixed(second).jitter(Jitter::None).waits(fastrand::Rng::new());
    /// assert_eq!(waits.next(), Some(second));
    /// assert_eq!(waits.next(), Some(second));
    /// ```
    #[must_use]
    pub const fn fixed(wait: Duration) -> Self {
        Self::along(Course::Fixed(Micros::from_duration(wait)))
    }

    /// As much longer each time as the first wait is long: d, 2d, 3d.
    ///
    /// ```
    /// use std::time::Duration;
    /// use palisade_retry::{Backoff, Jitter};
    ///
    /// let backoff = Backoff::linear(Duration::from_secs(1)).jitter(Jitter::None);
    /// let waits: Vec<_> = backoff.waits(fastrand::Rng::new()).take(3).collect();
    /// assert_eq!(waits, [1, 2, 3].map(Duration::from_secs));
    /// ```
    #[must_use]
    pub const fn linear(step: Duration) -> Self {
        Self::along(Course::Linear(Micros::from_duration(step)))
    }

    /// Longer by a [factor](Self::factor) each time, 2 unless set: d, 2d, 4d.
    ///
    /// ```
    /// use std::time::Duration;
    /// use palisade_retry::{Backoff, Factor, Jitter};
    ///
    /// let backoff = Backoff::exponential(Duration::from_secs(1)).factor(3).jitter(Jitter::None);
    /// let waits: Vec<_> = backoff.waits(fastrand::Rng::new()).take(3).collect();
    /// assert_eq!(waits, [1, 3, 5].map(Duration::from_secs), "5 s is the cap");
    /// ```
    #[must_use]
    pub const fn exponential(first: Duration) -> Self {
        let first = Micros::from_duration(first);
        Self::along(Course::Exponential { first, factor: Factor::times(2) })
    }

    /// Waits of your own, without jitter and cap unless they are set. `waits` makes those of one
    /// call; where they end, there are no further attempts.
    ///
    /// Every iterator over durations fits, so those of other crates do: `backon`'s builders as
    /// `Backoff::iter(move || builder.build())`. It is boxed, once for each call that waits.
    ///
    /// ```
    /// use std::time::Duration;
    /// use palisade_retry::Backoff;
    ///
    /// let backoff = Backoff::iter(|| [10, 50].map(Duration::from_millis));
    /// let mut waits = backoff.waits(fastrand::Rng::new());
    /// assert_eq!(waits.next(), Some(Duration::from_millis(10)));
    /// assert_eq!(waits.next(), Some(Duration::from_millis(50)));
    /// assert_eq!(waits.next(), None);
    /// ```
    #[must_use]
    pub fn iter<F, I>(waits: F) -> Self
    where
        F: Fn() -> I + Send + Sync + 'static,
        I: IntoIterator<Item = Duration>,
        I::IntoIter: Send + 'static,
    {
        Self { jitter: Jitter::None, ..Self::along(Course::Own(Source::new(waits))) }
    }

    /// By how much a wait is longer than the one before. Only an exponential backoff has a factor; the
    /// others are left as they are.
    #[must_use]
    pub fn factor(self, factor: impl Into<Factor>) -> Self {
        let course = match self.course {
            Course::Exponential { first, .. } => {
                Course::Exponential { first, factor: factor.into() }
            }
            other => other,
        };
        Self { course, ..self }
    }

    /// The longest wait, jitter and all: 5 s unless set, or the first planned wait if that is longer;
    /// for [`iter`](Self::iter) none unless set.
    ///
    /// `Duration::MAX` is no cap, zero no wait.
    #[must_use]
    pub fn max(self, max: Duration) -> Self {
        let micros = u64::try_from(max.as_micros()).unwrap_or(u64::MAX);
        Self { cap: Some(Micros(micros)), ..self }
    }

    /// How chance changes the planned waits: [`Jitter::Full`] unless set, for [`iter`](Self::iter)
    /// [`Jitter::None`].
    #[must_use]
    pub fn jitter(self, jitter: Jitter) -> Self {
        Self { jitter, ..self }
    }

    /// The waits of one call. What chance there is in them is `rng`'s: the same seed gives the same
    /// waits.
    pub fn waits(&self, rng: fastrand::Rng) -> Waits {
        let cap = self.cap.unwrap_or_else(|| self.course.usual_cap());
        Waits::new(self.course.begin(), cap, self.jitter, rng)
    }

    const fn along(course: Course) -> Self {
        Self { course, cap: None, jitter: Jitter::Full }
    }
}

impl Default for Backoff {
    fn default() -> Self {
        Self::exponential(Duration::from_millis(100))
    }
}
