//! What people are told: a sentence for each note, reason and end of the protocol.

use super::{Arns, Driver, patience};
use crate::observation::{ServiceDeployment, last_part};
use crate::protocol::{End, IN_A_ROW, Limit, Note, Reason, Unfound, Watched};
use crate::report::LEFT_AS_IT_IS;

impl<C> Driver<'_, C> {
    /// What is told of a note.
    pub(super) fn note(&self, note: &Note<Arns>) -> Vec<String> {
        vec![match note {
            Note::Because(reason) | Note::Told(reason) => self.reason(reason),
            Note::Failed => "failed".to_owned(),
            Note::DeployingTheSame(differences) => {
                let mut lines: Vec<_> =
                    differences.iter().map(|what| format!("nothing would change, but {what}")).collect();
                lines.push("deploying the same again".to_owned());
                return lines;
            }
            Note::Registered(definition) => format!("registered {}", last_part(definition)),
            Note::Adopting(why, deployment) => {
                format!("{}; taking {}, the only new one, for ours", self.reason(why), last_part(deployment))
            }
            Note::Watching(deployment) => format!("watching service deployment {}", last_part(deployment)),
            Note::Following => "a rollback is under way already: watching it".to_owned(),
            Note::AskingAgain(why) => format!("{why}; asking again"),
            Note::Stopping => "asking ECS to stop it and to put the previous release back".to_owned(),
            Note::Verifying => "ECS counts it as a success; holding what runs against it".to_owned(),
            Note::AsExpected(times) => format!("as expected, {times} of {IN_A_ROW} times in a row"),
            Note::NotYet(what) => format!("not yet: {}", what.join("; ")),
            Note::PuttingBack(definition) => format!("putting {} back", last_part(definition)),
        }]
    }

    /// Why something ended as it did.
    pub(super) fn reason(&self, reason: &Reason<Arns>) -> String {
        match reason {
            Reason::Said(what) => what.clone(),
            Reason::RollbackFailed(why) => format!("ECS could not put the previous release back: {why}"),
            Reason::Watched(watched, limit) => match watched {
                Watched::Succeeded => "it ended as a success".to_owned(),
                Watched::Stopped(why) => format!("the service deployment was stopped: {why}"),
                Watched::RolledBack(why) => format!("ECS rolled it back: {why}"),
                Watched::RollbackFailed(why) => format!("the rollback failed: {why}"),
                Watched::Gone => "ECS no longer knows the service deployment".to_owned(),
                Watched::TooLong => format!("it had not ended after {} s", self.seconds(*limit)),
                Watched::Lost(error) => format!("ECS does not tell how it goes: {error}"),
                Watched::Interrupted => "interrupted".to_owned(),
            },
            Reason::NotFound(why, limit) => {
                let why = match why {
                    Unfound::Unlisted => "ECS lists no service deployment for it",
                    Unfound::Untold => "ECS does not tell what the new service deployments lead to",
                    Unfound::Failed(why) => why,
                };
                limit.map_or_else(|| why.to_owned(), |limit| format!("{why}, within {} s", self.seconds(limit)))
            }
            Reason::PuttingBack(definition, why) => {
                format!("putting {} back: {}", last_part(definition), self.reason(why))
            }
            Reason::BackBut(definition, what) => format!("{} is back, but {what}", last_part(definition)),
        }
    }

    /// How it ended.
    pub(super) fn summary(&self, end: &End<Arns>) -> String {
        let service = &self.context.environment.service;
        let name = &self.context.environment.name;
        match end {
            End::Deployed(definition) => format!("{} is deployed and verified", last_part(definition)),
            End::Unchanged(definition) => format!("nothing to change: {} runs, verified", last_part(definition)),
            End::Verified(definition) => format!("{} runs as expected", last_part(definition)),
            End::Differs => "what runs is not what is expected".to_owned(),
            End::TurnedBack(goal) => {
                format!("the deployment that was under way went back: {} runs, verified", last_part(goal))
            }
            End::WouldFollow(goal) => {
                let runs = name_of(goal.as_ref());
                format!("a rollback is under way already, after which {runs} runs: would watch it; nothing was changed")
            }
            End::WouldStop(goal) => format!(
                "would stop the deployment that is under way, and ECS would roll back: {} runs then; nothing was changed",
                last_part(goal)
            ),
            End::WouldDeploy { from, to } => {
                format!("would roll back from {} to {}; nothing was changed", last_part(from), last_part(to))
            }
            End::RolledBack(previous) => {
                format!("failed and rolled back: {} runs again, verified", last_part(previous))
            }
            End::NotRolledBack => "failed and not rolled back: what runs now is not known to be good".to_owned(),
            End::NotKnown(definition) => format!(
                "failed: it is not known whether ECS began a deployment of {}; one that it began goes on, and nobody \
                 watches; look at `status {name}`",
                last_part(definition)
            ),
            End::NoPrevious => {
                format!("failed and not rolled back: {service} has no previous release; fix this one and apply again")
            }
            End::RejectedAgain(rejected) => {
                format!("failed: ECS went back to {}, which was to be left; it runs again", last_part(rejected))
            }
            End::NotAsked(deployment) => {
                format!("interrupted, and ECS could not be asked to stop: {} goes on", last_part(deployment))
            }
            End::MayBeAsked(deployment) => format!(
                "interrupted, and it is not known whether ECS heard that {} is to stop; nobody watches, ask `status`",
                last_part(deployment)
            ),
            End::AlreadyThere(definition) => format!("{} is what the service has already", last_part(definition)),
            End::ScaledDown => self.scaled_down(),
            End::Unable(_, why) => why.clone(),
            End::LeftAlone { detail, registered } => {
                format!("{LEFT_AS_IT_IS}{detail}{}", unused(registered.as_ref()))
            }
            End::ChangedWhilePlanned => {
                "the service changed while this was planned; nothing was changed, so do it again".to_owned()
            }
            End::ChangedMeanwhile => {
                format!("the service changed meanwhile; nothing was changed, so look at `status {name}` first")
            }
            End::UnderWay(deployment, status) => format!(
                "service deployment {} is {}: wait for its end; `status {name}` tells what goes on",
                last_part(deployment),
                status.words(),
            ),
            End::BeganMeanwhile { deployment, registered } => format!(
                "another deployment began meanwhile ({}); the service was not changed{}",
                last_part(deployment),
                unused(registered.as_ref())
            ),
            End::TakenOver(deployment, status) => format!(
                "a newer deployment took over ({}, {}); it was left alone",
                last_part(deployment),
                status.words()
            ),
            End::Replaced { by, unused: left } => {
                let by = name_of(by.as_ref());
                format!("somebody else deployed {by} meanwhile; it was left alone{}", unused(left.as_ref()))
            }
            interrupted => interrupted_summary(interrupted),
        }
    }

    fn scaled_down(&self) -> String {
        let environment = &self.context.environment;
        let desired = self.before.as_ref().map_or(0, |service| service.desired_count);
        let minimum = environment.count.minimum;
        format!(
            "the service {} is scaled to {desired} tasks, below count.minimum = {minimum} of environments/{}.toml: \
             nothing could be verified; scale it with `aws ecs update-service --cluster {} --service {} \
             --desired-count {minimum}`",
            environment.service, environment.name, environment.cluster, environment.service,
        )
    }

    fn seconds(&self, limit: Limit) -> u64 {
        patience(limit, &self.context.environment.limits).as_secs()
    }
}

/// The ends that a signal leads to.
fn interrupted_summary(end: &End<Arns>) -> String {
    match end {
        End::InterruptedBefore { unused: None } => "interrupted before anything was changed".to_owned(),
        End::InterruptedBefore { unused: registered } => {
            format!("interrupted before the service was changed{}", unused(registered.as_ref()))
        }
        End::InterruptedCall { detail, registered } => {
            format!("interrupted before the service was changed: {detail}{}", unused(registered.as_ref()))
        }
        End::Unanswered(definition) => format!(
            "interrupted: it is not known whether ECS began a deployment of {}; one that it began goes on, and nobody \
             watches; ask `status`",
            last_part(definition)
        ),
        End::Unlisted(definition) => format!(
            "interrupted: ECS accepted the deployment of {} and had not listed it yet, so that it could not be stopped: \
             it goes on unless somebody else deployed, and nobody watches; ask `status`",
            last_part(definition)
        ),
        End::AskedToStop => "interrupted: ECS was asked to stop and to put the previous release back; nobody watches, \
                             ask `status`"
            .to_owned(),
        End::HadEnded(deployment) => format!(
            "interrupted: {} had ended when ECS was asked to stop it, or was going back already, and what runs was not \
             verified; ask `verify`",
            last_part(deployment)
        ),
        End::RollbackGoesOn => "interrupted: ECS goes on with the rollback; nobody watches, ask `status`".to_owned(),
        End::PuttingBackGoesOn(definition) => {
            format!("interrupted: ECS goes on putting {} back, and nobody watches; ask `status`", last_part(definition))
        }
        End::PuttingBackUnlisted(definition) => format!(
            "interrupted: ECS accepted that {} is put back and had not listed its deployment yet: it goes on unless ECS \
             had gone back already or somebody else deployed, and nobody watches; ask `status`",
            last_part(definition)
        ),
        End::Unverified => "interrupted: the rollout is over, and what runs was not verified; ask `verify`".to_owned(),
        _ => "interrupted: what runs was not verified".to_owned(),
    }
}

/// What is left where a release gives way after it was registered.
fn unused(registered: Option<&String>) -> String {
    let left = registered.map(|definition| format!("; an unused revision was registered, {}", last_part(definition)));
    left.unwrap_or_default()
}

fn name_of(definition: Option<&String>) -> &str {
    definition.map_or("nothing", |arn| last_part(arn))
}

/// How far a service deployment is.
pub(super) fn progress(observed: &ServiceDeployment) -> String {
    let line = count(observed);
    // They are not, where one of them fires already when it begins.
    let disabled = observed.alarms.as_ref().is_some_and(|alarms| alarms.status.as_deref() == Some("DISABLED"));
    if disabled { format!("{line}; ECS does not heed its alarms") } else { line }
}

fn count(observed: &ServiceDeployment) -> String {
    match &observed.target_service_revision {
        Some(target) if target.requested_task_count > 0 => {
            format!(
                "{}: {} of {} tasks run",
                observed.status.words(),
                target.running_task_count,
                target.requested_task_count
            )
        }
        _ => observed.status.words().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn alarms_that_are_not_heeded_are_told() {
        let line = |status: &str| {
            let observed = json!({
                "serviceDeploymentArn": "arn:d", "status": "IN_PROGRESS", "alarms": {"status": status},
                "targetServiceRevision": {"arn": "arn:r", "requestedTaskCount": 2, "runningTaskCount": 1},
            });
            progress(&serde_json::from_value(observed).unwrap())
        };
        assert_eq!(line("MONITORING"), "in progress: 1 of 2 tasks run");
        assert_eq!(line("DISABLED"), "in progress: 1 of 2 tasks run; ECS does not heed its alarms");
    }
}
