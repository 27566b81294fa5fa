//! HTTP as this program speaks it, to AWS and to the public address alike: one set of root certificates, and the
//! proxies of `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`.
//!
//! The roots are the system's, or in their place those of `SSL_CERT_FILE` and `SSL_CERT_DIR`, so an authority of
//! one's own counts for both. Where there are none at all, HTTP works and HTTPS says what is missing.

use std::collections::BTreeMap;
use std::env;
use std::error::Error;
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use aws_smithy_http_client::Connector;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use http_body_util::{BodyExt, Limited};
use rustls::RootCertStore;

use crate::causes::{causes, with_causes};
use crate::proxy::Exempt;

/// A page that takes longer is as good as none.
const ANSWER: Duration = Duration::from_secs(10);

/// What is asked for here is a few hundred bytes; an image's configuration may have some kilobytes.
const LARGEST_BODY: usize = 4 << 20;

/// The variables that name root certificates in place of the system's.
const VARIABLES: [&str; 2] = ["SSL_CERT_FILE", "SSL_CERT_DIR"];

/// There is no root certificate, and so no HTTPS server that could be trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoRoots(String);

impl NoRoots {
    fn new(errors: &[rustls_native_certs::Error]) -> Self {
        let set = VARIABLES.iter().filter_map(|name| Some(format!("{name} is {}", env::var_os(name)?.display())));
        let mut looked: Vec<_> = set.collect();
        if looked.is_empty() {
            looked.push("neither SSL_CERT_FILE nor SSL_CERT_DIR is set".to_owned());
            looked.push("the system has none in its usual places, such as /etc/ssl/certs and /etc/pki/tls".to_owned());
        }
        looked.extend(errors.iter().map(ToString::to_string));
        Self(looked.join("; "))
    }
}

impl fmt::Display for NoRoots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "no root certificates to check an HTTPS server by: {}; install the system's (mostly the package \
             ca-certificates), or set SSL_CERT_FILE to a file of them in PEM",
            self.0
        )
    }
}

impl Error for NoRoots {}

/// The HTTP client of this process.
#[derive(Debug, Clone)]
pub struct Http {
    /// Why no HTTPS server can be trusted, if none can.
    no_roots: Option<NoRoots>,
    /// For pages: made once, since reading the roots takes its time.
    pages: Arc<OnceLock<Trusting>>,
}

impl Http {
    /// One with the root certificates of this machine and environment.
    #[must_use]
    pub fn of_this_machine() -> Self {
        let found = rustls_native_certs::load_native_certs();
        let (usable, _) = RootCertStore::empty().add_parsable_certificates(found.certs);
        let no_roots = (usable == 0).then(|| NoRoots::new(&found.errors));
        Self { no_roots, pages: Arc::default() }
    }

    /// Whether what is at `url` could be trusted at all.
    pub fn can_trust(&self, url: &str) -> Result<(), NoRoots> {
        match &self.no_roots {
            Some(none) if is_secure(url) => Err(none.clone()),
            _ => Ok(()),
        }
    }

    /// For the SDK: a connection is kept as long as the settings are the same.
    #[must_use]
    pub fn client(&self) -> SharedHttpClient {
        let http = self.clone();
        let kept = Mutex::new(BTreeMap::<_, SharedHttpConnector>::new());
        http_client_fn(move |settings, _| {
            let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
            let key = (settings.connect_timeout(), settings.read_timeout());
            let new = || SharedHttpConnector::new(http.connector(settings.clone(), None));
            kept.entry(key).or_insert_with(new).clone()
        })
    }

    /// `kept` is how long an idle connection is, where that is not for the client to say.
    fn connector(&self, settings: HttpConnectorSettings, kept: Option<Duration>) -> Trusting {
        // Without any, the client would take their absence for a mistake of its own.
        let roots = TrustStore::default().with_native_roots(self.no_roots.is_none());
        let context = TlsContext::builder().with_trust_store(roots).build().unwrap_or_default();
        let through = |proxies| {
            let tls = Provider::Rustls(CryptoMode::Ring);
            let builder = Connector::builder().tls_provider(tls).tls_context(context.clone());
            let mut builder = builder.connector_settings(settings.clone()).proxy_config(proxies);
            builder.set_pool_idle_timeout(kept.map(Some));
            builder.build()
        };
        Trusting {
            no_roots: self.no_roots.clone(),
            exempt: Exempt::of_this_process(),
            direct: through(ProxyConfig::disabled()),
            proxied: through(ProxyConfig::from_env()),
        }
    }

    /// The status and the body of what is at `url`, over a connection of its own: one that is kept open would ask
    /// the same task again and again.
    pub(crate) async fn get(&self, url: &str) -> Result<(u16, String), Silence> {
        let asked = async {
            let mut request = HttpRequest::get(url).map_err(|error| Silence::of(&error))?;
            let agent = concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION"));
            for (name, value) in [("cache-control", "no-cache"), ("user-agent", agent)] {
                request.headers_mut().insert(name, value);
            }
            let new = || self.connector(HttpConnectorSettings::default(), Some(Duration::ZERO));
            let pages = self.pages.get_or_init(new);
            let answer = pages.call(request).await.map_err(|error| Silence::of(&error))?;
            let status = answer.status().as_u16();
            let body = Limited::new(answer.into_body(), LARGEST_BODY).collect().await;
            let body = body.map_err(|error| Silence::of(&*error))?.to_bytes();
            Ok((status, String::from_utf8_lossy(&body).into_owned()))
        };
        let late = |_| Err(Silence { why: format!("no answer within {} s", ANSWER.as_secs()), is_lasting: false });
        tokio::time::timeout(ANSWER, asked).await.unwrap_or_else(late)
    }
}

/// No answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct Silence {
    /// A sentence.
    pub why: String,
    /// Whether nothing that is deployed can change it: the server is not trusted, or there is none of that name.
    pub is_lasting: bool,
}

impl Silence {
    fn of(error: &(dyn Error + 'static)) -> Self {
        let is_tls = |cause: &(dyn Error + 'static)| cause.is::<rustls::Error>() || cause.is::<NoRoots>();
        // The standard library has no kind for it. A resolver that fails may know the name later.
        let is_name =
            |text: &str| text.contains("failed to lookup address information") && !text.contains("Temporary failure");
        let is_lasting = causes(error).any(|cause| is_tls(cause) || is_name(&cause.to_string()));
        Self { why: with_causes(error), is_lasting }
    }
}

/// Asks nobody who could not be trusted.
#[derive(Debug)]
struct Trusting {
    no_roots: Option<NoRoots>,
    exempt: Exempt,
    /// For who is exempt.
    direct: Connector,
    /// For the others, by the proxy if there is one.
    proxied: Connector,
}

impl HttpConnector for Trusting {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        match &self.no_roots {
            Some(none) if is_secure(request.uri()) => {
                HttpConnectorFuture::ready(Err(ConnectorError::user(none.clone().into())))
            }
            _ if self.exempt.has(request.uri()) => self.direct.call(request),
            _ => self.proxied.call(request),
        }
    }
}

fn is_secure(url: &str) -> bool {
    url.starts_with("https:")
}
