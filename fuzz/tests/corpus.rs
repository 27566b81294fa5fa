//! Every property holds for everything in the corpus.

#![allow(clippy::unwrap_used, reason = "a test that unwraps what isn't there fails, as it should")]

use std::collections::BTreeSet;
use std::fs;
use std::panic::catch_unwind;
use std::path::Path;

use fuzz::TARGETS;

#[test]
fn what_others_may_write_breaks_no_property() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    let folders: BTreeSet<_> =
        fs::read_dir(&corpus).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(folders, TARGETS.map(|(name, _)| name.to_owned()).into(), "a folder for each target");
    let mut broken = Vec::new();
    for (name, target) in TARGETS {
        let files: Vec<_> = fs::read_dir(corpus.join(name)).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert!(files.len() > 1, "{name} has examples");
        for file in files {
            let bytes = fs::read(&file).unwrap();
            if catch_unwind(|| target(&bytes)).is_err() {
                broken.push(file);
            }
        }
        target(b"");
    }
    assert!(broken.is_empty(), "{broken:?}");
}
