//! Saves the cursor of a stream to a file, and resumes the stream from it, as another process would.
//!
//! ```sh
//! cargo run --example resume                             # with an in-memory development server
//! AOD_API_URL=… AOD_API_TOKEN=… cargo run --example resume
//! ```

#![allow(clippy::print_stdout)]

mod support;

use std::error::Error;
use std::fs;

use aod::EventStream;
use aod::models::CreateSession;
use futures::TryStreamExt;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let server = support::Server::start().await?;
    let client = server.client()?;
    let agent = support::create_agent(&client, None).await?;
    let request = CreateSession::new(agent.id, "List the files here");
    let session = client.sessions().create(request).await?;
    let file = std::env::temp_dir().join(format!("aod-cursor-{}", session.id));

    // Read a few events and save the cursor after each one. Dropping the stream closes its connection.
    let mut events = client.sessions().stream(session.id).await?;
    for _ in 0..5 {
        show_next(&mut events).await?;
        if let Some(cursor) = events.cursor() {
            fs::write(&file, cursor.to_string())?;
        }
    }
    drop(events);

    let cursor: i64 = fs::read_to_string(&file)?.parse()?;
    println!("resuming after event {cursor}");
    let mut events = client.sessions().stream(session.id).since(cursor).await?;
    while show_next(&mut events).await? {}

    fs::remove_file(&file)?;
    client.sessions().delete(session.id).await?;
    client.agents().archive(agent.id).await?;
    Ok(())
}

/// Prints the next event. Returns `false` at the end of the stream.
async fn show_next(events: &mut EventStream) -> aod::Result<bool> {
    let Some(event) = events.try_next().await? else {
        return Ok(false);
    };
    println!("{:?} {}", event.id(), event.event_type());
    Ok(true)
}
