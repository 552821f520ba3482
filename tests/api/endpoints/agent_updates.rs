//! `PUT /agents/{id}` and `GET /agents/{id}/versions`: what an update sets, clears and keeps.

use std::time::Duration;

use aod::models::{McpServer, Patch, Provider, Runtime, Skill, UpdateAgent};
use aod_devserver::Generation;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::endpoints::world::{World, tests};

tests! { in [april21 april30 june25]:
    an_update_changes_only_the_given_fields,
    texts_can_be_set_cleared_and_kept,
    an_environment_can_be_set_and_kept,
    lists_are_replaced,
    metadata_is_merged_by_key,
    an_update_without_changes_keeps_version_and_time,
    a_name_can_be_empty,
    the_runtime_or_provider_can_be_changed,
    versions_are_listed_highest_first,
}

tests! { in [april30 june25]: clearing_the_environment_detaches_it }
tests! { in [april21]: old_servers_ignore_clearing_the_environment }
tests! { in [june25]: a_model_prefix_equal_to_the_provider_is_removed }

async fn an_update_changes_only_the_given_fields(world: World) {
    world.control.freeze_clock();
    let request = world.new_agent("before").system("s").metadata("k", 1);
    let agents = world.client.agents();
    let before = agents.create(request).await.unwrap();
    world.control.advance(Duration::from_secs(5));

    let update = UpdateAgent::new(1).name("after").description("new");
    let after = agents.update(before.id, update).await.unwrap();

    assert_eq!(after.name, "after");
    assert_eq!(after.description.as_deref(), Some("new"));
    // Changing two fields is one version.
    assert_eq!(after.version, 2);
    assert_eq!(
        after.updated_at,
        before.updated_at + SignedDuration::from_secs(5)
    );
    let mut expected = before;
    expected.name.clone_from(&after.name);
    expected.description.clone_from(&after.description);
    expected.version = 2;
    expected.updated_at = after.updated_at;
    assert_eq!(after, expected);
}

async fn texts_can_be_set_cleared_and_kept(world: World) {
    let agents = world.client.agents();
    let request = world.new_agent("a").description("d").system("s");
    let agent = agents.create(request).await.unwrap();
    let mut version = 1;
    for (description, system, shown) in [
        (
            Patch::Keep,
            Patch::from("second"),
            (Some("d"), Some("second")),
        ),
        (Patch::Clear, Patch::Keep, (None, Some("second"))),
        (Patch::from("d2"), Patch::Clear, (Some("d2"), None)),
        (Patch::Clear, Patch::Clear, (None, None)),
    ] {
        let update = UpdateAgent::new(version)
            .description(description)
            .system(system);
        let agent = agents.update(agent.id, update).await.unwrap();
        assert_eq!(
            (agent.description.as_deref(), agent.system.as_deref()),
            shown
        );
        version += 1;
        assert_eq!(agent.version, version);
    }
}

async fn an_environment_can_be_set_and_kept(world: World) {
    let agents = world.client.agents();
    let environment = world.environment("e").await;
    let agent = world.agent("a").await;
    let update = UpdateAgent::new(1).environment(environment.id);
    let with = agents.update(agent.id, update).await.unwrap();
    assert_eq!(with.environment_id, Some(environment.id));
    let kept = agents.update(agent.id, UpdateAgent::new(2).name("b")).await;
    assert_eq!(kept.unwrap().environment_id, Some(environment.id));
}

async fn clearing_the_environment_detaches_it(world: World) {
    let agents = world.client.agents();
    let environment = world.environment("e").await;
    let request = world.new_agent("a").environment(environment.id);
    let agent = agents.create(request).await.unwrap();
    let update = UpdateAgent::new(1).environment(Patch::Clear);
    let detached = agents.update(agent.id, update).await.unwrap();
    assert_eq!((detached.environment_id, detached.version), (None, 2));
}

async fn old_servers_ignore_clearing_the_environment(world: World) {
    let agents = world.client.agents();
    let environment = world.environment("e").await;
    let request = world.new_agent("a").environment(environment.id);
    let agent = agents.create(request).await.unwrap();
    let update = UpdateAgent::new(1).environment(Patch::Clear);
    assert_eq!(agents.update(agent.id, update).await.unwrap(), agent);
}

async fn lists_are_replaced(world: World) {
    let agents = world.client.agents();
    let request = world
        .new_agent("a")
        .skill(Skill::inline("one", "d", "c"))
        .skill(Skill::inline("two", "d", "c"))
        .mcp_server(McpServer::url("m", "https://m.example.com"));
    let agent = agents.create(request).await.unwrap();

    let three: Skill = Skill::inline("three", "d", "c").into();
    let update = UpdateAgent::new(1).skills([three.clone()]);
    let replaced = agents.update(agent.id, update).await.unwrap();
    assert_eq!(replaced.skills, std::slice::from_ref(&three));
    assert_eq!(replaced.mcp_servers, agent.mcp_servers);

    let update = UpdateAgent::new(2).mcp_servers([]);
    let cleared = agents.update(agent.id, update).await.unwrap();
    assert_eq!(cleared.skills, [three]);
    assert!(cleared.mcp_servers.is_empty());
}

async fn metadata_is_merged_by_key(world: World) {
    let agents = world.client.agents();
    let request = world
        .new_agent("a")
        .metadata("kept", true)
        .metadata("changed", 1)
        .metadata("removed", "x")
        .metadata("nested", json!({"a": 1, "b": 2}));
    let agent = agents.create(request).await.unwrap();
    let update = UpdateAgent::new(1)
        .metadata("changed", "é")
        .metadata("added", Value::Null)
        .metadata("nested", json!({"b": ""}))
        .remove_metadata("removed")
        .remove_metadata("never there");
    let merged = agents.update(agent.id, update).await.unwrap();
    assert_eq!(
        Value::from(merged.metadata),
        json!({"kept": true, "changed": "é", "added": null, "nested": {"b": ""}})
    );
    assert_eq!(merged.version, 2);
}

async fn an_update_without_changes_keeps_version_and_time(world: World) {
    let agents = world.client.agents();
    let environment = world.environment("e").await;
    let request = world
        .new_agent("a")
        .system("s")
        .environment(environment.id)
        .skill(Skill::inline("one", "d", "c"))
        .metadata("k", "v");
    let agent = agents.create(request).await.unwrap();
    let update = || UpdateAgent::new(1);
    for update in [
        update(),
        update().name("a").model(world.model()).system("s"),
        update().description(Patch::Clear),
        update().environment(environment.id),
        update().skills(agent.skills.clone()).mcp_servers([]),
        update().metadata("k", "v").remove_metadata("absent"),
    ] {
        world.control.advance(Duration::from_secs(1));
        assert_eq!(agents.update(agent.id, update).await.unwrap(), agent);
    }
    assert_eq!(agents.versions(agent.id).await.unwrap().len(), 1);
}

async fn a_name_can_be_empty(world: World) {
    let agent = world.agent("a").await;
    let update = UpdateAgent::new(1).name("");
    let agent = world.client.agents().update(agent.id, update).await;
    assert_eq!(agent.unwrap().name, "");
}

async fn the_runtime_or_provider_can_be_changed(world: World) {
    let agent = world.agent("a").await;
    let update = UpdateAgent::new(1);
    let (update, model) = match world.generation {
        Generation::April21 => (update.runtime(Runtime::Codex).model("gpt-4.1"), "gpt-4.1"),
        Generation::April30 => (
            update.runtime(Runtime::Opencode).model("openai/o3"),
            "openai/o3",
        ),
        Generation::June25 => (
            update.provider(Provider::OpenAi).model("anything at all"),
            "anything at all",
        ),
    };
    let changed = world
        .client
        .agents()
        .update(agent.id, update.clone())
        .await
        .unwrap();
    assert_eq!(changed.model, model);
    assert_eq!(
        (changed.runtime, changed.provider),
        (update.runtime, update.provider)
    );
}

async fn a_model_prefix_equal_to_the_provider_is_removed(world: World) {
    let agents = world.client.agents();
    let request = aod::models::CreateAgent::new("a", "anthropic/claude-x").provider("anthropic");
    let agent = agents.create(request).await.unwrap();
    assert_eq!(agent.model, "claude-x");
    let update = UpdateAgent::new(1).model("anthropic/claude-x");
    assert_eq!(agents.update(agent.id, update).await.unwrap().version, 1);
}

async fn versions_are_listed_highest_first(world: World) {
    world.control.freeze_clock();
    let agents = world.client.agents();
    let agent = world.agent("one").await;
    for (version, name) in [(1, "two"), (2, "three")] {
        world.control.advance(Duration::from_secs(10));
        let update = UpdateAgent::new(version).name(name);
        agents.update(agent.id, update).await.unwrap();
    }
    let versions = agents.versions(agent.id).await.unwrap();
    let shown: Vec<_> = versions
        .iter()
        .map(|version| {
            let age = version.created_at.duration_since(agent.created_at);
            (version.version, version.name.as_str(), age.as_secs())
        })
        .collect();
    assert_eq!(shown, [(3, "three", 20), (2, "two", 10), (1, "one", 0)]);
    assert!(versions.iter().all(|version| version.id == agent.id
        && version.object_type == "agent"
        && version.model == agent.model
        && version.runtime == agent.runtime
        && version.provider == agent.provider
        && version.extra.is_empty()));
}
