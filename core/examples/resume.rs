//! Saves the cursor and the turn of a stream to a file, and resumes from there, as another process would.
//!
//! ```sh
//! cargo run --example resume                             # with an in-memory development server
//! AOD_API_URL=… AOD_API_TOKEN=… cargo run --example resume
//! ```

#![allow(clippy::print_stdout)]

mod support;

use std::error::Error;
use std::fs;

use aod::StreamEvent;
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

    // Read a few events, and save the position after each one. Dropping the stream closes its connection.
    let mut events = client.sessions().stream(session.id).await?;
    let mut turn = 0;
    for _ in 0..5 {
        let Some(event) = events.try_next().await? else {
            break;
        };
        show(&event);
        turn = event.turn().unwrap_or(turn);
        if let Some(cursor) = events.cursor() {
            fs::write(&file, format!("{cursor} {turn}"))?;
        }
    }
    drop(events);

    let saved = fs::read_to_string(&file)?;
    let (cursor, turn) = saved.split_once(' ').ok_or("the file has no turn")?;
    let (cursor, turn): (i64, i64) = (cursor.parse()?, turn.parse()?);
    println!("resuming after event {cursor}");
    let mut events = client.sessions().stream(session.id).since(cursor).await?;
    while let Some(event) = events.try_next().await? {
        // The server sends these again, as a new stream does not know that they were delivered.
        let is_repeat = match &event {
            StreamEvent::Start(_) => true,
            StreamEvent::TurnStart(start) => start.turn == Some(turn),
            _ => false,
        };
        if !is_repeat {
            show(&event);
        }
    }

    fs::remove_file(&file)?;
    client.sessions().delete(session.id).await?;
    client.agents().archive(agent.id).await?;
    Ok(())
}

fn show(event: &StreamEvent) {
    println!("{:?} {}", event.id(), event.event_type());
}
