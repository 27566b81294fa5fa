//! Does one action, and says what came of it.

use serde_json::{Map, Value};

use super::failure::failure;
use super::messages::progress;
use super::{Arns, Driver, Request, Start, Subject, explanation, release, target};
use crate::cloud::{Cloud, CloudError, TaskFilter};
use crate::error::CommandError;
use crate::interrupt::LOOKING;
use crate::observation::{Service, ServiceDeploymentBrief, Status};
use crate::protocol::{Action, Event, Listed, Pause, ServiceSeen, UnderWay};
use crate::rollout;
use crate::site::SiteError;
use crate::verification::{self, Expected};

/// Between two looks at what runs. More often would be the same connection's luck, more rarely a waste.
const BETWEEN_LOOKS: std::time::Duration = std::time::Duration::from_secs(1);

/// Between two looks for our own deployment after a signal.
const AFTER_A_SIGNAL: std::time::Duration = std::time::Duration::from_millis(100);

impl<C: Cloud> Driver<'_, C> {
    pub(super) async fn perform(&mut self, action: &Action<Arns>) -> Event<Arns> {
        let done = self.attempt(action).await;
        done.unwrap_or_else(|error| match error {
            CommandError::Aws(error) => Event::Failed(failure(&error)),
            other => Event::Unable(other.outcome(), other.to_string()),
        })
    }

    async fn attempt(&mut self, action: &Action<Arns>) -> Result<Event<Arns>, CommandError> {
        let context = self.context;
        let cloud = &context.cloud;
        Ok(match action {
            Action::ListDeployments => Event::Listed(listed(cloud.service_deployments(&[]).await?)),
            Action::ListUnderWay => Event::Listed(listed(cloud.service_deployments(&Status::UNDER_WAY).await?)),
            Action::DescribeRevisions(revisions) => {
                let found = cloud.service_revisions(revisions).await?.into_iter();
                Event::Revisions(found.map(|one| (one.service_revision_arn, one.task_definition)).collect())
            }
            Action::DescribeDeployment(arn) => {
                let Some(observed) = cloud.service_deployment(arn).await? else { return Ok(Event::Deployment(None)) };
                self.tell_progress(progress(&observed)).await;
                Event::Deployment(Some(rollout::verdict(&observed)))
            }
            Action::DescribeUnderWay(arn) => Event::UnderWay(self.under_way(arn).await?),
            Action::DescribeService => {
                let service = cloud.service().await?;
                let seen = service.as_ref().map(|service| ServiceSeen {
                    definition: service.task_definition.clone(),
                    primary: service.primary().map(|primary| primary.task_definition.clone()),
                });
                self.remember(service);
                Event::Service(seen)
            }
            Action::LookUp(definition) => {
                let described = target::look_up(context, definition).await?;
                let (subject, expected) = target::expected(&described, definition);
                // It is no release of ours that a report is about.
                self.deploys(Subject { release: None, ..subject }, expected);
                Event::Done
            }
            Action::Register => {
                let Request::Apply(planned, release) = self.request else { unreachable!("only a release registers") };
                let (definition, start) = release::register(context, planned).await?;
                let expected = Expected::of(&definition, Some(release));
                self.deploys(Subject { definition: definition.clone(), release: Some(release.clone()) }, expected);
                self.start = Some(start);
                Event::Registered(definition)
            }
            Action::ChooseTarget => {
                let Request::Rollback(from, to) = self.request else { unreachable!("only a rollback has a target") };
                let (subject, expected) = target::choose(context, from, to).await?;
                let definition = subject.definition.clone();
                self.deploys(subject, expected);
                Event::Chosen(definition)
            }
            Action::Prepare(target) => {
                let Request::Rollback(from, _) = self.request else { unreachable!("only a rollback has a target") };
                self.start = Some(target::prepare(context, from, target).await?);
                Event::Done
            }
            Action::Start(_) => {
                match &self.start {
                    Some(Start::Create(document)) => cloud.create_service(document).await?,
                    Some(Start::Update(document)) => cloud.update_service(document).await?,
                    None => unreachable!("what is started was registered or prepared"),
                }
                Event::Done
            }
            Action::PutBack(previous) => {
                cloud.update_service(&self.document_of(previous)).await?;
                Event::Done
            }
            Action::Stop(arn) => {
                cloud.stop_with_rollback(arn).await?;
                Event::Done
            }
            Action::Explain(definition) => {
                self.reasons.extend(explanation::of(cloud, definition).await);
                Event::Done
            }
            Action::Look(definition) => self.look(definition).await?,
            Action::Pause(pause) => {
                let poll = context.environment.limits.poll;
                match pause {
                    Pause::Poll => context.interrupt.pause(poll).await,
                    Pause::BetweenLooks => context.interrupt.pause(poll.min(BETWEEN_LOOKS)).await,
                    Pause::AfterASignal => tokio::time::sleep(AFTER_A_SIGNAL).await,
                }
                Event::Done
            }
            Action::Wait | Action::End(_) => unreachable!("there is nothing to do"),
        })
    }

    /// What is not as expected, and what is still on its way.
    async fn look(&self, definition: &str) -> Result<Event<Arns>, CloudError> {
        let context = self.context;
        let expected = self.expected.get(definition).cloned().unwrap_or_else(|| Expected::of(definition, None));
        let service = context.cloud.service().await?;
        let tasks = context.cloud.tasks(TaskFilter::Running).await?;
        let site = context.interrupt.cut(LOOKING, context.site.release()).await;
        let site = site.unwrap_or(Err(SiteError::Interrupted));
        let minimum = context.environment.count.minimum;
        let differences = verification::discrepancies(&expected, minimum, service.as_ref(), &tasks, &site);
        Ok(Event::Found {
            differences: differences.into_iter().map(|found| found.to_string()).collect(),
            moving: service.as_ref().and_then(verification::moving),
        })
    }

    async fn under_way(&self, arn: &str) -> Result<Option<UnderWay<Arns>>, CloudError> {
        let cloud = &self.context.cloud;
        let definition = async |revision: &String| {
            let found = cloud.service_revisions(std::slice::from_ref(revision)).await?;
            Ok::<_, CloudError>(found.into_iter().next().map(|found| found.task_definition))
        };
        let Some(observed) = cloud.service_deployment(arn).await? else { return Ok(None) };
        let target = match &observed.target_service_revision {
            Some(target) => definition(&target.arn).await?,
            None => None,
        };
        let mut sources = Vec::new();
        for source in &observed.source_service_revisions {
            sources.extend(definition(&source.arn).await?);
        }
        let returns_to = match observed.rollback.as_ref().and_then(|rollback| rollback.service_revision_arn.as_ref()) {
            Some(revision) => definition(revision).await?,
            None => None,
        };
        Ok(Some(UnderWay { status: observed.status, target, sources, returns_to }))
    }

    fn deploys(&mut self, subject: Subject, expected: Expected) {
        self.expected.insert(subject.definition.clone(), expected);
        self.subject = Some(subject);
    }

    /// What is seen first is what was there before.
    fn remember(&mut self, service: Option<Service>) {
        if self.before.is_none() && self.start.is_none() {
            self.logged_event_ids
                .extend(service.iter().flat_map(|service| &service.events).map(|event| event.id.clone()));
            self.before = service;
        }
    }

    /// Tells how far it is, and the service's events that are new. They are a help, and a failure to get them is none.
    async fn tell_progress(&mut self, line: String) {
        let progress = &self.context.progress;
        if line != self.line {
            progress.log(&line);
        }
        let seen = self.context.cloud.service().await;
        for event in seen.ok().flatten().into_iter().flat_map(|service| service.events.into_iter().rev()) {
            if self.logged_event_ids.insert(event.id) {
                progress.log(&format!("ECS: {}", event.message));
            }
        }
        progress.show(line.clone());
        self.line = line;
    }

    /// The input of `UpdateService` by which the service is what it was: with its settings, not only its tasks.
    fn document_of(&self, previous: &str) -> Value {
        let environment = &self.context.environment;
        let before = self.before.as_ref().map(|service| &service.document);
        let settings = match &self.start {
            Some(Start::Update(Value::Object(members))) => members.keys().collect(),
            _ => Vec::new(),
        };
        let settings = settings.into_iter().filter_map(|name| {
            let value = before?.get(name).filter(|value| !value.is_null())?;
            Some((name.clone(), value.clone()))
        });
        let mut document: Map<String, Value> = settings.collect();
        for (name, value) in
            [("cluster", environment.cluster.as_str()), ("service", &environment.service), ("taskDefinition", previous)]
        {
            document.insert(name.to_owned(), value.into());
        }
        Value::Object(document)
    }
}

fn listed(briefs: Vec<ServiceDeploymentBrief>) -> Vec<Listed<Arns>> {
    let listed = |brief: ServiceDeploymentBrief| Listed {
        deployment: brief.service_deployment_arn,
        revision: brief.target_service_revision_arn,
        status: brief.status,
    };
    briefs.into_iter().map(listed).collect()
}
