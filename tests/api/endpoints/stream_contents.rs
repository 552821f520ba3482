//! The content of events of `GET /sessions/{id}/stream`: any text, unknown events, and comments.

use aod::models::event::StreamEvent;
use aod_devserver::{Action, Effect, Script, Source};
use futures::TryStreamExt;
use serde_json::Value;

use crate::endpoints::streams::{replay, types};
use crate::endpoints::world::{World, finish, print, tests};

const STREAM: &str = "/sessions/*/stream";

tests! { in [april21 april30 june25]:
    text_is_delivered_as_printed,
    stdout_and_stderr_are_distinguished,
    output_without_a_turn_has_no_turn_number,
    a_long_log_is_delivered_completely_and_in_order,
    unknown_events_are_delivered_with_their_text,
    comments_and_line_endings_do_not_affect_events,
}

async fn text_is_delivered_as_printed(world: World) {
    let texts = [
        "🦀 日本語 ñ \u{0301}e\u{0301}",
        "raw \u{2028} and \u{2029} and \u{0085} and \u{feff} stay",
        "\r\n lone \r too \n\n\n",
        "\u{0}\u{1b}[31m\u{7f}\t\"\\/",
        "data: not a line\n\nid: 7\n",
        "",
        "\u{fffd}\u{10ffff}",
    ];
    let script = texts
        .iter()
        .fold(Script::new(), |script, text| script.stdout(*text));
    let id = world.ended_session(script).await.id;
    let events = world.client.sessions().stream(id).await.unwrap();
    let events: Vec<StreamEvent> = events.try_collect().await.unwrap();
    let shown: Vec<_> = events.iter().filter_map(StreamEvent::text).collect();
    assert_eq!(shown, texts);
}

async fn stdout_and_stderr_are_distinguished(world: World) {
    let script = Script::new().stdout("out 1").stderr("err").stdout("out 2");
    let id = world.ended_session(script).await.id;
    let sessions = world.client.sessions();
    let events: Vec<StreamEvent> = sessions
        .stream(id)
        .await
        .unwrap()
        .try_collect()
        .await
        .unwrap();
    let all: Vec<_> = events.iter().filter_map(StreamEvent::text).collect();
    assert_eq!(all, ["out 1", "err", "out 2"]);
    let stdout = sessions.stream(id).await.unwrap().collect_stdout().await;
    assert_eq!(stdout.unwrap(), "out 1out 2");
}

async fn output_without_a_turn_has_no_turn_number(world: World) {
    let id = world.session(Script::manual()).await.id;
    let nobodys = Action::Output {
        stream: Source::Stdout,
        data: "nobody's".to_owned(),
        turn: None,
        id: None,
    };
    world.act(id, nobodys);
    world.act(id, print("mine", 1));
    world.act(id, finish(1));
    let events = replay(&world, id, None).await;
    assert_eq!(
        types(&events),
        ["start", "output", "turn_start", "output", "exit"]
    );
    assert_eq!(events[1]["turn"], Value::Null);
    let of_turn = world.client.sessions().stream(id).await.unwrap().turn(1);
    assert_eq!(of_turn.collect_stdout().await.unwrap(), "mine");
}

async fn a_long_log_is_delivered_completely_and_in_order(world: World) {
    let script = (0..1_000).fold(Script::new(), |script, n| script.stdout(format!("{n} ")));
    let id = world.ended_session(script).await.id;
    let stdout = world.client.sessions().stream(id).await.unwrap();
    let stdout = stdout.collect_stdout().await.unwrap();
    let expected: Vec<String> = (0..1_000).map(|n| n.to_string()).collect();
    assert_eq!(
        stdout.split_whitespace().collect::<Vec<_>>(),
        expected.iter().map(String::as_str).collect::<Vec<_>>()
    );
}

async fn unknown_events_are_delivered_with_their_text(world: World) {
    let id = world.ended_session(Script::new().stdout("x")).await.id;
    let insert = |text: &str| Effect::Insert {
        before_event: 1,
        text: text.to_owned(),
    };
    for (inserted, event_type, event_id, raw) in [
        (
            "id: 5\ndata: {\"type\": \"usage\", \"id\": 5, \"tokens\": 3}\n\n",
            "usage",
            Some(5),
            "{\"type\": \"usage\", \"id\": 5, \"tokens\": 3}",
        ),
        ("data: {\"type\": 5}\n\n", "", None, "{\"type\": 5}"),
        ("data: {\"type\": \"ou\n\n", "", None, "{\"type\": \"ou"),
        ("data: hello\ndata: world\n\n", "", None, "hello\nworld"),
    ] {
        world.fault("GET", STREAM, insert(inserted));
        let events = world.client.sessions().stream(id).await.unwrap();
        let events: Vec<StreamEvent> = events.try_collect().await.unwrap();
        let StreamEvent::Unknown(unknown) = &events[1] else {
            panic!("{inserted:?} is read as {:?}", events[1])
        };
        assert_eq!(
            (
                unknown.event_type.as_str(),
                unknown.id,
                unknown.raw.as_str()
            ),
            (event_type, event_id, raw)
        );
        // It does not end the stream.
        assert_eq!(events.last().unwrap().exit_code(), Some(0));
    }
}

async fn comments_and_line_endings_do_not_affect_events(world: World) {
    let id = world
        .ended_session(Script::new().stdout("x").stderr("y"))
        .await
        .id;
    let expected = replay(&world, id, None).await;
    let insert = |text: &str| Effect::Insert {
        before_event: 2,
        text: text.to_owned(),
    };
    for effect in [
        insert(": heartbeat\n\n"),
        insert("retry: 10\n\n: \n:\n\nevent: output\n\n"),
        Effect::Crlf {},
        Effect::Gzip {},
        Effect::Drip {
            bytes: 3,
            every_ms: 0,
        },
    ] {
        let shown = format!("{effect:?}");
        world.fault("GET", STREAM, effect);
        assert_eq!(replay(&world, id, None).await, expected, "{shown}");
    }
}
