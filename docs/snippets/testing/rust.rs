//! Tests a program that follows a session, without a real server.

use aod::models::{CreateAgent, CreateSession};
use aod_devserver::{DevServer, Fault, ToolCall, Turn};

#[tokio::test]
async fn reports_the_failing_test() -> Result<(), Box<dyn std::error::Error>> {
    let server = DevServer::builder().start().await?;
    let client = aod::Client::builder()
        .base_url(server.url())
        .token(server.token())
        .build()?;
    let test = ToolCall::new("Bash", [("command", "cargo test")])
        .output("1 failed")
        .exit_code(101);
    server.script(Turn::new().tool(test).message("One test fails."));
    server.faults([Fault::cut(3)])?;
    let agent = CreateAgent::new("reviewer", "anthropic/claude-sonnet-4-6").runtime("claude");
    let agent = client.agents().create(agent).await?;
    let session = CreateSession::new(agent.id, "Run the tests");
    let result = client.sessions().run(session).await?;
    assert_eq!(result.text.as_deref(), Some("One test fails."));
    Ok(())
}
