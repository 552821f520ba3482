use std::time::Duration;

use aod::models::event::StreamEvent;
use aod::models::{CreateAgent, CreateSession, Runtime};
use futures::TryStreamExt;

#[tokio::main]
async fn main() -> aod::Result<()> {
    let client = aod::Client::from_env()?;
    let request = CreateAgent::new("reviewer", "claude-sonnet-4-6").runtime(Runtime::Claude);
    let agent = client.agents().ensure(request).await?;
    let request = CreateSession::new(agent.id, "Fix the failing test");
    let session = client.sessions().create(request).await?;

    // region events
    let mut events = client.sessions().stream(session.id).await?;
    while let Some(event) = events.try_next().await? {
        match event {
            StreamEvent::Stage(stage) => println!("{}: {}", stage.stage.label(), stage.state),
            StreamEvent::TurnStart(start) => println!("turn {:?}", start.turn),
            StreamEvent::Output(output) => print!("{}", output.data),
            StreamEvent::Exit(exit) => println!("exit code {:?}", exit.code),
            other => println!("{}", other.event_type()),
        }
    }
    // endregion

    // region options
    let mut events = client
        .sessions()
        .stream(session.id)
        .deadline(Duration::from_secs(3600))
        .resume_stale(true)
        .on_state(|state| eprintln!("connection: {state:?}"))
        .await?;
    // endregion
    while events.try_next().await?.is_some() {}
    Ok(())
}
