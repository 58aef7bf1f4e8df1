//! One way of a connection: a thread that reads, and one that writes when it is time.
//!
//! Two, so that a delay keeps what is sent waiting and not what is yet to be read: on a long wire many
//! packets travel at once.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::Instant;

use super::link::Link;
use super::state::State;
use crate::wait::now;

/// The most chunks under way: then the sender must wait, as on any link.
const CHUNKS: usize = 1024;

const CHUNK: usize = 16 * 1024;

/// What has come, and when. An empty one is the end.
type Chunk = (Instant, Vec<u8>);

type Side = fn(&Link) -> &TcpStream;

pub(super) fn start(link: &Arc<Link>, state: &Arc<State>, from: Side, to: Side) {
    let (sender, receiver) = sync_channel(CHUNKS);
    let (reader, writer) = (Arc::clone(link), Arc::clone(link));
    let (seeing, waiting) = (Arc::clone(state), Arc::clone(state));
    thread::spawn(move || read(&reader, &seeing, from(&reader), &sender));
    thread::spawn(move || write(&writer, &waiting, to(&writer), &receiver));
}

fn read(link: &Link, state: &State, mut from: &TcpStream, chunks: &SyncSender<Chunk>) {
    let mut buffer = vec![0; CHUNK];
    loop {
        let length = match from.read(&mut buffer) {
            Ok(length) => length,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            // What happens to one side happens to the other.
            Err(_) => return state.reset(link),
        };
        state.bytes.fetch_add(length as u64, Ordering::Relaxed);
        let chunk = buffer.iter().take(length).copied().collect();
        if chunks.send((now(), chunk)).is_err() || length == 0 {
            return;
        }
    }
}

fn write(link: &Link, state: &State, to: &TcpStream, chunks: &Receiver<Chunk>) {
    for (arrived, chunk) in chunks {
        if !state.due(arrived, link) {
            return;
        }
        if chunk.is_empty() {
            let _ = to.shutdown(Shutdown::Write);
        } else if !write_all(link, to, &chunk) {
            return state.reset(link);
        }
    }
}

fn write_all(link: &Link, mut to: &TcpStream, mut rest: &[u8]) -> bool {
    while !rest.is_empty() && !link.is_reset() {
        match to.write(rest) {
            Ok(written) => rest = rest.get(written..).unwrap_or_default(),
            Err(error) => match error.kind() {
                ErrorKind::Interrupted | ErrorKind::WouldBlock | ErrorKind::TimedOut => {}
                _ => return false,
            },
        }
    }
    rest.is_empty()
}
