//! Streams of running sessions: live events, idle streams, and every end.

use std::time::Duration;

use aod::models::SessionStatus;
use aod::models::event::{StageName, StageState, StreamEvent};
use aod::{ErrorKind, EventStream};
use aod_devserver::{Action, Generation, Script};
use futures::{FutureExt, TryStreamExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use uuid::Uuid;

use crate::endpoints::world::{World, finish, print, tests};

tests! { in [april21 april30 june25]:
    events_arrive_while_the_session_runs,
    stages_arrive_in_the_order_of_the_generation,
    a_stream_opened_at_creation_delivers_the_whole_session,
    a_stream_opened_after_a_prompt_delivers_its_turn,
    a_stream_continues_while_a_turn_is_queued,
    a_live_stream_delivers_nothing_until_its_cursor_is_passed,
    heartbeats_are_not_events,
    a_quiet_stream_becomes_stale_and_the_session_continues,
    output_delays_stale,
    termination_ends_a_stream_after_the_output,
    a_failure_while_pending_ends_a_stream,
    a_session_deleted_during_a_stream_is_not_found,
    two_streams_of_a_session_deliver_the_same,
}

tests! { in [april21]: a_stream_of_a_deleted_session_ends_in_not_found }
tests! { in [june25]: an_interrupt_ends_a_stream_with_the_turn }

async fn stream(world: &World, id: Uuid) -> EventStream {
    world.client.sessions().stream(id).await.unwrap()
}

async fn next(events: &mut EventStream) -> StreamEvent {
    events.try_next().await.unwrap().expect("another event")
}

/// Reads up to the next output and returns its text.
async fn next_text(events: &mut EventStream) -> String {
    loop {
        if let Some(text) = next(events).await.text() {
            return text.to_owned();
        }
    }
}

/// Reads up to the terminal event and returns it.
async fn end(events: &mut EventStream) -> StreamEvent {
    loop {
        let event = next(events).await;
        if event.is_terminal() {
            assert_eq!(events.try_next().await.unwrap(), None);
            return event;
        }
    }
}

async fn events_arrive_while_the_session_runs(world: World) {
    let script = Script::new()
        .stdout("one")
        .hold("first")
        .stdout("two")
        .hold("second")
        .exit(5);
    let id = world.session(script).await.id;
    let mut events = stream(&world, id).await;
    assert_eq!(next_text(&mut events).await, "one");
    // No event is available before it happens.
    world.control.hold_reached("first").await;
    assert!(events.try_next().now_or_never().is_none());
    world.control.release("first");
    assert_eq!(next_text(&mut events).await, "two");
    world.control.release("second");
    assert_eq!(end(&mut events).await.exit_code(), Some(5));
}

async fn stages_arrive_in_the_order_of_the_generation(world: World) {
    let environment = aod::models::CreateEnvironment::new("e")
        .networking(aod::models::Networking::limited(["github.com"]));
    let environment = world.client.environments().create(environment).await;
    let agent = world
        .new_agent("a")
        .environment(environment.unwrap().id)
        .skill(aod::models::Skill::inline("s", "d", "c"))
        .mcp_server(aod::models::McpServer::url("m", "u"));
    let agent = world.client.agents().create(agent).await.unwrap();
    let repository =
        aod::models::GithubRepository::new("https://github.com/a/b").authorization_token("t");
    let request = aod::models::CreateSession::new(agent.id, "p").repository(repository);
    world.control.set_script(Script::new());
    let ack = world.client.sessions().create(request).await.unwrap();
    let events: Vec<StreamEvent> = stream(&world, ack.id).await.try_collect().await.unwrap();

    let stages: Vec<_> = events
        .iter()
        .filter_map(|event| match event {
            StreamEvent::Stage(stage) => Some(stage),
            _ => None,
        })
        .collect();
    let started: Vec<_> = stages
        .iter()
        .filter(|stage| stage.state == StageState::Started)
        .map(|stage| stage.stage.as_str())
        .collect();
    let expected = match world.generation {
        Generation::April21 => vec![
            "create_sprite",
            "network_policy",
            "env_file",
            "git_credentials",
            "provision_setup",
            "mcp_config",
            "skills",
            "runtime_start",
        ],
        Generation::April30 | Generation::June25 => vec![
            "create_sprite",
            "install_runtime",
            "network_policy",
            "env_file",
            "git_credentials",
            "provision_setup",
            "runtime_config",
            "skills",
            "runtime_start",
        ],
    };
    assert_eq!(started, expected);
    for stage in stages {
        let timed = stage.state == StageState::Done;
        assert_eq!(stage.duration_ms.is_some(), timed, "{stage:?}");
    }
}

async fn a_stream_opened_at_creation_delivers_the_whole_session(world: World) {
    let script = Script::new()
        .hold_provisioning("provision")
        .stdout("done")
        .exit(0);
    let id = world.session(script).await.id;
    let mut events = stream(&world, id).await;
    assert_eq!(next(&mut events).await.event_type(), "start");
    world.control.hold_reached("provision").await;
    assert!(events.try_next().now_or_never().is_none());
    world.control.release("provision");
    let StreamEvent::Stage(stage) = next(&mut events).await else {
        panic!("no stage")
    };
    assert_eq!(stage.stage, StageName::CreateSprite);
    assert_eq!(next_text(&mut events).await, "done");
    assert_eq!(end(&mut events).await.exit_code(), Some(0));
}

async fn a_stream_opened_after_a_prompt_delivers_its_turn(world: World) {
    let id = world.ended_session(Script::new().stdout("old")).await.id;
    let script = Script::new().hold("go").stdout("new").exit(4);
    world.control.set_script(script);
    let ack = world.client.sessions().prompt(id, "more").await.unwrap();

    let mut events = stream(&world, id).await.turn(ack.current_turn.unwrap());
    assert!(matches!(next(&mut events).await, StreamEvent::Start(_)));
    world.control.hold_reached("go").await;
    assert!(events.try_next().now_or_never().is_none());
    world.control.release("go");

    assert_eq!(next(&mut events).await.turn(), Some(2));
    assert_eq!(next(&mut events).await.text(), Some("new"));
    assert_eq!(next(&mut events).await.exit_code(), Some(4));
    assert_eq!(events.try_next().await.unwrap(), None);
}

async fn a_stream_continues_while_a_turn_is_queued(world: World) {
    let id = world.manual_session().await.id;
    let mut events = stream(&world, id).await;
    world.act(id, Action::StartTurn { turn: 1 });
    world.act(id, print("one", 1));
    assert_eq!(next_text(&mut events).await, "one");
    // The end of the turn and the next prompt happen between two polls of the stream.
    world.act(id, finish(1));
    world.act(
        id,
        Action::SetStatus {
            status: aod_devserver::Status::Pending,
            exit_code: None,
        },
    );
    world.act(id, print("two", 2));
    assert_eq!(next(&mut events).await.event_type(), "turn_start");
    assert_eq!(next(&mut events).await.text(), Some("two"));
}

async fn a_live_stream_delivers_nothing_until_its_cursor_is_passed(world: World) {
    let id = world.manual_session().await.id;
    world.control.set_next_log_id(100).unwrap();
    let mut events = world.client.sessions().stream(id).since(102).await.unwrap();
    assert_eq!(next(&mut events).await.event_type(), "start");
    for text in ["100", "101", "102", "103"] {
        world.act(id, print(text, 1));
    }
    let event = next(&mut events).await;
    assert_eq!((event.id(), event.turn()), (Some(103), Some(1)));
    assert_eq!(next(&mut events).await.text(), Some("103"));
}

async fn heartbeats_are_not_events(world: World) {
    world.control.freeze_clock();
    let id = world.manual_session().await.id;
    let mut events = stream(&world, id).await;
    let mut witness = RawStream::open(&world, id).await;
    world.control.streams_open(2).await;
    for round in ["one", "two", "three"] {
        world.control.advance(Duration::from_secs(15));
        // Every stream of the session receives one; this one shows it.
        witness.read_until(": heartbeat\n\n").await;
        world.act(id, print(round, 1));
        assert_eq!(next_text(&mut events).await, round);
    }
    world.act(id, finish(1));
    assert_eq!(end(&mut events).await.exit_code(), Some(0));
}

/// A stream that is read as bytes.
struct RawStream(BufReader<TcpStream>);

impl RawStream {
    async fn open(world: &World, id: Uuid) -> Self {
        let host = world.url().strip_prefix("http://").unwrap();
        let mut socket = TcpStream::connect(host).await.unwrap();
        let head = format!(
            "GET /sessions/{id}/stream HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer aod_dev\r\n\r\n"
        );
        socket.write_all(head.as_bytes()).await.unwrap();
        Self(BufReader::new(socket))
    }

    /// Reads up to the next occurrence of a text, which must not be split across chunks.
    async fn read_until(&mut self, text: &str) {
        let mut read = Vec::new();
        while !read.ends_with(text.as_bytes()) {
            read.push(self.0.read_u8().await.unwrap());
        }
    }
}

async fn a_quiet_stream_becomes_stale_and_the_session_continues(world: World) {
    world.control.freeze_clock();
    let id = world.manual_session().await.id;
    let mut events = stream(&world, id).await;
    let last = loop {
        let event = next(&mut events).await;
        if matches!(&event, StreamEvent::Stage(stage) if stage.stage.as_str() == last_stage(&world) && stage.state == StageState::Done)
        {
            break event;
        }
    };
    world.control.advance(Duration::from_secs(601));

    let StreamEvent::Stale(stale) = end(&mut events).await else {
        panic!("not stale")
    };

    assert_eq!(stale.id, last.id());
    assert_eq!(stale.message.as_deref(), Some("No output for 600s"));
    let session = world.client.sessions().get(id).await.unwrap();
    assert_eq!(session.status, SessionStatus::Pending);
    // The time restarts with a new connection.
    let mut again = stream(&world, id).await;
    world.control.advance(Duration::from_secs(599));
    world.act(id, print("late", 1));
    assert_eq!(next_text(&mut again).await, "late");
}

/// The last stage of provisioning without optional stages.
fn last_stage(world: &World) -> &'static str {
    match world.generation {
        Generation::April21 => "provision_setup",
        Generation::April30 | Generation::June25 => "runtime_config",
    }
}

async fn output_delays_stale(world: World) {
    world.control.freeze_clock();
    let id = world.manual_session().await.id;
    let mut events = stream(&world, id).await;
    for round in ["one", "two"] {
        world.control.advance(Duration::from_secs(500));
        world.act(id, print(round, 1));
        assert_eq!(next_text(&mut events).await, round);
    }
    world.act(id, finish(1));
    assert_eq!(end(&mut events).await.exit_code(), Some(0));
}

async fn termination_ends_a_stream_after_the_output(world: World) {
    let id = world.session(Script::new().stdout("said").hang()).await.id;
    let mut events = stream(&world, id).await;
    assert_eq!(next_text(&mut events).await, "said");
    world.client.sessions().terminate(id).await.unwrap();
    let StreamEvent::Terminated(terminated) = end(&mut events).await else {
        panic!("not terminated")
    };
    assert_eq!(terminated.message.as_deref(), Some("Session terminated"));
}

async fn a_failure_while_pending_ends_a_stream(world: World) {
    let id = world.session(Script::manual()).await.id;
    let mut events = stream(&world, id).await;
    let message = "Failed to create Sprite: no capacity".to_owned();
    world.act(id, Action::FailProvisioning { message });
    assert_eq!(
        next_text(&mut events).await,
        "provision failed: Failed to create Sprite: no capacity\n"
    );
    assert_eq!(end(&mut events).await.event_type(), "error");
}

async fn a_session_deleted_during_a_stream_is_not_found(world: World) {
    let id = world.manual_session().await.id;
    let mut events = stream(&world, id).await;
    assert_eq!(next(&mut events).await.event_type(), "start");
    world.control.reset();
    let error = loop {
        match events.try_next().await {
            Ok(event) => assert!(!event.expect("no end").is_terminal()),
            Err(error) => break error,
        }
    };
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert_eq!(events.try_next().await.unwrap(), None);
    let error = world.client.sessions().stream(id).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

async fn a_stream_of_a_deleted_session_ends_in_not_found(world: World) {
    let id = world.session(Script::manual()).await.id;
    let mut events = stream(&world, id).await;
    assert_eq!(next(&mut events).await.event_type(), "start");
    world.client.sessions().delete(id).await.unwrap();
    let error = events.try_next().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.url().unwrap().contains("/stream"));
}

async fn an_interrupt_ends_a_stream_with_the_turn(world: World) {
    let id = world.session(Script::new().stdout("half").hang()).await.id;
    let mut events = stream(&world, id).await;
    assert_eq!(next_text(&mut events).await, "half");
    world.client.sessions().interrupt(id).await.unwrap();
    assert_eq!(end(&mut events).await.event_type(), "exit");
}

async fn two_streams_of_a_session_deliver_the_same(world: World) {
    let script = Script::new().stdout("a").hold("go").stdout("b").exit(0);
    let id = world.session(script).await.id;
    let (one, two) = (stream(&world, id).await, stream(&world, id).await);
    world.control.streams_open(2).await;
    world.control.release("go");
    let (one, two): (Vec<_>, Vec<_>) =
        futures::future::try_join(one.try_collect(), two.try_collect())
            .await
            .unwrap();
    assert_eq!(one, two);
    world.control.streams_open(0).await;
}
