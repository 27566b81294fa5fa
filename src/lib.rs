//! walkthrough: a small site whose every release can be rebuilt bit for bit, and that shows and
//! proves what it runs.
//!
//! Four rooms, and imports that only go down, from [`server`] (what answers) over [`pages`] (facts to bytes) and [`facts`]
//! (what is known, and from where) to [`config`] (every variable). Here they are put together: the one builder, which the
//! launch and the tests share.

pub mod config;
pub mod facts;
pub mod pages;
pub mod server;

use std::time::Duration;

use rocket::config::Ident;
use rocket::error::ErrorKind;
use rocket::fairing::AdHoc;
use rocket::figment::Figment;
use rocket::shield::Shield;
use rocket::{Build, Rocket};
use time::OffsetDateTime;
use tokio::net::TcpListener;

use crate::config::Config;
use crate::facts::Facts;
use crate::pages::assets::Assets;
use crate::pages::prerendered::PrerenderedResponses;
use crate::pages::published::Pages;
use crate::pages::templates::Templates;
use crate::server::connections::Connections;
use crate::server::front::Front;
use crate::server::headers::Headers;
use crate::server::health::Health;
use crate::server::shutdown::Signals;
pub use crate::server::start::StartError;
use crate::server::telemetry::Telemetry;
use crate::server::{errors, health, listener, memory, routes, telemetry};

/// The service, ready to be launched or to be asked by a test.
pub fn rocket(config: Config) -> Result<Rocket<Build>, StartError> {
    let started_at = OffsetDateTime::now_utc();
    let facts = Facts::configured(&config, started_at);
    let assets = Assets::load(&config.static_dir, config.reload)?;
    let telemetry = Telemetry::new(&facts.release, started_at)?;
    let headers = Headers::new(&config.peers);
    let templates = Templates::default();

    let mut routes = routes::routes();
    routes.extend(health::routes());
    routes.extend(telemetry::routes());
    let wrong_methods = errors::wrong_methods(&routes);

    let prerendered = PrerenderedResponses::default();
    let compile = templates.fairing(assets.clone(), {
        let (prerendered, facts, specimen) = (prerendered.clone(), facts.clone(), facts.clone().specimen());
        move |templates| {
            // What is known now and what may be known later take different ways through a template.
            Pages::check(&facts, templates)?;
            Pages::check(&specimen, templates)?;
            prerendered.draw(&facts, templates)
        }
    });
    // Runs with the port open: the first requests are answered while the facts are gathered.
    let publish = AdHoc::on_liftoff("Pages", |rocket| {
        Box::pin(async move {
            let shutdown = rocket.shutdown();
            let (Some(pages), Some(health)) = (rocket.state::<Pages>().cloned(), rocket.state::<Health>().cloned())
            else {
                return;
            };
            tokio::spawn(async move {
                pages.publish().await;
                memory::give_back();
                if pages.failure().is_some() {
                    health.begin_shutdown();
                    shutdown.notify();
                }
                pages.complete(memory::give_back).await;
            });
        })
    });

    Ok(rocket::custom(settings(&config))
        .manage(Pages::new(config, facts, templates.clone(), assets))
        .manage(templates)
        .manage(prerendered)
        .manage(Health::default())
        .manage(Connections::default())
        .manage(telemetry.clone())
        // Without a policy it stays silent; `headers` says why.
        .attach(Shield::new())
        .attach(headers)
        .attach(telemetry)
        .attach(compile)
        .attach(publish)
        .mount("/", routes)
        .mount("/", wrong_methods)
        .register("/", errors::catchers()))
}

/// Rocket's settings: from our configuration alone, whatever a `Rocket.toml` nearby may say. Its server's are not
/// among them; it has none.
fn settings(config: &Config) -> Figment {
    Figment::from(rocket::Config {
        // Nobody needs to know; and it is the header's only use.
        ident: Ident::none(),
        // Rocket would believe any client; `telemetry` reads the header that the balancer writes.
        ip_header: None,
        // For when no logger is set, as in tests; `telemetry` decides otherwise.
        log_level: rocket::config::LogLevel::Off,
        cli_colors: false,
        ..rocket::Config::release_default()
    })
    .merge(("template_dir", &config.template_dir))
}

/// Serves until a signal ends it. Logging must have been started.
pub fn serve(config: Config) -> Result<(), StartError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .thread_name("worker")
        .worker_threads(config.workers)
        .enable_all()
        .build()
        .map_err(StartError::Threads)?;
    let result = runtime.block_on(launch(config));
    // Whatever still runs then has had its time.
    runtime.shutdown_timeout(Duration::from_millis(500));
    result
}

async fn launch(config: Config) -> Result<(), StartError> {
    let signals = Signals::listen().map_err(StartError::Signals)?;
    let (listen, workers) = (config.listen, config.workers);
    let rocket = rocket(config)?;
    let templates = rocket.state::<Templates>().cloned().unwrap_or_default();
    let health = rocket.state::<Health>().cloned().unwrap_or_default();
    let connections = rocket.state::<Connections>().cloned().unwrap_or_default();
    let pages = rocket.state::<Pages>().cloned();

    let explain = |error: rocket::Error| match error.kind() {
        ErrorKind::FailedFairings(_) => templates.failure().map_or(StartError::Fairing, StartError::Template),
        _ => StartError::Rocket(Box::new(error)),
    };
    let rocket = rocket.ignite().await.map_err(&explain)?;
    let listener = TcpListener::bind(listen).await.map_err(|source| StartError::Listen { listen, source })?;
    let address = listener.local_addr().unwrap_or(listen);
    let front = Front::launch(rocket).await.map_err(&explain)?;
    tracing::info!(
        address = %address.ip(),
        port = address.port(),
        workers,
        version = env!("CARGO_PKG_VERSION"),
        "listening"
    );
    let shutdown = front.rocket().shutdown();
    tokio::spawn(signals.end(health, connections.clone(), shutdown.clone()));
    // On a thread of those that answer, and not on the one that waits here.
    let served = tokio::spawn(listener::serve(listener, front, connections, shutdown)).await;
    match pages.as_ref().and_then(Pages::failure) {
        Some(reason) => Err(StartError::Pages(reason)),
        None => served.map_err(StartError::Serving),
    }
}
