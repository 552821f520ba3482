//! 422 responses for environments: names, packages, variables and networking.

use aod::models::{
    CreateEnvironment, Networking, NetworkingType, PackageManager, Packages, UpdateEnvironment,
};
use aod::{Detail, ErrorKind};
use aod_devserver::Generation;
use serde_json::json;

use super::{assert_refused, both, fields, rule, server_only};
use crate::endpoints::world::{World, tests};

tests! { in [april21 april30 june25]:
    invalid_environments_are_refused,
    an_update_has_the_same_rules,
}

tests! { in [april30 june25]:
    names_of_variables_are_checked,
    variables_echoed_by_the_server_are_not_shown,
    hosts_are_checked_on_updates,
}
tests! { in [april21]: old_servers_check_neither_names_of_variables_nor_hosts_on_updates }

const MANAGERS: &str =
    "Unknown package manager: brew. Must be one of: ['apt', 'cargo', 'gem', 'go', 'npm', 'pip']";
const NETWORKING_TYPE: &str = "networking.type must be 'unrestricted' or 'limited'";
const HOSTS: &str = "networking.allowed_hosts must be a list";

fn restricted_network() -> Networking {
    Networking {
        networking_type: NetworkingType::Unknown("restricted".into()),
        ..Networking::unrestricted()
    }
}

/// Hosts as a string instead of a list.
fn text_as_hosts() -> Networking {
    let mut networking = Networking {
        networking_type: NetworkingType::Limited,
        ..Networking::unrestricted()
    };
    let hosts = json!("github.com");
    networking.extra.insert("allowed_hosts".into(), hosts);
    networking
}

fn brew() -> Packages {
    Packages::from([(
        PackageManager::Unknown("brew".into()),
        vec!["jq".to_owned()],
    )])
}

async fn invalid_environments_are_refused(world: World) {
    let create = || CreateEnvironment::new("e");
    let rows = [
        both(
            CreateEnvironment::new("é".repeat(201)),
            ["name"],
            fields([("name", "String should have at most 200 characters")]),
        ),
        both(
            create().packages("brew", ["jq"]),
            ["packages"],
            rule("packages", MANAGERS),
        ),
        both(
            create().networking(restricted_network()),
            ["networking"],
            rule("networking", NETWORKING_TYPE),
        ),
        server_only(
            create().networking(text_as_hosts()),
            rule("networking", HOSTS),
        ),
        both(
            CreateEnvironment::new("n".repeat(201))
                .packages("brew", ["jq"])
                .networking(restricted_network()),
            ["name", "packages", "networking"],
            fields([
                ("name", "String should have at most 200 characters"),
                ("packages", &format!("Value error, {MANAGERS}")),
                ("networking", &format!("Value error, {NETWORKING_TYPE}")),
            ]),
        ),
    ];
    assert_refused(&world, rows, async |client, request| {
        client.environments().create(request).await
    })
    .await;
    // At the limit it is accepted.
    let request = CreateEnvironment::new("é".repeat(200));
    world.client.environments().create(request).await.unwrap();
}

async fn an_update_has_the_same_rules(world: World) {
    let id = world.environment("e").await.id;
    let update = UpdateEnvironment::new(1);
    let rows = [
        both(
            update.clone().packages(brew()),
            ["packages"],
            rule("packages", MANAGERS),
        ),
        both(
            update.networking(restricted_network()),
            ["networking"],
            rule("networking", NETWORKING_TYPE),
        ),
    ];
    assert_refused(&world, rows, async |client, update| {
        client.environments().update(id, update).await
    })
    .await;
    let versions = world.client.environments().versions(id).await.unwrap();
    assert_eq!(versions.len(), 1);
}

async fn names_of_variables_are_checked(world: World) {
    let id = world.environment("e").await.id;
    let detail = |name| format!("Invalid env_var key {name}: must match [A-Za-z_][A-Za-z0-9_]*");
    for (name, shown) in [
        ("1A", "'1A'"),
        ("A-B", "'A-B'"),
        ("", "''"),
        ("É", "'É'"),
        ("A=B", "'A=B'"),
    ] {
        let server = || rule("env_vars", &detail(shown));
        let create = CreateEnvironment::new("f").env_var(name, "v");
        let rows = [both(create, ["env_vars"], server())];
        assert_refused(&world, rows, async |client, request| {
            client.environments().create(request).await
        })
        .await;
        let update = UpdateEnvironment::new(1).env_vars([(name, "v")]);
        let rows = [both(update, ["env_vars"], server())];
        assert_refused(&world, rows, async |client, update| {
            client.environments().update(id, update).await
        })
        .await;
    }
    let request = CreateEnvironment::new("f").env_var("_a1", "v");
    world.client.environments().create(request).await.unwrap();
}

async fn variables_echoed_by_the_server_are_not_shown(world: World) {
    let request = CreateEnvironment::new("e")
        .env_var("NOT A NAME", "v")
        .env_var("TOKEN", "hunter2");
    let error = world
        .unchecked()
        .environments()
        .create(request)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Validation);
    let Some(Detail::Fields(fields)) = error.detail() else {
        panic!("{error:?}")
    };
    assert_eq!(fields[0].input().unwrap()["TOKEN"], "hunter2");
    assert!(!format!("{error} {error:?} {error:#?}").contains("hunter2"));
}

async fn hosts_are_checked_on_updates(world: World) {
    let id = world.environment("e").await.id;
    let update = UpdateEnvironment::new(1).networking(text_as_hosts());
    let rows = [server_only(update, rule("networking", HOSTS))];
    assert_refused(&world, rows, async |client, update| {
        client.environments().update(id, update).await
    })
    .await;
}

async fn old_servers_check_neither_names_of_variables_nor_hosts_on_updates(world: World) {
    assert_eq!(world.generation, Generation::April21);
    let client = world.unchecked();
    let request = CreateEnvironment::new("e").env_var("NOT A NAME", "v");
    let environment = client.environments().create(request).await.unwrap();
    let update = UpdateEnvironment::new(1).networking(text_as_hosts());
    let updated = client.environments().update(environment.id, update).await;
    // Values of other types are kept verbatim.
    assert_eq!(updated.unwrap().networking, text_as_hosts());
}
