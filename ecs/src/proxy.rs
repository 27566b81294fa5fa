//! Whom to ask directly although there is a proxy: `NO_PROXY`, or `no_proxy`.
//!
//! No standard says how it is written. What is taken here is what curl, Go and Python take, so that a list that works for
//! other programs works for this one: a comma or a blank between two hosts, a port behind a host, and `*` for everybody.

use std::env;

use http::Uri;
use hyper_util::client::proxy::matcher::Matcher;

/// The hosts that no proxy is asked for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Exempt(String);

impl Exempt {
    /// Those of this process's environment. A variable that is empty is as good as none.
    pub(crate) fn of_this_process() -> Self {
        let set = |name| env::var(name).ok().filter(|hosts| !hosts.trim().is_empty());
        Self(["NO_PROXY", "no_proxy"].into_iter().find_map(set).unwrap_or_default())
    }

    /// Whether what is at `url` is asked directly.
    pub(crate) fn has(&self, url: &str) -> bool {
        let Ok(url) = url.parse::<Uri>() else { return false };
        let port = url.port_u16().unwrap_or(if url.scheme_str() == Some("https") { 443 } else { 80 });
        let items = self.0.split(|c: char| c == ',' || c.is_whitespace()).filter(|item| !item.is_empty());
        let hosts: Vec<_> = items.filter_map(|item| host(item, port)).collect();
        // The library takes the star for every name, and for no address.
        hosts.contains(&"*")
            || Matcher::builder().all("http://proxy").no(hosts.join(",")).build().intercept(&url).is_none()
    }
}

/// The host of an item, as the library has it, if the item is for that port.
fn host(item: &str, port: u16) -> Option<&str> {
    let (host, only) = match item.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, rest)) => (address, rest.strip_prefix(':')),
        // An IPv6 address has more than one.
        None if item.matches(':').count() == 1 => item.split_once(':').map(|(host, only)| (host, Some(only)))?,
        None => (item, None),
    };
    let host = host.strip_prefix('*').filter(|rest| rest.starts_with('.')).unwrap_or(host);
    only.is_none_or(|only| only == port.to_string()).then_some(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_asked_directly_if_the_list_has_it() {
        for (list, direct, through_the_proxy) in [
            ("", &[][..], &["http://127.0.0.1", "https://example.org", "http://[::1]:80"][..]),
            ("*", &["http://127.0.0.1:8000/a", "https://example.org", "http://[::1]:80"], &[]),
            (" * ", &["http://127.0.0.1"], &[]),
            ("example.org,*", &["http://127.0.0.1", "http://[::1]", "https://example.net"], &[]),
            (
                "example.org",
                &["https://example.org", "https://EXAMPLE.org:8443", "https://a.example.org"],
                &["https://anexample.org", "https://example.org.net", "https://127.0.0.1"],
            ),
            (".example.org", &["https://example.org", "https://a.b.example.org"], &["https://example.net"]),
            ("*.example.org", &["https://a.b.example.org"], &["https://example.net", "https://anexample.org"]),
            (
                "a.org b.org\tc.org,,d.org",
                &["http://a.org", "http://b.org", "http://c.org", "http://d.org"],
                &["http://e.org"],
            ),
            ("127.0.0.1", &["http://127.0.0.1", "http://127.0.0.1:8000"], &["http://127.0.0.2", "http://[::1]"]),
            (
                "10.0.0.0/8, fd00::/8",
                &["http://10.1.2.3", "http://[fd00::1]:8"],
                &["http://11.1.2.3", "http://[fe80::1]"],
            ),
            ("::1", &["http://[::1]", "http://[::1]:8000"], &["http://[::2]", "http://127.0.0.1"]),
            ("[::1]", &["http://[::1]", "http://[::1]:8000"], &["http://[::2]"]),
            ("[::1]:8000", &["http://[::1]:8000"], &["http://[::1]", "http://[::1]:80"]),
            ("127.0.0.1:8000", &["http://127.0.0.1:8000"], &["http://127.0.0.1", "https://127.0.0.1:8443"]),
            (
                "example.org:443,example.net:80",
                &["https://example.org", "http://example.net", "https://a.example.org:443"],
                &["http://example.org", "https://example.net", "https://example.org:8443"],
            ),
        ] {
            let exempt = Exempt(list.to_owned());
            for (urls, expected) in [(direct, true), (through_the_proxy, false)] {
                for url in urls {
                    assert_eq!(exempt.has(url), expected, "{list:?}: {url}");
                }
            }
        }
    }
}
