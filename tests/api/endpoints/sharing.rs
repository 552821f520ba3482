//! Clones of a client in concurrent use, and the connections that remain when they are dropped.

use std::collections::BTreeSet;
use std::time::Duration;

use aod::models::{CreateEnvironment, CreateSession};
use aod_devserver::{Effect, Script};
use futures::future::try_join_all;
use futures::{StreamExt, TryStreamExt};

use crate::endpoints::world::{World, tests};

tests! { in [april21 april30 june25]:
    clones_make_concurrent_calls,
    concurrent_sessions_are_independent,
    a_stream_that_has_ended_closes_its_connection,
    dropping_a_stream_closes_its_connection,
    dropping_a_call_closes_its_connection,
    dropping_the_last_clone_closes_all_connections,
    sequential_calls_share_a_connection,
    a_slow_reader_does_not_delay_other_calls,
}

/// Checks the bounds of `tokio::spawn`.
fn is_sendable<T: Send + 'static>(value: T) -> T {
    value
}

async fn clones_make_concurrent_calls(world: World) {
    let calls = (0..64).map(|number| {
        let client = world.client.clone();
        tokio::spawn(async move {
            let request = CreateEnvironment::new(format!("environment {number}"));
            let environment = client.environments().create(request).await.unwrap();
            let read = client.environments().get(environment.id).await.unwrap();
            assert_eq!(read, environment);
            environment.name
        })
    });
    let names: BTreeSet<String> = try_join_all(calls).await.unwrap().into_iter().collect();
    assert_eq!(names.len(), 64);
    let list = world.client.environments().list().await.unwrap();
    let listed: BTreeSet<String> = list
        .into_iter()
        .map(|environment| environment.name)
        .collect();
    assert_eq!(listed, names);
}

async fn concurrent_sessions_are_independent(world: World) {
    for number in 0..64 {
        let script = Script::new()
            .stdout(format!("out {number} "))
            .hold("together")
            .stdout(format!("end {number}"))
            .exit(number);
        world
            .control
            .set_script_for_prompt(format!("<{number}>"), script);
    }
    let agent = world.agent("a").await.id;
    let runs = (0..64).map(|number| {
        let client = world.client.clone();
        tokio::spawn(async move {
            let request = CreateSession::new(agent, format!("<{number}>"));
            let run = client.sessions().run(request).await.unwrap();
            (number, run)
        })
    });
    let runs: Vec<_> = runs.collect();
    world.control.streams_open(64).await;
    world.control.release("together");
    for (number, run) in try_join_all(runs).await.unwrap() {
        assert_eq!(run.stdout, format!("out {number} end {number}"));
        assert_eq!(run.session.exit_code, Some(number));
    }
    world.control.streams_open(0).await;
}

async fn a_stream_that_has_ended_closes_its_connection(world: World) {
    let id = world.session(Script::new().stdout("x").hold("go")).await.id;
    let mut events = is_sendable(world.client.sessions().stream(id).await.unwrap());
    world.control.streams_open(1).await;
    world.control.release("go");
    while events.try_next().await.unwrap().is_some() {}
    world.control.streams_open(0).await;
    // Polling again is allowed.
    assert!(events.next().await.is_none());
}

async fn dropping_a_stream_closes_its_connection(world: World) {
    let id = world.session(Script::new().stdout("x").hang()).await.id;
    let mut events = world.client.sessions().stream(id).await.unwrap();
    events.try_next().await.unwrap();
    world.control.streams_open(1).await;
    drop(events);
    world.control.streams_open(0).await;
    // The client can still be used.
    world.client.sessions().get(id).await.unwrap();
}

async fn dropping_a_call_closes_its_connection(world: World) {
    let stall = Effect::Stall { after_bytes: None };
    world.fault("GET", "/agents", stall);
    let client = world.client.clone();
    let call = tokio::spawn(async move { client.agents().list().await });
    world.control.connections_open(1).await;
    call.abort();
    assert!(call.await.unwrap_err().is_cancelled());
    world.control.connections_open(0).await;
    assert!(world.client.agents().list().await.unwrap().is_empty());
}

async fn dropping_the_last_clone_closes_all_connections(world: World) {
    let id = world.session(Script::new().stdout("x").hang()).await.id;
    let World {
        client, control, ..
    } = &world;
    let clone = client.with_options(aod::Options::new().timeout(Duration::from_secs(5)));
    let calls = (0..8).map(|_| client.health());
    try_join_all(calls).await.unwrap();
    let mut events = clone.sessions().stream(id).await.unwrap();
    events.try_next().await.unwrap();
    assert!(control.stats().open_connections > 0);

    // A stream keeps what it needs of its client to reconnect.
    drop(clone);
    let control = world.control.clone();
    let server = world.without_client();
    assert_eq!(
        events.try_next().await.unwrap().unwrap().event_type(),
        "stage"
    );
    drop(events);
    control.connections_open(0).await;
    assert_eq!(control.stats().open_streams, 0);
    drop(server);
}

async fn sequential_calls_share_a_connection(world: World) {
    let before = world.control.stats();
    for _ in 0..10 {
        world.client.agents().list().await.unwrap();
    }
    // A client with other options shares the connections.
    let other = world
        .client
        .with_options(aod::Options::new().max_retries(0));
    other.agents().list().await.unwrap();
    let after = world.control.stats();
    assert_eq!(after.requests - before.requests, 11);
    assert_eq!(after.accepted_connections - before.accepted_connections, 1);
}

async fn a_slow_reader_does_not_delay_other_calls(world: World) {
    // More than the socket buffers hold, without a reader.
    let script = (0..64).fold(Script::new(), |script, _| {
        script.stdout("x".repeat(1 << 16))
    });
    let id = world.ended_session(script).await.id;
    let unread = world.client.sessions().stream(id).await.unwrap();
    for _ in 0..10 {
        world.client.sessions().get(id).await.unwrap();
    }
    let stdout = unread.collect_stdout().await.unwrap();
    assert_eq!(stdout.len(), 64 << 16);
}
