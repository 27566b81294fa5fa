//! The stand-in as a program: an AWS on this machine that really starts what is pushed to a registry on it.

use std::io::Write;
use std::path::PathBuf;

use aws_stand_in::{Script, StandIn};
use clap::Parser;
use tokio::signal::unix::{SignalKind, signal};

const ABOUT: &str = "\
An AWS for one environment, on this machine: enough of CloudFormation, ECR and ECS for a deployment, with tasks that \
really run. Prints AWS_ENDPOINT_URL and SITE_URL. SIGINT or SIGTERM ends it, and its tasks with it";

/// What it is started with.
#[derive(Debug, Parser)]
#[command(name = "aws-stand-in", version, about = ABOUT)]
struct Arguments {
    /// The repository that images are pulled from: HOST:PORT/NAME, on this machine
    #[arg(long)]
    repository: String,

    /// The folder for images, and for the tasks' files and logs
    #[arg(long)]
    folder: PathBuf,

    /// How many times as fast as a real clock the rolling deployment's own goes; tasks take the time they take
    #[arg(long, default_value_t = 4.0)]
    speed: f64,
}

fn main() -> std::io::Result<()> {
    let Arguments { repository, folder, speed } = Arguments::parse();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    // Heard from before anything is started: what is started is also ended.
    let (mut interrupt, mut terminate) = {
        let _entered = runtime.enter();
        (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?)
    };
    let aws = StandIn::with_containers(Script { speed, ..Script::default() }, &repository, &folder)?;
    writeln!(std::io::stdout(), "AWS_ENDPOINT_URL={}\nSITE_URL={}", aws.url(), aws.site_url())?;
    runtime.block_on(async {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    });
    Ok(())
}
