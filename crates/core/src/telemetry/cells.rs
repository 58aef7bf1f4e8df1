//! Counters that only one thread writes.
//!
//! Each thread owns a page: a row of cells for each layer. Pages are never freed, and a thread that
//! ends leaves its page, counts and all, to the next one that starts; so there are as many as there
//! were threads at once, sums never lose a count, and the fast path needs no destructor. Layers
//! beyond a page's rows continue on a further page.

use std::cell::Cell;
use std::iter;
use std::sync::OnceLock;
use std::sync::atomic::{
    AtomicU64,
    Ordering::{self, Acquire, Relaxed, Release},
};

use parking_lot::Mutex;

/// Cells in a row: two cache lines.
pub(super) const COUNTERS: usize = 16;

/// Rows in a page.
const ROWS: usize = 64;

#[derive(Default)]
#[repr(align(128))]
struct Row([AtomicU64; COUNTERS]);

struct Page {
    rows: [Row; ROWS],
    /// The rows after these, of the same thread.
    next: OnceLock<&'static Self>,
    /// The page of the thread that came next: all are read without a lock.
    neighbour: OnceLock<&'static Self>,
}

struct Pages {
    last: Option<&'static Page>,
    free: Vec<&'static Page>,
}

/// Hands the thread's page back when the thread ends.
struct Tenancy(&'static Page);

static PAGES: Mutex<Pages> = Mutex::new(Pages { last: None, free: Vec::new() });

/// The page of the first thread.
static FIRST: OnceLock<&'static Page> = OnceLock::new();

/// For threads whose tenancy has ended: shared, and therefore counted with locked instructions.
static LATE: OnceLock<&'static Page> = OnceLock::new();

thread_local! {
    static PAGE: Cell<Option<&'static Page>> = const { Cell::new(None) };
    static TENANCY: Tenancy = Tenancy::begin();
}

/// Adds one to a cell of this thread.
#[inline]
pub(super) fn add(row: u32, counter: usize) {
    add_in(row, counter, Relaxed);
}

/// Adds one to a cell of this thread, and returns what the cell now holds.
#[inline]
pub(super) fn tick(row: u32, counter: usize) -> u64 {
    add_in(row, counter, Relaxed)
}

/// Adds one to a cell of this thread. A sum that holds it is followed by sums that hold all that was
/// counted before it.
#[inline]
pub(super) fn add_last(row: u32, counter: usize) {
    add_in(row, counter, Release);
}

/// The sum of a cell over all threads.
pub(super) fn sum(row: u32, counter: usize) -> u64 {
    let late = LATE.get().map_or(0, |page| page.read(row, counter));
    let pages = iter::successors(FIRST.get(), |page| page.neighbour.get());
    pages.map(|page| page.read(row, counter)).fold(late, u64::wrapping_add)
}

#[inline(always)]
fn add_in(row: u32, counter: usize, order: Ordering) -> u64 {
    match PAGE.get() {
        Some(page) if (row as usize) < ROWS => bump(&page.rows[row as usize].0[counter], order),
        _ => add_slow(row, counter, order),
    }
}

/// No locked instruction: this thread is the only writer.
#[inline]
fn bump(cell: &AtomicU64, order: Ordering) -> u64 {
    let sum = cell.load(Relaxed).wrapping_add(1);
    cell.store(sum, order);
    sum
}

#[cold]
#[inline(never)]
fn add_slow(row: u32, counter: usize, order: Ordering) -> u64 {
    match TENANCY.try_with(|tenancy| tenancy.0) {
        Ok(page) => {
            PAGE.set(Some(page));
            bump(page.cell(row, counter), order)
        }
        Err(_) => {
            let page = LATE.get_or_init(Page::leak);
            page.cell(row, counter).fetch_add(1, order).wrapping_add(1)
        }
    }
}

// ===== impl Tenancy =====

impl Tenancy {
    fn begin() -> Self {
        let mut pages = PAGES.lock();
        let page = pages.free.pop().unwrap_or_else(|| {
            let page = Page::leak();
            let place = pages.last.replace(page).map_or(&FIRST, |last| &last.neighbour);
            place.get_or_init(|| page);
            page
        });
        Self(page)
    }
}

impl Drop for Tenancy {
    fn drop(&mut self) {
        PAGE.set(None);
        PAGES.lock().free.push(self.0);
    }
}

// ===== impl Page =====

impl Page {
    fn leak() -> &'static Self {
        let rows = std::array::from_fn(|_| Row::default());
        Box::leak(Box::new(Self { rows, next: OnceLock::new(), neighbour: OnceLock::new() }))
    }

    fn cell(&'static self, row: u32, counter: usize) -> &'static AtomicU64 {
        let mut page = self;
        for _ in 0..row as usize / ROWS {
            page = page.next.get_or_init(Self::leak);
        }
        &page.rows[row as usize % ROWS].0[counter]
    }

    fn read(&self, row: u32, counter: usize) -> u64 {
        let mut page = self;
        for _ in 0..row as usize / ROWS {
            match page.next.get() {
                Some(next) => page = next,
                None => return 0,
            }
        }
        page.rows[row as usize % ROWS].0[counter].load(Acquire)
    }
}
