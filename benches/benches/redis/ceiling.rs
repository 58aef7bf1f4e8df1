//! The ceiling: what `redis-benchmark` gets out of the same server with the same command.

use std::cell::Cell;
use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use tokio::task::spawn_blocking;

use crate::command::Asked;
use crate::drive::Load;
use crate::sample::Sample;
use crate::site::Site;

const PROGRAMS: [&str; 2] = ["redis-benchmark", "valkey-benchmark"];

/// The variable that names the server, beside which the program stands.
const SERVER: &str = "PALISADE_REDIS_SERVER";

/// Requests of which it is worked out how many take as long as a sample.
const TRIAL: u64 = 2_000;

/// `redis-benchmark` with so many connections, each of which sends so many commands at once.
#[derive(Clone, Debug)]
pub(crate) struct Ceiling {
    program: PathBuf,
    asked: Asked,
    connections: u64,
    pipeline: u64,
    /// Requests a second, as of the last run.
    rate: Cell<f64>,
}

impl Ceiling {
    /// `None` where the program is missing.
    pub(crate) fn new(asked: &Asked, connections: u64, pipeline: u64) -> Option<Self> {
        let (program, asked) = (program()?, asked.clone());
        Some(Self { program, asked, connections, pipeline, rate: Cell::new(0.0) })
    }

    /// Measures, after a while that is not.
    pub(crate) fn sample(&self, site: &Site, Load { keys, span, .. }: Load) -> Sample {
        if self.rate.get() == 0.0 {
            let trial = self.run(site, keys, TRIAL);
            self.rate.set(trial.rate);
        }
        let requests = |span: Duration| ((self.rate.get() * span.as_secs_f64()) as u64).max(TRIAL);
        self.run(site, keys, requests(span / 4));
        let sample = self.run(site, keys, requests(span));
        self.rate.set(sample.rate);
        sample
    }

    fn run(&self, site: &Site, keys: u64, requests: u64) -> Sample {
        let before = site.usage();
        let mut command = Command::new(&self.program);
        command.args(["-p", &site.server.port().to_string(), "--csv"]);
        for (flag, number) in
            [("-c", self.connections), ("-P", self.pipeline), ("-n", requests), ("-r", keys)]
        {
            command.args([flag, &number.to_string()]);
        }
        command.args(self.asked.words_for_any_key()).stdin(Stdio::null());
        // Not here: what the others' connections and timers want meanwhile is seen to.
        let output = site.block_on(spawn_blocking(move || command.output()));
        let output = output.expect("it does not panic").expect("the program is there");
        let after = site.usage();
        let text = String::from_utf8_lossy(&output.stdout);
        let [rate, p50, p99] = figures(&text).unwrap_or([f64::NAN; 3]);
        let span = requests as f64 * 1e6 / rate;
        Sample {
            p50: p50 * 1e3,
            p99: p99 * 1e3,
            ..Sample::server(requests as f64, span, after, before)
        }
    }
}

/// Requests a second, and milliseconds.
fn figures(csv: &str) -> Option<[f64; 3]> {
    let mut lines = csv.lines().skip_while(|line| !line.starts_with("\"test\""));
    let fields = |line: &str| -> Vec<String> {
        line.split("\",\"").map(|field| field.trim_matches('"').to_owned()).collect()
    };
    let (heads, values) = (fields(lines.next()?), fields(lines.next()?));
    // The command is in the first field, and it may have commas: counted from the end.
    let value = |name: &str| {
        let from_the_end = heads.iter().rev().position(|head| head == name)?;
        values.iter().rev().nth(from_the_end)?.parse().ok()
    };
    Some([value("rps")?, value("p50_latency_ms")?, value("p99_latency_ms")?])
}

/// Beside the server that is named, else on `PATH`.
fn program() -> Option<PathBuf> {
    let named = env::var_os(SERVER).map(PathBuf::from);
    let beside = named.as_deref().and_then(Path::parent).map(Path::to_owned);
    let on_path = env::var_os("PATH").unwrap_or_default();
    let directories: Vec<_> = beside.into_iter().chain(env::split_paths(&on_path)).collect();
    let within = |directory: &PathBuf| PROGRAMS.map(|program| directory.join(program));
    directories.iter().flat_map(within).find(|program| program.is_file())
}
