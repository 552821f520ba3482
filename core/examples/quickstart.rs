//! Creates an environment, an agent and a session, and prints the output of the session as it arrives.
//!
//! ```sh
//! cargo run --example quickstart                         # with an in-memory development server
//! AOD_API_URL=… AOD_API_TOKEN=… cargo run --example quickstart -- "Fix the failing test"
//! cargo run --example quickstart -- --raw                # prints the events as JSON lines
//! cargo run --example quickstart -- --chaos              # reads the stream again through a proxy that cuts connections
//! ```

mod support;

use std::error::Error;
use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use aod::ConnectionState;
use aod::models::event::StreamEvent;
use aod::models::{Agent, CreateEnvironment, CreateSession, PackageManager};
use aod::pretty::formatter_for;
use aod::{Client, EventStream};
use aod_devserver::{ConnectionPlan, CutBy, CuttingProxy};
use futures::TryStreamExt;

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(Some(0)) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprint!("error: {error}");
            let mut source = error.source();
            while let Some(cause) = source {
                eprint!(": {cause}");
                source = cause.source();
            }
            eprintln!();
            ExitCode::FAILURE
        }
    }
}

/// Runs the example and returns the exit code of the agent, if there is one.
async fn run() -> Result<Option<i64>, Box<dyn Error>> {
    let mut raw = false;
    let mut chaos = false;
    let mut prompt = "Say hello, and list the files here".to_owned();
    for argument in std::env::args().skip(1) {
        match argument.as_str() {
            "--raw" => raw = true,
            "--chaos" => chaos = true,
            option if option.starts_with('-') => {
                return Err(format!("unknown option {option}").into());
            }
            text => text.clone_into(&mut prompt),
        }
    }

    let server = support::Server::start().await?;
    let client = server.client()?;

    let environment = client
        .environments()
        .create(
            CreateEnvironment::new(support::unique("quickstart"))
                .packages(PackageManager::Pip, ["pytest"]),
        )
        .await?;
    eprintln!("environment {} ({})", environment.name, environment.id);

    let agent = support::create_agent(&client, Some(environment.id)).await?;
    eprintln!("agent       {} ({}, {})", agent.name, agent.model, agent.id);

    let started = Instant::now();
    let session = client
        .sessions()
        .create(CreateSession::new(agent.id, prompt))
        .await?;
    eprintln!("session     {}\n", session.id);

    let events = client.sessions().stream(session.id).await?;
    let mut lines = Vec::new();
    let exit_code = read(events, &agent, raw, |line| {
        lines.push(line.to_owned());
        print_line(line)
    })
    .await?;
    let ended = client.sessions().get(session.id).await?;
    let seconds = started.elapsed().as_secs_f64();
    let code = exit_code.map_or_else(|| "none".to_owned(), |code| code.to_string());
    eprintln!("\n{} after {seconds:.1} s, exit code {code}", ended.status);

    if chaos {
        read_again(&server, session.id, &agent, raw, &lines).await?;
    }

    client.sessions().delete(session.id).await?;
    client.agents().archive(agent.id).await?;
    client.environments().archive(environment.id).await?;
    Ok(exit_code)
}

/// Reads the stream again through a proxy that cuts connections, and fails unless the output is the same.
async fn read_again(
    server: &support::Server,
    session: uuid::Uuid,
    agent: &Agent,
    raw: bool,
    expected: &[String],
) -> Result<(), Box<dyn Error>> {
    let proxy = CuttingProxy::start(&server.url, |_, connection| {
        let mut plan = ConnectionPlan::drawn(1, connection, 1000 + 200 * connection as u64);
        // A stalled connection is only detected after the idle timeout.
        if let Some(cut) = plan.cut.as_mut().filter(|cut| cut.by == CutBy::Stall) {
            cut.by = CutBy::Reset;
        }
        plan
    })
    .await?;
    let reconnects = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&reconnects);
    let client = Client::builder()
        .base_url(proxy.url())
        .token(server.token.as_str())
        .build()?;
    let events = client.sessions().stream(session).on_state(move |state| {
        if matches!(state, ConnectionState::Resuming { .. }) {
            counter.fetch_add(1, Ordering::Relaxed);
        }
    });
    let mut lines = Vec::new();
    read(events.await?, agent, raw, |line| {
        lines.push(line.to_owned());
        Ok(())
    })
    .await?;
    if lines != expected {
        return Err("the output through the cutting proxy differs".into());
    }
    let count = reconnects.load(Ordering::Relaxed);
    eprintln!("again through a proxy that cuts: the same output, after {count} reconnects");
    Ok(())
}

/// Reads a stream to its end and shows human-readable output, or the events as JSON lines. Returns the exit code, if
/// there is one.
async fn read(
    mut events: EventStream,
    agent: &Agent,
    raw: bool,
    mut show: impl FnMut(&str) -> io::Result<()>,
) -> Result<Option<i64>, Box<dyn Error>> {
    let runtime = agent.runtime.as_ref().map(AsRef::as_ref);
    let provider = agent.provider.as_ref().map(AsRef::as_ref);
    let mut formatter = formatter_for(runtime.or(provider).unwrap_or_default());
    let mut exit_code = None;
    while let Some(event) = events.try_next().await? {
        exit_code = event.exit_code().or(exit_code);
        if raw {
            show(&serde_json::to_string(&event)?)?;
            continue;
        }
        if let StreamEvent::Stage(stage) = &event {
            show(&format!("… {} {}", stage.stage, stage.state))?;
        }
        for line in formatter.consume((&event).into()) {
            show(&line)?;
        }
    }
    for line in formatter.flush() {
        show(&line)?;
    }
    Ok(exit_code)
}

/// Prints to stdout. If the reader has closed the pipe, like `head`, the program exits.
fn print_line(line: &str) -> io::Result<()> {
    match writeln!(io::stdout(), "{line}") {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => std::process::exit(0),
        outcome => outcome,
    }
}
