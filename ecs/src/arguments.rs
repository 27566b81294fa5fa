//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::grammar;
use crate::release::{Commit, ImageReference};
use crate::report::EXIT_CODES;
use crate::revision::Revision;

/// What was asked for.
#[derive(Debug, Parser)]
#[command(name = "deploy", version, about = "Deploys the image to ECS, and is never green when the release failed", after_help = EXIT_CODES)]
pub struct Arguments {
    /// The folder with environments/, task-definition.json.j2 and service.json.j2
    #[arg(long, env = "DEPLOY_DIRECTORY", default_value = "ecs", global = true)]
    pub directory: PathBuf,

    /// Print the result as one JSON document
    #[arg(long, global = true)]
    pub json: bool,

    /// The file that GitHub shows as the run's summary
    #[arg(long, env = "GITHUB_STEP_SUMMARY", hide = true, global = true)]
    pub github_step_summary: Option<PathBuf>,

    /// The file that GitHub reads the step's outputs from
    #[arg(long, env = "GITHUB_OUTPUT", hide = true, global = true)]
    pub github_output: Option<PathBuf>,

    /// The command.
    #[command(subcommand)]
    pub asked: Asked,
}

/// What is asked for: of all environments, or of one.
#[derive(Debug, Subcommand)]
pub enum Asked {
    /// List the environments as they are described; with --json all that is described of each
    Environments,
    /// In one environment.
    #[command(flatten)]
    Command(Command),
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Read only: print what would change, field by field
    Plan(Wanted),
    /// Deploy an image, watch it, verify it; take it back if it fails
    Apply {
        /// What is to run.
        #[command(flatten)]
        wanted: Wanted,
        /// Deploy even if nothing would change: new tasks, for one that is stuck or a certificate that was renewed
        #[arg(long)]
        force: bool,
    },
    /// What runs, and what goes on
    Status {
        /// The environment: the name of a file in environments/
        environment: String,
    },
    /// Hold the running tasks and the public address against what is expected
    Verify {
        /// The environment: the name of a file in environments/
        environment: String,
        /// The image that ought to run, by digest [default: that of the service's task definition]
        #[arg(long)]
        image: Option<ImageReference>,
        /// The commit that the site ought to name [default: that of the service's task definition]
        #[arg(long)]
        commit: Option<Commit>,
    },
    /// Roll back to the last earlier revision that was deployed successfully
    ///
    /// Look at `status` first. A rollout that is under way is stopped, and ECS puts the previous release back; a rollback
    /// that is under way is watched. Otherwise the last successful revision before the one that runs is deployed like any
    /// release, watched and verified. ECS remembers deployments for 90 days: name an older revision with --to.
    #[command(verbatim_doc_comment)]
    Rollback {
        /// The environment: the name of a file in environments/
        environment: String,
        /// The revision to roll back to: 41, FAMILY:41, or the ARN of a task definition
        #[arg(long)]
        to: Option<Revision>,
        /// Read only: say where it would go
        #[arg(long)]
        dry_run: bool,
    },
}

/// A release, and where it is to run.
#[derive(Debug, Args)]
pub struct Wanted {
    /// The environment: the name of a file in environments/
    pub environment: String,
    /// The image by digest: REPOSITORY@sha256:…
    #[arg(long)]
    pub image: ImageReference,
    /// The commit that the image was built from
    #[arg(long)]
    pub commit: Commit,
    /// The pipeline run that deploys it, a link on the site
    #[arg(long, value_parser = link)]
    pub run_url: Option<String>,
}

/// As the site takes it.
fn link(text: &str) -> Result<String, &'static str> {
    grammar::link(text).map(str::to_owned)
}

impl Command {
    /// The environment that the command is about.
    #[must_use]
    pub fn environment(&self) -> &str {
        match self {
            Self::Plan(Wanted { environment, .. })
            | Self::Apply { wanted: Wanted { environment, .. }, .. }
            | Self::Status { environment }
            | Self::Verify { environment, .. }
            | Self::Rollback { environment, .. } => environment,
        }
    }
}
