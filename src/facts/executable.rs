//! The running program's own file: where it is, what its bytes are, what is linked into it.

use crate::facts::dependencies::Dependencies;
use crate::facts::digest::sha256;
use crate::facts::fact::Fact;

/// What the running program's file tells.
#[derive(Debug, Clone)]
pub struct Executable {
    /// The file's path.
    pub path: Fact,
    /// The SHA-256 of its bytes, 64 hexadecimal digits.
    pub sha256: Fact,
    /// The packages linked into it.
    pub dependencies: Dependencies,
}

impl Executable {
    /// Reads the file, once for all that it tells.
    #[must_use]
    pub fn read() -> Self {
        let (path, bytes) = match std::env::current_exe() {
            Ok(path) => (Fact::known(path.display().to_string()), std::fs::read(path)),
            Err(error) => (Fact::unknown(format!("the system does not tell: {error}")), Err(error)),
        };
        match bytes {
            Ok(bytes) => Self { path, sha256: Fact::known(sha256(&bytes)), dependencies: Dependencies::of(&bytes) },
            Err(error) => {
                let reason = format!("the program's own file can't be read: {error}");
                let dependencies = Dependencies::unknown(reason.clone());
                Self { path, sha256: Fact::unknown(reason), dependencies }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_program_is_found_and_read() {
        let found = Executable::read();
        assert!(found.path.value().is_some());
        assert_eq!(found.sha256.value().map(String::len), Some(64));
    }
}
