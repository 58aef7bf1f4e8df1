//! `cargo run --release --example gateway`: see the library's `gateway` module, in this directory.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "it talks to a person")]

use std::error::Error;
use std::process::ExitCode;

use palisade_examples::gateway::args::{Command, HELP};
use palisade_examples::gateway::banner::Banner;
use palisade_examples::gateway::demo::Demo;
use palisade_examples::gateway::log;
use palisade_examples::gateway::metrics::Metrics;
use palisade_examples::gateway::plan::Plan;
use palisade_examples::gateway::server::{Ending, Gateway};
use palisade_examples::gateway::shutdown;

#[tokio::main]
async fn main() -> ExitCode {
    assert!(palisade::Clock::default().is_fast(), "built with the feature `test-util`");
    let command = match Command::parse(std::env::args_os().skip(1)) {
        Ok(command) => command,
        Err(error) => {
            eprintln!("gateway: {error}; see --help");
            return ExitCode::from(2);
        }
    };
    match run(command).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("gateway: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command) -> Result<(), Box<dyn Error>> {
    log::start()?;
    let (listen, seed) = match command {
        Command::Help => {
            print!("{HELP}");
            return Ok(());
        }
        Command::Serve { listen, seed } => (listen, seed),
        Command::Drive { .. } => return Err("--drive comes with the layers".into()),
    };
    let demo = Demo::start(seed).await?;
    let gateway = Gateway::bind(Plan::demo(listen, &demo), Metrics::install()?).await?;
    print!("{}", Banner::new(gateway.plan(), gateway.address()));
    let grace = gateway.plan().grace;
    let stop = async move {
        shutdown::signal().await;
        println!("finishing what is under way, in {grace:?} at most");
    };
    match gateway.serve(stop).await? {
        Ending::Finished => println!("every request was answered"),
        Ending::Cut => println!("the grace is over; what was still under way is cut"),
    }
    Ok(())
}
