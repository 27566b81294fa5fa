//! What both programs answer: the service's own bytes and headers, read once at the start from a folder that the
//! benchmark filled.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// One address.
pub struct Page {
    pub etag: Option<String>,
    /// Headers of every answer, other than those that the body decides.
    pub headers: Vec<(String, String)>,
    pub content_type: String,
    pub identity: &'static [u8],
    pub gzip: Option<&'static [u8]>,
}

/// What to send for a request.
pub enum Answer {
    NotModified,
    Plain(&'static [u8]),
    Gzip(&'static [u8]),
}

impl Page {
    /// Reads `NAME`, `NAME.gz` if there is one, and `NAME.json` with the headers.
    pub fn read(folder: &Path, name: &str) -> Self {
        let file = |ending: &str| fs::read(folder.join(format!("{name}{ending}")));
        let mut headers: BTreeMap<String, String> =
            serde_json::from_slice(&file(".json").expect("the headers")).expect("an object of strings");
        let mut take = |name: &str| headers.remove(name);
        let (etag, content_type) = (take("etag"), take("content-type").unwrap_or_default());
        Self {
            etag,
            content_type,
            headers: headers.into_iter().collect(),
            identity: file("").expect("the page").leak(),
            gzip: file(".gz").ok().map(|bytes| &*bytes.leak()),
        }
    }

    pub fn answer(&self, if_none_match: Option<&[u8]>, accept_encoding: Option<&[u8]>) -> Answer {
        if let (Some(etag), Some(known)) = (&self.etag, if_none_match)
            && known == etag.as_bytes()
        {
            return Answer::NotModified;
        }
        match self.gzip {
            Some(gzip) if accept_encoding.is_some_and(|codings| codings.windows(4).any(|it| it == b"gzip")) => {
                Answer::Gzip(gzip)
            }
            _ => Answer::Plain(self.identity),
        }
    }
}

/// As each answer has one of its own.
pub fn request_id() -> String {
    format!("{:032x}", fastrand::u128(..))
}

/// Folder and port, as the program was told.
pub fn arguments() -> (std::path::PathBuf, u16) {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().expect("a folder").into();
    (folder, arguments.next().and_then(|port| port.parse().ok()).expect("a port"))
}
