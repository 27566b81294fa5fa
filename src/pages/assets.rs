//! Style, script and icons: read once, served under names that change with their content.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rocket::http::ContentType;
use thiserror::Error;

use crate::facts::digest;
use crate::pages::representation::{Caching, Representation};

/// The address below which the files are served.
const BASE: &str = "/static";

/// Browsers and crawlers look for these at fixed addresses, so they must be there.
const AT_THE_ROOT: [&str; 2] = ["favicon.ico", "robots.txt"];

/// Of a file's digest, in its name.
const HASH_DIGITS: usize = 16;

/// The files of the static directory. Clones share them.
#[derive(Clone)]
pub struct Assets {
    directory: Arc<Path>,
    files: Arc<[Asset]>,
    reload: bool,
}

struct Asset {
    name: String,
    hashed_name: String,
    bytes: Vec<u8>,
}

/// Why the static files can't be used.
#[derive(Debug, Error)]
#[error("static file {}: {source}", path.display())]
pub struct AssetError {
    path: PathBuf,
    source: io::Error,
}

impl Assets {
    /// Reads the files of `directory`; hidden ones and folders are left out.
    ///
    /// With `reload` they are read again for each use.
    pub fn load(directory: &Path, reload: bool) -> Result<Self, AssetError> {
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source| AssetError { path, source }
        };
        let mut files = Vec::new();
        for entry in std::fs::read_dir(directory).map_err(failed(directory))? {
            let path = entry.map_err(failed(directory))?.path();
            let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
            if name.starts_with('.') || !path.is_file() {
                continue;
            }
            // It would stand in addresses and pages as it is. An editor's leavings are such names.
            if !name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b)) {
                tracing::warn!(file = %path.display(), "not served: the name has more than letters, digits, - _ and .");
                continue;
            }
            let bytes = std::fs::read(&path).map_err(failed(&path))?;
            files.push(Asset { name: name.to_owned(), hashed_name: hashed_name(name, &bytes), bytes });
        }
        for name in AT_THE_ROOT {
            if !files.iter().any(|file| file.name == name) {
                return Err(failed(&directory.join(name))(io::ErrorKind::NotFound.into()));
            }
        }
        Ok(Self { directory: directory.into(), files: files.into(), reload })
    }

    /// The address of the file called `name`.
    pub fn url(&self, name: &str) -> Result<String, AssetError> {
        let assets = self.current()?;
        assets
            .files
            .iter()
            .find(|file| file.name == name)
            .map(|file| format!("{BASE}/{}", file.hashed_name))
            .ok_or_else(|| AssetError { path: self.directory.join(name), source: io::ErrorKind::NotFound.into() })
    }

    /// An answer for each file, not yet compressed, under the last part of its address.
    pub(crate) fn representations(&self) -> Result<HashMap<String, Representation>, AssetError> {
        let mut found = HashMap::new();
        for file in self.current()?.files.iter() {
            let (name, caching) = if is_at_the_root(&file.name) {
                (&file.name, Caching::Day)
            } else {
                (&file.hashed_name, Caching::Immutable)
            };
            let answer = Representation::new(media_type(&file.name), caching, file.bytes.clone());
            found.insert(name.clone(), answer);
        }
        Ok(found)
    }

    /// An answer for a file that `name` names in another version: this version of it, not to be kept.
    ///
    /// While releases change places, a page of one may ask the other for its style.
    pub(crate) fn other_version(&self, name: &str) -> Option<Representation> {
        let (rest, ending) = name.rsplit_once('.')?;
        let (stem, digest) = rest.rsplit_once('.')?;
        if digest.len() != HASH_DIGITS || !digest.bytes().all(|b| b.is_ascii_hexdigit()) {
            return None;
        }
        let name = format!("{stem}.{ending}");
        let file = self.files.iter().find(|file| file.name == name)?;
        Some(Representation::new(media_type(&name), Caching::Never, file.bytes.clone()))
    }

    fn current(&self) -> Result<Self, AssetError> {
        if self.reload { Self::load(&self.directory, false) } else { Ok(self.clone()) }
    }
}

/// `style.css` with the digest of its bytes before the ending.
fn hashed_name(name: &str, bytes: &[u8]) -> String {
    let digest = digest::sha256(bytes);
    let digest = &digest[..HASH_DIGITS];
    match name.rsplit_once('.') {
        Some((stem, ending)) => format!("{stem}.{digest}.{ending}"),
        None => format!("{name}.{digest}"),
    }
}

fn media_type(name: &str) -> String {
    let ending = name.rsplit('.').next().unwrap_or_default();
    ContentType::from_extension(ending).unwrap_or(ContentType::Binary).to_string()
}

/// Whether the file called `name` is served at the root, and only there.
pub(crate) fn is_at_the_root(name: &str) -> bool {
    AT_THE_ROOT.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_changes_with_the_content() {
        let name = hashed_name("style.css", b"a");
        assert_eq!(name, "style.ca978112ca1bbdca.css");
        assert_ne!(name, hashed_name("style.css", b"b"));
    }

    #[test]
    fn a_directory_without_what_browsers_look_for_is_refused() {
        let empty = tempfile::tempdir().unwrap();
        let Err(AssetError { path, source }) = Assets::load(empty.path(), false) else { panic!("it was taken") };
        assert_eq!((path, source.kind()), (empty.path().join("favicon.ico"), io::ErrorKind::NotFound));
    }
}
