//! The main job from end to end: an environment, an agent, a session, and its output as it comes.
//!
//! ```sh
//! cargo run --example quickstart                         # on a development server that it starts
//! AOD_API_URL=… AOD_API_TOKEN=… cargo run --example quickstart -- "Fix the failing test"
//! cargo run --example quickstart -- --raw                # the events as JSON lines
//! ```

use std::error::Error;
use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Instant;

use aod::models::event::StreamEvent;
use aod::models::{Agent, CreateAgent, CreateEnvironment, CreateSession, PackageManager, Runtime};
use aod::pretty::formatter_for;
use aod::{Client, ErrorKind, EventStream};
use aod_devserver::DevServer;
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
    let mut prompt = "Say hello, and list the files here".to_owned();
    for argument in std::env::args().skip(1) {
        match argument.as_str() {
            "--raw" => raw = true,
            option if option.starts_with('-') => {
                return Err(format!("unknown option {option}").into());
            }
            text => text.clone_into(&mut prompt),
        }
    }

    // Kept until the end: the server stops when it is dropped.
    let (client, _server) = connect().await?;

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
    let exit_code = if raw {
        show_raw(events).await?
    } else {
        show(events, &agent).await?
    };
    let ended = client.sessions().get(session.id).await?;
    let seconds = started.elapsed().as_secs_f64();
    let code = exit_code.map_or_else(|| "none".to_owned(), |code| code.to_string());
    eprintln!("\n{} after {seconds:.1} s, exit code {code}", ended.status);

    client.sessions().delete(session.id).await?;
    client.agents().archive(agent.id).await?;
    client.environments().archive(environment.id).await?;
    Ok(exit_code)
}

/// A client of the configured server, or of a development server started here.
async fn connect() -> Result<(Client, Option<DevServer>), Box<dyn Error>> {
    if std::env::var_os("AOD_API_URL").is_some() {
        return Ok((Client::from_env()?, None));
    }
    let server = DevServer::builder().start().await?;
    eprintln!(
        "AOD_API_URL is not set: started a development server at {}",
        server.url()
    );
    let client = Client::builder()
        .base_url(server.url())
        .token(server.token())
        .build()?;
    Ok((client, Some(server)))
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

/// Shows the agent's output as lines for people, and the rest on stderr.
async fn show(mut events: EventStream, agent: &Agent) -> Result<Option<i64>, Box<dyn Error>> {
    let runtime = agent.runtime.as_ref().map(AsRef::as_ref);
    let provider = agent.provider.as_ref().map(AsRef::as_ref);
    let mut formatter = formatter_for(runtime.or(provider).unwrap_or_default());
    let mut exit_code = None;
    while let Some(event) = events.try_next().await? {
        if let StreamEvent::Stage(stage) = &event {
            eprintln!("… {} {}", stage.stage, stage.state);
        }
        exit_code = event.exit_code().or(exit_code);
        print_lines(&formatter.consume(&event))?;
    }
    print_lines(&formatter.flush())?;
    Ok(exit_code)
}

/// Shows the events as JSON lines.
async fn show_raw(mut events: EventStream) -> Result<Option<i64>, Box<dyn Error>> {
    let mut exit_code = None;
    while let Some(event) = events.try_next().await? {
        print_lines(&[serde_json::to_string(&event)?])?;
        exit_code = event.exit_code().or(exit_code);
    }
    Ok(exit_code)
}

/// Prints to stdout. A reader that has gone, such as `head`, ends the program in order.
fn print_lines(lines: &[String]) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    for line in lines {
        match writeln!(stdout, "{line}") {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => std::process::exit(0),
            outcome => outcome?,
        }
    }
    Ok(())
}

/// A name that no earlier run has used.
fn unique(name: &str) -> String {
    let id = uuid::Uuid::new_v4().simple().to_string();
    format!("{name}-{}", &id[..8])
}
