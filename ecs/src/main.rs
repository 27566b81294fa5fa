//! The command line: what was asked, and the exit code.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;
use deploy::arguments::{Arguments, Asked, Command};
use deploy::aws::Aws;
use deploy::context::Context;
use deploy::environment::{self, Environment};
use deploy::error::CommandError;
use deploy::http::Http;
use deploy::interrupt::Interrupt;
use deploy::progress::Progress;
use deploy::prompt::Prompt;
use deploy::report::{Outcome, Report};
use deploy::site::Site;

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return refuse(&error),
    };
    let (json, summary, outputs) =
        (arguments.json, arguments.github_step_summary.clone(), arguments.github_output.clone());
    let command = match arguments.asked {
        Asked::Environments => return list(&arguments.directory, json),
        Asked::Command(command) => command,
    };
    let name = command.environment().to_owned();

    // One thread: there is one thing to do at a time.
    let ended = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => {
            let ended = runtime.block_on(run(arguments.directory, command));
            // A name that is still being looked up is waited for no longer.
            runtime.shutdown_background();
            ended
        }
        Err(error) => Err(CommandError::Runtime(error)),
    };
    let report = ended.unwrap_or_else(|error| Report::new(error.outcome(), &name, error.to_string()));
    for why in report.tell_github(summary.as_deref(), outputs.as_deref()) {
        _ = writeln!(std::io::stderr(), "{why}");
    }
    let text = if json { report.json() } else { report.text() };
    // The exit code is the answer; a closed output changes nothing.
    _ = std::io::stdout().write_all(text.as_bytes());
    report.outcome.code().into()
}

/// Arguments that can't be understood: told as was asked for, as far as that can be known.
fn refuse(error: &clap::Error) -> ExitCode {
    let asked_for = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
    if !asked_for && std::env::args_os().any(|argument| argument == "--json") {
        let report = Report::new(Outcome::BadInput, "", error.render().to_string().trim_end());
        _ = std::io::stdout().write_all(report.json().as_bytes());
    } else {
        // Printing fails when nobody listens any more.
        _ = error.print();
    }
    if asked_for { ExitCode::SUCCESS } else { Outcome::BadInput.code().into() }
}

fn list(directory: &Path, json: bool) -> ExitCode {
    let (text, outcome) = match environment::list(directory, json) {
        Ok(text) => (text, Outcome::Done),
        Err(invalid) => {
            let report = Report::new(Outcome::BadInput, "environments", invalid.to_string());
            (if json { report.json() } else { report.text() }, report.outcome)
        }
    };
    _ = std::io::stdout().write_all(text.as_bytes());
    outcome.code().into()
}

async fn run(directory: PathBuf, command: Command) -> Result<Report, CommandError> {
    let environment = Environment::load(&directory, command.environment())?;
    let interrupt = Interrupt::listen().map_err(CommandError::Signals)?;
    let http = Http::of_this_machine();
    let url = environment.url.clone();
    http.can_trust(&url).map_err(|source| CommandError::NoRoots { url, source })?;
    let site = Site::at(&environment.url, http.clone());
    let cloud = Prompt::new(Aws::of(&environment, http).await, interrupt.clone());
    let context = Context { directory, environment, cloud, site, progress: Progress::default(), interrupt };
    let ended = Box::pin(context.run(command)).await;
    context.progress.finish();
    match ended {
        // AWS did not fail: it was not waited for.
        Err(CommandError::Aws(error)) if context.interrupt.has_come() => Err(CommandError::Interrupted(error)),
        ended => ended,
    }
}
