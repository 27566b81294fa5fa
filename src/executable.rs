//! The program as it lies on the disk: where it is, and the digest of its bytes.

use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;

use sha2::{Digest, Sha256};

use crate::release::Fact;

/// Where the running program is, and what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Executable {
    /// The file's path.
    pub path: Fact,
    /// The SHA-256 of its bytes, 64 hexadecimal digits.
    pub sha256: Fact,
}

impl Executable {
    /// Reads the running program's own file.
    #[must_use]
    pub fn read() -> Self {
        match path() {
            Ok(path) => {
                let sha256 = File::open(&path).and_then(digest);
                Self {
                    sha256: Fact(sha256.map_err(|error| format!("{}: {error}", path.display()).into())),
                    path: Fact::known(path.display().to_string()),
                }
            }
            Err(error) => {
                let reason = format!("the system does not tell which file this program was started from: {error}");
                Self { path: Fact::unknown(reason.clone()), sha256: Fact::unknown(reason) }
            }
        }
    }
}

/// The file this program was started from.
pub(crate) fn path() -> io::Result<PathBuf> {
    std::env::current_exe()
}

/// The SHA-256 of all that `from` gives, in lower-case hexadecimal digits.
pub(crate) fn digest(mut from: impl Read) -> io::Result<String> {
    let mut hash = Sha256::new();
    let mut chunk = [0; 16 * 1024];
    loop {
        match from.read(&mut chunk)? {
            0 => break,
            length => hash.update(&chunk[..length]),
        }
    }
    Ok(hex(&hash.finalize()))
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;

    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_is_the_one_the_standard_gives() {
        // FIPS 180-4, the one-block example.
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(digest(&b"abc"[..]).unwrap(), expected);
    }

    #[test]
    fn this_program_is_found_and_read() {
        let found = Executable::read();
        assert!(found.path.value().is_some());
        assert_eq!(found.sha256.value().map(String::len), Some(64));
    }
}
