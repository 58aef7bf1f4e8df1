//! Eight tasks on two threads.
//!
//! The threads are ours and not tokio's: its scheduler decides from sample to sample how many of its
//! workers take part, and a contender that runs on one of them alone seems the faster for it. The
//! threads take turns among their tasks as an executor does, and are in tokio's context for timers.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Barrier};
use std::thread;

use tokio::runtime::Handle;

use crate::alloc::uncounted;

const THREADS: usize = 2;
const TASKS_PER_THREAD: usize = 4;

/// Calls that a task makes before it is the next one's turn.
const BURST: u64 = 64;

/// A contender whose calls are made by eight tasks on two threads at once.
///
/// `task` is asked for what one task runs: a clone of the service, in a closure that makes the given
/// number of calls.
///
/// # Panics
///
/// Outside of a tokio runtime.
pub fn tasks<R>(mut task: impl FnMut() -> R) -> impl FnMut(u64)
where
    R: FnMut(u64) + Send + 'static,
{
    let start = Arc::new(Barrier::new(THREADS));
    let (finished, done) = sync_channel(THREADS);
    let threads: Vec<SyncSender<u64>> = (0..THREADS)
        .map(|_| {
            let tasks: Vec<R> = (0..TASKS_PER_THREAD).map(|_| task()).collect();
            let (order, orders) = sync_channel(1);
            let (start, finished, tokio) = (start.clone(), finished.clone(), Handle::current());
            thread::spawn(move || {
                let _entered = tokio.enter();
                uncounted(|| turns(tasks, &orders, &start, &finished));
            });
            order
        })
        .collect();
    move |calls| {
        let each = calls.div_ceil(threads.len() as u64);
        threads.iter().for_each(|thread| thread.send(each).expect("the threads run"));
        threads.iter().for_each(|_| done.recv().expect("a contender does not panic"));
    }
}

/// What a thread does until there are no more orders: so many calls, in bursts, task by task.
fn turns(
    mut tasks: Vec<impl FnMut(u64)>,
    orders: &Receiver<u64>,
    start: &Barrier,
    finished: &SyncSender<()>,
) {
    for calls in orders {
        start.wait();
        for (_, task) in (0..calls.div_ceil(BURST)).zip((0..tasks.len()).cycle()) {
            tasks[task](BURST);
        }
        if finished.send(()).is_err() {
            return;
        }
    }
}
