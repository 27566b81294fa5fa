//! What operators see: one log event and one measurement per request, and `/metrics`.

use std::convert::Infallible;
use std::io::IsTerminal;
use std::net::IpAddr;
use std::time::Instant;

use prometheus::{Encoder, HistogramOpts, HistogramVec, IntCounterVec, IntGauge, Opts, Registry, TextEncoder};
use rocket::fairing::{Fairing, Info, Kind};
use rocket::http::{Method, Status};
use rocket::request::{FromRequest, Outcome, Request};
use rocket::response::Response;
use rocket::{Route, State, get, routes};
use tracing::Level;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::facts::release::Release;
use crate::pages::representation::{Caching, Representation};
use crate::server::balancer;
use crate::server::connections::Connections;
use crate::server::errors::refused;
use crate::server::process;

/// Seconds, from a page out of memory to a client on a bad line.
const BUCKETS: [f64; 9] = [0.000_1, 0.000_25, 0.001, 0.005, 0.025, 0.1, 0.5, 1.0, 2.5];

/// Starts logging, for the whole process: JSON, or text if standard output is a terminal.
///
/// Messages of Rocket and of the libraries below come out in the same form, from warnings on: at
/// info Rocket tells in several lines what the one event per request tells.
pub fn start_logging(level: LevelFilter) {
    let libraries = level.min(LevelFilter::WARN);
    let filter = Targets::new()
        .with_default(libraries)
        .with_target(env!("CARGO_CRATE_NAME"), level)
        // The launch's own banner: what matters of it is in the event of the start.
        .with_target("rocket::launch", LevelFilter::OFF)
        // It reports each 404 as an error and each catcher as a warning. A panic is logged by the hook.
        .with_target("rocket::server", LevelFilter::OFF)
        // Its faults come back from the launch, in one message.
        .with_target("rocket_dyn_templates", LevelFilter::OFF);
    let output = if std::io::stdout().is_terminal() {
        tracing_subscriber::fmt::layer().boxed()
    } else {
        tracing_subscriber::fmt::layer().json().flatten_event(true).with_current_span(false).boxed()
    };
    // The filter stands before the output and not on it: what it refuses then costs a request nothing.
    // Only a second call could fail, and the first one's logging would go on.
    let _ = tracing_subscriber::registry().with(filter).with(output).try_init();
    // Rocket has several messages below that for each request, and each costs a look at the filter.
    log::set_max_level(log::LevelFilter::Warn);
    std::panic::set_hook(Box::new(|panic| tracing::error!(panic = %panic, "a part of the service panicked")));
}

/// The measurements and the naming of requests. Clones share the measurements.
#[derive(Clone)]
pub struct Telemetry {
    registry: Registry,
    requests: IntCounterVec,
    durations: HistogramVec,
    connections: IntGauge,
}

/// What is noted when a request begins.
struct Begun {
    id: String,
    /// As it was asked for: Rocket answers HEAD by changing it to GET.
    method: Method,
    at: Instant,
}

impl Begun {
    fn new(request: &Request<'_>) -> Self {
        let id =
            request.headers().get("X-Amzn-Trace-Id").find_map(balancer::trace_root).map_or_else(new_id, str::to_owned);
        Self { id, method: request.method(), at: Instant::now() }
    }
}

impl Telemetry {
    /// Measurements for the given release, with names and label names that are unique.
    pub fn new(release: &Release, started_at: time::OffsetDateTime) -> prometheus::Result<Self> {
        let registry = Registry::new();
        let requests =
            IntCounterVec::new(Opts::new("http_requests_total", "Requests answered."), &["method", "route", "status"])?;
        let durations = HistogramVec::new(
            HistogramOpts::new("http_request_duration_seconds", "Time from a request's head to its response's.")
                .buckets(BUCKETS.to_vec()),
            &["method", "route"],
        )?;
        let commit = release.commit.value().map_or("", String::as_str);
        let build = IntGauge::with_opts(
            Opts::new("walkthrough_build_info", "What is running; the value is always 1.")
                .const_label("version", release.version)
                .const_label("commit", commit)
                .const_label("environment", &release.environment),
        )?;
        build.set(1);
        let start =
            IntGauge::new("process_start_time_seconds", "Start time of the process since the Unix epoch in seconds.")?;
        start.set(started_at.unix_timestamp());
        let connections = IntGauge::new("http_connections_open", "Connections that are open.")?;
        registry.register(Box::new(connections.clone()))?;
        registry.register(Box::new(requests.clone()))?;
        registry.register(Box::new(durations.clone()))?;
        registry.register(Box::new(build))?;
        registry.register(Box::new(start))?;
        Ok(Self { registry, requests, durations, connections })
    }

    /// Counts, measures and logs the request, and gives the response its id.
    fn finish(&self, request: &Request<'_>, response: &mut Response<'_>) {
        let begun = request.local_cache(|| Begun::new(request));
        let duration = begun.at.elapsed();
        let status = response.status();
        let method = if refused(request).is_some() { "unknown" } else { begun.method.as_str() };
        // The route's pattern, not what was asked for: of that there is no end.
        let route = request.route().map_or("none", |route| route.uri.as_str());
        response.set_raw_header("X-Request-Id", begun.id.clone());
        self.requests.with_label_values(&[method, route, &status.code.to_string()]).inc();
        self.durations.with_label_values(&[method, route]).observe(duration.as_secs_f64());

        // To the microsecond; a request that takes longer than a float can tell does not exist.
        #[allow(clippy::cast_precision_loss)]
        let duration_ms = duration.as_micros() as f64 / 1000.0;
        // A health check every few seconds would be most of the log.
        let level = if route == "/health" { Level::DEBUG } else { Level::INFO };
        macro_rules! event {
            ($level:expr) => {
                tracing::event!(
                    $level,
                    id = %begun.id,
                    method,
                    route,
                    path = short(request.uri().path().as_str()),
                    status = status.code,
                    duration_ms,
                    client = client(request).map(tracing::field::display),
                    "request"
                )
            };
        }
        if level == Level::INFO { event!(Level::INFO) } else { event!(Level::DEBUG) }
    }
}

#[rocket::async_trait]
impl Fairing for Telemetry {
    fn info(&self) -> Info {
        Info { name: "Telemetry", kind: Kind::Request | Kind::Response }
    }

    async fn on_request(&self, request: &mut Request<'_>, _: &mut rocket::Data<'_>) {
        request.local_cache(|| Begun::new(request));
    }

    async fn on_response<'r>(&self, request: &'r Request<'_>, response: &mut Response<'r>) {
        self.finish(request, response);
    }
}

/// So much of a path as a log line can bear.
fn short(path: &str) -> &str {
    &path[..path.floor_char_boundary(256)]
}

/// An id for a request that came without one. It need not be secret, only rare: 128 bits.
fn new_id() -> String {
    format!("{:032x}", fastrand::u128(..))
}

/// Who asked: as the load balancer says it. Without a balancer, the peer.
fn client(request: &Request<'_>) -> Option<IpAddr> {
    let forwarded = balancer::client(request.headers().get("X-Forwarded-For"));
    // An IPv4 client of a socket for both is told as the IPv4 address that it has.
    forwarded.or_else(|| request.remote().map(|peer| peer.ip())).map(|address| address.to_canonical())
}

/// The route of the measurements.
#[must_use]
pub fn routes() -> Vec<Route> {
    routes![metrics]
}

/// A request that came from next door, and not through a load balancer. The measurements are not the public's, and
/// a balancer's rule for the path alone does not know every way to write it. Whoever adds the header shuts themselves out.
struct Direct;

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Direct {
    type Error = Infallible;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Self::Error> {
        if request.headers().contains("X-Forwarded-For") {
            return Outcome::Forward(Status::NotFound);
        }
        Outcome::Success(Self)
    }
}

#[get("/metrics")]
fn metrics(
    _direct: Direct,
    telemetry: &State<Telemetry>,
    connections: &State<Connections>,
) -> Result<Representation, Status> {
    telemetry.connections.set(i64::try_from(connections.count()).unwrap_or(i64::MAX));
    let mut measurements = telemetry.registry.gather();
    measurements.extend(process::measurements());
    let mut text = Vec::new();
    TextEncoder::new().encode(&measurements, &mut text).map_err(|error| {
        tracing::error!(error = %error, "the measurements can't be written");
        Status::InternalServerError
    })?;
    Ok(Representation::new(prometheus::TEXT_FORMAT, Caching::Never, text))
}
