//! What an error of AWS's means for what was asked.

use crate::cloud::CloudError;
use crate::protocol::Failure;

/// The errors of `CreateService` and `UpdateService` that are the caller's fault, by the API reference: with them
/// nothing began.
const REFUSALS: [&str; 10] = [
    "AccessDeniedException",
    "ClientException",
    "ClusterNotFoundException",
    "InvalidParameterException",
    "NamespaceNotFoundException",
    "PlatformTaskDefinitionIncompatibilityException",
    "PlatformUnknownException",
    "ServiceNotActiveException",
    "ServiceNotFoundException",
    "UnsupportedFeatureException",
];

/// An error as the protocol takes it.
pub(super) fn failure(error: &CloudError) -> Failure<String> {
    let detail = error.to_string();
    let code = error.code.as_deref();
    // Of a second try, because a first one was heard.
    let is_repeated = error.message.contains("idempotent");
    if code == Some("ConflictException") {
        Failure::Conflict(detail)
    } else if code.is_some_and(|code| REFUSALS.contains(&code)) && !is_repeated {
        Failure::Refused(detail)
    } else if error.is_transient {
        Failure::Passing(detail)
    } else {
        Failure::Unclear(detail)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_plain_refusal_has_begun_nothing() {
        let error = |code: Option<&str>, message: &str, is_transient| CloudError {
            call: "ecs:UpdateService",
            code: code.map(str::to_owned),
            message: message.to_owned(),
            is_transient,
        };
        for code in REFUSALS {
            let error = error(Some(code), "no", false);
            assert_eq!(failure(&error), Failure::Refused(error.to_string()), "{code}");
        }
        let not_idempotent = error(Some("InvalidParameterException"), "Creation of service was not idempotent.", false);
        assert!(matches!(failure(&not_idempotent), Failure::Unclear(_)));
        let internal = error(Some("InternalFailure"), "The request processing has failed.", true);
        assert!(matches!(failure(&internal), Failure::Passing(_)));
        assert!(matches!(failure(&error(None, "no answer", true)), Failure::Passing(_)));
        assert!(matches!(failure(&error(None, "unreadable", false)), Failure::Unclear(_)));
        assert!(matches!(failure(&error(Some("ConflictException"), "ended", false)), Failure::Conflict(_)));
    }
}
