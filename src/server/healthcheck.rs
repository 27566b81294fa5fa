//! The container's health check: the image has neither a shell nor curl.

use std::net::SocketAddr;
use std::time::Duration;

use thiserror::Error;

/// Below the five seconds that ECS gives a health check by default.
const TIMEOUT: Duration = Duration::from_secs(2);

/// Why the server is not healthy, in one line.
#[derive(Debug, Error)]
pub enum HealthcheckError {
    /// It says so itself, or answers something else.
    #[error("unhealthy: {address} answered {status}")]
    Answered {
        /// Whom it asked.
        address: SocketAddr,
        /// The answer's status.
        status: u16,
    },
    /// It says nothing that can be read.
    #[error("unhealthy: {address} did not answer: {source}")]
    Silent {
        /// Whom it asked.
        address: SocketAddr,
        /// What the client says.
        source: Box<ureq::Error>,
    },
}

/// Asks the server at `address` for `/health`, which must answer 200.
pub fn ask(address: SocketAddr) -> Result<(), HealthcheckError> {
    let answer = ureq::get(format!("http://{address}/health"))
        .config()
        .timeout_global(Some(TIMEOUT))
        // This host's own server: neither a proxy nor another address may answer for it.
        .proxy(None)
        .max_redirects(0)
        .http_status_as_error(false)
        .build()
        .header("Accept", "application/health+json")
        .call();
    match answer {
        Ok(answer) if answer.status() == 200 => Ok(()),
        Ok(answer) => Err(HealthcheckError::Answered { address, status: answer.status().as_u16() }),
        Err(error) => Err(HealthcheckError::Silent { address, source: Box::new(error) }),
    }
}
