//! Shows a session in the terminal: its transcript as it grows, the state of the connection, tokens and costs. Sends
//! further prompts and interrupts turns.
//!
//! ```sh
//! cargo run --example tui                                # with an in-memory development server
//! AOD_API_URL=… AOD_API_TOKEN=… cargo run --example tui -- "Fix the failing test"
//! cargo run --example tui -- --session ID                # shows a session that exists
//! cargo run --example tui -- --file FILE                 # saves the session at the end, or continues the saved one
//! ```
//!
//! The agent of the development server works slowly on a prompt that contains the word `slowly`, so that there is time to
//! interrupt it.

mod app;
mod items;
mod session;
#[path = "../support/mod.rs"]
mod support;
mod terminal;
mod view;

use std::error::Error;
use std::fs;
use std::path::PathBuf;

use aod::models::CreateSession;
use aod::transcript::Transcript;
use aod_devserver::{DevServer, Generation, Script, Step};
use crossterm::event::EventStream;
use futures::{FutureExt, StreamExt};
use ratatui::DefaultTerminal;
use uuid::Uuid;

use self::app::{Action, App};
use self::session::Session;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let options = Options::parse()?;
    // The first servers that can interrupt a turn.
    let server = support::Server::start_as(Generation::June25).await?;
    if let Some(server) = server.development() {
        add_slow_script(server);
    }
    let mut session = open(&server, &options).await?;

    let mut screen = terminal::init()?;
    let shown = show(&mut screen, &mut session).await;
    terminal::restore(screen);

    if let Some(file) = &options.file {
        let written = file.with_extension("new");
        fs::write(&written, session.save())?;
        fs::rename(written, file)?;
    }
    eprintln!("session {}", session.id());
    shown
}

struct Options {
    session: Option<Uuid>,
    file: Option<PathBuf>,
    prompt: String,
}

impl Options {
    fn parse() -> Result<Self, Box<dyn Error>> {
        let mut options = Self {
            session: None,
            file: None,
            prompt: "Say hello, and list the files here".to_owned(),
        };
        let mut arguments = std::env::args().skip(1);
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or(format!("{argument} needs a value"));
            match argument.as_str() {
                "--session" => options.session = Some(value()?.parse()?),
                "--file" => options.file = Some(value()?.into()),
                option if option.starts_with('-') => {
                    return Err(format!("unknown option {option}").into());
                }
                prompt => prompt.clone_into(&mut options.prompt),
            }
        }
        Ok(options)
    }
}

/// Continues the session in the file or the one with the id, or creates one.
async fn open(server: &support::Server, options: &Options) -> Result<Session, Box<dyn Error>> {
    let client = server.client()?;
    if let Some(file) = options.file.as_deref().filter(|file| file.exists()) {
        return Session::restore(client, &fs::read(file)?);
    }
    let id = if let Some(id) = options.session {
        id
    } else {
        let agent = support::create_agent(&client, None).await?;
        let request = CreateSession::new(agent.id, options.prompt.as_str());
        client.sessions().create(request).await?.id
    };
    Ok(Session::new(client, id, Transcript::new()))
}

/// Shows the session until the user quits.
async fn show(terminal: &mut DefaultTerminal, session: &mut Session) -> Result<(), Box<dyn Error>> {
    let mut app = App::default();
    let mut input = EventStream::new();
    loop {
        terminal.draw(|frame| view::draw(frame, &mut app, session.transcript()))?;
        tokio::select! {
            event = input.next() => {
                // The input ends when the terminal is closed.
                let Some(event) = event else { return Ok(()) };
                match app.handle(&event?, session.transcript()) {
                    Some(Action::Prompt(prompt)) => session.prompt(prompt),
                    Some(Action::Interrupt) => session.interrupt(),
                    Some(Action::Follow) => session.follow(),
                    Some(Action::Quit) => return Ok(()),
                    None => {}
                }
            }
            update = session.next() => {
                app.update(update);
                // Updates that have arrived together are drawn together.
                for _ in 0..100 {
                    let Some(update) = session.next().now_or_never() else { break };
                    app.update(update);
                }
            }
        }
    }
}

/// Makes the agent of the development server work slowly on prompts that ask for it.
fn add_slow_script(server: &DevServer) {
    let mut script = Script::sample("claude", "claude-sonnet-4-6", "Working slowly");
    for step in &mut script.steps {
        if let Step::DelayMs(delay) = step {
            *delay = 500;
        }
    }
    server.control().set_script_for_prompt("slowly", script);
}
