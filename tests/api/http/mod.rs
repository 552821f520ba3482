//! The client's use of HTTP over real sockets, with correct and misbehaving servers.

mod deadlines;
mod errors;
mod limits;
mod redirects;
mod requests;
mod retries;
mod secrets;
mod tls;

use std::time::Duration;

use aod::{Client, ClientBuilder, RetryPolicy};

const AGENTS: &str = r#"{"data":[]}"#;

/// Returns a builder for a client of a server, with short delays between attempts.
fn builder(url: &str) -> ClientBuilder {
    let fast_retry = RetryPolicy {
        base_delay: Duration::from_millis(1),
        ..RetryPolicy::default()
    };
    Client::builder()
        .base_url(url)
        .token("aod_test")
        .retry(fast_retry)
}

fn client(url: &str) -> Client {
    builder(url).build().expect("the client is configured")
}
