//! The command that a decision is, as the server sees it.

use std::borrow::Cow;

use palisade_core::store::Policy;
use palisade_test_server::Client;

use crate::ours::{Limited, decide, store};
use crate::site::Site;
use crate::subject::Subject;

/// What a store asked: `EVALSHA` and what follows it.
///
/// It is overheard, so that the ceiling and what is written by hand ask for just the same.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    words: Vec<String>,
}

/// A key that is not among the others.
const SAMPLE: u64 = 987_654_321;

/// Where the key is: behind the command, the script's hash, and how many keys there are.
const KEY: usize = 3;

/// What `redis-benchmark` replaces by twelve digits.
const ANY: &str = "__rand_int__";

impl Asked {
    /// Listens to a decision on `limit`.
    pub(crate) fn about(site: &Site, limit: Policy) -> Self {
        let limit = Limited::new(store(site.server.url()), [limit]);
        let sample = Subject::new(SAMPLE);
        // The first one makes the server know the script.
        site.block_on(decide(&limit, sample.as_str()));
        let mut listener = site.server.client().expect("the server runs");
        listener.command(&["MONITOR"]).expect("the server lets everybody listen");
        site.block_on(decide(&limit, sample.as_str()));
        let words = (0..100).find_map(|_| heard(&mut listener)).expect("a decision is a script");
        Self { words }
    }

    /// The words, about another key.
    pub(crate) fn words_about(&self, key: &str) -> impl Iterator<Item = Cow<'_, str>> {
        self.words.iter().enumerate().map(move |(place, word)| match place {
            KEY => word.replace(Subject::new(SAMPLE).as_str(), key).into(),
            _ => word.into(),
        })
    }

    /// The words as `redis-benchmark` wants them.
    pub(crate) fn words_for_any_key(&self) -> Vec<String> {
        self.words_about(&format!("user:{ANY}")).map(Cow::into_owned).collect()
    }
}

/// The words of a line such as `1700000000.123456 [0 127.0.0.1:50000] "EVALSHA" "4ab2.." "1" ..`.
fn heard(listener: &mut Client) -> Option<Vec<String>> {
    let line = listener.receive().ok()?.text();
    let (_, words) = line.split_once("] \"")?;
    let words: Vec<_> = words.trim_end_matches('"').split("\" \"").map(str::to_owned).collect();
    words.first().is_some_and(|first| first == "EVALSHA").then_some(words)
}
