//! The server: the protocols, and the faults that are the network's.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use thiserror::Error;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::clock::Clock;
use crate::containers::Containers;
use crate::images::Images;
use crate::record::{Call, Record};
use crate::script::{CallFault, Script};
use crate::tasks::{Scripted, Tasks};
use crate::world::{State, World};
use crate::{cloudformation, ecr, ecs, faults, identity, logs, site};

/// The connection is to be closed without an answer.
#[derive(Debug, Error)]
#[error("the script has it so")]
struct HangUp;

/// An answer, as it is sent.
pub(crate) struct Reply {
    pub(crate) status: u16,
    kind: &'static str,
    pub(crate) body: String,
}

type Answer = Result<Reply, HangUp>;

struct Shared {
    clock: Clock,
    world: Mutex<World>,
    url: String,
    record: Record,
}

impl Shared {
    /// The world, as it is now.
    fn world(&self) -> MutexGuard<'_, World> {
        let mut world = self.world.lock().unwrap_or_else(PoisonError::into_inner);
        world.advance(self.clock.now());
        world
    }
}

/// The stand-in for AWS, on a port of this machine that the system chose. It ends when this is dropped.
pub struct StandIn {
    shared: Arc<Shared>,
    end: Option<oneshot::Sender<Infallible>>,
    thread: Option<JoinHandle<()>>,
}

impl StandIn {
    /// Starts it, with tasks of which nothing runs.
    pub fn start(script: Script) -> std::io::Result<Self> {
        let tasks = Scripted::new(script.images.clone());
        Self::with(script, Box::new(tasks), None)
    }

    /// Starts it, with tasks that really run, of images in `repository`, a `HOST:PORT/NAME` on this machine.
    pub fn with_containers(script: Script, repository: &str, folder: &Path) -> std::io::Result<Self> {
        let images = Images::new(repository, folder.join("images"));
        let tasks = Containers::new(images.clone(), folder.join("tasks"))?;
        Self::with(script, Box::new(tasks), Some(images))
    }

    fn with(script: Script, tasks: Box<dyn Tasks>, images: Option<Images>) -> std::io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let listener = runtime.block_on(TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))))?;
        let clock = Clock::new(script.speed);
        let mut world = World::new(script, tasks, images);
        world.advance(clock.now());
        let url = format!("http://{}", listener.local_addr()?);
        let shared = Arc::new(Shared { clock, world: Mutex::new(world), url, record: Record::open()? });
        let (end, ended) = oneshot::channel();
        let serving = Arc::clone(&shared);
        let thread = std::thread::spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    () = serve(listener, serving) => {}
                    _ = ended => {}
                }
            });
        });
        Ok(Self { shared, end: Some(end), thread: Some(thread) })
    }

    /// For `AWS_ENDPOINT_URL`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.shared.url
    }

    /// The public address.
    #[must_use]
    pub fn site_url(&self) -> String {
        format!("{}/site", self.shared.url)
    }

    /// What is there now, of the service with that name.
    #[must_use]
    pub fn state(&self, service: &str) -> State {
        self.shared.world().state(service)
    }

    /// Every call so far, by its name, in order.
    #[must_use]
    pub fn calls(&self) -> Vec<String> {
        self.shared.world().calls.clone()
    }

    /// Changes the world between two calls.
    pub fn change<T>(&self, change: impl FnOnce(&mut World) -> T) -> T {
        change(&mut self.shared.world())
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        drop(self.end.take());
        if let Some(thread) = self.thread.take() {
            // It has nothing to say at its end.
            _ = thread.join();
        }
    }
}

async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    loop {
        // A connection that fails is its client's business.
        let Ok((stream, _)) = listener.accept().await else { continue };
        let shared = Arc::clone(&shared);
        tokio::spawn(async move {
            let service = service_fn(move |request| answer(Arc::clone(&shared), request));
            _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

async fn answer(shared: Arc<Shared>, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, HangUp> {
    let path = request.uri().path().to_owned();
    if let Some(path) = path.strip_prefix("/site") {
        let (status, body) = site::answer(&mut shared.world(), path).ok_or(HangUp)?;
        return Ok(response(reply(status, "application/json", body)));
    }
    if let Some(digest) = path.strip_prefix("/layers/") {
        return Ok(response(match ecr::layer(&shared.world(), digest) {
            Some(body) => reply(200, "application/octet-stream", body),
            None => reply(404, "text/plain", String::new()),
        }));
    }
    if let Some((kind, body)) = identity::page(request.method().as_str(), &path) {
        let mut page = response(reply(200, kind, body));
        // How long the metadata service's token is good for.
        page.headers_mut().insert("x-aws-ec2-metadata-token-ttl-seconds", 600.into());
        return Ok(page);
    }
    let signature = request.headers().get("authorization").and_then(|value| value.to_str().ok());
    if let Some(caller) = signature.and_then(identity::caller) {
        shared.world().callers.push(caller.to_owned());
    }
    let header = |name| request.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let (target, signature, agent) = (header("x-amz-target"), header("authorization"), header("x-amz-user-agent"));
    let body = request.into_body().collect().await.map_err(|_| HangUp)?.to_bytes();
    let (signature, agent) = (signature.as_deref(), agent.as_deref());
    let call = Call { signature, agent, target: target.as_deref(), body: &body };
    let form = String::from_utf8_lossy(&body);
    let operation = match &target {
        Some(target) => target.rsplit('.').next().unwrap_or_default(),
        None => field(&form, "Action"),
    };
    if shared.world().hangs(operation) {
        shared.record.add(&call, None).map_err(|_| HangUp)?;
        std::future::pending::<()>().await;
    }
    let answer = match &target {
        Some(target) => json_call(&shared, target, &body),
        None => query_call(&shared, &form),
    };
    shared.record.add(&call, answer.as_ref().ok()).map_err(|_| HangUp)?;
    answer.map(response)
}

/// A call in awsJson1.1.
fn json_call(shared: &Shared, target: &str, body: &[u8]) -> Answer {
    let (service, operation) = target.split_once('.').unwrap_or_default();
    let mut world = shared.world();
    world.calls.push(operation.to_owned());
    let fault = faults::met_by(&mut world, operation);
    if let Some(early) = &fault
        && *early != CallFault::DroppedAfterwards(0)
    {
        return refuse(early, |code, message| {
            reply(400, "application/x-amz-json-1.1", json!({"__type": code, "message": message}).to_string())
        });
    }
    let input: Value = serde_json::from_slice(body).unwrap_or_default();
    let answer = if service.starts_with("AmazonEC2ContainerRegistry") {
        ecr::call(&world, operation, &input, &shared.url)
    } else if service.starts_with("Logs_") {
        logs::call(&world, operation, &input)
    } else {
        ecs::call(&mut world, operation, &input)
    };
    if fault.is_some() {
        return Err(HangUp);
    }
    let (status, body) = match answer {
        Ok(body) => (200, without_nulls(body)),
        Err((code, message)) => (400, json!({"__type": code, "message": message})),
    };
    Ok(reply(status, "application/x-amz-json-1.1", body.to_string()))
}

/// A call in the query protocol.
fn query_call(shared: &Shared, form: &str) -> Answer {
    let mut world = shared.world();
    let operation = field(form, "Action");
    world.calls.push(operation.to_owned());
    if let Some(fault) = faults::met_by(&mut world, operation) {
        return refuse(&fault, |code, message| reply(400, "text/xml", cloudformation::error(code, message)));
    }
    if let Some(body) = identity::assume(operation) {
        return Ok(reply(200, "text/xml", body));
    }
    if operation != "DescribeStacks" {
        return Ok(reply(400, "text/xml", cloudformation::error("InvalidAction", operation)));
    }
    let stack = field(form, "StackName");
    let Some(body) = cloudformation::describe_stacks(&world, stack) else {
        let message = format!("Stack with id {stack} does not exist");
        return Ok(reply(400, "text/xml", cloudformation::error("ValidationError", &message)));
    };
    Ok(reply(200, "text/xml", body))
}

/// A field of a form.
fn field<'a>(form: &'a str, name: &str) -> &'a str {
    form.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('=')).unwrap_or_default()
}

fn refuse(fault: &CallFault, error: impl FnOnce(&str, &str) -> Reply) -> Answer {
    match fault {
        CallFault::Denied => Ok(error("AccessDeniedException", "User is not authorized to perform this action")),
        CallFault::Refused(_, code, message) => Ok(error(code, message)),
        CallFault::Throttled(_) => Ok(error("ThrottlingException", "Rate exceeded")),
        CallFault::Unavailable(_) => Ok(reply(503, "text/html", "<html>Service Unavailable</html>".to_owned())),
        CallFault::Dropped(_)
        | CallFault::DroppedAfterwards(_)
        | CallFault::SomebodyDeploys(..)
        | CallFault::HangsAfter(_) => Err(HangUp),
    }
}

/// AWS leaves out what it does not know.
fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let known = members.into_iter().filter(|(_, member)| !member.is_null());
            known.map(|(name, member)| (name, without_nulls(member))).collect()
        }
        Value::Array(items) => items.into_iter().map(without_nulls).collect(),
        leaf => leaf,
    }
}

fn reply(status: u16, kind: &'static str, body: String) -> Reply {
    Reply { status, kind, body }
}

fn response(reply: Reply) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(reply.body)));
    *response.status_mut() = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if let Ok(kind) = reply.kind.parse() {
        response.headers_mut().insert("content-type", kind);
    }
    response
}
