//! A bulkhead with room for all, called by eight tasks on two threads.

use palisade_benches::floor::{Bulkhead, Places, UntilAnswer};
use palisade_benches::svc::Plain;
use palisade_benches::{Bench, Group};
use tower_layer::Layer;

use super::settings::{PLACES, ours, resilience, tower, tower_global};
use crate::contended::clones;

pub(crate) fn benches() -> Vec<Bench> {
    let group = Group::new("contended, bulkhead of 1024")
        .threads()
        .bare(|| clones(Plain))
        .floor("floor", || {
            clones(Bulkhead::<_, _, UntilAnswer>::new(Plain, Places::forever(PLACES)))
        })
        .ours("palisade", || clones(ours().plain().layer(Plain)))
        .peer("tower ConcurrencyLimit", || clones(tower().layer(Plain)))
        .peer("tower GlobalConcurrencyLimit", || clones(tower_global().layer(Plain)))
        .peer("tower-resilience Bulkhead", || clones(resilience().layer(Plain)));
    vec![Bench::Calls(group)]
}
