//! An error and what caused it, in one line for a person.
//!
//! The `Debug` text of an error is for whoever wrote the program, and goes into no message.

use std::error::Error;
use std::io;

use rustls::CertificateError;

/// The error's own words, then those of each cause that says something more.
pub(crate) fn with_causes(error: &(dyn Error + 'static)) -> String {
    let mut text = words(error);
    for cause in causes(error).skip(1) {
        let words = words(cause);
        if !text.contains(&words) {
            text = format!("{text}: {words}");
        }
    }
    text
}

/// An error's own words, or better ones: those of TLS name the program's own types.
fn words(error: &(dyn Error + 'static)) -> String {
    if let Some(inner) = inner(error) {
        return words(inner);
    }
    let better = match error.downcast_ref::<rustls::Error>() {
        Some(rustls::Error::InvalidCertificate(why)) => match why {
            CertificateError::UnknownIssuer | CertificateError::BadSignature => {
                "its certificate is of an authority that is not among the root certificates"
            }
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                "its certificate is for another name"
            }
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => "its certificate has expired",
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                "its certificate is not valid yet"
            }
            _ => "its certificate is not valid",
        },
        Some(rustls::Error::InvalidMessage(_)) => "it does not speak TLS",
        _ => return error.to_string(),
    };
    better.to_owned()
}

/// What an error of input or output was made of. It passes for the error itself, and is none of its causes.
fn inner<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    let inner = error.downcast_ref::<io::Error>()?.get_ref()?;
    Some(inner)
}

/// The error, and below it its causes.
pub(crate) fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| inner(error).or_else(|| error.source()))
}
