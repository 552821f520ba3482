use std::error::Error;
use std::fs;

use aod::models::{CreateAgent, CreateSession, Runtime};
use futures::TryStreamExt;
use uuid::Uuid;

// region save
/// Stores the session, the position and the output as one value: the old file or the new one is there, never a part.
fn save(session: Uuid, cursor: i64, output: &str) -> std::io::Result<()> {
    fs::write("state.new", format!("{session}\n{cursor}\n{output}"))?;
    fs::rename("state.new", "state")
}

fn load() -> Option<(Uuid, i64, String)> {
    let state = fs::read_to_string("state").ok()?;
    let mut parts = state.splitn(3, '\n');
    let session = parts.next()?.parse().ok()?;
    let cursor = parts.next()?.parse().ok()?;
    Some((session, cursor, parts.next()?.to_owned()))
}
// endregion

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let client = aod::Client::from_env()?;
    // region resume
    let (session, mut cursor, mut output) = if let Some(state) = load() {
        state
    } else {
        let request = CreateAgent::new("reviewer", "claude-sonnet-4-6").runtime(Runtime::Claude);
        let agent = client.agents().ensure(request).await?;
        let request = CreateSession::new(agent.id, "Fix the failing test");
        let session = client.sessions().create(request).await?.id;
        save(session, 0, "")?;
        (session, 0, String::new())
    };

    let mut events = client.sessions().stream(session).since(cursor).await?;
    while let Some(event) = events.try_next().await? {
        output.push_str(event.stdout().unwrap_or_default());
        cursor = events.cursor().unwrap_or(cursor);
        save(session, cursor, &output)?;
        println!("saved {} at {cursor}", event.event_type());
    }
    // endregion
    Ok(())
}
