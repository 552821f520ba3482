use aod::models::{CreateAgent, CreateSession, Runtime};
use futures::TryStreamExt;

#[tokio::main]
async fn main() -> aod::Result<()> {
    // region run
    let client = aod::Client::from_env()?;
    let request = CreateAgent::new("reviewer", "claude-sonnet-4-6").runtime(Runtime::Claude);
    let agent = client.agents().ensure(request).await?;

    let request = CreateSession::new(agent.id, "Fix the failing test");
    let session = client.sessions().create(request).await?;
    let mut lines = client.sessions().stream(session.id).await?.pretty();
    while let Some(line) = lines.try_next().await? {
        println!("{line}");
    }
    // endregion

    // region ask
    let result = client
        .sessions()
        .ask(session.id, "Now add another test")
        .await?;
    println!("{}", result.text.unwrap_or_default());
    println!("exit code {:?}", result.session.exit_code);
    // endregion
    Ok(())
}
