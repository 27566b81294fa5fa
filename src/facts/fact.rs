//! The type of all facts: known, or not known for a reason. None is guessed.

use std::borrow::Cow;

use serde::{Serialize, Serializer};

/// A value, or the reason why it is not known.
///
/// In a page's context it is an object, `{"value": …, "reason": null}` or
/// `{"value": null, "reason": "…"}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact<T = String>(pub Result<T, Cow<'static, str>>);

impl<T> Fact<T> {
    /// A fact that is known.
    pub fn known(value: impl Into<T>) -> Self {
        Self(Ok(value.into()))
    }

    /// A fact that is not known, and why.
    pub fn unknown(reason: impl Into<Cow<'static, str>>) -> Self {
        Self(Err(reason.into()))
    }

    /// The value, if it is known.
    pub fn value(&self) -> Option<&T> {
        self.0.as_ref().ok()
    }

    /// A variable's value, if it is set.
    pub(crate) fn configured(value: Option<&T>, variable: &str) -> Self
    where
        T: Clone,
    {
        Self(value.cloned().ok_or_else(|| format!("{variable} is not set").into()))
    }
}

impl<T: Serialize> Serialize for Fact<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct View<'a, T> {
            value: Option<&'a T>,
            reason: Option<&'a str>,
        }
        View { value: self.value(), reason: self.0.as_ref().err().map(AsRef::as_ref) }.serialize(serializer)
    }
}
