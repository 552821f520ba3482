//! The configuration of the HTTP client, and the validation of its URLs.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::HeaderValue;
use url::{Host, Url};

use super::proxy::{self, Route};
use super::settings::LONGEST_TIME;
use super::tls::TlsMaterial;
use crate::error::{Error, ErrorKind, Result};
use crate::models::Secret;

const USER_AGENT: &str = concat!("aod-sdk-rust/", env!("CARGO_PKG_VERSION"));
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// After how much time without a byte an HTTP/2 connection is checked while it has requests, and how long the server may
/// take to answer. Together less than the time limit of a call, so that a GET is repeated on another connection.
const PING_INTERVAL: Duration = Duration::from_secs(10);
const PING_TIMEOUT: Duration = Duration::from_secs(5);

/// The HTTP clients of a server, and its proxy.
///
/// Event streams have a client of their own, which uses HTTP/1.1: on a shared HTTP/2 connection, streams that are not
/// read fill the connection's window and count towards the limit of the server, and nothing else could proceed. A
/// client cannot empty its pool, so it is replaced by another one.
#[derive(Clone)]
pub(crate) struct HttpClient {
    create: CreateClient,
    http1_only: bool,
    current: Arc<Mutex<Current>>,
    /// `None` without a proxy, or with the proxy of the operating system.
    pub(crate) proxy: Option<Secret>,
}

/// Creates a client; the argument is whether it uses HTTP/1.1 only.
type CreateClient = Arc<dyn Fn(bool) -> reqwest::Result<reqwest::Client> + Send + Sync>;

#[derive(Default)]
struct Current {
    /// One for all versions of HTTP, and one for HTTP/1.1. Each is created when it is needed.
    clients: [Option<reqwest::Client>; 2],
    /// How long the machine had slept when the clients were created.
    slept: Duration,
}

impl HttpClient {
    /// Creates the client of calls. If it uses HTTP/1.1 only, it is also the client of streams.
    pub(crate) fn new(
        create: impl Fn(bool) -> reqwest::Result<reqwest::Client> + Send + Sync + 'static,
        http1_only: bool,
        proxy: Option<Secret>,
    ) -> Result<Self> {
        let http = Self {
            create: Arc::new(create),
            http1_only,
            current: Arc::default(),
            proxy,
        };
        http.current(false, Duration::ZERO)?;
        Ok(http)
    }

    /// Returns the client of calls or streams, with no connection from before the machine slept for the last time.
    pub(crate) fn current(&self, streams: bool, slept: Duration) -> Result<reqwest::Client> {
        if self.lock().slept != slept {
            self.renew(slept);
        }
        let http1_only = self.http1_only || streams;
        let place = usize::from(http1_only);
        if let Some(client) = &self.lock().clients[place] {
            return Ok(client.clone());
        }
        // Without the lock, because it may be a function of the program; without the source of the error, which may
        // contain a header value.
        let created = (self.create)(http1_only)
            .map_err(|_| configuration("the HTTP client cannot be created"))?;
        Ok(self.lock().clients[place].get_or_insert(created).clone())
    }

    /// Closes the connections that are not in use, and opens new ones for the requests from now on.
    pub(crate) fn renew(&self, slept: Duration) {
        let exists = self.lock().clients.each_ref().map(Option::is_some);
        let created = [false, true]
            .map(|http1_only| exists[usize::from(http1_only)].then(|| (self.create)(http1_only)));
        let mut replaced = Vec::new();
        let mut current = self.lock();
        current.slept = slept;
        for (client, created) in current.clients.iter_mut().zip(created) {
            match created {
                Some(Ok(created)) => replaced.push(client.replace(created)),
                Some(Err(_)) => {
                    tracing::warn!("the HTTP client cannot be replaced: its connections are kept");
                }
                None => {}
            }
        }
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
    /// Builds the clients of a server.
    pub(crate) fn build(&self, server: &Url) -> Result<HttpClient> {
        let secure = server.scheme() == "https";
        let mut tls = TlsMaterial::default();
        for pem in &self.ca_pem {
            tls.add_roots(pem)?;
        }
        if let Some(pem) = &self.identity_pem {
            tls.set_identity(pem.expose().as_bytes())?;
        }

        let tls = tls.into_config(secure)?;
        let connect_timeout = self.connect_timeout.unwrap_or(CONNECT_TIMEOUT);
        let user_agent = user_agent(self.user_agent_suffix.as_deref())?;
        let environment = Route::from_env(server);
        let route = self.route.as_ref().unwrap_or(&environment);
        let (proxy, secret) = match route {
            Route::Proxy(url) => (Some(proxy::parse(url)?), Some(url.clone())),
            Route::System | Route::Direct => (None, None),
        };
        let is_direct = matches!(route, Route::Direct);
        // Without TLS, only a proxy could offer HTTP/2.
        let http1_only = self.http1_only || !secure;
        let (pool_max_idle, pool_idle_timeout) = (self.pool_max_idle, self.pool_idle_timeout);
        let create = move |http1_only| {
            let mut tls = tls.clone();
            tls.alpn_protocols = if http1_only {
                vec![b"http/1.1".to_vec()]
            } else {
                vec![b"h2".to_vec(), b"http/1.1".to_vec()]
            };
            let mut http = reqwest::Client::builder()
                .tls_backend_preconfigured(tls)
                .connect_timeout(connect_timeout)
                .http2_keep_alive_interval(PING_INTERVAL)
                .http2_keep_alive_timeout(PING_TIMEOUT)
                // `redirect` follows them: it checks the method and the origin.
                .redirect(reqwest::redirect::Policy::none())
                .user_agent(user_agent.clone());
            if let Some(connections) = pool_max_idle {
                http = http.pool_max_idle_per_host(connections);
            }
            if let Some(timeout) = pool_idle_timeout {
                http = http.pool_idle_timeout(timeout.min(LONGEST_TIME));
            }
            if is_direct {
                http = http.no_proxy();
            }
            if let Some(proxy) = &proxy {
                http = http.proxy(proxy.clone());
            }
            http.build()
        };
        HttpClient::new(create, http1_only, secret)
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

    /// Returns the clients of a server, and which of them have been created: whether each uses HTTP/1.1 only.
    fn clients(server: &str) -> (HttpClient, Arc<Mutex<Vec<bool>>>) {
        let server = Url::parse(server).unwrap();
        let HttpClient {
            create, http1_only, ..
        } = HttpClientConfig::default().build(&server).unwrap();
        let created = Arc::<Mutex<Vec<bool>>>::default();
        let log = Arc::clone(&created);
        let create = move |http1_only| {
            log.lock().unwrap().push(http1_only);
            create(http1_only)
        };
        (HttpClient::new(create, http1_only, None).unwrap(), created)
    }

    #[test]
    fn streams_have_a_client_of_their_own_from_the_first_stream_on() {
        let (http, created) = clients("https://h");
        http.current(false, Duration::ZERO).unwrap();
        http.renew(Duration::ZERO);
        assert_eq!(*created.lock().unwrap(), [false, false]);
        for _ in 0..2 {
            http.current(true, Duration::ZERO).unwrap();
        }
        http.renew(Duration::ZERO);
        assert_eq!(*created.lock().unwrap(), [false, false, true, false, true]);
    }

    #[test]
    fn streams_share_the_client_of_calls_that_uses_http_1_only() {
        let (http, created) = clients("http://h");
        for streams in [false, true] {
            http.current(streams, Duration::ZERO).unwrap();
        }
        assert_eq!(*created.lock().unwrap(), [true]);
    }

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
