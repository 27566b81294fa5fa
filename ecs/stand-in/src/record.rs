//! Every call as a line of JSON in a file, for whoever has to know all of them: which rights a story needs.

use std::env;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};

use serde_json::{Value, json};

/// The variable with the file's name. Nothing is recorded without it.
const FILE: &str = "AWS_STAND_IN_CALLS";

/// The file, which others may append to as well.
pub(crate) struct Record(Option<File>);

impl Record {
    pub(crate) fn open() -> io::Result<Self> {
        let open = |name| OpenOptions::new().create(true).append(true).open(name);
        env::var_os(FILE).map(open).transpose().map(Self)
    }

    /// Adds a call that was signed: what is not signed needs no rights. A line is one write, so that those of
    /// several processes don't mix.
    pub(crate) fn add(
        &self,
        signature: Option<&str>,
        agent: Option<&str>,
        target: Option<&str>,
        body: &[u8],
    ) -> io::Result<()> {
        let (Some(mut file), Some(signature)) = (self.0.as_ref(), signature) else { return Ok(()) };
        // Credential=ID/DATE/REGION/SERVICE/aws4_request
        let mut scope = signature.split('/').skip(2);
        let (region, service) = (scope.next(), scope.next());
        let (operation, input) = match target {
            Some(target) => (target.rsplit('.').next(), serde_json::from_slice(body)?),
            None => (None, Value::from(String::from_utf8_lossy(body))),
        };
        // What the SDK says of $AWS_SDK_UA_APP_ID, where a test has the command that it runs.
        let command = agent.and_then(|agent| agent.split_whitespace().find_map(|part| part.strip_prefix("app/")));
        let line = json!({
            "command": command, "region": region, "service": service, "operation": operation, "input": input,
        });
        file.write_all(format!("{line}\n").as_bytes())
    }
}
