//! One target under libFuzzer: the one that `TARGET` names. `fuzz/run` starts it.

#![no_main]

use std::sync::OnceLock;

use fuzz::{Target, target};

static CHOSEN: OnceLock<Target> = OnceLock::new();

fn chosen() -> Target {
    let name = std::env::var("TARGET").expect("TARGET names a target");
    target(&name).unwrap_or_else(|| panic!("{name} is none of {:?}", fuzz::TARGETS.map(|(name, _)| name)))
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| CHOSEN.get_or_init(chosen)(bytes));
