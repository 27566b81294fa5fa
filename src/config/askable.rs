//! Whether a browser can ask another environment's site what it runs.
//!
//! A page may ask the hosts that its Content-Security-Policy names. The policy has a form for fewer of them than a URL has,
//! and a browser passes over what it can't read there. All was tried with Chromium.

use std::net::{Ipv4Addr, Ipv6Addr};

/// Why a browser can't ask a site.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Obstacle {
    /// What stands behind "because".
    pub reason: &'static str,
    /// Whether a browser at least opens the site for whoever follows a link.
    pub opens: bool,
}

const IPV6: Obstacle =
    Obstacle { reason: "its host is an IPv6 address, which a Content-Security-Policy can't name", opens: true };
const NUMBER: Obstacle =
    Obstacle { reason: "its host is a number, and not an IPv4 address as browsers write it", opens: false };
const NAME: Obstacle = Obstacle { reason: "its host is no name that a Content-Security-Policy can have", opens: false };
const PORT: Obstacle = Obstacle { reason: "its port is one that browsers refuse to connect to", opens: false };

/// The ports that browsers block, by the Fetch standard, section "Port blocking".
const BLOCKED: [u16; 83] = [
    0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104, 109,
    110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515, 526, 530, 531,
    532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060,
    5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080,
];

/// The site's source for a Content-Security-Policy: scheme, host and port, as CSP Level 3 has them in `host-source`.
pub fn source(url: &str) -> Result<String, Obstacle> {
    let (scheme, rest) = url.split_once("://").ok_or(NAME)?;
    let authority = rest.split('/').next().unwrap_or_default();
    // What stands in brackets has colons of its own.
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, port),
        _ => (authority, ""),
    };
    let port = match port.parse::<u16>() {
        Ok(number) if BLOCKED.contains(&number) => return Err(PORT),
        Ok(number) => format!(":{number}"),
        // The scheme's own.
        Err(_) if port.is_empty() => String::new(),
        Err(_) => return Err(PORT),
    };
    is_host(host)?;
    Ok(format!("{scheme}://{host}{port}"))
}

fn is_host(host: &str) -> Result<(), Obstacle> {
    if let Some(address) = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return Err(if address.parse::<Ipv6Addr>().is_ok() { IPV6 } else { NAME });
    }
    let is_label = |label: &str| !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    let name = host.strip_suffix('.').unwrap_or(host);
    if !name.split('.').all(is_label) {
        return Err(NAME);
    }
    // What ends in a number is an IPv4 address (URL standard). Browsers know several ways to write one, the policy one.
    let last = name.rsplit('.').next().unwrap_or_default();
    let is_number = last.bytes().all(|b| b.is_ascii_digit()) || last.starts_with("0x") || last.starts_with("0X");
    if is_number && host.parse::<Ipv4Addr>().is_err() { Err(NUMBER) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_scheme_host_and_port() {
        for (url, expected) in [
            ("https://staging.example.org/some/path", "https://staging.example.org"),
            ("https://staging.example.org:8443/a:b", "https://staging.example.org:8443"),
            ("HTTP://LOCALHOST:08001", "HTTP://LOCALHOST:8001"),
            ("http://127.0.0.2:8001", "http://127.0.0.2:8001"),
            ("http://site.example.org.", "http://site.example.org."),
            ("http://3.example.org:", "http://3.example.org"),
        ] {
            assert_eq!(source(url), Ok(expected.to_owned()), "{url}");
        }
    }

    #[test]
    fn what_a_policy_has_no_form_for_has_no_source() {
        for (url, obstacle) in [
            ("http://[::1]:8001", IPV6),
            ("http://[::1]", IPV6),
            ("http://[fe80::1%25eth0]", NAME),
            ("http://[g]", NAME),
            ("http://[a.b", NAME),
            ("http://127.1", NUMBER),
            ("http://0x7f.0.0.1", NUMBER),
            ("http://127.0.0.0x1", NUMBER),
            ("http://2130706433", NUMBER),
            ("http://127.0.0.01", NUMBER),
            ("http://1.2.3.4.", NUMBER),
            ("http://a_b.example.org", NAME),
            ("http://a%2eb.example.org", NAME),
            ("http://a..example.org", NAME),
            ("http://.example.org", NAME),
            ("http://.", NAME),
            ("http://", NAME),
            ("https://*.example.org", NAME),
            ("https://a.example.org;script-src", NAME),
            ("http://example.org:0", PORT),
            ("http://[::1]:0", PORT),
            ("http://example.org:22", PORT),
            ("http://example.org:6000", PORT),
            ("http://example.org:65536", PORT),
            ("http://example.org:*", PORT),
        ] {
            assert_eq!(source(url), Err(obstacle), "{url}");
        }
    }
}
