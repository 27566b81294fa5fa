//! What is of the service and not of the pipeline, as `service.toml` says it. The rest of the crate deploys whatever keeps
//! `docs/contract`.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

/// The service that this deployer was built beside.
pub static SERVICE: LazyLock<Service> = LazyLock::new(|| {
    // It is compiled in, and tests read it.
    toml::from_str(include_str!("../../service.toml")).expect("service.toml has every member")
});

/// The members of `service.toml` that a task is described by, and read back by.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct Service {
    /// The executable's name, and the container's in every task definition of it.
    pub name: String,
    /// What the names of its variables begin with.
    pub prefix: String,
    /// Where it listens.
    pub port: u16,
}

impl Service {
    /// The variable that names a commit in a task definition.
    #[must_use]
    pub fn commit_variable(&self) -> String {
        format!("{}COMMIT", self.prefix)
    }

    /// The variable that names the pipeline run in a task definition.
    #[must_use]
    pub fn run_url_variable(&self) -> String {
        format!("{}RUN_URL", self.prefix)
    }
}
