//! What the deployer takes, the service takes: by the service's own configuration. Both read one grammar; this is about what
//! each makes of it.

#![allow(clippy::unwrap_used, reason = "a test that unwraps what isn't there fails, as it should")]

use deploy::grammar;
use walkthrough::config::Config;

/// The service's configuration with that variable, and else what needs no files of it.
fn takes(name: &str, value: &str) -> Result<(), String> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let folders = ["ROCKET_TEMPLATE_DIR", "WALKTHROUGH_STATIC_DIR"].map(|name| (name, root));
    let variables = folders.into_iter().chain([(name, value)]);
    Config::from_variables(variables).map(drop).map_err(|invalid| invalid.to_string())
}

/// Parts of addresses, good and bad, of which every combination is tried.
const SCHEMES: [&str; 6] = ["https://", "http://", "HTTPS://", "ftp://", "//", ""];
const HOSTS: [&str; 17] = [
    "example.org",
    "a.b-c.example.org",
    "127.0.0.1",
    "[::1]",
    "[::1",
    "[g]",
    "a_b.example.org",
    "übung.example.org",
    "some body",
    "somebody@example.org",
    "",
    "-",
    "a..b",
    "a%20b",
    "a\\b",
    "a\"b",
    "a'b",
];
const PORTS: [&str; 7] = ["", ":8000", ":", ":0", ":65536", ":a", ":1:2"];
const PATHS: [&str; 17] = [
    "",
    "/",
    "/a",
    "/a/b.c~d",
    "/a b",
    "/a%20b",
    "/a%2",
    "/a%zz",
    "/a,b",
    "/a;b=c&d",
    "/ä",
    "/a\"b",
    "/a<b>",
    "/a{b}",
    "/a|b",
    "/:@!$'()*+",
    "/a//b",
];
const ENDS: [&str; 8] = ["", "?", "?a=b&c=d", "?a=%20", "?a b", "?a?b", "#a", "?a#b"];

#[test]
fn an_address_that_is_taken_here_is_taken_by_the_service() {
    let mut taken = 0;
    for scheme in SCHEMES {
        for host in HOSTS {
            for port in PORTS {
                for path in PATHS {
                    for end in ENDS {
                        let address = format!("{scheme}{host}{port}{path}{end}");
                        if grammar::address(&address).is_ok() {
                            taken += 1;
                            assert_eq!(takes("WALKTHROUGH_PEERS", &format!("a={address},b={address}")), Ok(()));
                        }
                        if grammar::url(&address).is_ok() {
                            assert_eq!(takes("WALKTHROUGH_REPOSITORY", &address), Ok(()), "{address}");
                        }
                        if grammar::link(&address).is_ok() {
                            taken += 1;
                            assert_eq!(takes("WALKTHROUGH_RUN_URL", &address), Ok(()), "{address}");
                        }
                    }
                }
            }
        }
    }
    // What people write is.
    assert!(taken > 500, "{taken}");
    for address in
        ["https://example.org", "http://127.0.0.1:8000/site", "https://github.com/a-b/c_d.e", "http://[::1]:80"]
    {
        grammar::address(address).unwrap();
    }
    grammar::link("https://github.com/a/b/actions/runs/1?check_suite_focus=true").unwrap();
}

#[test]
fn what_the_service_refuses_for_its_form_is_refused_here() {
    for address in [
        "",
        "example.org",
        "ftp://example.org",
        "https://",
        "https://somebody@example.org",
        "https://a_b.org",
        "https://ü.org",
        "https://example.org?a",
        "https://example.org#a",
        "https://example.org/a b",
    ] {
        assert!(takes("WALKTHROUGH_REPOSITORY", address).is_err(), "{address}");
        assert!(grammar::address(address).is_err(), "{address}");
    }
}

#[test]
fn a_name_is_taken_here_if_the_service_takes_it() {
    let long = "a".repeat(32);
    let longer = "a".repeat(33);
    for name in ["dev", "qa-1", "1", &long, &longer, "", "QA", "a_b", "a b", "ä", "a.b", ".#dev"] {
        let theirs = takes("WALKTHROUGH_ENVIRONMENT", name).is_ok();
        assert_eq!(grammar::environment(name).is_ok(), theirs, "{name:?}");
    }
}
