//! Scripts, made of the twins of a call's limits.
//!
//! ```text
//! one limit:      now, its twin, one read and one write
//! several limits: now, their twins, and a frame that plans all of them before it writes anything
//! ```
//!
//! What calls have in common is the text; the numbers of their limits travel with each call, so that nothing
//! is kept in Redis but time and counts, and limits can change at any time.

mod sent;

use std::sync::Arc;

use palisade_core::algorithm::{Keeps, Twin};
use parking_lot::RwLock;
use smallvec::SmallVec;

pub(crate) use self::sent::{Integers, Sent, malformed};

const NOW: &str = include_str!("now.lua");

/// A script as a server knows it.
#[derive(Debug)]
pub(crate) struct Script {
    text: String,
    /// The SHA-1 of the text, by which EVALSHA names it.
    hash: String,
}

/// The scripts that were needed so far. There are as many as there are combinations of algorithms in calls:
/// a handful.
#[derive(Debug)]
pub(crate) struct Scripts {
    made: RwLock<Vec<(Shape, Arc<Script>)>>,
    pub(crate) read: Script,
    pub(crate) heartbeat: Script,
}

/// Which script it is.
#[derive(Debug, PartialEq, Eq)]
enum Shape {
    One(Identity),
    Several(SmallVec<[Identity; 4]>),
}

/// A text that is compiled into the program, by where it stands: it is never another one there, and comparing
/// that is quick.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Identity(usize, usize);

/// The twin of a state that no script understands.
const COMPARE: &str = include_str!("compare.lua");

// ===== impl Scripts =====

impl Scripts {
    pub(crate) fn new() -> Self {
        Self {
            made: RwLock::default(),
            read: Script::new(&[NOW, include_str!("read.lua")]),
            heartbeat: Script::new(&[NOW, include_str!("heartbeat.lua")]),
        }
    }

    /// The script for one limit.
    pub(crate) fn one(&self, twin: &Twin) -> Arc<Script> {
        self.get(Shape::One(Identity::of(twin.lua)), || {
            let run = match twin.keeps {
                Keeps::Text => include_str!("one_text.lua"),
                Keeps::Set => include_str!("one_set.lua"),
            };
            Script::new(&["local decide =\n", twin.lua, NOW, run])
        })
    }

    /// The script for several limits, and which of its twins is that of each; a limit without one has its
    /// state compared.
    pub(crate) fn several<'t>(
        &self,
        twins: impl Iterator<Item = Option<&'t Twin>>,
    ) -> (Arc<Script>, SmallVec<[usize; 4]>) {
        let each: SmallVec<[&'static str; 4]> =
            twins.map(|twin| twin.map_or(COMPARE, |twin| twin.lua)).collect();
        let mut texts = each.clone();
        texts.sort_unstable_by_key(|text| Identity::of(text));
        texts.dedup_by_key(|text| Identity::of(text));
        let place =
            |text: &str| texts.iter().position(|other| Identity::of(other) == Identity::of(text));
        let places = each.iter().map(|text| place(text).map_or(0, |place| place + 1)).collect();
        let shape = Shape::Several(texts.iter().map(|text| Identity::of(text)).collect());
        let script = self.get(shape, || {
            let mut pieces = vec!["local twins = {\n"];
            for text in &texts {
                pieces.extend([*text, ",\n"]);
            }
            pieces.extend(["}\n", NOW, include_str!("several.lua")]);
            Script::new(&pieces)
        });
        (script, places)
    }

    fn get(&self, shape: Shape, make: impl FnOnce() -> Script) -> Arc<Script> {
        let find = |made: &[(Shape, Arc<Script>)]| {
            made.iter().find(|(known, _)| *known == shape).map(|(_, script)| Arc::clone(script))
        };
        if let Some(script) = find(&self.made.read()) {
            return script;
        }
        let mut made = self.made.write();
        if let Some(script) = find(&made) {
            return script;
        }
        let script = Arc::new(make());
        made.push((shape, Arc::clone(&script)));
        script
    }
}

impl Script {
    fn new(pieces: &[&str]) -> Self {
        let text = pieces.concat();
        let hash = redis::Script::new(&text).get_hash().to_owned();
        Self { text, hash }
    }
}

impl Identity {
    fn of(text: &str) -> Self {
        Self(text.as_ptr().addr(), text.len())
    }
}
