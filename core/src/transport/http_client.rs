//! The configuration of the HTTP client, and the validation of its URLs.

use std::time::Duration;

use http::HeaderValue;
use url::{Host, Url};

use super::proxy::{self, Route};
use super::tls::TlsMaterial;
use crate::error::{Error, ErrorKind, Result};
use crate::models::Secret;

const USER_AGENT: &str = concat!("aod-sdk-rust/", env!("CARGO_PKG_VERSION"));
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// The HTTP client of a server, and its proxy.
#[derive(Clone)]
pub(crate) struct HttpClient {
    pub(crate) inner: reqwest::Client,
    /// `None` if there is none, or if it is that of the operating system.
    pub(crate) proxy: Option<Secret>,
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

        let mut http = reqwest::Client::builder()
            .tls_backend_preconfigured(tls.into_config(self.http1_only, secure)?)
            .connect_timeout(self.connect_timeout.unwrap_or(CONNECT_TIMEOUT))
            // `redirect` follows them: it checks the method and the origin.
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(user_agent(self.user_agent_suffix.as_deref())?);
        if self.http1_only {
            http = http.http1_only();
        }
        if let Some(connections) = self.pool_max_idle {
            http = http.pool_max_idle_per_host(connections);
        }
        if let Some(timeout) = self.pool_idle_timeout {
            http = http.pool_idle_timeout(timeout);
        }
        let environment = Route::from_env(server);
        let mut proxy = None;
        match self.route.as_ref().unwrap_or(&environment) {
            Route::System => {}
            Route::Direct => http = http.no_proxy(),
            Route::Proxy(url) => {
                http = http.proxy(proxy::parse(url)?);
                proxy = Some(url.clone());
            }
        }
        // Without the source, which may contain a header value.
        let inner = http
            .build()
            .map_err(|_| configuration("the HTTP client cannot be created"))?;
        Ok(HttpClient { inner, proxy })
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
