//! What the service takes for the name of an environment, for an address and for the list of the environments.
//!
//! The deployer reads this very file (`ecs/src/lib.rs`): what the service would not start with must not get into a task
//! definition, as through `WALKTHROUGH_PEERS` one bad address stops every environment. So it may know nothing but text.

use std::net::Ipv6Addr;

const ENVIRONMENT: &str = "expected 1 to 32 lower-case letters, digits and hyphens, such as staging";
const URL: &str =
    "expected an http or https URL, such as https://example.org/walkthrough, with no user name, query or fragment";
const LINK: &str = "expected an http or https URL, with no user name and no fragment";
const ADDRESS: &str = "expected an http or https URL, such as https://example.org/walkthrough, with no user name, query, \
                    fragment or comma and no slash at its end";

/// The name of an environment.
pub fn environment(text: &str) -> Result<&str, &'static str> {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if (1..=32).contains(&text.len()) && text.chars().all(allowed) { Ok(text) } else { Err(ENVIRONMENT) }
}

/// A URL for a link on a page or for a browser's request, without a slash at its end.
///
/// It is an absolute URI of RFC 3986 that can stand in a page and in a Content-Security-Policy as it is, and that names
/// nobody. Whether there could be a server of that name is not looked at.
pub fn url(text: &str) -> Result<&str, &'static str> {
    let (authority, path) = split(text).ok_or(URL)?;
    let (host, port) = host_and_port(authority).ok_or(URL)?;
    if is_host(host) && is_port(port) && path.chars().all(is_path) { Ok(text.trim_end_matches('/')) } else { Err(URL) }
}

/// A URL for a link alone, which may have a query.
pub fn link(text: &str) -> Result<&str, &'static str> {
    let (before, query) = text.split_once('?').unwrap_or((text, ""));
    if url(before).is_ok() && query.chars().all(is_query) { Ok(text) } else { Err(LINK) }
}

/// The environments, as `name=url` pairs with commas between: each by its name and its URL.
pub fn peers(text: &str) -> Result<Vec<(&str, &str)>, String> {
    let mut peers: Vec<(&str, &str)> = Vec::new();
    for pair in text.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
        let wrong = |why: &str| format!("{pair:?} is wrong: {why}; the whole is name=url pairs with commas between");
        let (name, address) = pair.split_once('=').ok_or_else(|| wrong("there is no = in it"))?;
        let name = environment(name.trim()).map_err(wrong)?;
        let address = url(address.trim()).map_err(wrong)?;
        if peers.iter().any(|(known, _)| *known == name) {
            return Err(wrong("the name stands twice"));
        }
        peers.push((name, address));
    }
    Ok(peers)
}

/// A URL for a description of what is to be deployed: the same when it is read from the list of the environments, and one
/// that a server could have.
pub fn address(text: &str) -> Result<&str, &'static str> {
    let is_listed = peers(&format!("a={text}")).is_ok_and(|peers| peers == [("a", text)]);
    let authority = split(text).map(|(authority, _)| authority);
    let could_be = authority.and_then(host_and_port).is_some_and(|(host, port)| {
        let is_address = |inside: &str| inside.trim_end_matches(']').parse::<Ipv6Addr>().is_ok();
        let is_port = |port: &str| port.parse::<u16>().is_ok_and(|number| number > 0);
        host.strip_prefix('[').is_none_or(is_address) && port.is_none_or(is_port)
    });
    if is_listed && could_be && is_encoded(text) { Ok(text) } else { Err(ADDRESS) }
}

/// Authority and path of an http or https URL.
fn split(text: &str) -> Option<(&str, &str)> {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"))?;
    Some(rest.split_at(rest.find('/').unwrap_or(rest.len())))
}

/// An address in brackets has colons of its own.
fn host_and_port(authority: &str) -> Option<(&str, Option<&str>)> {
    let end = match authority.strip_prefix('[') {
        Some(_) => authority.find(']')? + 1,
        None => authority.find(':').unwrap_or(authority.len()),
    };
    match authority.split_at(end) {
        (host, "") => Some((host, None)),
        (host, rest) => Some((host, Some(rest.strip_prefix(':')?))),
    }
}

/// In ASCII, as the DNS has it.
fn is_host(host: &str) -> bool {
    let inside = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-.".contains(c) || (c == ':' && inside.is_some());
    !host.is_empty() && inside.unwrap_or(host).chars().all(allowed)
}

/// With none the colon means nothing.
fn is_port(port: Option<&str>) -> bool {
    port.is_none_or(|port| {
        port.is_empty() || (port.len() <= 5 && port.bytes().all(|b| b.is_ascii_digit()) && port.parse::<u16>().is_ok())
    })
}

/// The characters that stand in a path as they are, as RFC 3986 has them; brackets as well, as browsers send them.
fn is_path(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-._~!$&'()*+,;=:@/%[]".contains(c)
}

/// The same of a query.
fn is_query(c: char) -> bool {
    is_path(c) || "?{}\\^`|".contains(c)
}

/// Whether each percent sign begins an encoded character.
fn is_encoded(text: &str) -> bool {
    let is_hex = |b: Option<&u8>| b.is_some_and(u8::is_ascii_hexdigit);
    text.split('%').skip(1).all(|rest| is_hex(rest.as_bytes().first()) && is_hex(rest.as_bytes().get(1)))
}

#[cfg(test)]
mod tests {
    //! The service and the deployer both run these, each with its own copy of the grammar.

    use super::*;

    #[test]
    fn the_name_of_an_environment() {
        let (long, longer) = ("a".repeat(32), "a".repeat(33));
        for name in ["dev", "qa-1", "1", "-", &long] {
            assert_eq!(environment(name), Ok(name));
        }
        for name in [&longer, "", "QA", "a_b", "a b", "\u{e4}", "a.b", ".#dev", "a="] {
            assert_eq!(environment(name), Err(ENVIRONMENT), "{name:?}");
        }
    }

    /// An address, and whether it is one for a page, for a link, and for a description.
    const ADDRESSES: [(&str, bool, bool, bool); 50] = [
        ("https://example.org", true, true, true),
        ("http://127.0.0.1:8000/site", true, true, true),
        ("https://github.com/a-b/c_d.e", true, true, true),
        ("http://[::1]:80", true, true, true),
        ("http://[fd00::1]/a", true, true, true),
        ("https://EXAMPLE.org/~a/:@!$&'()*+;=", true, true, true),
        ("https://example.org/a%20b", true, true, true),
        ("https://example.org/a//b", true, true, true),
        ("https://example.org:65535", true, true, true),
        ("https://example.org:00443", true, true, true),
        // What the list of the environments would not give back.
        ("https://example.org/", true, true, false),
        ("https://example.org/a/", true, true, false),
        ("https://example.org/a,b", true, true, false),
        // What no server can have.
        ("https://example.org:0", true, true, false),
        ("https://example.org:", true, true, false),
        ("http://[g]", true, true, false),
        ("http://[]", true, true, false),
        ("http://[1.2.3.4]", true, true, false),
        ("https://example.org/a%2", true, true, false),
        ("https://example.org/a%zz", true, true, false),
        ("https://example.org/%", true, true, false),
        // Whether there is such a name is for the one who asks it to say.
        ("https://a..b", true, true, true),
        ("https://127.1", true, true, true),
        ("https://-", true, true, true),
        // With a query it is good for a link alone.
        ("https://ci.example.org/results?buildId=7", false, true, false),
        ("https://ci.example.org?a,b/c?d={}|", false, true, false),
        ("https://example.org/?", false, true, false),
        // With more it is good for nothing.
        ("https://example.org#a", false, false, false),
        ("https://example.org?a#b", false, false, false),
        ("https://somebody@example.org", false, false, false),
        ("https://somebody:secret@example.org/?a", false, false, false),
        ("", false, false, false),
        ("example.org", false, false, false),
        ("//example.org", false, false, false),
        ("ftp://example.org", false, false, false),
        ("javascript:alert(1)?a", false, false, false),
        ("HTTPS://example.org", false, false, false),
        ("https:/example.org", false, false, false),
        ("https://", false, false, false),
        ("https:///a", false, false, false),
        ("https://:80", false, false, false),
        ("https://a_b.example.org", false, false, false),
        ("https://\u{fc}bung.example.org", false, false, false),
        ("https://a b.org", false, false, false),
        ("https://a%2eb.org", false, false, false),
        ("https://example.org;script-src", false, false, false),
        ("https://example.org:65536", false, false, false),
        ("https://example.org:1:2", false, false, false),
        ("https://[::1", false, false, false),
        ("https://example.org/a b", false, false, false),
    ];

    #[test]
    fn an_address_is_good_for_a_page_for_a_link_or_for_a_description() {
        for (text, is_url, is_link, is_address) in ADDRESSES {
            let found = (url(text).is_ok(), link(text).is_ok(), address(text).is_ok());
            assert_eq!(found, (is_url, is_link, is_address), "{text:?}");
        }
    }

    #[test]
    fn a_url_has_no_slash_at_its_end_and_a_link_stays_as_it_is() {
        assert_eq!(url("https://example.org/a//"), Ok("https://example.org/a"));
        assert_eq!(link("https://example.org/a/?b/"), Ok("https://example.org/a/?b/"));
    }

    #[test]
    fn the_environments_are_pairs_with_commas_between() {
        let peers_of = |text| peers(text).unwrap();
        assert_eq!(peers_of(""), []);
        assert_eq!(
            peers_of(" dev=https://dev.example.org/ ,, staging = http://[::1]:80/a=b,"),
            [("dev", "https://dev.example.org"), ("staging", "http://[::1]:80/a=b")]
        );
        for (text, why) in [
            ("staging", "no = in it"),
            ("Dev=https://example.org", ENVIRONMENT),
            ("dev=example.org", URL),
            ("dev=https://a.example.org,b", "no = in it"),
            ("dev=https://a.example.org,dev=https://b.example.org", "the name stands twice"),
        ] {
            let error = peers(text).unwrap_err();
            assert!(error.contains(why) && error.contains("name=url pairs with commas between"), "{error}");
        }
    }
}
