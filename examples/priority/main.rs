//! `cargo run --example priority`: see the library's `priority` module, in this directory.

#![allow(clippy::print_stdout, reason = "it talks to a person")]

use palisade_examples::priority;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    print!("{}", priority::overload().await);
}
