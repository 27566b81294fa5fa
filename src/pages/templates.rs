//! The pages' templates: MiniJinja, brought by `rocket_dyn_templates`, made strict.
//!
//! On its own the engine reads a template when it is first asked for and lets an undefined variable
//! pass as nothing. Here every page is compiled and drawn once before launch, so that a template
//! with a fault stops the start and not a visitor.

use std::error::Error as StdError;
use std::iter;
use std::sync::{Arc, OnceLock, PoisonError, RwLock, RwLockWriteGuard};

use rocket::fairing::Fairing;
use rocket_dyn_templates::Template;
use rocket_dyn_templates::minijinja::{self, Environment, ErrorKind, UndefinedBehavior, Value};
use serde::Serialize;
use thiserror::Error;

use crate::pages::assets::Assets;

/// The compiled templates. Clones share them.
#[derive(Clone, Default)]
pub struct Templates(Arc<Shared>);

#[derive(Default)]
struct Shared {
    /// None before the first ones have passed their check.
    environment: RwLock<Option<Environment<'static>>>,
    failure: OnceLock<Arc<TemplateError>>,
}

/// Why a page can't be drawn.
#[derive(Debug, Error)]
pub enum TemplateError {
    /// A template has a fault: which, where and what.
    #[error("template {}", with_causes(.0))]
    Faulty(#[from] minijinja::Error),
    /// Nothing was compiled yet.
    #[error("template {0} is asked for too early")]
    TooEarly(String),
}

fn with_causes(error: &(dyn StdError + 'static)) -> String {
    iter::successors(Some(error), |error: &&(dyn StdError + 'static)| StdError::source(*error))
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ")
}

impl Templates {
    /// Compiles the templates at launch and, in a debug build, again whenever a file changes.
    ///
    /// `check` draws whatever must be drawable; its fault stops the launch, and is kept for
    /// [`Templates::failure`]. In a running debug build it is logged and the previous templates stay.
    pub fn fairing(
        &self,
        assets: Assets,
        check: impl Fn(&Self) -> Result<(), TemplateError> + Send + Sync + 'static,
    ) -> impl Fairing + 'static {
        let templates = self.clone();
        Template::try_custom(move |engines| {
            let environment = &mut engines.minijinja;
            environment.set_undefined_behavior(UndefinedBehavior::Strict);
            let assets = assets.clone();
            environment.add_function("asset", move |name: &str| {
                // Safe as it is, by what Assets takes for a name; escaped, each slash would be six bytes.
                let url = assets.url(name).map(Value::from_safe_string);
                url.map_err(|error| minijinja::Error::new(ErrorKind::InvalidOperation, error.to_string()))
            });
            let candidate = Self::default();
            candidate.install(environment.clone());
            match check(&candidate) {
                Ok(()) => {
                    // What was checked is what is used: all of it is compiled, nothing is read again.
                    if let Some(checked) = candidate.environment_mut().take() {
                        templates.install(checked);
                    }
                    Ok(())
                }
                Err(fault) => {
                    let fault = Arc::new(fault);
                    if templates.environment_mut().is_some() {
                        tracing::error!(fault = %fault, "the changed templates are not used");
                    } else {
                        let _ = templates.0.failure.set(fault.clone());
                    }
                    Err(fault.into())
                }
            }
        })
    }

    /// Draws the template called `name` (its file's name without `.html.j2`).
    pub fn draw(&self, name: &str, context: impl Serialize) -> Result<Vec<u8>, TemplateError> {
        let environment = self.0.environment.read().unwrap_or_else(PoisonError::into_inner);
        let environment = environment.as_ref().ok_or_else(|| TemplateError::TooEarly(name.to_owned()))?;
        Ok(environment.get_template(name)?.render(context)?.into_bytes())
    }

    /// Why the launch failed, if it was for a template.
    #[must_use]
    pub fn failure(&self) -> Option<Arc<TemplateError>> {
        self.0.failure.get().cloned()
    }

    fn install(&self, environment: Environment<'static>) {
        *self.environment_mut() = Some(environment);
    }

    /// A thread that panicked with the lock held has not changed what is behind it.
    fn environment_mut(&self) -> RwLockWriteGuard<'_, Option<Environment<'static>>> {
        self.0.environment.write().unwrap_or_else(PoisonError::into_inner)
    }
}
