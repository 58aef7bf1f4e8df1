//! Who may become ready: open, held shut, or a number of passes.

use std::{
    collections::VecDeque,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use parking_lot::Mutex;

/// The readiness that all clones of one `Inner` share.
pub(super) struct Gate<Err> {
    state: Mutex<State<Err>>,
}

struct State<Err> {
    /// How many more instances may become ready; `None` is any number.
    passes: Option<usize>,
    failures: VecDeque<Err>,
    waiting: Vec<Waker>,
}

/// The right to one call. Dropped unspent, it returns to the gate.
pub(super) struct Pass<Err> {
    gate: Option<Arc<Gate<Err>>>,
}

impl<Err> Gate<Err> {
    pub(super) fn poll_enter(this: &Arc<Self>, cx: &Context<'_>) -> Poll<Result<Pass<Err>, Err>> {
        let mut state = this.state.lock();
        if let Some(failure) = state.failures.pop_front() {
            return Poll::Ready(Err(failure));
        }
        match &mut state.passes {
            None => Poll::Ready(Ok(Pass { gate: None })),
            Some(0) => {
                if !state.waiting.iter().any(|waker| waker.will_wake(cx.waker())) {
                    state.waiting.push(cx.waker().clone());
                }
                Poll::Pending
            }
            Some(left) => {
                *left -= 1;
                Poll::Ready(Ok(Pass { gate: Some(Arc::clone(this)) }))
            }
        }
    }

    /// Sets how many instances may become ready from now on.
    pub(super) fn set(&self, passes: Option<usize>) {
        self.change(|state| state.passes = passes);
    }

    pub(super) fn fail(&self, error: Err) {
        self.change(|state| state.failures.push_back(error));
    }

    /// Whether somebody waits to become ready.
    pub(super) fn is_awaited(&self) -> bool {
        !self.state.lock().waiting.is_empty()
    }

    fn change(&self, change: impl FnOnce(&mut State<Err>)) {
        let mut state = self.state.lock();
        change(&mut state);
        let waiting = std::mem::take(&mut state.waiting);
        drop(state);
        waiting.into_iter().for_each(Waker::wake);
    }
}

impl<Err> Default for Gate<Err> {
    fn default() -> Self {
        let (failures, waiting) = (VecDeque::new(), Vec::new());
        Self { state: Mutex::new(State { passes: None, failures, waiting }) }
    }
}

impl<Err> Pass<Err> {
    pub(super) fn spend(mut self) {
        self.gate = None;
    }
}

impl<Err> Drop for Pass<Err> {
    fn drop(&mut self) {
        if let Some(gate) = self.gate.take() {
            gate.change(|state| state.passes = state.passes.map(|left| left + 1));
        }
    }
}
