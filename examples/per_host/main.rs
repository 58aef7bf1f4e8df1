//! `cargo run --example per_host`: see the library's `per_host` module, in this directory.

#![allow(clippy::print_stdout, reason = "it talks to a person")]

use palisade::BoxError;
use palisade_examples::per_host;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), BoxError> {
    print!("{}", per_host::visit().await?);
    Ok(())
}
