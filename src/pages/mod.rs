//! What visitors get: facts to bytes.
//!
//! It may know the facts and the configuration. Of requests it knows what a form is chosen by, and of addresses nothing
//! but the static files' own: which page answers where is the server's to say. What it is to do beside drawing is handed in.

pub mod assets;
pub(crate) mod catalog;
pub(crate) mod context;
pub(crate) mod failures;
pub(crate) mod health;
pub(crate) mod lists;
pub mod negotiation;
pub(crate) mod prerendered;
pub mod preview;
pub mod published;
pub mod representation;
pub mod templates;
