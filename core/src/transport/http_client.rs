//! The configuration of the HTTP client, and the validation of its URLs.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::HeaderValue;
use url::{Host, Url};

use super::proxy::{self, Route};
use super::tls::TlsMaterial;
use crate::error::{Error, ErrorKind, Result};
use crate::models::Secret;

const USER_AGENT: &str = concat!("aod-sdk-rust/", env!("CARGO_PKG_VERSION"));
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// The HTTP client of a server, and its proxy. The client cannot empty its pool, so it is replaced by another one.
#[derive(Clone)]
pub(crate) struct HttpClient {
    create: CreateClient,
    current: Arc<Mutex<Current>>,
    /// `None` without a proxy, or with the proxy of the operating system.
    pub(crate) proxy: Option<Secret>,
}

type CreateClient = Arc<dyn Fn() -> reqwest::Result<reqwest::Client> + Send + Sync>;

struct Current {
    client: reqwest::Client,
    /// How long the machine had slept when the client was created.
    slept: Duration,
}

impl HttpClient {
    pub(crate) fn new(
        create: impl Fn() -> reqwest::Result<reqwest::Client> + Send + Sync + 'static,
        proxy: Option<Secret>,
    ) -> Result<Self> {
        // Without the source, which may contain a header value.
        let client = create().map_err(|_| configuration("the HTTP client cannot be created"))?;
        let slept = Duration::ZERO;
        Ok(Self {
            create: Arc::new(create),
            current: Arc::new(Mutex::new(Current { client, slept })),
            proxy,
        })
    }

    /// Returns the client, with no connection from before the machine slept for the last time.
    pub(crate) fn current(&self, slept: Duration) -> reqwest::Client {
        let current = self.lock();
        if current.slept == slept {
            return current.client.clone();
        }
        drop(current);
        self.renew(slept);
        self.lock().client.clone()
    }

    /// Closes the connections that are not in use, and opens new ones for the requests from now on.
    pub(crate) fn renew(&self, slept: Duration) {
        let created = (self.create)();
        if created.is_err() {
            tracing::warn!("the HTTP client cannot be replaced: its connections are kept");
        }
        let mut current = self.lock();
        current.slept = slept;
        let replaced = created.map(|client| std::mem::replace(&mut current.client, client));
        drop(current);
        drop(replaced);
    }

    fn lock(&self) -> MutexGuard<'_, Current> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The configuration of connections. Fields that are not set have their defaults.
#[derive(Default)]
pub(crate) struct HttpClientConfig {
    pub(crate) connect_timeout: Option<Duration>,
    pub(crate) user_agent_suffix: Option<String>,
    /// `None` for the proxies of the environment.
    pub(crate) route: Option<Route>,
    pub(crate) ca_pem: Vec<Vec<u8>>,
    pub(crate) identity_pem: Option<Secret>,
    pub(crate) pool_max_idle: Option<usize>,
    pub(crate) pool_idle_timeout: Option<Duration>,
    pub(crate) http1_only: bool,
}

impl HttpClientConfig {
    /// Builds the client of a server.
    pub(crate) fn build(&self, server: &Url) -> Result<HttpClient> {
        let secure = server.scheme() == "https";
        let mut tls = TlsMaterial::default();
        for pem in &self.ca_pem {
            tls.add_roots(pem)?;
        }
        if let Some(pem) = &self.identity_pem {
            tls.set_identity(pem.expose().as_bytes())?;
        }

        let tls = tls.into_config(self.http1_only, secure)?;
        let connect_timeout = self.connect_timeout.unwrap_or(CONNECT_TIMEOUT);
        let user_agent = user_agent(self.user_agent_suffix.as_deref())?;
        let environment = Route::from_env(server);
        let route = self.route.as_ref().unwrap_or(&environment);
        let (proxy, secret) = match route {
            Route::Proxy(url) => (Some(proxy::parse(url)?), Some(url.clone())),
            Route::System | Route::Direct => (None, None),
        };
        let is_direct = matches!(route, Route::Direct);
        let (http1_only, pool_max_idle) = (self.http1_only, self.pool_max_idle);
        let pool_idle_timeout = self.pool_idle_timeout;
        let create = move || {
            let mut http = reqwest::Client::builder()
                .tls_backend_preconfigured(tls.clone())
                .connect_timeout(connect_timeout)
                // `redirect` follows them: it checks the method and the origin.
                .redirect(reqwest::redirect::Policy::none())
                .user_agent(user_agent.clone());
            if http1_only {
                http = http.http1_only();
            }
            if let Some(connections) = pool_max_idle {
                http = http.pool_max_idle_per_host(connections);
            }
            if let Some(timeout) = pool_idle_timeout {
                http = http.pool_idle_timeout(timeout);
            }
            if is_direct {
                http = http.no_proxy();
            }
            if let Some(proxy) = &proxy {
                http = http.proxy(proxy.clone());
            }
            http.build()
        };
        HttpClient::new(create, secret)
    }
}

/// Parses and validates a URL for requests.
pub(crate) fn parse_url(text: &str) -> Result<Url> {
    let url = Url::parse(text).map_err(|_| configuration("the URL is malformed"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(configuration("the URL is neither http nor https"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(configuration(
            "the URL contains user information; pass it in a header instead",
        ));
    }
    Ok(url)
}

/// Returns whether a URL refers to the local machine.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

fn user_agent(suffix: Option<&str>) -> Result<HeaderValue> {
    let text = match suffix {
        Some(suffix) => format!("{USER_AGENT} {suffix}"),
        None => USER_AGENT.to_owned(),
    };
    HeaderValue::try_from(text)
        .map_err(|_| configuration("the user agent suffix is not a valid header value"))
}

fn configuration(summary: &'static str) -> Error {
    Error::new(ErrorKind::Configuration, summary)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recognizes_loopback_hosts() {
        for (url, loopback) in [
            ("http://localhost:8777", true),
            ("http://dev.localhost", true),
            ("http://127.8.8.8", true),
            ("http://[::1]:1", true),
            ("http://10.0.0.1", false),
            ("http://localhost.example.com", false),
        ] {
            assert_eq!(is_loopback(&Url::parse(url).unwrap()), loopback, "{url}");
        }
    }
}
