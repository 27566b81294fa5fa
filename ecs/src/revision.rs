//! A revision of a task definition, as a person names it.

use std::str::FromStr;

use thiserror::Error;

use crate::observation::last_part;

/// `41`, `FAMILY:41`, or the ARN of a task definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision {
    /// What precedes the number: nothing, the family, or the ARN as far as the family.
    of: Option<String>,
    number: u32,
}

/// Why a text names no revision to go to.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RevisionError {
    /// It looks like none.
    #[error(
        "a revision is a number such as 41, FAMILY:41, or the ARN of a task definition; `status` shows the one that runs"
    )]
    Malformed,
    /// It is one of another family, account or region.
    #[error(
        "{named} is no revision of what the service runs: name one of {family}, by its number, {family}:NUMBER, or its ARN"
    )]
    OtherFamily {
        /// What was named.
        named: String,
        /// The family of what the service runs.
        family: String,
    },
}

impl FromStr for Revision {
    type Err = RevisionError;

    fn from_str(text: &str) -> Result<Self, RevisionError> {
        let (of, number) = match text.rsplit_once(':') {
            Some((of, number)) => (Some(of), number),
            None => (None, text),
        };
        let is_family =
            |name: &str| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
        let is_named = of.is_none_or(|of| match of.strip_prefix("arn:") {
            Some(_) => of.contains(":task-definition/") && is_family(last_part(of)),
            None => is_family(of),
        });
        // A sign or a leading zero names no revision of ECS.
        let is_number = number.starts_with(|c: char| matches!(c, '1'..='9'));
        match number.parse() {
            Ok(number) if is_number && is_named => Ok(Self { of: of.map(str::to_owned), number }),
            _ => Err(RevisionError::Malformed),
        }
    }
}

impl Revision {
    /// `FAMILY:REVISION` in the family of `task_definition`, an ARN. Fails where it is one of another family, account or
    /// region.
    pub fn in_family_of(&self, task_definition: &str) -> Result<String, RevisionError> {
        let own = task_definition.rsplit_once(':').map_or(task_definition, |(own, _)| own);
        let family = last_part(own);
        match &self.of {
            Some(of) if of != own && of != family => {
                Err(RevisionError::OtherFamily { named: format!("{of}:{}", self.number), family: family.to_owned() })
            }
            _ => Ok(format!("{family}:{}", self.number)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RUNS: &str = "arn:aws:ecs:eu-central-1:123456789012:task-definition/walkthrough-production:42";

    fn named(text: &str) -> Result<String, RevisionError> {
        text.parse::<Revision>()?.in_family_of(RUNS)
    }

    #[test]
    fn a_revision_is_named_by_number_family_or_arn() {
        let arn = "arn:aws:ecs:eu-central-1:123456789012:task-definition/walkthrough-production:41";
        for text in ["41", "walkthrough-production:41", arn] {
            assert_eq!(named(text).as_deref(), Ok("walkthrough-production:41"), "{text}");
        }
    }

    #[test]
    fn what_is_no_revision_is_told_what_one_is() {
        for text in [
            "",
            "0",
            "041",
            "+41",
            "-1",
            "4.1",
            "41 ",
            "latest",
            "99999999999",
            ":41",
            "a b:41",
            "walkthrough-production:",
            "walkthrough-production",
            "walkthrough-production:0",
            "arn:aws:ecs:eu-central-1:1:service/a:41",
        ] {
            assert_eq!(text.parse::<Revision>(), Err(RevisionError::Malformed), "{text}");
        }
    }

    #[test]
    fn a_revision_of_something_else_is_refused() {
        for text in [
            "walkthrough-staging:41",
            "arn:aws:ecs:eu-central-1:123456789012:task-definition/walkthrough-staging:41",
            "arn:aws:ecs:eu-west-1:123456789012:task-definition/walkthrough-production:41",
            "arn:aws:ecs:eu-central-1:210987654321:task-definition/walkthrough-production:41",
        ] {
            let other =
                RevisionError::OtherFamily { named: text.to_owned(), family: "walkthrough-production".to_owned() };
            assert_eq!(named(text), Err(other));
        }
    }
}
