//! The images of a real registry, pulled into a folder, each once.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use thiserror::Error;

/// Why an image is not there.
#[derive(Debug, Error)]
pub enum ImageError {
    /// What names it is something else.
    #[error("{0:?} is no digest")]
    NotADigest(String),
    /// The folder for images can't be made.
    #[error("{}: {source}", folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// skopeo can't be started.
    #[error("skopeo: {0}")]
    Skopeo(#[source] io::Error),
    /// skopeo did not get it; its own words.
    #[error("{0}")]
    NotPulled(String),
}

/// Images by digest, as OCI layouts in a folder.
#[derive(Debug, Clone)]
pub struct Images {
    /// `HOST:PORT/NAME`, a repository on this machine.
    repository: String,
    folder: PathBuf,
}

impl Images {
    /// The images of that repository. `folder` is made when the first one is pulled.
    #[must_use]
    pub fn new(repository: impl Into<String>, folder: impl Into<PathBuf>) -> Self {
        Self { repository: repository.into(), folder: folder.into() }
    }

    /// The OCI layout of the image with that digest.
    pub fn layout(&self, digest: &str) -> Result<PathBuf, ImageError> {
        let name = digest.strip_prefix("sha256:").filter(|hex| hex.chars().all(|c| c.is_ascii_hexdigit()));
        let layout = self.folder.join(name.ok_or_else(|| ImageError::NotADigest(digest.to_owned()))?);
        if layout.join("index.json").exists() {
            return Ok(layout);
        }
        fs::create_dir_all(&self.folder)
            .map_err(|source| ImageError::Folder { folder: self.folder.clone(), source })?;
        let pulled = Command::new("skopeo")
            .arg("--insecure-policy")
            .args(["copy", "--quiet", "--preserve-digests", "--src-tls-verify=false"])
            .arg(format!("docker://{}@{digest}", self.repository))
            .arg(format!("oci:{}", layout.display()))
            .output()
            .map_err(ImageError::Skopeo)?;
        if !pulled.status.success() {
            return Err(ImageError::NotPulled(String::from_utf8_lossy(&pulled.stderr).into_owned()));
        }
        Ok(layout)
    }

    /// The manifest of the image with that digest; nothing if the registry does not
    /// have it.
    #[must_use]
    pub fn manifest(&self, digest: &str) -> Option<String> {
        let layout = self.layout(digest).ok()?;
        blob(&layout, &pulled_digest(&layout)?)
    }

    /// A blob that is text, of any image that was pulled.
    #[must_use]
    pub fn blob(&self, digest: &str) -> Option<String> {
        let layouts = fs::read_dir(&self.folder).ok()?;
        layouts.flatten().find_map(|layout| blob(&layout.path(), digest))
    }
}

/// The digest of the image that a layout holds.
pub(crate) fn pulled_digest(layout: &Path) -> Option<String> {
    let index: Value = serde_json::from_slice(&fs::read(layout.join("index.json")).ok()?).ok()?;
    Some(index["manifests"][0]["digest"].as_str()?.to_owned())
}

fn blob(layout: &Path, digest: &str) -> Option<String> {
    let name = digest.strip_prefix("sha256:").filter(|hex| hex.chars().all(|c| c.is_ascii_hexdigit()))?;
    fs::read_to_string(layout.join("blobs/sha256").join(name)).ok()
}
