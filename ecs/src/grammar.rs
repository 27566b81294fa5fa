//! What the site takes as the name of an environment and as a URL. What it would refuse to start with must not get
//! into a task definition: through `WALKTHROUGH_PEERS` one bad address stops every environment.
//!
//! Nothing is taken here that the service refuses; `tests/grammar.rs` holds both against each other.

const URL: &str = "expected an http or https URL, such as https://example.org/walkthrough, with no user name, query, \
                   fragment or comma and no slash at its end";

/// Whether an environment may be called that.
pub fn environment(text: &str) -> Result<(), &'static str> {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if (1..=32).contains(&text.len()) && text.chars().all(allowed) {
        Ok(())
    } else {
        Err("expected 1 to 32 lower-case letters, digits and hyphens, such as staging")
    }
}

/// Whether that is an address of a site, or of a repository.
pub fn url(text: &str) -> Result<(), &'static str> {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).ok_or(URL)?;
    let (authority, path) = rest.split_once('/').map_or((rest, ""), |(authority, path)| (authority, path));
    let is_right = is_authority(authority) && is_path(path) && !rest.ends_with('/');
    is_right.then_some(()).ok_or(URL)
}

/// Whether that is an address for a link alone, which may have a query.
pub fn link(text: &str) -> Result<String, &'static str> {
    const LINK: &str = "expected an http or https URL, with no user name and no fragment";
    let (before, query) = text.split_once('?').unwrap_or((text, ""));
    url(before.trim_end_matches('/')).map_err(|_| LINK)?;
    if is_path(query) { Ok(text.to_owned()) } else { Err(LINK) }
}

/// A host, in ASCII as the DNS has it, and perhaps a port.
fn is_authority(text: &str) -> bool {
    let (host, port) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, rest)) if address.parse::<std::net::Ipv6Addr>().is_ok() => {
            ("v6", if rest.is_empty() { None } else { Some(rest.strip_prefix(':').unwrap_or("")) })
        }
        Some(_) => return false,
        None => text.split_once(':').map_or((text, None), |(host, port)| (host, Some(port))),
    };
    let is_host = !host.is_empty() && host.chars().all(|c| c.is_ascii_alphanumeric() || "-.".contains(c));
    is_host && port.is_none_or(|port| port.parse::<u16>().is_ok_and(|number| number > 0))
}

/// The characters that stand in a path, or a query, as they are; others are encoded.
fn is_path(text: &str) -> bool {
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        let allowed = match c {
            '%' => {
                rest.next().is_some_and(|c| c.is_ascii_hexdigit()) && rest.next().is_some_and(|c| c.is_ascii_hexdigit())
            }
            c => c.is_ascii_alphanumeric() || "-._~/:@!$&'()*+;=".contains(c),
        };
        if !allowed {
            return false;
        }
    }
    true
}
