//! The container's health check: the image has neither a shell nor curl.

use std::net::SocketAddr;
use std::time::Duration;

/// Below the five seconds that ECS gives a health check by default.
const TIMEOUT: Duration = Duration::from_secs(2);

/// Asks the server at `address` for `/health`. `Ok` if it answers 200, else why not; one line each.
pub fn ask(address: SocketAddr) -> Result<String, String> {
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
        Ok(answer) if answer.status() == 200 => Ok(format!("healthy: {address} answered 200")),
        Ok(answer) => Err(format!("unhealthy: {address} answered {}", answer.status().as_u16())),
        Err(error) => Err(format!("unhealthy: {address} did not answer: {error}")),
    }
}
