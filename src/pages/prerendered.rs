//! The answers that must be there before the facts are: the health check's and the failures'.
//!
//! They need no more than the configuration, so they are drawn whenever the templates are compiled:
//! before the launch and, in a debug build, after each change.

use std::sync::{Arc, PoisonError, RwLock};

use rocket::http::Status;

use crate::facts::Facts;
use crate::pages::representation::Negotiable;
use crate::pages::templates::{TemplateError, Templates};
use crate::pages::{failures, health};

/// The drawn answers. Clones share them.
#[derive(Clone, Default)]
pub(crate) struct PrerenderedResponses(Arc<RwLock<Option<Answers>>>);

struct Answers {
    healthy: Negotiable,
    shutting_down: Negotiable,
    failures: Vec<(Status, Negotiable)>,
}

impl PrerenderedResponses {
    /// Draws all of them, or changes nothing.
    pub(crate) fn draw(&self, facts: &Facts, templates: &Templates) -> Result<(), TemplateError> {
        let answers = Answers {
            healthy: health::answer(true, facts, templates)?,
            shutting_down: health::answer(false, facts, templates)?,
            failures: failures::answers(facts, templates)?,
        };
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Some(answers);
        Ok(())
    }

    /// The health check's answer. There is one from the launch on.
    pub(crate) fn health(&self, healthy: bool) -> Option<Negotiable> {
        self.get(|answers| Some(if healthy { answers.healthy.clone() } else { answers.shutting_down.clone() }))
    }

    /// The answer for a failure, if that failure has a page.
    pub(crate) fn failure(&self, status: Status) -> Option<Negotiable> {
        self.get(|answers| Some(answers.failures.iter().find(|(known, _)| *known == status)?.1.clone()))
    }

    fn get(&self, choose: impl FnOnce(&Answers) -> Option<Negotiable>) -> Option<Negotiable> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).as_ref().and_then(choose)
    }
}
