//! Everything that reads what others write, each as a target: a function of any bytes, which panics where a property does
//! not hold.
//!
//! `cargo test` tries what is in `corpus/`: examples of what is read, and every input that broke a property once.
//! `fuzz/run` looks for more, by `tests/libfuzzer.rs`.

#![allow(clippy::unwrap_used, clippy::missing_panics_doc, reason = "a target panics where a property does not hold")]

mod address;
mod answers;
mod balancer;
mod configuration;
mod description;
mod image;
mod metadata;
mod negotiation;
mod plan;
mod revision;

/// Tries one input.
pub type Target = fn(&[u8]);

/// Every target by its name, which is also its folder's in `corpus/`.
pub const TARGETS: [(&str, Target); 12] = [
    ("accept", negotiation::media_type),
    ("accept-encoding", negotiation::coding),
    ("address", address::holds),
    ("answers", answers::holds),
    ("configuration", configuration::holds),
    ("description", description::holds),
    ("forwarded", balancer::forwarded),
    ("if-none-match", negotiation::tags),
    ("image", image::holds),
    ("metadata", metadata::holds),
    ("plan", plan::holds),
    ("revision", revision::holds),
];

/// The target of that name.
#[must_use]
pub fn target(name: &str) -> Option<Target> {
    TARGETS.iter().find(|(known, _)| *known == name).map(|(_, target)| *target)
}

/// Bytes as the service's front hands them on: what is no text becomes a character that means nothing.
fn text(bytes: &[u8]) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}

/// Two documents in one input, with a line of three hyphens between them.
fn halves(text: &str) -> (&str, &str) {
    text.split_once("\n---\n").unwrap_or((text, ""))
}
