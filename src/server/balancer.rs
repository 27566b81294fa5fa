//! What a load balancer tells of a request that it passes on: its id, and whose it is.

use std::net::{IpAddr, SocketAddr};

use crate::pages::lists::{Quoting, elements};

/// The request's id in a line of `X-Amzn-Trace-Id`: the `Root` of "Request tracing for your Application Load Balancer",
/// such as `1-67891233-abcdef012345678912345678`. 1 to 64 letters, digits and hyphens; nothing else is an id.
#[must_use]
pub fn trace_root(line: &str) -> Option<&str> {
    let is_plain =
        |root: &&str| (1..=64).contains(&root.len()) && root.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    let fields = line.split(';').filter_map(|field| field.split_once('='));
    let mut roots = fields.filter(|(name, _)| name.trim().eq_ignore_ascii_case("root")).map(|(_, root)| root.trim());
    roots.find(is_plain)
}

/// The client's address as the balancer saw it: the last entry in the lines of `X-Forwarded-For`, which the balancer
/// appends. What stands before it came from the client.
#[must_use]
pub fn client<'a>(lines: impl Iterator<Item = &'a str>) -> Option<IpAddr> {
    elements(lines, Quoting::Escaped).filter_map(address).last()
}

fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim_matches('"');
    // A balancer that keeps the client's port writes it behind the address.
    text.parse().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|address| address.ip()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_balancers_id_is_taken_and_nothing_else() {
        let root = "1-67891233-abcdef012345678912345678";
        for header in [
            format!("Root={root}"),
            format!("Self=1-2-3;Root={root};Parent=4;Sampled=1"),
            format!("Root=<b>; root = {root} ;;Self"),
        ] {
            assert_eq!(trace_root(&header), Some(root));
        }
        for header in ["", "Root=", "Root=a b", "Root=<script>", &format!("Root={}", "a".repeat(65))] {
            assert_eq!(trace_root(header), None, "{header}");
        }
    }

    #[test]
    fn a_forwarded_address_may_have_a_port() {
        for (text, expected) in [
            ("192.0.2.1", Some("192.0.2.1")),
            ("192.0.2.1:4711", Some("192.0.2.1")),
            ("2001:db8::1", Some("2001:db8::1")),
            ("[2001:db8::1]:4711", Some("2001:db8::1")),
            ("\"[2001:DB8::1]:4711\"", Some("2001:db8::1")),
            ("unknown", None),
            ("", None),
        ] {
            assert_eq!(address(text), expected.map(|text| text.parse().unwrap()), "{text}");
        }
    }
}
