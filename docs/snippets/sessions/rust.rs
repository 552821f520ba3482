use aod::models::{CreateAgent, CreateSession, Runtime};
use futures::StreamExt;

#[tokio::main]
async fn main() -> aod::Result<()> {
    let client = aod::Client::from_env()?;
    let request = CreateAgent::new("reviewer", "claude-sonnet-4-6").runtime(Runtime::Claude);
    let agent = client.agents().ensure(request).await?;
    // region run-all
    let prompts = ["Run the tests", "Remove dead code", "Document the API"];
    let requests = prompts.map(|prompt| CreateSession::new(agent.id, prompt));
    let results = client.sessions().run_all(requests).max_concurrent(2).await;
    for (prompt, result) in prompts.iter().zip(results) {
        match result {
            Ok(run) => println!("{prompt}: {}", run.text.unwrap_or_default()),
            Err(error) => println!("{prompt}: {error}"),
        }
    }
    // endregion

    // region watch
    let sessions = client.sessions().list().await?;
    let mut events = client
        .sessions()
        .watch(sessions.iter().map(|session| session.id));
    while let Some(item) = events.next().await {
        match item.event {
            Ok(event) => println!("{}: {}", item.session_id, event.event_type()),
            Err(error) => println!("{}: {error}", item.session_id),
        }
    }
    // endregion
    Ok(())
}
