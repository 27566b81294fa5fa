//! Addresses, and names of environments: what the deployer takes, the service takes.

use deploy::grammar;

use crate::configuration::{address, read};

pub(crate) fn holds(bytes: &[u8]) {
    let text = crate::text(bytes);
    let takes = |name, value: &str| read([(name, value)].into_iter()).map(drop).map_err(|error| error.to_string());
    if grammar::address(&text).is_ok() {
        assert_eq!(takes("WALKTHROUGH_REPOSITORY", &text), Ok(()));
        assert_eq!(takes("WALKTHROUGH_PEERS", &format!("a={text},b={text}")), Ok(()));
        address(&text);
    }
    if let Ok(url) = grammar::url(&text) {
        assert_eq!(grammar::url(url), Ok(url));
    }
    assert_eq!(grammar::link(&text).is_ok(), takes("WALKTHROUGH_RUN_URL", &text).is_ok());
    assert_eq!(grammar::environment(&text).is_ok(), takes("WALKTHROUGH_ENVIRONMENT", &text).is_ok());
}
