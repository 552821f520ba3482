use aod::models::{CreateAgent, CreateSession, Runtime};
use aod::transcript::{Change, ItemKind, Transcript};
use futures::TryStreamExt;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let client = aod::Client::from_env()?;
    let request = CreateAgent::new("reviewer", "claude-sonnet-4-6").runtime(Runtime::Claude);
    let agent = client.agents().ensure(request).await?;
    let request = CreateSession::new(agent.id, "Fix the failing test");
    let session = client.sessions().create(request).await?;

    // region changes
    let mut changes = client.sessions().stream(session.id).await?.transcript();
    while let Some(change) = changes.try_next().await? {
        match change {
            Change::ItemAdded { item, .. } => match item.kind {
                ItemKind::Message { text, .. } => println!("{text}"),
                ItemKind::ToolCall(call) => println!("calls {}", call.name),
                _ => {}
            },
            Change::TextAppended { text, .. } => print!("{text}"),
            Change::TurnEnded { outcome, .. } => println!("ended: {outcome:?}"),
            _ => {}
        }
    }
    // endregion

    // region snapshot
    let stored = changes.transcript().snapshot();

    let transcript = Transcript::restore(&stored)?;
    let mut stream = client.sessions().stream(session.id);
    if let Some(cursor) = transcript.cursor() {
        stream = stream.since(cursor);
    }
    let mut changes = stream.await?.transcript().continue_from(transcript);
    while changes.try_next().await?.is_some() {}
    println!("{}", changes.transcript().final_text().unwrap_or_default());
    // endregion
    Ok(())
}
