//! How the client speaks HTTP, over real sockets, with servers that behave well and badly.

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

/// A builder for a client of that server that waits little between attempts.
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
    builder(url).build().expect("the client is set up")
}
