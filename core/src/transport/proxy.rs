//! Selection of the proxy for the requests to a server.

use std::net::IpAddr;

use ipnet::IpNet;
use url::{Host, Url};

use crate::error::{Error, ErrorKind, Result};
use crate::models::Secret;

/// The supported schemes of proxies.
const SCHEMES: [&str; 6] = ["http", "https", "socks4", "socks4a", "socks5", "socks5h"];

/// How requests are sent to a server: directly or through a proxy.
pub(crate) enum Route {
    /// Through the proxy in the settings of the operating system, if any.
    System,
    Direct,
    Proxy(Secret),
}

impl Route {
    /// Returns the route to a server from the variables of the environment. Lowercase names take precedence; empty
    /// variables are ignored. `HTTP_PROXY` is ignored in a CGI script, where it may contain the `Proxy` header of a
    /// request.
    pub(crate) fn from_env(server: &Url) -> Self {
        Self::from_variables(server, |name| {
            std::env::var_os(name).map(|value| value.to_string_lossy().into_owned())
        })
    }

    fn from_variables(server: &Url, lookup: impl Fn(&str) -> Option<String>) -> Self {
        let variable = |name: &str| {
            let value = lookup(name).unwrap_or_default().trim().to_owned();
            (!value.is_empty()).then_some(value)
        };
        let either = |name: &str| variable(name).or_else(|| variable(&name.to_uppercase()));
        if either("no_proxy").is_some_and(|list| is_excluded(server, &list)) {
            return Self::Direct;
        }
        let own = match server.scheme() {
            "http" if variable("REQUEST_METHOD").is_some() => variable("http_proxy"),
            "http" => either("http_proxy"),
            _ => either("https_proxy"),
        };
        match own.or_else(|| either("all_proxy")) {
            Some(url) if url.contains("://") => Self::Proxy(url.into()),
            Some(host) => Self::Proxy(format!("http://{host}").into()),
            None => Self::System,
        }
    }
}

/// Parses the URL of a proxy. The error does not contain the URL.
pub(super) fn parse(url: &Secret) -> Result<reqwest::Proxy> {
    let refused = |summary| Error::new(ErrorKind::Configuration, summary);
    let parsed = Url::parse(url.expose()).map_err(|_| refused("the proxy is not a URL"))?;
    if !SCHEMES.contains(&parsed.scheme()) {
        return Err(refused(
            "the scheme of the proxy's URL is not http, https or a form of socks",
        ));
    }
    if parsed.host_str().is_none_or(str::is_empty) {
        return Err(refused("the proxy's URL has no host"));
    }
    reqwest::Proxy::all(url.expose()).map_err(|_| refused("the proxy is not a URL"))
}

/// Returns whether a `NO_PROXY` list contains a server. An entry has any form that curl, Go or Python's requests
/// accept: `*`; a domain, which includes its subdomains, with an optional leading `.` or `*.`; an IP address, with or
/// without brackets; or a network such as `10.0.0.0/8`. Every entry except a network can have a port.
fn is_excluded(server: &Url, list: &str) -> bool {
    let Some(host) = server.host() else {
        return false;
    };
    let port = server.port_or_known_default();
    list.split(|c: char| c == ',' || c.is_whitespace())
        .filter(|entry| !entry.is_empty())
        .any(|entry| {
            if let Ok(network) = entry.parse::<IpNet>() {
                return address(&host).is_some_and(|address| network.contains(&address));
            }
            let (name, entry_port) = split_port(entry);
            (entry_port.is_none() || entry_port == port) && names(&host, name)
        })
}

/// Splits an entry into the host, without brackets, and the port.
fn split_port(entry: &str) -> (&str, Option<u16>) {
    if let Some(rest) = entry.strip_prefix('[') {
        let (address, rest) = rest.split_once(']').unwrap_or((rest, ""));
        return (
            address,
            rest.strip_prefix(':').and_then(|port| port.parse().ok()),
        );
    }
    match entry.rsplit_once(':') {
        // More than one colon is an IPv6 address.
        Some((host, port)) if !host.contains(':') => match port.parse() {
            Ok(port) => (host, Some(port)),
            Err(_) => (entry, None),
        },
        _ => (entry, None),
    }
}

fn names(host: &Host<&str>, name: &str) -> bool {
    if name == "*" {
        return true;
    }
    if let Some(own) = address(host) {
        return name.parse() == Ok(own);
    }
    let Host::Domain(domain) = host else {
        return false;
    };
    let domain = domain.trim_end_matches('.').to_ascii_lowercase();
    let name = name
        .trim_start_matches('*')
        .trim_matches('.')
        .to_ascii_lowercase();
    !name.is_empty()
        && domain
            .strip_suffix(&name)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

fn address(host: &Host<&str>) -> Option<IpAddr> {
    match host {
        Host::Ipv4(address) => Some((*address).into()),
        Host::Ipv6(address) => Some((*address).into()),
        Host::Domain(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(server: &str, variables: &[(&str, &str)]) -> Option<String> {
        let lookup = |name: &str| {
            let found = variables.iter().find(|(variable, _)| *variable == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        match Route::from_variables(&server.parse().unwrap(), lookup) {
            Route::System => None,
            Route::Direct => Some("direct".to_owned()),
            Route::Proxy(url) => Some(url.expose().to_owned()),
        }
    }

    #[test]
    fn takes_the_variable_of_the_scheme_and_lowercase_first() {
        let all = [
            ("http_proxy", "http://lower"),
            ("HTTP_PROXY", "http://upper"),
            ("HTTPS_PROXY", "http://tls"),
            ("ALL_PROXY", "socks5://all"),
        ];
        for (server, variables, expected) in [
            ("http://h", all.as_slice(), Some("http://lower")),
            ("http://h", &all[1..], Some("http://upper")),
            ("https://h", &all, Some("http://tls")),
            ("https://h", &all[3..], Some("socks5://all")),
            (
                "http://h",
                &[("HTTP_PROXY", "proxy:3128")],
                Some("http://proxy:3128"),
            ),
            (
                "http://h",
                &[("HTTP_PROXY", "http://x"), ("REQUEST_METHOD", "GET")],
                None,
            ),
            ("http://h", &[("http_proxy", " ")], None),
            ("http://h", &[], None),
        ] {
            assert_eq!(
                route(server, variables).as_deref(),
                expected,
                "{server} {variables:?}"
            );
        }
    }

    #[test]
    fn leaves_the_proxy_out_for_every_form_of_no_proxy() {
        for (server, list, direct) in [
            ("http://127.0.0.1:8777", "*", true),
            ("http://127.0.0.1:8777", "127.0.0.1", true),
            ("http://127.0.0.1:8777", "127.0.0.1:8777", true),
            ("http://127.0.0.1:8777", "127.0.0.1:80", false),
            ("http://127.0.0.1", "127.0.0.1:80", true),
            ("http://127.0.0.1:8777", "127.0.0.0/8", true),
            ("http://128.0.0.1:8777", "127.0.0.0/8", false),
            ("http://[::1]:8777", "[::1]", true),
            ("http://[::1]:8777", "[::1]:8777", true),
            ("http://[::1]:8777", "[::1]:1", false),
            ("http://[::1]:8777", "::1", true),
            ("http://[fe80::1]", "fe80::/10", true),
            ("http://localhost:8777", "localhost", true),
            ("https://aod.example.com", "example.com", true),
            ("https://aod.example.com", ".example.com", true),
            ("https://aod.example.com", "*.EXAMPLE.com.", true),
            ("https://example.com", ".example.com", true),
            ("https://example.com", "example.com:443", true),
            ("https://badexample.com", "example.com", false),
            ("https://example.com.evil", "example.com", false),
            ("https://h", " a , b,h ", true),
            ("https://h", "a b h", true),
            ("https://h", "", false),
            ("https://h", ",.,", false),
        ] {
            let variables = [("NO_PROXY", list), ("ALL_PROXY", "http://p")];
            let expected = if direct { "direct" } else { "http://p" };
            assert_eq!(
                route(server, &variables).as_deref(),
                Some(expected),
                "{server} {list}"
            );
        }
    }

    #[test]
    fn refuses_a_proxy_that_no_request_can_go_through_without_repeating_it() {
        for url in [
            "",
            "::hunter2",
            "ftp://hunter2",
            "http://",
            "quic://u:hunter2@h",
        ] {
            let error = parse(&url.into()).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Configuration, "{url}");
            assert!(!error.to_string().contains("hunter2"), "{error}");
        }
        for url in [
            "http://u:p@h:3128",
            "https://h",
            "socks5://u:p@h",
            "socks5h://h:1080",
            "socks4://h",
        ] {
            assert!(parse(&url.into()).is_ok(), "{url}");
        }
    }
}
