//! [`Cloud`] by the official SDK: credentials by the standard chain, `AWS_ENDPOINT_URL` honoured, each call
//! tried again within bounds.
//!
//! Nothing is decided here.

mod image;
mod tasks;

use std::error::Error;
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region};
use aws_sdk_ecs::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_ecs::types::{ServiceDeploymentStatus, StopServiceDeploymentStopType, TaskDefinitionField};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use serde::Deserialize;
use serde_json::Value;

use crate::cloud::{Cloud, CloudError, Stack, TaskFilter};
use crate::environment::Environment;
use crate::failure::{self, Trying, unreadable};
use crate::http::Http;
use crate::log::Stream;
use crate::observation::{Service, ServiceDeployment, ServiceDeploymentBrief, ServiceRevision, Task};
use crate::release::ImageReference;
use crate::wire::Wire;

/// Six tries in about eight seconds: throttling passes within that, an outage does not.
const TRIES: u32 = 6;
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(8);

/// A call of AWS's control plane answers in well under a second.
const CONNECTING: Duration = Duration::from_secs(5);
const ONE_TRY: Duration = Duration::from_secs(20);

/// What `DescribeServiceRevisions` takes at once.
const REVISIONS_AT_ONCE: usize = 20;

/// AWS, as it is asked about one environment's service.
#[derive(Debug, Clone)]
pub struct Aws {
    cluster: String,
    service: String,
    http: Http,
    cloudformation: aws_sdk_cloudformation::Client,
    logs: aws_sdk_cloudwatchlogs::Client,
    ecr: aws_sdk_ecr::Client,
    ecs: aws_sdk_ecs::Client,
}

impl Aws {
    /// Clients for the environment's region. Nothing is asked yet.
    pub async fn of(environment: &Environment, http: Http) -> Self {
        let retries = RetryConfig::standard()
            .with_max_attempts(TRIES)
            .with_initial_backoff(FIRST_PAUSE)
            .with_max_backoff(LONGEST_PAUSE);
        let timeouts = TimeoutConfig::builder().connect_timeout(CONNECTING).operation_attempt_timeout(ONE_TRY).build();
        let config = aws_config::defaults(BehaviorVersion::latest())
            .region(Region::new(environment.region.clone()))
            .http_client(http.client())
            .retry_config(retries)
            .timeout_config(timeouts)
            .load()
            .await;
        let ecs = aws_sdk_ecs::config::Builder::from(&config).retry_classifier(failure::Passing).build();
        Self {
            cluster: environment.cluster.clone(),
            service: environment.service.clone(),
            http,
            cloudformation: aws_sdk_cloudformation::Client::new(&config),
            logs: aws_sdk_cloudwatchlogs::Client::new(&config),
            ecr: aws_sdk_ecr::Client::new(&config),
            ecs: aws_sdk_ecs::Client::from_conf(ecs),
        }
    }
}

impl Cloud for Aws {
    async fn stack(&self, name: &str) -> Result<Option<Stack>, CloudError> {
        let call = "cloudformation:DescribeStacks";
        let answer = match self.cloudformation.describe_stacks().stack_name(name).send().await {
            Ok(answer) => answer,
            // The one way in which CloudFormation says that there is none.
            Err(error) if error.message().is_some_and(|message| message.contains("does not exist")) => return Ok(None),
            Err(error) => return Err(explain(call, &error)),
        };
        Ok(answer.stacks().first().map(|stack| {
            let pairs = stack.outputs().iter();
            let pairs =
                pairs.filter_map(|output| Some((output.output_key()?.to_owned(), output.output_value()?.to_owned())));
            let status = stack.stack_status().map_or("", |status| status.as_str());
            Stack { status: status.to_owned(), outputs: pairs.collect() }
        }))
    }

    async fn image_architectures(&self, image: &ImageReference) -> Result<Option<Vec<String>>, CloudError> {
        self.architectures(image).await
    }

    async fn task_definition(&self, name: &str) -> Result<Option<Value>, CloudError> {
        let call = "ecs:DescribeTaskDefinition";
        let wire = Wire::reading();
        let asked = self
            .ecs
            .describe_task_definition()
            .task_definition(name)
            .include(TaskDefinitionField::Tags)
            .customize()
            .interceptor(wire.clone())
            .send()
            .await;
        match asked {
            Ok(_) => {}
            // AWS has no code of its own for it.
            Err(error)
                if error.message().is_some_and(|message| message.contains("Unable to describe task definition")) =>
            {
                return Ok(None);
            }
            Err(error) => return Err(explain(call, &error)),
        }
        let mut answer: Value = wire.answer(call)?;
        let tags = answer["tags"].take();
        let mut found = answer["taskDefinition"].take();
        if !tags.is_null() {
            found["tags"] = tags;
        }
        Ok(Some(found))
    }

    async fn register_task_definition(&self, document: &Value) -> Result<String, CloudError> {
        let call = "ecs:RegisterTaskDefinition";
        let answer = self
            .ecs
            .register_task_definition()
            .customize()
            .interceptor(Wire::sending(document))
            .send()
            .await
            .map_err(|error| explain(call, &error))?;
        let arn = answer.task_definition().and_then(|registered| registered.task_definition_arn());
        Ok(arn.unwrap_or_default().to_owned())
    }

    async fn service(&self) -> Result<Option<Service>, CloudError> {
        let call = "ecs:DescribeServices";
        let wire = Wire::reading();
        self.ecs
            .describe_services()
            .cluster(&self.cluster)
            .services(&self.service)
            .customize()
            .interceptor(wire.clone())
            .send()
            .await
            .map_err(|error| explain(call, &error))?;
        let answer: Value = wire.answer(call)?;
        let Some(document) = answer["services"].as_array().and_then(|services| services.first()) else {
            return Ok(None);
        };
        let service = Service::deserialize(document).map_err(|error| unreadable(call, error))?;
        // One that was deleted is remembered for a while; a new one can take its name.
        Ok((service.status != "INACTIVE").then(|| Service { document: document.clone(), ..service }))
    }

    async fn create_service(&self, document: &Value) -> Result<(), CloudError> {
        let call = "ecs:CreateService";
        let request = self.ecs.create_service().customize().interceptor(Wire::sending(document));
        request.send().await.map(|_| ()).map_err(|error| explain(call, &error))
    }

    async fn update_service(&self, document: &Value) -> Result<(), CloudError> {
        let call = "ecs:UpdateService";
        let request = self.ecs.update_service().customize().interceptor(Wire::sending(document));
        request.send().await.map(|_| ()).map_err(|error| explain(call, &error))
    }

    async fn service_deployments(&self, states: &[&str]) -> Result<Vec<ServiceDeploymentBrief>, CloudError> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Answer {
            #[serde(default)]
            service_deployments: Vec<ServiceDeploymentBrief>,
            next_token: Option<String>,
        }
        let call = "ecs:ListServiceDeployments";
        let states: Vec<_> = states.iter().map(|state| ServiceDeploymentStatus::from(*state)).collect();
        let mut found = Vec::new();
        let mut next = None;
        loop {
            let wire = Wire::reading();
            let request = self.ecs.list_service_deployments().cluster(&self.cluster).service(&self.service);
            let request =
                request.set_status(Some(states.clone()).filter(|states| !states.is_empty())).set_next_token(next);
            match request.customize().interceptor(wire.clone()).send().await {
                Ok(_) => {}
                Err(error) if error.code() == Some("ServiceNotFoundException") => return Ok(Vec::new()),
                Err(error) => return Err(explain(call, &error)),
            }
            let page: Answer = wire.answer(call)?;
            found.extend(page.service_deployments);
            next = page.next_token;
            if next.is_none() {
                break;
            }
        }
        found.sort_by(|a, b| b.created_at.total_cmp(&a.created_at));
        Ok(found)
    }

    async fn service_deployment(&self, arn: &str) -> Result<Option<ServiceDeployment>, CloudError> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Answer {
            #[serde(default)]
            service_deployments: Vec<ServiceDeployment>,
        }
        let call = "ecs:DescribeServiceDeployments";
        let wire = Wire::reading();
        let request = self.ecs.describe_service_deployments().service_deployment_arns(arn);
        match request.customize().interceptor(wire.clone()).send().await {
            Ok(_) => {}
            Err(error) if error.code() == Some("ServiceDeploymentNotFoundException") => return Ok(None),
            Err(error) => return Err(explain(call, &error)),
        }
        Ok(wire.answer::<Answer>(call)?.service_deployments.into_iter().next())
    }

    async fn service_revisions(&self, arns: &[String]) -> Result<Vec<ServiceRevision>, CloudError> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Answer {
            #[serde(default)]
            service_revisions: Vec<ServiceRevision>,
        }
        let call = "ecs:DescribeServiceRevisions";
        let mut found = Vec::new();
        for some in arns.chunks(REVISIONS_AT_ONCE) {
            let wire = Wire::reading();
            let request = self.ecs.describe_service_revisions().set_service_revision_arns(Some(some.to_vec()));
            request.customize().interceptor(wire.clone()).send().await.map_err(|error| explain(call, &error))?;
            found.extend(wire.answer::<Answer>(call)?.service_revisions);
        }
        Ok(found)
    }

    async fn stop_with_rollback(&self, arn: &str) -> Result<(), CloudError> {
        let request = self
            .ecs
            .stop_service_deployment()
            .service_deployment_arn(arn)
            .stop_type(StopServiceDeploymentStopType::Rollback);
        request.send().await.map(|_| ()).map_err(|error| explain("ecs:StopServiceDeployment", &error))
    }

    async fn log(&self, stream: &Stream, lines: i32) -> Result<Vec<String>, CloudError> {
        let request = self.logs.get_log_events().log_group_name(&stream.group).log_stream_name(&stream.name);
        match request.limit(lines).start_from_head(false).send().await {
            Ok(answer) => Ok(answer.events().iter().filter_map(|event| event.message().map(str::to_owned)).collect()),
            Err(error) if error.code() == Some("ResourceNotFoundException") => Ok(Vec::new()),
            Err(error) => Err(explain("logs:GetLogEvents", &error)),
        }
    }

    async fn tasks(&self, filter: TaskFilter) -> Result<Vec<Task>, CloudError> {
        self.listed_tasks(filter).await
    }
}

fn explain<E>(call: &'static str, error: &SdkError<E, HttpResponse>) -> CloudError
where
    E: ProvideErrorMetadata + Error + 'static,
{
    failure::explain(call, error, Trying { times: TRIES, seconds: ONE_TRY.as_secs() })
}
