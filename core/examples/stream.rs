//! Follows the typed events of a session, and the state of the connection.
//!
//! ```sh
//! cargo run --example stream                             # with an in-memory development server
//! AOD_API_URL=… AOD_API_TOKEN=… cargo run --example stream
//! ```

#![allow(clippy::print_stdout)]

mod support;

use std::error::Error;
use std::time::Duration;

use aod::models::CreateSession;
use aod::models::event::StreamEvent;
use futures::TryStreamExt;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let server = support::Server::start().await?;
    let client = server.client()?;
    let agent = support::create_agent(&client, None).await?;
    let request = CreateSession::new(agent.id, "List the files here");
    let session = client.sessions().create(request).await?;

    let mut events = client
        .sessions()
        .stream(session.id)
        .deadline(Duration::from_secs(600))
        .on_state(|state| eprintln!("connection: {state:?}"))
        .await?;
    while let Some(event) = events.try_next().await? {
        match event {
            StreamEvent::Start(_) => println!("the stream starts"),
            StreamEvent::Stage(stage) => println!("{}: {}", stage.stage, stage.state),
            StreamEvent::TurnStart(start) => println!("turn {:?}", start.turn),
            StreamEvent::Output(output) => print!("{}: {}", output.stream, output.data),
            StreamEvent::Exit(exit) => println!("exit code {:?}", exit.code),
            other => println!("{}", other.event_type()),
        }
    }

    client.sessions().delete(session.id).await?;
    client.agents().archive(agent.id).await?;
    Ok(())
}
