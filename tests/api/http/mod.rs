//! The client's use of HTTP over real sockets, with correct and misbehaving servers.

mod deadlines;
mod errors;
mod http2;
mod limits;
mod observing;
mod proxies;
mod redirects;
mod requests;
mod retries;
mod secrets;
mod tls;
mod tokens;

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use aod::{Client, ClientBuilder, RetryPolicy};
use tokio::task::spawn_blocking;

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

/// Runs a test of these again in a process with other environment variables, and returns what it prints.
async fn in_process_with(test: &str, variables: &[(&str, &Path)]) -> String {
    let mut child = Command::new(std::env::current_exe().unwrap());
    child
        .args(["--exact", &format!("http::{test}"), "--nocapture"])
        .env_remove("SSL_CERT_FILE")
        .env_remove("SSL_CERT_DIR")
        .envs(variables.iter().copied());
    let output = spawn_blocking(move || child.output().unwrap())
        .await
        .unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(
        output.status.success() && printed.contains("1 passed"),
        "{printed}"
    );
    printed
}
