//! AWS's own JSON in and out of the SDK's calls.
//!
//! The descriptions under `ecs/` are AWS's JSON, and so are its answers; the SDK's types stand between the two
//! and are not read from JSON. So the SDK signs, sends, tries again and sorts the errors, and the document is
//! the one that was rendered: no field of it gets lost on the way. In the protocol awsJson1.1 the body of a
//! request, and of an answer, is the document.

use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_ecs::config::interceptors::{
    AfterDeserializationInterceptorContextRef, BeforeTransmitInterceptorContextMut,
};
use aws_sdk_ecs::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_ecs::error::BoxError;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::cloud::CloudError;
use crate::failure::unreadable;

/// Goes along with one call: puts the document in, keeps the answer.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wire {
    document: Option<Vec<u8>>,
    answer: Arc<Mutex<Option<Vec<u8>>>>,
}

impl Wire {
    /// Keeps the answer of a call that the SDK's own types say all of.
    pub(crate) fn reading() -> Self {
        Self::default()
    }

    /// Sends `document` as the call's body, in place of what the SDK would.
    pub(crate) fn sending(document: &Value) -> Self {
        Self { document: Some(document.to_string().into_bytes()), ..Self::default() }
    }

    /// The answer to `call`.
    pub(crate) fn answer<T: DeserializeOwned>(&self, call: &'static str) -> Result<T, CloudError> {
        let answer = self.answer.lock().unwrap_or_else(PoisonError::into_inner).take().unwrap_or_default();
        serde_json::from_slice(&answer).map_err(|error| unreadable(call, error))
    }
}

impl Intercept for Wire {
    fn name(&self) -> &'static str {
        "Wire"
    }

    // Once, before the first try: the later ones send the same.
    fn modify_before_retry_loop(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(document) = &self.document {
            let request = context.request_mut();
            request.headers_mut().insert("content-length", document.len().to_string());
            *request.body_mut() = document.clone().into();
        }
        Ok(())
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        *self.answer.lock().unwrap_or_else(PoisonError::into_inner) =
            context.response().body().bytes().map(<[u8]>::to_vec);
        Ok(())
    }
}
