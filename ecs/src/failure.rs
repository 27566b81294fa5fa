//! Why a call to AWS failed: one line for a person, and whether another try may work.

use std::error::Error;
use std::fmt;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_ecs::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::interceptors::context::InterceptorContext;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::retries::classifiers::{ClassifyRetry, RetryAction};
use serde_json::Value;

use crate::causes::{causes, with_causes};
use crate::cloud::CloudError;
use crate::http::NoRoots;

/// Where credentials are looked for, in the order of the SDK's default chain, and what to do.
const NO_CREDENTIALS: &str = "no credentials in the variables AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, in the \
     profile that AWS_PROFILE names (else \"default\") in ~/.aws, by AWS_WEB_IDENTITY_TOKEN_FILE, by \
     AWS_CONTAINER_CREDENTIALS_FULL_URI or of an instance: run `aws login`, or name a profile by AWS_PROFILE";

/// What to do where one of those places is set up, and fails.
const RENEW: &str = "if the session is over, run `aws login` or `aws sso login` again";

/// The refusals that pass by themselves: AWS's code, a part of its message, and where that is said.
const PASSING: [(&str, &str, &str); 9] = [
    ("InternalFailure", "", "Common errors, Amazon ECS API reference"),
    ("InternalServerError", "", "Common errors, Amazon ECR API reference"),
    ("RequestLimitExceeded", "", "Error retries, AWS SDKs reference guide"),
    ("ServerException", "", "RegisterTaskDefinition and others, Amazon ECS API reference"),
    ("ServiceUnavailable", "", "Common errors, Amazon ECS API reference"),
    ("Throttling", "", "Common errors, AWS CloudFormation API reference"),
    ("ThrottlingException", "", "Common errors, Amazon ECS API reference"),
    ("TooManyRequestsException", "", "Error retries, AWS SDKs reference guide"),
    // A 400, and by its code the caller's fault.
    (
        "ClientException",
        "Too many concurrent attempts to create a new revision",
        "hashicorp/terraform-provider-aws#9777, aws-actions/amazon-ecs-deploy-task-definition#750",
    ),
];

/// Whether the same call may work a little later.
pub(crate) fn is_passing(code: &str, message: &str) -> bool {
    PASSING.iter().any(|(known, part, _)| code == *known && message.contains(part))
}

/// Has the SDK try again what passes by itself, and what it would not know from its code.
#[derive(Debug)]
pub(crate) struct Passing;

impl ClassifyRetry for Passing {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let answer = context.response().filter(|answer| !answer.status().is_success());
        let error = answer.and_then(|answer| answer.body().bytes());
        let error: Value = error.and_then(|body| serde_json::from_slice(body).ok()).unwrap_or_default();
        let word = |name: &str| error[name].as_str().unwrap_or_default();
        // Some services put a namespace before it.
        let code = word("__type").rsplit('#').next().unwrap_or_default();
        if is_passing(code, word("message")) { RetryAction::throttling_error() } else { RetryAction::NoActionIndicated }
    }

    fn name(&self) -> &'static str {
        "Passing"
    }
}

/// How a call is tried.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Trying {
    /// How often.
    pub(crate) times: u32,
    /// How many seconds each may take.
    pub(crate) seconds: u64,
}

/// What came of a call that did not succeed.
pub(crate) fn explain<E>(call: &'static str, error: &SdkError<E, HttpResponse>, trying: Trying) -> CloudError
where
    E: ProvideErrorMetadata + Error + 'static,
{
    let Some(service) = error.as_service_error() else { return without_answer(call, error, trying) };
    let code = service.code().map(str::to_owned);
    // Without a code it is no answer of the service's own: a gateway's, on the way.
    let is_transient = code.as_deref().is_none_or(|code| is_passing(code, service.message().unwrap_or_default()));
    let status = error.raw_response().map(|answer| answer.status().as_u16());
    let message = match (service.message(), status) {
        (Some(message), _) => message.to_owned(),
        (None, Some(status)) => format!("an answer with the HTTP status {status}, and no reason in it"),
        (None, None) => with_causes(service),
    };
    CloudError { call, code, message, is_transient }
}

/// The service said nothing, or was not even asked.
fn without_answer<E>(call: &'static str, error: &SdkError<E, HttpResponse>, trying: Trying) -> CloudError
where
    E: Error + 'static,
{
    let found = |message: String, is_transient| CloudError { call, code: None, message, is_transient };
    if let Some(none) = cause::<NoRoots>(error) {
        return found(none.to_string(), false);
    }
    match cause::<CredentialsError>(error) {
        Some(CredentialsError::CredentialsNotLoaded(_)) => return found(NO_CREDENTIALS.to_owned(), false),
        // Such as the portal that does not answer: it may be asked again.
        Some(other) => return found(format!("the credentials can't be had: {}; {RENEW}", with_causes(other)), true),
        None => {}
    }
    match error {
        SdkError::TimeoutError(_) => {
            found(format!("no answer within {} s, in {} tries", trying.seconds, trying.times), true)
        }
        SdkError::ResponseError(_) => found(format!("the answer can't be read: {}", below(error)), true),
        SdkError::DispatchFailure(_) => found(format!("it can't be reached: {}", below(error)), true),
        _ => found(below(error), true),
    }
}

/// The first cause of that type.
fn cause<'a, C: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a C> {
    causes(error).find_map(|cause| cause.downcast_ref())
}

/// What caused it, without the SDK's own word for the kind of it.
fn below(error: &(dyn Error + 'static)) -> String {
    error.source().map_or_else(|| error.to_string(), |cause| with_causes(cause.source().unwrap_or(cause)))
}

/// An answer that is not what the API reference says.
pub(crate) fn unreadable(call: &'static str, error: impl fmt::Display) -> CloudError {
    let message = format!("the answer is not what the API reference says: {error}");
    CloudError { call, code: None, message, is_transient: false }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_passes_is_told_by_code_and_message() {
        for (code, message) in [
            ("ThrottlingException", "Rate exceeded"),
            ("ServerException", "Service Unavailable. Please try again later."),
            ("ClientException", "Too many concurrent attempts to create a new revision of the specified family."),
        ] {
            assert!(is_passing(code, message), "{code}: {message}");
        }
        for (code, message) in [
            ("ClientException", "Unable to describe task definition."),
            ("AccessDeniedException", "Too many concurrent attempts to create a new revision"),
            ("", ""),
        ] {
            assert!(!is_passing(code, message), "{code}: {message}");
        }
        assert!(PASSING.iter().all(|(_, _, source)| !source.is_empty()));
    }
}
