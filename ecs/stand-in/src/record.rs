//! Every call and its answer as a line of JSON in a file, for whoever has to know all of them: which rights a story needs, and
//! whether AWS would take such a call and give such an answer.

use std::env;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};

use serde_json::{Value, json};

use crate::server::Reply;

/// The variable with the file's name. Nothing is recorded without it.
const FILE: &str = "AWS_STAND_IN_CALLS";

/// The file, which others may append to as well.
pub(crate) struct Record(Option<File>);

/// A call, as it came in.
pub(crate) struct Call<'a> {
    /// How it was signed.
    pub(crate) signature: Option<&'a str>,
    /// Which program made it.
    pub(crate) agent: Option<&'a str>,
    /// Service and operation, in awsJson1.1.
    pub(crate) target: Option<&'a str>,
    /// Its input.
    pub(crate) body: &'a [u8],
}

impl Record {
    pub(crate) fn open() -> io::Result<Self> {
        let open = |name| OpenOptions::new().create(true).append(true).open(name);
        env::var_os(FILE).map(open).transpose().map(Self)
    }

    /// Adds a call that was signed: what is not signed needs no rights. A line is one write, so that those of
    /// several processes don't mix.
    pub(crate) fn add(&self, call: &Call<'_>, reply: Option<&Reply>) -> io::Result<()> {
        let (Some(mut file), Some(signature)) = (self.0.as_ref(), call.signature) else { return Ok(()) };
        // Credential=ID/DATE/REGION/SERVICE/aws4_request
        let mut scope = signature.split('/').skip(2);
        let (region, service) = (scope.next(), scope.next());
        let (operation, input) = match call.target {
            Some(target) => (target.rsplit('.').next(), serde_json::from_slice(call.body)?),
            None => (None, Value::from(String::from_utf8_lossy(call.body))),
        };
        // What the SDK says of $AWS_SDK_UA_APP_ID, where a test has the command that it runs.
        let command = call.agent.and_then(|agent| agent.split_whitespace().find_map(|part| part.strip_prefix("app/")));
        let line = json!({
            "command": command, "region": region, "service": service, "operation": operation, "input": input,
            "status": reply.map(|reply| reply.status), "answer": reply.map(|reply| &reply.body),
        });
        file.write_all(format!("{line}\n").as_bytes())
    }
}
