//! `cargo run --release --example gateway`: see the library's `gateway` module, in this directory.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "it talks to a person")]

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use palisade::{BoxError, RedisConfig};
use palisade_examples::gateway::args::{Command, HELP};
use palisade_examples::gateway::banner::Banner;
use palisade_examples::gateway::config::{self, Unusable};
use palisade_examples::gateway::demo::Demo;
use palisade_examples::gateway::drive;
use palisade_examples::gateway::log;
use palisade_examples::gateway::metrics::Metrics;
use palisade_examples::gateway::plan::Plan;
use palisade_examples::gateway::sentence::{KeptSentence, Sentences};
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
            // What was asked for is wrong, and not what came of it.
            if error.is::<Unusable>() { ExitCode::from(2) } else { ExitCode::FAILURE }
        }
    }
}

async fn run(command: Command) -> Result<(), BoxError> {
    log::start()?;
    match command {
        Command::Help => print!("{HELP}"),
        Command::PrintConfig => print!("{}", config::DEFAULT),
        Command::Serve { config, listen, redis, retries, seed } => {
            let mut plan = load(config.as_deref(), redis, retries)?;
            plan.listen = listen.unwrap_or(plan.listen);
            serve(plan, seed).await?;
        }
        Command::Drive { config, lasting, redis, retries, seed } => {
            let mut plan = load(config.as_deref(), redis, retries)?;
            plan.listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
            drive(plan, lasting, seed).await?;
        }
    }
    Ok(())
}

fn load(
    config: Option<&Path>,
    redis: Option<RedisConfig>,
    retries: bool,
) -> Result<Plan, Unusable> {
    let mut plan = config::load(config)?;
    if let Some(server) = redis {
        plan.keep_at(&server.url);
    }
    if !retries {
        plan.retry_nothing();
    }
    Ok(plan)
}

async fn serve(mut plan: Plan, seed: u64) -> Result<(), BoxError> {
    let _demo = Demo::serve(&mut plan, seed).await?;
    let gateway = Gateway::bind(plan, Metrics::install()?).await?;
    let banner = Banner::new(gateway.plan(), gateway.address()).alone(gateway.is_alone());
    print!("{banner}");
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

async fn drive(mut plan: Plan, lasting: Duration, seed: u64) -> Result<(), BoxError> {
    let demo = Demo::serve(&mut plan, seed).await?;
    print!("for {lasting:?}, behind these layers:\n\n{}", Sentences(&plan));
    let gateway = Gateway::bind(plan, Metrics::install()?).await?;
    let (redis, is_alone) = (gateway.plan().redis.as_ref(), gateway.is_alone());
    println!("  {}\n", KeptSentence { redis, is_alone });
    let report = drive::run(gateway, demo.as_ref(), lasting).await?;
    print!("{report}");
    if report.held() { Ok(()) } else { Err("a layer did not hold".into()) }
}
