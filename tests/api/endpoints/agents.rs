//! `/agents`: create, get, list, archive.

use std::time::Duration;

use aod::models::{McpServer, Provider, Runtime, Skill};
use aod_devserver::Generation;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::endpoints::world::{World, tests};

tests! { in [april21 april30 june25]:
    a_created_agent_is_returned_as_sent,
    an_agent_requires_only_a_name_and_a_model,
    an_agent_has_a_runtime_or_a_provider,
    both_types_of_mcp_server_are_returned,
    the_list_contains_the_users_active_agents_newest_first,
    an_archived_agent_is_only_removed_from_the_list,
    every_endpoint_returns_the_same_agent,
}

tests! { in [april30 june25]: skills_from_github_are_returned }

async fn a_created_agent_is_returned_as_sent(world: World) {
    let environment = world.environment("ci").await;
    let request = world
        .new_agent("réviseur 🔎")
        .description("Reviews pull requests")
        .system("You review.\nBe kind.")
        .environment(environment.id)
        .skill(Skill::inline("tone", "How to word a review", "Be exact."))
        .mcp_server(McpServer::url("issues", "https://mcp.example.com"))
        .metadata("team", "core")
        .metadata("nested", json!({"list": [1, 2.5, null, ""], "é": "日本"}))
        .metadata("empty", "");

    let agent = world.client.agents().create(request.clone()).await.unwrap();

    assert_eq!(agent.id.get_version_num(), 4);
    assert_eq!(agent.object_type, "agent");
    assert_eq!(agent.name, "réviseur 🔎");
    assert_eq!(agent.description.as_deref(), Some("Reviews pull requests"));
    assert_eq!(agent.system.as_deref(), Some("You review.\nBe kind."));
    assert_eq!(agent.model, world.model());
    assert_eq!(agent.environment_id, Some(environment.id));
    assert_eq!(agent.skills, request.skills);
    assert_eq!(agent.mcp_servers, request.mcp_servers);
    assert_eq!(agent.metadata, request.metadata);
    assert_eq!(agent.version, 1);
    assert_eq!(agent.updated_at, agent.created_at);
    assert_eq!(agent.archived_at, None);
    assert!(agent.extra.is_empty(), "{:?}", agent.extra);
}

async fn an_agent_requires_only_a_name_and_a_model(world: World) {
    let agent = world.agent("plain").await;
    assert_eq!(agent.description, None);
    assert_eq!(agent.system, None);
    assert_eq!(agent.environment_id, None);
    assert!(agent.skills.is_empty() && agent.mcp_servers.is_empty() && agent.metadata.is_empty());
    // An empty string is treated as absent.
    let request = world.new_agent("empty").description("").system("");
    let agent = world.client.agents().create(request).await.unwrap();
    assert_eq!((agent.description, agent.system), (None, None));
}

async fn an_agent_has_a_runtime_or_a_provider(world: World) {
    let agent = world.agent("a").await;
    let expected = match world.generation {
        Generation::April21 | Generation::April30 => (Some(Runtime::Claude), None),
        Generation::June25 => (None, Some(Provider::Anthropic)),
    };
    assert_eq!((agent.runtime, agent.provider), expected);
}

async fn both_types_of_mcp_server_are_returned(world: World) {
    let servers: Vec<McpServer> = vec![
        McpServer::url("issues", "https://mcp.example.com")
            .header("Authorization", "Bearer abc")
            .header("X-Team", "core")
            .into(),
        McpServer::stdio("files", "mcp-files")
            .arg("--root")
            .arg("/workspace")
            .env("LEVEL", "debug")
            .into(),
        // Without a type it has a URL. Unknown keys are kept.
        McpServer::Unknown(json!({"name": "bare", "url": "https://b.example.com", "note": [1]})),
    ];
    let mut request = world.new_agent("a");
    request.mcp_servers.clone_from(&servers);

    let agent = world.client.agents().create(request).await.unwrap();

    assert_eq!(agent.mcp_servers[..2], servers[..2]);
    let McpServer::Url(bare) = &agent.mcp_servers[2] else {
        panic!("{:?}", agent.mcp_servers[2])
    };
    assert_eq!(bare.url, "https://b.example.com");
    assert_eq!(Value::from(bare.extra.clone()), json!({"note": [1]}));
}

async fn skills_from_github_are_returned(world: World) {
    let request = world
        .new_agent("a")
        .skill(Skill::inline("tone", "How to word a review", "Be exact."))
        .skill(Skill::github("acme/skills", "All of them"))
        .skill(Skill::github("acme/more", "One of them").name("deploy"));
    let agent = world.client.agents().create(request.clone()).await.unwrap();
    assert_eq!(agent.skills, request.skills);
    let Skill::Github(one) = &agent.skills[2] else {
        panic!("{:?}", agent.skills[2])
    };
    assert_eq!(
        (one.source.as_str(), one.name.as_deref()),
        ("acme/more", Some("deploy"))
    );
}

async fn the_list_contains_the_users_active_agents_newest_first(world: World) {
    let agents = world.client.agents();
    assert!(agents.list().await.unwrap().is_empty());
    let oldest = world.agent("same name").await;
    let middle = world.agent("same name").await;
    let newest = world.agent("newest").await;
    world
        .stranger()
        .agents()
        .create(world.new_agent("not ours"))
        .await
        .unwrap();
    assert_eq!(
        agents.list().await.unwrap(),
        [newest.clone(), middle.clone(), oldest.clone()]
    );
    agents.archive(middle.id).await.unwrap();
    assert_eq!(agents.list().await.unwrap(), [newest, oldest]);
}

async fn an_archived_agent_is_only_removed_from_the_list(world: World) {
    let agents = world.client.agents();
    world.control.freeze_clock();
    let created = world.agent("a").await;
    world.control.advance(Duration::from_secs(60));

    let archived = agents.archive(created.id).await.unwrap();

    let at = created.created_at + SignedDuration::from_secs(60);
    assert_eq!(archived.archived_at, Some(at));
    assert_eq!(archived.updated_at, at);
    assert_eq!(archived.version, 1);
    assert_eq!(archived.name, created.name);
    assert_eq!(agents.get(created.id).await.unwrap(), archived);
    assert_eq!(agents.versions(created.id).await.unwrap().len(), 1);
    assert!(agents.list().await.unwrap().is_empty());
}

async fn every_endpoint_returns_the_same_agent(world: World) {
    let request = world
        .new_agent("a")
        .skill(Skill::inline("s", "d", "c"))
        .mcp_server(McpServer::stdio("m", "c"));
    let agents = world.client.agents();
    let created = agents.create(request).await.unwrap();
    assert_eq!(agents.get(created.id).await.unwrap(), created);
    assert_eq!(agents.list().await.unwrap(), std::slice::from_ref(&created));

    let version = agents.versions(created.id).await.unwrap().remove(0);
    let mut expected = serde_json::to_value(&created).unwrap();
    let fields = expected.as_object_mut().unwrap();
    fields.remove("updated_at");
    fields.remove("archived_at");
    assert_eq!(serde_json::to_value(&version).unwrap(), expected);
}
