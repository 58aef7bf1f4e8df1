//! Settings that change while calls read them.
//!
//! A layer reads its numbers on every call, and somebody may change them at any time: all together
//! or not at all. [`Hot`] keeps them in plain atomics under a version word (a sequence lock,
//! H.-J. Boehm, "Can seqlocks get along with programming language memory models?", 2012): a reader
//! takes no lock and writes nothing, it reads again in the rare case that the version moved. That
//! costs less than a nanosecond, where swapping a pointer to shared settings costs four.

use std::fmt;
use std::marker::PhantomData;

use crate::sync::{AtomicU64, Mutex, Ordering, fence, spin};

/// Settings that fit into `N` words.
pub trait Words<const N: usize>: Copy {
    /// The settings as words.
    fn pack(self) -> [u64; N];

    /// The settings that [`pack`](Self::pack) made these words of.
    ///
    /// A reader that a writer overtakes unpacks words of both, and throws the result away: any words
    /// must do, without a panic.
    fn unpack(words: [u64; N]) -> Self;
}

/// Settings that many threads read and few change.
///
/// ```
/// use palisade_core::hot::{Hot, Words};
///
/// #[derive(Clone, Copy)]
/// struct Range { low: u64, high: u64 }
///
/// impl Words<2> for Range {
///     fn pack(self) -> [u64; 2] { [self.low, self.high] }
///     fn unpack([low, high]: [u64; 2]) -> Self { Self { low, high } }
/// }
///
/// let range = Hot::new(Range { low: 1, high: 2 });
/// range.update(|range| Range { low: range.low + 10, high: range.high + 10 });
/// assert_eq!(range.get().low, 11);
/// ```
pub struct Hot<T, const N: usize> {
    /// Odd while the words are being written.
    version: AtomicU64,
    words: [AtomicU64; N],
    writer: Mutex<()>,
    settings: PhantomData<fn() -> T>,
}

impl<T: Words<N>, const N: usize> Hot<T, N> {
    /// Starts with `settings`.
    pub fn new(settings: T) -> Self {
        Self {
            version: AtomicU64::new(0),
            words: settings.pack().map(AtomicU64::new),
            writer: Mutex::new(()),
            settings: PhantomData,
        }
    }

    /// The settings of one moment.
    #[inline]
    pub fn get(&self) -> T {
        self.get_with(|_| ()).0
    }

    /// One of the settings' words by itself, for what fits into one; 0 if there is no such word.
    #[inline]
    pub fn word(&self, word: usize) -> u64 {
        self.words.get(word).map_or(0, |word| word.load(Ordering::Relaxed))
    }

    /// The settings, and what `read` saw while they were in force.
    ///
    /// For state whose meaning depends on the settings: what is read inside `read` and what
    /// [`update_with`](Self::update_with) writes inside its closure never mix. `read` is asked again
    /// if a writer overtook it, and may then have been given settings that were never in force.
    #[inline]
    pub fn get_with<R>(&self, read: impl Fn(&T) -> R) -> (T, R) {
        let mut rounds = 0;
        loop {
            let before = self.version.load(Ordering::Acquire);
            if before.is_multiple_of(2) {
                let settings = self.unpack();
                let seen = read(&settings);
                fence(Ordering::Acquire);
                if self.version.load(Ordering::Relaxed) == before {
                    return (settings, seen);
                }
            }
            spin(rounds);
            rounds = rounds.saturating_add(1);
        }
    }

    /// Changes the settings, one writer after another. Readers do not wait for `change`.
    pub fn update(&self, change: impl FnOnce(T) -> T) {
        let _one_at_a_time = self.writer.lock();
        let new = change(self.unpack());
        let _writing = Writing::begin(&self.version);
        self.pack(new);
    }

    /// Changes the settings together with whatever else `change` writes. Readers wait until it has
    /// returned, so it must be short, and must not read these settings.
    pub fn update_with<R>(&self, change: impl FnOnce(T) -> (T, R)) -> R {
        let _one_at_a_time = self.writer.lock();
        let old = self.unpack();
        let _writing = Writing::begin(&self.version);
        let (new, result) = change(old);
        self.pack(new);
        result
    }

    #[inline]
    fn unpack(&self) -> T {
        T::unpack(std::array::from_fn(|word| self.words[word].load(Ordering::Relaxed)))
    }

    fn pack(&self, settings: T) {
        for (word, value) in self.words.iter().zip(settings.pack()) {
            word.store(value, Ordering::Relaxed);
        }
    }
}

/// The time while the version is odd. Ends also if the closure that makes the change panics, or
/// readers would wait for ever.
struct Writing<'a> {
    version: &'a AtomicU64,
    next: u64,
}

impl<'a> Writing<'a> {
    fn begin(version: &'a AtomicU64) -> Self {
        let before = version.load(Ordering::Relaxed);
        version.store(before + 1, Ordering::Relaxed);
        fence(Ordering::Release);
        Self { version, next: before + 2 }
    }
}

impl Drop for Writing<'_> {
    fn drop(&mut self) {
        self.version.store(self.next, Ordering::Release);
    }
}

impl<T: Words<N> + fmt::Debug, const N: usize> fmt::Debug for Hot<T, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Hot").field(&self.get()).finish()
    }
}
