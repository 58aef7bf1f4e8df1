//! What all threads of a proxy look at.

use std::sync::atomic::{AtomicU64, AtomicUsize};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};

use super::link::Link;
use crate::wait::now;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    Open,
    Hang,
    Cut,
}

#[derive(Debug)]
pub(super) struct Setting {
    pub(super) mode: Mode,
    pub(super) delay: Duration,
    links: Vec<Weak<Link>>,
}

#[derive(Debug)]
pub(super) struct State {
    pub(super) target: u16,
    pub(super) accepted: AtomicUsize,
    pub(super) bytes: AtomicU64,
    setting: Mutex<Setting>,
    changed: Condvar,
}

impl State {
    pub(super) fn new(target: u16) -> Self {
        Self {
            target,
            accepted: AtomicUsize::new(0),
            bytes: AtomicU64::new(0),
            setting: Mutex::new(Setting {
                mode: Mode::Open,
                delay: Duration::ZERO,
                links: Vec::new(),
            }),
            changed: Condvar::new(),
        }
    }

    pub(super) fn mode(&self) -> Mode {
        self.setting.lock().mode
    }

    pub(super) fn change(&self, change: impl FnOnce(&mut Setting)) {
        change(&mut self.setting.lock());
        self.changed.notify_all();
    }

    /// Adds a link, unless the proxy is cut.
    pub(super) fn add(&self, link: &Arc<Link>) -> bool {
        let mut setting = self.setting.lock();
        setting.links.retain(|link| link.strong_count() > 0);
        let joins = setting.mode != Mode::Cut;
        if joins {
            setting.links.push(Arc::downgrade(link));
        }
        joins
    }

    pub(super) fn connections(&self) -> usize {
        self.setting.lock().links.iter().filter(|link| link.strong_count() > 0).count()
    }

    pub(super) fn reset_all(&self) {
        let links: Vec<_> = self.setting.lock().links.iter().filter_map(Weak::upgrade).collect();
        for link in links {
            self.reset(&link);
        }
    }

    /// Makes all threads of a link give it up, by which it is closed.
    pub(super) fn reset(&self, link: &Link) {
        link.reset();
        // Under the lock: a thread that has just looked at the link is waiting by now.
        drop(self.setting.lock());
        self.changed.notify_all();
    }

    /// Waits until what came at `arrived` is to be passed on: false if it never is.
    pub(super) fn due(&self, arrived: Instant, link: &Link) -> bool {
        let mut setting = self.setting.lock();
        while !link.is_reset() {
            let left = setting.delay.saturating_sub(now().saturating_duration_since(arrived));
            if setting.mode == Mode::Hang {
                self.changed.wait(&mut setting);
            } else if left.is_zero() {
                return true;
            } else {
                self.changed.wait_for(&mut setting, left);
            }
        }
        false
    }
}
