//! `aod-devserver`: serves until it is stopped. Its first line of output is its URL.

use std::io::{self, Write as _};

use aod_devserver::{DevServer, Generation};
use clap::{Parser, ValueEnum};
use tokio::io::AsyncReadExt as _;

/// An in-memory Agent on Demand server on loopback, for tests and demonstrations.
#[derive(Parser)]
struct Options {
    /// The port to listen on, on loopback; 0 picks a free one.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// The server generation: 2026-04-21, 2026-04-30 or 2026-06-25.
    #[arg(long, default_value_t = Generation::April21)]
    generation: Generation,
    /// The API key to accept.
    #[arg(long, default_value = "aod_dev")]
    token: String,
    /// When to stop at the end of standard input, so that the server exits with the process that started it. Without
    /// a value: always.
    #[arg(
        long,
        value_name = "WHEN",
        num_args = 0..=1,
        require_equals = true,
        default_value = "auto",
        default_missing_value = "always"
    )]
    exit_with_stdin: ExitWithStdin,
}

/// When the program stops at the end of standard input.
#[derive(Clone, Copy, ValueEnum)]
enum ExitWithStdin {
    /// If standard input is a pipe or a socket: not a terminal, a file or /dev/null. Never on Windows.
    Auto,
    /// Whatever standard input is.
    Always,
    /// Only signals stop the server.
    Never,
}

impl ExitWithStdin {
    fn applies(self) -> bool {
        match self {
            Self::Auto => input_is_pipe(),
            Self::Always => true,
            Self::Never => false,
        }
    }
}

#[tokio::main]
async fn main() -> io::Result<()> {
    let options = Options::parse();
    // Installed before the URL is printed: its reader may send a signal at once.
    let mut signals = StopSignals::catch()?;
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
        () = signals.received() => {}
        () = input_end(), if options.exit_with_stdin.applies() => {}
    }
    server.stop().await;
    // Returning would wait for the read of standard input, which may never end.
    std::process::exit(0)
}

/// The signals that stop the program, caught from the construction of this on.
#[cfg(unix)]
struct StopSignals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl StopSignals {
    fn catch() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};

        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn received(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// The signals that stop the program, caught from the construction of this on.
#[cfg(windows)]
struct StopSignals(tokio::signal::windows::CtrlC);

#[cfg(windows)]
impl StopSignals {
    fn catch() -> io::Result<Self> {
        Ok(Self(tokio::signal::windows::ctrl_c()?))
    }

    async fn received(&mut self) {
        self.0.recv().await;
    }
}

#[cfg(unix)]
fn input_is_pipe() -> bool {
    use std::{
        fs::File,
        os::{fd::AsFd as _, unix::fs::FileTypeExt as _},
    };

    let input = io::stdin().as_fd().try_clone_to_owned();
    input
        .and_then(|input| File::from(input).metadata())
        .is_ok_and(|input| input.file_type().is_fifo() || input.file_type().is_socket())
}

/// The standard library does not tell pipes from other inputs.
#[cfg(windows)]
fn input_is_pipe() -> bool {
    false
}

async fn input_end() {
    let mut input = tokio::io::stdin();
    let mut buffer = [0; 256];
    // An unreadable input counts as ended.
    while matches!(input.read(&mut buffer).await, Ok(1..)) {}
}
