//! What each policy makes of a server that is stopped in the middle.

use std::collections::BTreeSet;

use palisade::prelude::*;
use palisade::store::Source;
use palisade_test_server::{Server, eventually};

use crate::fleet::Instance;
use crate::lateness::Lateness;
use crate::noted::DENIED;
use crate::ordeal::runtime;
use crate::traffic::Traffic;
use crate::verdict::in_time;

/// Calls while the server is stopped, and what became of all.
fn stopped(outage: Outage, name: &str) -> (BTreeSet<String>, BTreeSet<&'static str>) {
    let (runtime, server) = (runtime(), Server::start());
    let one = Instance::new(name.to_owned(), &server.url(), outage);
    let lateness = Lateness::begin();
    let traffic = Traffic::through(&runtime, &one.service, 6);
    let is_known = || one.resilient().portion().is_some() && one.is_well();
    eventually(|| one.store.by_store() >= 30 && is_known(), "calls that the store decides");
    let before = one.store.all();
    server.stop();
    let so_far = one.store.without_store();
    eventually(|| one.store.without_store() >= so_far + 60, "calls that are decided without it");
    server.cont();
    let by_store = one.store.by_store();
    let is_back = || one.is_well() && one.store.by_store() >= by_store + 30;
    eventually(is_back, "the store to decide again");
    let seen = traffic.end(&runtime);
    in_time(&seen, lateness.end());
    let ends = seen.ends.keys().cloned().collect();
    let all = one.store.all();
    let more = all.iter().filter(|&(by, count)| before.get(by) != Some(count));
    let sources = more.map(|(&by, _)| by).filter(|&by| by != Source::Store.label()).collect();
    (ends, sources)
}

#[test]
fn under_share_each_instance_keeps_its_part() {
    let (ends, sources) = stopped(Outage::Share, "policy-share");
    assert_eq!(sources, BTreeSet::from([Source::Share.label()]));
    assert_eq!(ends, BTreeSet::from(["200".to_owned()]));
}

#[test]
fn under_local_each_instance_keeps_all() {
    let (ends, sources) = stopped(Outage::Local, "policy-local");
    assert_eq!(sources, BTreeSet::from([Source::Local.label()]));
    assert_eq!(ends, BTreeSet::from(["200".to_owned()]));
}

#[test]
fn under_allow_every_call_passes() {
    let (ends, sources) = stopped(Outage::Allow, "policy-allow");
    assert_eq!(sources, BTreeSet::from([Source::Open.label()]));
    assert_eq!(ends, BTreeSet::from(["200".to_owned()]));
}

#[test]
fn under_deny_calls_are_told_that_the_store_is_away() {
    let (ends, sources) = stopped(Outage::Deny, "policy-deny");
    assert_eq!(sources, BTreeSet::from([DENIED]));
    assert_eq!(ends, BTreeSet::from(["200".to_owned(), "503".to_owned()]));
}
