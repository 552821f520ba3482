use aod::models::{
    CreateAgent, CreateEnvironment, CreateSession, Networking, PackageManager, Runtime,
};

#[tokio::main]
async fn main() -> aod::Result<()> {
    let client = aod::Client::from_env()?;
    // region ensure
    let request = CreateEnvironment::new("python-tests")
        .packages(PackageManager::Pip, ["pytest"])
        .networking(Networking::limited(["pypi.org"]));
    let environment = client.environments().ensure(request).await?;

    let request = CreateAgent::new("reviewer", "claude-sonnet-4-6")
        .runtime(Runtime::Claude)
        .environment(environment.id)
        .system("Be brief.");
    let agent = client.agents().ensure(request).await?;
    // endregion

    // region update
    let change = |agent: &aod::models::Agent| agent.update().metadata("owner", "ops");
    let agent = client.agents().update_with(agent.id, change).await?;
    println!("version {} of {}", agent.version, agent.name);
    // endregion

    // region turns
    let request = CreateSession::new(agent.id, "Run the tests");
    let session = client.sessions().run(request).await?.session;
    client
        .sessions()
        .ask(session.id, "Fix the failing one")
        .await?;
    for turn in client.sessions().turns(session.id).await? {
        println!("turn {}: {}", turn.turn_number, turn.status);
    }
    // endregion
    Ok(())
}
