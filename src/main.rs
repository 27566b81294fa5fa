//! The command line: `walkthrough [serve | healthcheck]`.

use std::io::Write;
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use tracing_subscriber::filter::LevelFilter;
use walkthrough::config::askable;
use walkthrough::config::{Config, VARIABLES};
use walkthrough::server::{healthcheck, telemetry};
use walkthrough::{StartError, serve};

/// What a wrong configuration ends with; a start that fails for another reason ends with 1.
const WRONG_CONFIGURATION: u8 = 2;

#[derive(Parser)]
#[command(version, about = "Serves a site that shows and proves what it runs")]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the site (the default)
    Serve,
    /// Ask the server on this host whether it is healthy: exits with 0 or 1
    Healthcheck,
}

fn main() -> ExitCode {
    let matches = Arguments::command().after_help(variables()).get_matches();
    let arguments = Arguments::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    match arguments.command.unwrap_or(Command::Serve) {
        Command::Serve => run(),
        Command::Healthcheck => check(),
    }
}

fn run() -> ExitCode {
    let config = Config::from_env();
    telemetry::start_logging(config.as_ref().map_or(LevelFilter::INFO, |config| config.log));
    match config {
        Err(invalid) => {
            tracing::error!(error = %invalid, "the configuration is wrong");
            ExitCode::from(WRONG_CONFIGURATION)
        }
        Ok(config) => {
            for variable in &config.unread {
                tracing::warn!(variable, "the environment has a variable that looks like ours and is not");
            }
            for peer in &config.peers {
                if let Err(obstacle) = askable::source(&peer.url) {
                    let (peer, url, reason) = (&peer.name, &peer.url, obstacle.reason);
                    tracing::warn!(peer, url, reason, "no browser can ask this environment what it runs");
                }
            }
            end(serve(config))
        }
    }
}

fn end(served: Result<(), StartError>) -> ExitCode {
    match served {
        Ok(()) => {
            tracing::info!("stopped");
            ExitCode::SUCCESS
        }
        Err(failure) => {
            tracing::error!(error = %failure, "the service failed");
            ExitCode::FAILURE
        }
    }
}

fn check() -> ExitCode {
    let (line, code) = match Config::from_env() {
        Err(invalid) => (format!("unhealthy: {invalid}"), ExitCode::FAILURE),
        Ok(config) => {
            let address = config.local_address();
            match healthcheck::ask(address) {
                Ok(()) => (format!("healthy: {address} answered 200"), ExitCode::SUCCESS),
                Err(error) => (error.to_string(), ExitCode::FAILURE),
            }
        }
    };
    // The exit code is the answer; a closed output changes nothing.
    let _ = writeln!(std::io::stdout(), "{line}");
    code
}

/// The variables, for `--help`.
fn variables() -> String {
    let rows = VARIABLES.iter().map(|(name, default, meaning)| format!("  {name:<24} {meaning} [default: {default}]"));
    format!("Environment variables:\n{}", rows.collect::<Vec<_>>().join("\n"))
}
