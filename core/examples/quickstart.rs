//! The main job from end to end: an environment, an agent, a session, and its output as it comes.
//!
//! ```sh
//! cargo run --example quickstart                         # on a development server that it starts
//! AOD_API_URL=… AOD_API_TOKEN=… cargo run --example quickstart -- "Fix the failing test"
//! cargo run --example quickstart -- --raw                # the events as JSON lines
//! cargo run --example quickstart -- --chaos              # and again through a proxy that cuts the connection
//! ```

use std::error::Error;
use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use aod::ConnectionState;
use aod::models::event::StreamEvent;
use aod::models::{Agent, CreateAgent, CreateEnvironment, CreateSession, PackageManager, Runtime};
use aod::pretty::formatter_for;
use aod::{Client, ErrorKind, EventStream};
use aod_devserver::{ConnectionPlan, CutBy, CuttingProxy, DevServer};
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

/// The whole way; the agent's exit code, if it ended with one.
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

    // Kept until the end: the server stops when it is dropped.
    let (url, token, _server) = server().await?;
    let client = Client::builder()
        .base_url(&url)
        .token(token.as_str())
        .build()?;

    let environment = client
        .environments()
        .create(
            CreateEnvironment::new(unique("quickstart")).packages(PackageManager::Pip, ["pytest"]),
        )
        .await?;
    eprintln!("environment {} ({})", environment.name, environment.id);

    let agent = create_agent(&client, environment.id).await?;
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
        read_again(&url, &token, session.id, &agent, raw, &lines).await?;
    }

    client.sessions().delete(session.id).await?;
    client.agents().archive(agent.id).await?;
    client.environments().archive(environment.id).await?;
    Ok(exit_code)
}

/// The URL and token of the configured server, or of a development server started here.
async fn server() -> Result<(String, String, Option<DevServer>), Box<dyn Error>> {
    if let Ok(url) = std::env::var("AOD_API_URL") {
        let token = std::env::var("AOD_API_TOKEN").unwrap_or_default();
        return Ok((url, token, None));
    }
    let server = DevServer::builder().start().await?;
    eprintln!(
        "AOD_API_URL is not set: started a development server at {}",
        server.url()
    );
    Ok((
        server.url().to_owned(),
        server.token().to_owned(),
        Some(server),
    ))
}

/// Makes an agent with the names of the server's generation: newer servers want a provider where older ones want a
/// runtime and say so with a 422.
async fn create_agent(client: &Client, environment: uuid::Uuid) -> aod::Result<Agent> {
    let request =
        |model: &str| CreateAgent::new(unique("quickstart"), model).environment(environment);
    let attempts = [
        request("claude-sonnet-4-6").runtime(Runtime::Claude),
        request("anthropic/claude-sonnet-4-6").runtime(Runtime::Claude),
        request("claude-sonnet-4-6").provider("anthropic"),
    ];
    let mut refusal = None;
    for attempt in attempts {
        match client.agents().create(attempt).await {
            Err(error) if error.kind() == ErrorKind::Validation => refusal = Some(error),
            outcome => return outcome,
        }
    }
    Err(refusal.expect("there was an attempt"))
}

/// Reads the session once more through a proxy that cuts its connections, and fails unless the same comes out.
async fn read_again(
    url: &str,
    token: &str,
    session: uuid::Uuid,
    agent: &Agent,
    raw: bool,
    expected: &[String],
) -> Result<(), Box<dyn Error>> {
    let proxy = CuttingProxy::start(url, |_, connection| {
        let mut plan = ConnectionPlan::drawn(1, connection, 1000 + 200 * connection as u64);
        // A stall is a drop too, but takes three missed heartbeats to tell.
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
        .token(token)
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

/// Reads a stream to its end: the agent's output as lines for people, or the events as JSON lines. The exit code, if
/// there was one.
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

/// Prints to stdout. A reader that has gone, such as `head`, ends the program in order.
fn print_line(line: &str) -> io::Result<()> {
    match writeln!(io::stdout(), "{line}") {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => std::process::exit(0),
        outcome => outcome,
    }
}

/// A name that no earlier run has used.
fn unique(name: &str) -> String {
    let id = uuid::Uuid::new_v4().simple().to_string();
    format!("{name}-{}", &id[..8])
}
