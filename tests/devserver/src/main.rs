//! `aod-devserver`: serves until it is told to stop. Its first line of output is its URL.

use std::io::{self, Write as _};

use aod_devserver::{DevServer, Generation};
use clap::Parser;
use tokio::io::AsyncReadExt as _;

/// An in-memory Agent on Demand server on loopback, for tests and demonstrations.
#[derive(Parser)]
struct Options {
    /// The port on loopback; 0 takes a free one.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// The server generation to speak: s0, s1 or s2.
    #[arg(long, default_value_t = Generation::S0)]
    generation: Generation,
    /// The API key to accept.
    #[arg(long, default_value = "aod_dev")]
    token: String,
    /// Stop when standard input ends, so that a test that dies leaves no server behind.
    #[arg(long)]
    exit_with_stdin: bool,
}

#[tokio::main]
async fn main() -> io::Result<()> {
    let options = Options::parse();
    let server = DevServer::builder()
        .generation(options.generation)
        .token(options.token)
        .port(options.port)
        .start()
        .await?;
    let mut output = io::stdout();
    writeln!(output, "{}", server.url())?;
    output.flush()?;
    tokio::select! {
        stopped = stop_signal() => stopped?,
        () = input_end(), if options.exit_with_stdin => {}
    }
    server.stop().await;
    // The runtime would wait for a read of standard input that may never end.
    std::process::exit(0)
}

#[cfg(unix)]
async fn stop_signal() -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted,
        _ = terminate.recv() => Ok(()),
    }
}

#[cfg(not(unix))]
async fn stop_signal() -> io::Result<()> {
    tokio::signal::ctrl_c().await
}

async fn input_end() {
    let mut input = tokio::io::stdin();
    let mut buffer = [0; 256];
    // An unreadable input counts as ended.
    while matches!(input.read(&mut buffer).await, Ok(1..)) {}
}
