use aod::models::{CreateAgent, CreateSession, Runtime};
use aod::{ConflictReason, ErrorKind};
use uuid::Uuid;

#[tokio::main]
async fn main() -> aod::Result<()> {
    let client = aod::Client::from_env()?;
    // region missing
    match client.agents().get(Uuid::nil()).await {
        Ok(agent) => println!("{}", agent.name),
        Err(error) if error.kind() == ErrorKind::NotFound => println!("no such agent: {error}"),
        Err(error) => return Err(error),
    }
    // endregion

    let request = CreateAgent::new("reviewer", "claude-sonnet-4-6").runtime(Runtime::Claude);
    let agent = client.agents().ensure(request).await?;
    client.agents().archive(agent.id).await?;
    // region conflict
    if let Err(error) = client.agents().archive(agent.id).await {
        match error.conflict() {
            Some(ConflictReason::AlreadyArchived) => println!("nothing to do"),
            _ => return Err(error),
        }
    }
    // endregion

    // region retry
    let request = CreateSession::new(agent.id, "Fix the failing test");
    if let Err(error) = client.sessions().run(request).await {
        let session = error.session_id();
        println!(
            "{}, retryable: {}",
            error.kind().as_str(),
            error.is_retryable()
        );
        println!("session {session:?}, after {} attempts", error.attempts());
    }
    // endregion
    Ok(())
}
