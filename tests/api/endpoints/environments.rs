//! `/environments`: create, get, list, update, archive, versions, delete.

use std::time::Duration;

use aod::models::{
    CreateEnvironment, CreateSession, Networking, NetworkingType, PackageManager, Packages, Patch,
    SecretMap, UpdateAgent, UpdateEnvironment,
};
use aod::{ErrorKind, models::Environment};
use aod_devserver::Script;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::endpoints::world::{World, tests};

tests! { in [april21 april30 june25]:
    a_created_environment_is_returned_as_sent,
    an_environment_requires_only_a_name,
    variables_are_sent_and_never_returned,
    networking_is_returned_according_to_its_type,
    the_list_contains_the_users_active_environments_newest_first,
    an_archived_environment_frees_its_name,
    a_deleted_environment_is_removed_from_agents_and_their_versions,
    an_environment_without_sessions_can_be_deleted,
    an_update_replaces_only_the_given_fields,
    an_update_without_changes_keeps_version_and_time,
    hosts_that_are_not_returned_count_as_a_change,
    versions_are_listed_highest_first,
}

async fn create(world: &World, request: CreateEnvironment) -> Environment {
    world.client.environments().create(request).await.unwrap()
}

async fn a_created_environment_is_returned_as_sent(world: World) {
    let request = CreateEnvironment::new("ci ✓")
        .packages(PackageManager::Apt, ["jq", "libpq-dev"])
        .packages(PackageManager::Cargo, ["ripgrep"])
        .packages(PackageManager::Gem, ["rake"])
        .packages(PackageManager::Go, ["example.com/tool@latest"])
        .packages(PackageManager::Npm, [""; 0])
        .packages(PackageManager::Pip, ["ruff==0.8.0"])
        .setup_script("echo 'é'\nexit 0")
        .networking(Networking::limited(["github.com", "pypi.org"]));

    let environment = create(&world, request.clone()).await;

    assert_eq!(environment.id.get_version_num(), 4);
    assert_eq!(environment.object_type, "environment");
    assert_eq!(environment.name, "ci ✓");
    assert_eq!(environment.packages, request.packages);
    assert_eq!(environment.setup_script, request.setup_script);
    assert_eq!(Some(&environment.networking), request.networking.as_ref());
    assert_eq!(environment.version, 1);
    assert_eq!(environment.updated_at, environment.created_at);
    assert_eq!(environment.archived_at, None);
    assert!(environment.extra.is_empty(), "{:?}", environment.extra);
    let environments = world.client.environments();
    assert_eq!(environments.get(environment.id).await.unwrap(), environment);
    assert_eq!(environments.list().await.unwrap(), [environment]);
}

async fn an_environment_requires_only_a_name(world: World) {
    let environment = world.environment("bare").await;
    assert!(environment.packages.is_empty());
    assert_eq!(environment.setup_script, None);
    assert_eq!(environment.networking, Networking::unrestricted());
    let empty = create(&world, CreateEnvironment::new("e").setup_script("")).await;
    assert_eq!(empty.setup_script, None);
}

async fn variables_are_sent_and_never_returned(world: World) {
    let environments = world.client.environments();
    let request = CreateEnvironment::new("e")
        .env_var("NPM_TOKEN", "hunter2")
        .env_var("EMPTY", "")
        .env_var("UNI", "é");
    let environment = create(&world, request).await;
    assert_eq!(
        world.last_body()["env_vars"],
        json!({"NPM_TOKEN": "hunter2", "EMPTY": "", "UNI": "é"})
    );
    let id = environment.id;
    let mut shown = vec![serde_json::to_string(&environment).unwrap()];
    let update = UpdateEnvironment::new(1).env_vars([("ONLY", "hunter2 again")]);
    shown.push(serde_json::to_string(&environments.update(id, update).await.unwrap()).unwrap());
    assert_eq!(
        world.last_body()["env_vars"],
        json!({"ONLY": "hunter2 again"})
    );
    shown.push(serde_json::to_string(&environments.get(id).await.unwrap()).unwrap());
    shown.push(serde_json::to_string(&environments.list().await.unwrap()).unwrap());
    shown.push(serde_json::to_string(&environments.versions(id).await.unwrap()).unwrap());
    shown.push(serde_json::to_string(&environments.archive(id).await.unwrap()).unwrap());
    for text in shown {
        assert!(
            !text.contains("hunter2") && !text.contains("env_vars") && !text.contains("ONLY"),
            "{text}"
        );
    }
}

async fn networking_is_returned_according_to_its_type(world: World) {
    let limited = Networking {
        networking_type: NetworkingType::Limited,
        ..Networking::unrestricted()
    };
    let closed = Networking::limited([""; 0]);
    let mut noted = Networking::limited(["h.example"]);
    noted.extra.insert("note".into(), json!("kept"));
    let unrestricted = Networking {
        allowed_hosts: Some(vec!["h.example".into()]),
        ..Networking::unrestricted()
    };
    for (index, (sent, shown)) in [
        // Without hosts and with an empty list, no host can be reached.
        (limited.clone(), limited),
        (closed.clone(), closed),
        (noted.clone(), noted),
        // Stored, but not returned.
        (unrestricted, Networking::unrestricted()),
    ]
    .into_iter()
    .enumerate()
    {
        let request = CreateEnvironment::new(format!("e{index}")).networking(sent);
        assert_eq!(create(&world, request).await.networking, shown);
    }
}

async fn the_list_contains_the_users_active_environments_newest_first(world: World) {
    let environments = world.client.environments();
    assert!(environments.list().await.unwrap().is_empty());
    let oldest = world.environment("one").await;
    let middle = world.environment("two").await;
    let newest = world.environment("three").await;
    // Names are unique per user.
    let stranger = world.stranger();
    let theirs = CreateEnvironment::new("one");
    stranger.environments().create(theirs).await.unwrap();
    assert_eq!(
        environments.list().await.unwrap(),
        [newest.clone(), middle.clone(), oldest.clone()]
    );
    environments.archive(middle.id).await.unwrap();
    assert_eq!(environments.list().await.unwrap(), [newest, oldest]);
}

async fn an_archived_environment_frees_its_name(world: World) {
    world.control.freeze_clock();
    let environments = world.client.environments();
    let first = world.environment("ci").await;
    let request = world.new_agent("a").environment(first.id);
    let agent = world.client.agents().create(request).await.unwrap();
    world.control.advance(Duration::from_secs(9));

    let archived = environments.archive(first.id).await.unwrap();

    let at = first.created_at + SignedDuration::from_secs(9);
    assert_eq!(archived.archived_at, Some(at));
    assert_eq!((archived.updated_at, archived.version), (at, 1));
    assert_eq!(environments.get(first.id).await.unwrap(), archived);
    assert_eq!(environments.versions(first.id).await.unwrap().len(), 1);
    // The agent keeps the reference to it.
    let agent = world.client.agents().get(agent.id).await.unwrap();
    assert_eq!(agent.environment_id, Some(first.id));

    let second = world.environment("ci").await;
    assert_ne!(second.id, first.id);
    assert_eq!(environments.list().await.unwrap(), [second]);
}

async fn a_deleted_environment_is_removed_from_agents_and_their_versions(world: World) {
    let (environments, agents) = (world.client.environments(), world.client.agents());
    let environment = world.environment("e").await;
    let request = world.new_agent("a").environment(environment.id);
    let agent = agents.create(request).await.unwrap();
    let update = UpdateAgent::new(1).name("b");
    let agent = agents.update(agent.id, update).await.unwrap();

    environments.delete(environment.id).await.unwrap();

    for error in [
        environments.get(environment.id).await.unwrap_err(),
        environments.versions(environment.id).await.unwrap_err(),
        environments.delete(environment.id).await.unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::NotFound);
    }
    let mut expected = agent;
    expected.environment_id = None;
    assert_eq!(agents.get(expected.id).await.unwrap(), expected);
    let versions = agents.versions(expected.id).await.unwrap();
    assert!(
        versions
            .iter()
            .all(|version| version.environment_id.is_none())
    );
    assert_eq!(versions.len(), 2);
}

async fn an_environment_without_sessions_can_be_deleted(world: World) {
    let environment = world.environment("e").await;
    world.control.set_script(Script::new());
    let agent = world.agent("a").await;
    let request = CreateSession::new(agent.id, "p").environment(environment.id);
    let sessions = world.client.sessions();
    let run = sessions.run(request).await.unwrap();
    let environments = world.client.environments();
    let error = environments.delete(environment.id).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    sessions.delete(run.session.id).await.unwrap();
    environments.delete(environment.id).await.unwrap();
    assert!(environments.list().await.unwrap().is_empty());
}

async fn an_update_replaces_only_the_given_fields(world: World) {
    world.control.freeze_clock();
    let environments = world.client.environments();
    let request = CreateEnvironment::new("before")
        .packages(PackageManager::Apt, ["jq"])
        .packages(PackageManager::Pip, ["ruff"])
        .setup_script("true")
        .networking(Networking::limited(["a.example"]));
    let mut expected = create(&world, request).await;
    let start = expected.updated_at;
    let pip = Packages::from([(PackageManager::Pip, vec!["ruff".to_owned()])]);
    let update = UpdateEnvironment::new;
    for (update, change) in [
        (
            update(1).name("after").packages(pip.clone()),
            (|environment, pip| {
                environment.name = "after".into();
                environment.packages = pip;
            }) as fn(&mut Environment, Packages),
        ),
        (update(2).setup_script("false"), |environment, _| {
            environment.setup_script = Some("false".into());
        }),
        (update(3).setup_script(Patch::Clear), |environment, _| {
            environment.setup_script = None;
        }),
        (
            update(4).networking(Networking::limited(["b.example"])),
            |environment, _| environment.networking = Networking::limited(["b.example"]),
        ),
        (
            update(5).networking(Networking::unrestricted()),
            |environment, _| environment.networking = Networking::unrestricted(),
        ),
        (update(6).packages(Packages::new()), |environment, _| {
            environment.packages = Packages::new();
        }),
        (update(7).env_vars([("A", "1")]), |_, _| {}),
        (update(8).env_vars(SecretMap::new()), |_, _| {}),
        (update(9).name(""), |environment, _| {
            environment.name = String::new();
        }),
    ] {
        world.control.advance(Duration::from_secs(1));
        change(&mut expected, pip.clone());
        expected.version += 1;
        expected.updated_at = start + SignedDuration::from_secs(expected.version - 1);
        let updated = environments.update(expected.id, update).await.unwrap();
        assert_eq!(updated, expected);
    }
}

async fn an_update_without_changes_keeps_version_and_time(world: World) {
    let environments = world.client.environments();
    let request = CreateEnvironment::new("e")
        .packages(PackageManager::Apt, ["jq"])
        .env_var("A", "1")
        .setup_script("true")
        .networking(Networking::limited(["a.example"]));
    let environment = create(&world, request.clone()).await;
    let update = || UpdateEnvironment::new(1);
    for update in [
        update(),
        update().name("e").setup_script("true"),
        update().packages(request.packages),
        update().env_vars([("A", "1")]),
        update().networking(Networking::limited(["a.example"])),
    ] {
        world.control.advance(Duration::from_secs(1));
        let updated = environments.update(environment.id, update).await.unwrap();
        assert_eq!(updated, environment);
    }
    assert_eq!(
        environments.versions(environment.id).await.unwrap().len(),
        1
    );
}

async fn hosts_that_are_not_returned_count_as_a_change(world: World) {
    let environment = world.environment("e").await;
    let networking = Networking {
        allowed_hosts: Some(vec!["h.example".into()]),
        ..Networking::unrestricted()
    };
    let update = UpdateEnvironment::new(1).networking(networking);
    let updated = world
        .client
        .environments()
        .update(environment.id, update)
        .await
        .unwrap();
    assert_eq!(updated.networking, Networking::unrestricted());
    assert_eq!(updated.version, 2);
}

async fn versions_are_listed_highest_first(world: World) {
    world.control.freeze_clock();
    let environments = world.client.environments();
    let request = CreateEnvironment::new("one").packages(PackageManager::Go, ["x"]);
    let environment = create(&world, request).await;
    world.control.advance(Duration::from_secs(10));
    let update = UpdateEnvironment::new(1)
        .name("two")
        .packages(Packages::new());
    environments.update(environment.id, update).await.unwrap();

    let versions = environments.versions(environment.id).await.unwrap();

    let shown: Vec<_> = versions
        .iter()
        .map(|version| {
            let age = version.created_at.duration_since(environment.created_at);
            let packages = serde_json::to_value(&version.packages).unwrap();
            (
                version.version,
                version.name.as_str(),
                packages,
                age.as_secs(),
            )
        })
        .collect();
    assert_eq!(
        shown,
        [
            (2, "two", json!({}), 10),
            (1, "one", json!({"go": ["x"]}), 0)
        ]
    );
    assert!(versions.iter().all(|version| version.id == environment.id
        && version.object_type == "environment"
        && version.networking == Networking::unrestricted()
        && Value::from(version.extra.clone()) == json!({})));
}
