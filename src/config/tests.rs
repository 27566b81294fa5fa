use super::*;

fn config(variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
    Config::from_variables(variables.iter().copied())
}

#[test]
fn no_variable_is_needed() {
    let config = config(&[]).unwrap();
    assert_eq!(config.listen.to_string(), "127.0.0.1:8000");
    assert_eq!(config.environment, "local");
    assert_eq!(config.commit, None);
    assert!(config.peers.is_empty());
}

#[test]
fn a_wrong_value_is_named_with_its_variable_and_what_is_allowed() {
    let wrong = [
        ("ROCKET_PORT", "eighty", "0 to 65535"),
        ("ROCKET_PORT", "65536", "0 to 65535"),
        ("ROCKET_PORT", "tcp://10.0.0.1", "0 to 65535"),
        ("ROCKET_ADDRESS", "localhost", "IP address"),
        ("ROCKET_WORKERS", "0", "1 to 1024"),
        ("WALKTHROUGH_LOG", "off", "error, warn, info"),
        ("WALKTHROUGH_ENVIRONMENT", "", "1 to 32 lower-case"),
        ("WALKTHROUGH_ENVIRONMENT", "Staging", "1 to 32 lower-case"),
        ("WALKTHROUGH_COMMIT", "abc", "40 hexadecimal"),
        ("WALKTHROUGH_COMMIT", "", "40 hexadecimal"),
        ("WALKTHROUGH_COMMIT", "g123456789012345678901234567890123456789", "40 hexadecimal"),
        ("WALKTHROUGH_REPOSITORY", "github.com/a/b", "http or https URL"),
        ("WALKTHROUGH_REPOSITORY", "javascript:alert(1)", "http or https URL"),
        ("WALKTHROUGH_REPOSITORY", "https://me:secret@example.org/", "no user name"),
        ("WALKTHROUGH_RUN_URL", "ftp://example.org/", "http or https URL"),
        ("WALKTHROUGH_PEERS", "staging", "no = in it"),
        ("WALKTHROUGH_PEERS", "a=https://example.org,a=https://example.com", "twice"),
        ("WALKTHROUGH_PEERS", "a=https://example.org;script-src", "http or https URL"),
    ];
    for (name, value, allowed) in wrong {
        match config(&[(name, value)]) {
            Err(ConfigError::BadValue { name: told, value: given, expected }) => {
                assert_eq!((told.as_str(), given.as_str()), (name, value));
                assert!(expected.contains(allowed), "{allowed} is missing in: {expected}");
            }
            other => panic!("{name}={value}: {other:?}"),
        }
    }
}

#[test]
fn a_directory_must_be_one() {
    for name in ["ROCKET_TEMPLATE_DIR", "WALKTHROUGH_STATIC_DIR", "WALKTHROUGH_BILL_DIR"] {
        let nowhere = config(&[(name, "nowhere")]).unwrap_err();
        assert!(matches!(nowhere, ConfigError::NoDirectory { name: told, .. } if told == name), "{nowhere:?}");
        let file = config(&[(name, "Cargo.toml")]).unwrap_err();
        assert!(matches!(file, ConfigError::NotADirectory { name: told, .. } if told == name), "{file:?}");
        assert!(file.to_string().starts_with(&format!("{name}=\"Cargo.toml\": ")), "{file}");
    }
}

#[test]
fn a_variable_that_is_not_read_is_told_of() {
    let config = config(&[("WALKTHROUGH_COMIT", "x"), ("WALKTHROUGH_COMMIT", &"a".repeat(40)), ("PATH", "x")]);
    assert_eq!(config.unwrap().unread, ["WALKTHROUGH_COMIT"]);
}

#[test]
fn a_link_to_a_container_is_told_of_and_the_default_is_taken() {
    let links = [
        ("ROCKET_NAME", "/site/rocket"),
        ("ROCKET_PORT", "tcp://172.17.0.5:80"),
        ("ROCKET_PORT_80_TCP", "tcp://172.17.0.5:80"),
        ("ROCKET_PORT_80_TCP_ADDR", "172.17.0.5"),
        ("ROCKET_SERVICE_PORT", "80"),
        ("WALKTHROUGH_PORT", "tcp://[fd00::5]:80"),
        ("WALKTHROUGH_SERVICE_HOST", "fd00::5"),
    ];
    let config = config(&links).unwrap();
    assert_eq!(config.listen.to_string(), "127.0.0.1:8000");
    let mut unread = config.unread;
    unread.sort();
    assert_eq!(unread, links.map(|(name, _)| name));
}

#[test]
fn a_pipelines_run_may_have_a_query() {
    let url = "https://ci.example.org/results?buildId=7";
    assert_eq!(config(&[("WALKTHROUGH_RUN_URL", url)]).unwrap().run_url.as_deref(), Some(url));
    assert!(config(&[("WALKTHROUGH_RUN_URL", "javascript:alert(1)?a")]).is_err());
}

#[test]
fn a_commit_of_digits_alone_stays_what_it_is() {
    let digits = "1234567890123456789012345678901234567890";
    assert_eq!(config(&[("WALKTHROUGH_COMMIT", digits)]).unwrap().commit.as_deref(), Some(digits));
}

#[test]
fn peers_leave_out_this_environment() {
    let peers = "dev=https://dev.example.org/, staging=https://staging.example.org";
    let config = config(&[("WALKTHROUGH_ENVIRONMENT", "dev"), ("WALKTHROUGH_PEERS", peers)]).unwrap();
    let expected = Peer { name: "staging".into(), url: "https://staging.example.org".into() };
    assert_eq!(config.peers, [expected]);
}

#[test]
fn the_local_address_is_one_that_can_be_asked() {
    for (address, asked) in [("0.0.0.0", "127.0.0.1:8000"), ("::", "[::1]:8000"), ("192.0.2.1", "192.0.2.1:8000")] {
        assert_eq!(config(&[("ROCKET_ADDRESS", address)]).unwrap().local_address().to_string(), asked);
    }
}

#[test]
fn any_metadata_address_is_taken() {
    assert!(config(&[(METADATA, "garbage")]).is_ok());
}
