//! A session's stream formatted as lines.

use std::io;

use aod::models::event::StreamEvent;
use aod::pretty::{Formatter, Options, SessionFormatter};
use aod::{ErrorKind, EventStream};
use bytes::Bytes;
use futures::{StreamExt, TryStreamExt};
use serde_json::{Value, json};

/// A stream of these events in chunks of seven bytes. It ends with an error if `broken`.
fn stream(events: &[Value], broken: bool) -> EventStream {
    let body: String = events
        .iter()
        .flat_map(|event| ["data: ".to_owned(), event.to_string(), "\n\n".to_owned()])
        .collect();
    let chunks: Vec<Bytes> = body
        .as_bytes()
        .chunks(7)
        .map(Bytes::copy_from_slice)
        .collect();
    let chunks = chunks.into_iter().map(Ok);
    let end = broken.then(|| Err(io::Error::other("cut")));
    EventStream::new(futures::stream::iter(chunks.chain(end).collect::<Vec<_>>()))
}

fn stdout(text: &str) -> Value {
    json!({"type": "output", "stream": "stdout", "data": text})
}

const MESSAGE: &str = "{\"type\":\"message\",\"role\":\"assistant\",\"content\":\"Hello\"}\n";

async fn lines(events: &[Value]) -> Vec<String> {
    let lines = stream(events, false).pretty();
    lines
        .try_collect()
        .await
        .expect("the stream ends without an error")
}

#[tokio::test]
async fn the_start_event_selects_the_formatter() {
    for (start, expected) in [
        (json!({"type": "start", "runtime": "gemini"}), "✉️  Hello"),
        (json!({"type": "start"}), MESSAGE.trim_end()),
        (
            json!({"type": "start", "runtime": "next"}),
            MESSAGE.trim_end(),
        ),
    ] {
        let shown = lines(&[start, stdout(MESSAGE), json!({"type": "exit", "code": 0})]).await;
        assert_eq!(shown.concat(), expected);
    }
}

#[tokio::test]
async fn the_provider_in_the_start_event_selects_the_formatter() {
    let events = [
        json!({"type": "start", "provider": "openai"}),
        stdout("{\"type\":\"turn.completed\"}\n"),
        json!({"type": "exit", "code": 0}),
    ];
    assert_eq!(lines(&events).await, ["✨ Done"]);
}

#[tokio::test]
async fn events_before_start_do_not_select_the_formatter() {
    let events = [
        json!({"type": "novelty"}),
        json!({"type": "start", "runtime": "gemini"}),
        stdout(MESSAGE),
        json!({"type": "exit", "code": 0}),
    ];
    assert_eq!(lines(&events).await, ["✉️  Hello"]);
}

#[tokio::test]
async fn a_single_turn_has_the_formatter_of_the_session() {
    let of_turn =
        |turn| json!({"type": "output", "stream": "stdout", "data": MESSAGE, "turn": turn});
    let events = [
        json!({"type": "start", "runtime": "gemini"}),
        json!({"type": "turn_start", "turn": 1}),
        of_turn(1),
        json!({"type": "turn_start", "turn": 2}),
        of_turn(2),
        json!({"type": "exit", "code": 0}),
    ];
    let lines = stream(&events, false).turn(2).pretty();
    let lines: Vec<String> = lines
        .try_collect()
        .await
        .expect("the stream ends without an error");
    assert_eq!(lines, ["✉️  Hello"]);
}

#[tokio::test]
async fn a_custom_formatter_is_kept() {
    struct UpperCase;
    impl Formatter for UpperCase {
        fn feed(&mut self, chunk: &str) -> Vec<String> {
            vec![chunk.to_uppercase()]
        }
        fn flush(&mut self) -> Vec<String> {
            vec!["END".to_owned()]
        }
    }
    let events = [
        json!({"type": "start", "runtime": "claude"}),
        stdout("hi"),
        stdout("there"),
    ];
    let shown: Vec<_> = stream(
        &[events.as_slice(), &[json!({"type": "exit", "code": 0})]].concat(),
        false,
    )
    .pretty()
    .formatter(UpperCase)
    .try_collect()
    .await
    .expect("the stream ends without an error");
    assert_eq!(shown, ["HI", "THERE", "END"]);
}

#[tokio::test]
async fn options_apply_to_the_formatter_selected_by_start() {
    let events = [
        json!({"type": "start", "runtime": "gemini"}),
        stdout(MESSAGE),
        json!({"type": "exit", "code": 0}),
    ];
    let shown: Vec<_> = stream(&events, false)
        .pretty()
        .options(Options::new().plain(true))
        .try_collect()
        .await
        .expect("the stream ends without an error");
    assert_eq!(shown, ["> Hello"]);
}

#[tokio::test]
async fn the_exit_code_is_available_at_the_end() {
    let events = [
        json!({"type": "start", "runtime": "claude"}),
        stdout("last"),
        json!({"type": "exit", "code": 3}),
    ];
    let mut lines = stream(&events, false).pretty();
    assert_eq!(lines.exit_code(), None);
    assert_eq!(lines.next().await.unwrap().unwrap(), "last");
    assert!(lines.next().await.is_none());
    assert!(
        lines.next().await.is_none(),
        "an ended stream remains ended"
    );
    assert_eq!(lines.exit_code(), Some(3));
    assert_eq!(lines.events().cursor(), None);
}

#[tokio::test]
async fn a_turn_does_not_continue_the_line_of_the_previous_one() {
    let events = [
        json!({"type": "start", "runtime": "claude"}),
        json!({"type": "turn_start", "turn": 1}),
        stdout("killed in the mid"),
        json!({"type": "turn_start", "turn": 2}),
        stdout("{\"type\":\"result\",\"subtype\":\"success\"}\n"),
        json!({"type": "exit", "code": 0}),
    ];
    assert_eq!(
        lines(&events).await,
        ["killed in the mid", "✨ Done · agent 0.0s"]
    );
}

#[tokio::test]
async fn stderr_and_stages_are_not_shown() {
    let events = [
        json!({"type": "start", "runtime": "claude"}),
        json!({"type": "stage", "stage": "provision_setup", "state": "started"}),
        json!({"type": "output", "stream": "stderr", "data": "warning\n"}),
        stdout("out\n"),
        json!({"type": "terminated"}),
    ];
    assert_eq!(lines(&events).await, ["out"]);
}

#[tokio::test]
async fn remaining_lines_precede_an_error() {
    let mut lines = stream(
        &[
            json!({"type": "start", "runtime": "gemini"}),
            stdout(MESSAGE),
        ],
        true,
    )
    .pretty();
    assert_eq!(lines.next().await.unwrap().unwrap(), "✉️  Hello");
    let error = lines.next().await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connection);
    assert!(lines.next().await.is_none());
}

#[tokio::test]
async fn a_cancelled_stream_ends_without_its_remaining_lines() {
    let events = stream(
        &[
            json!({"type": "start", "runtime": "claude"}),
            stdout("half a line"),
        ],
        false,
    );
    let cancel = events.cancel_handle();
    let mut lines = events.pretty();
    cancel.cancel();
    assert!(lines.next().await.is_none());
    assert!(!format!("{lines:?}").contains("half"));
}

#[tokio::test]
async fn a_session_interrupted_before_its_start_says_so() {
    let events = [
        json!({"type": "start", "runtime": "claude"}),
        json!({"type": "stage", "stage": "create_sprite", "state": "done"}),
        json!({"type": "exit", "code": null}),
    ];
    assert_eq!(lines(&events).await, ["⚠️  Done · interrupted"]);
    let shown: Vec<_> = stream(&events, false)
        .pretty()
        .options(Options::new().plain(true))
        .try_collect()
        .await
        .expect("the stream ends without an error");
    assert_eq!(shown, ["! Done - interrupted"]);
}

#[tokio::test]
async fn a_later_turn_interrupted_before_its_start_says_so() {
    let events = [
        json!({"type": "start", "runtime": "gemini"}),
        json!({"type": "turn_start", "turn": 1}),
        stdout(MESSAGE),
        json!({"type": "exit", "code": null}),
    ];
    assert_eq!(
        lines(&events).await,
        ["✉️  Hello", "⚠️  Done · interrupted"]
    );
}

#[tokio::test]
async fn a_session_that_ends_without_output_says_how() {
    for (end, expected) in [
        (
            json!({"type": "error", "message": "Session failed"}),
            "⚠️  Done · failed",
        ),
        (json!({"type": "terminated"}), "⚠️  Done · terminated"),
        (json!({"type": "stale"}), ""),
        (json!({"type": "exit", "code": 0}), ""),
        (json!({"type": "exit", "code": 3}), ""),
        (json!({"type": "exit", "code": "unreadable"}), ""),
    ] {
        let shown = lines(&[json!({"type": "start", "runtime": "codex"}), end.clone()]).await;
        assert_eq!(shown.concat(), expected, "{end}");
    }
}

#[tokio::test]
async fn a_formatter_kept_over_two_streams_continues_the_line_of_the_same_turn() {
    let start = json!({"type": "start", "runtime": "claude"});
    let turn = |number: u8| json!({"type": "turn_start", "turn": number});
    let events = [
        start.clone(),
        turn(1),
        stdout("{\"type\":\"result\",\"sub"),
        start,
        turn(1),
        stdout("type\":\"success\"}\nhalf"),
        turn(2),
        stdout("{\"type\":\"result\"}"),
    ];
    let mut formatter = SessionFormatter::new();
    let mut shown = Vec::new();
    for event in events {
        let event = StreamEvent::from_json(&event.to_string());
        shown.extend(formatter.consume((&event).into()));
    }
    shown.extend(formatter.flush());
    assert_eq!(
        shown,
        ["✨ Done · agent 0.0s", "half", "⚠️  Done · agent 0.0s"]
    );
}

#[tokio::test]
async fn a_custom_formatter_is_flushed_at_a_further_turn_only() {
    /// Shows the chunks of each turn as one line.
    #[derive(Default)]
    struct Whole(String);
    impl Formatter for Whole {
        fn feed(&mut self, chunk: &str) -> Vec<String> {
            self.0.push_str(chunk);
            Vec::new()
        }
        fn flush(&mut self) -> Vec<String> {
            vec![std::mem::take(&mut self.0)]
        }
    }
    let turn = |number: u8| json!({"type": "turn_start", "turn": number});
    let events = [
        json!({"type": "start", "runtime": "claude"}),
        turn(1),
        stdout("a"),
        turn(1),
        stdout("b"),
        turn(2),
        stdout("c"),
        json!({"type": "exit", "code": 0}),
    ];
    let shown: Vec<_> = stream(&events, false)
        .pretty()
        .formatter(Whole::default())
        .try_collect()
        .await
        .expect("the stream ends without an error");
    assert_eq!(shown, ["ab", "c"]);
}

#[test]
fn a_formatter_says_whether_a_line_or_an_event_is_incomplete() {
    let error = r#"{"type":"error","message":"no"}"#;
    let document = r#"{"response":"ANSWER","stats":{}}"#.replace('{', "{\n");
    let text = r#"{"type":"text","part":{"text":"Hi"}}"#;
    for (runtime, pending, rest) in [
        ("claude", "{\"type\"", ":\"system\"}\n"),
        ("other", "half a", " line\n"),
        (
            "codex",
            &format!("{error}\n"),
            "{\"type\":\"turn.completed\"}\n",
        ),
        ("gemini", MESSAGE, "{\"type\":\"result\"}\n"),
        ("gemini", document.split_at(9).0, document.split_at(9).1),
        (
            "opencode",
            &format!("{text}\n"),
            "{\"type\":\"step_finish\",\"part\":{\"reason\":\"stop\"}}\n",
        ),
    ] {
        let mut formatter = SessionFormatter::new();
        formatter.consume(aod::transcript::Input::Start { runtime });
        assert!(!formatter.has_pending(), "{runtime}");
        formatter.feed(pending);
        assert!(formatter.has_pending(), "{runtime}: {pending}");
        formatter.feed(rest);
        formatter.feed("\n");
        assert!(!formatter.has_pending(), "{runtime}: {rest}");
        formatter.feed(pending);
        formatter.flush();
        assert!(!formatter.has_pending(), "{runtime}");
    }
}

/// Wherever a program stops whose formatter has nothing pending, another one that resumes from the cursor shows the
/// rest of the lines.
#[tokio::test]
async fn a_stream_is_resumed_between_lines() {
    for (runtime, line, end) in [
        (
            "claude",
            r#"{"type":"assistant","message":{"content":[{"type":"text","text":"Hi"}]}}"#,
            r#"{"type":"result","subtype":"success"}"#,
        ),
        (
            "codex",
            r#"{"type":"error","message":"no"}"#,
            r#"{"type":"turn.completed"}"#,
        ),
        ("gemini", MESSAGE.trim_end(), r#"{"type":"result"}"#),
        (
            "opencode",
            r#"{"type":"text","part":{"text":"Hi"}}"#,
            r#"{"type":"step_finish","part":{"reason":"stop"}}"#,
        ),
        ("other", "plain 0", "plain"),
    ] {
        is_resumed_between_lines(runtime, &format!("{line}\n{end}\nplain 1\nplain 2\n")).await;
    }
}

async fn is_resumed_between_lines(runtime: &str, body: &str) {
    let chunks: Vec<String> = body
        .as_bytes()
        .chunks(1)
        .map(|chunk| String::from_utf8(chunk.to_vec()).expect("ASCII"))
        .collect();
    let start = json!({"type": "start", "runtime": runtime});
    let turn = json!({"type": "turn_start", "id": 1, "turn": 1});
    let end = json!({"type": "exit", "code": 0});
    let rows = |since: usize| {
        let rows = chunks.iter().enumerate().skip(since);
        let rows = rows.map(|(at, chunk)| {
            json!({"type": "output", "id": at + 1, "stream": "stdout", "data": chunk, "turn": 1})
        });
        let mut events = vec![start.clone(), turn.clone()];
        events.extend(rows);
        events.push(end.clone());
        events
    };
    let whole = lines(&rows(0)).await;
    let mut formatter = SessionFormatter::new();
    let mut shown = Vec::new();
    let mut resumed = 0;
    for event in rows(0) {
        let event: StreamEvent = serde_json::from_value(event).expect("an event");
        shown.extend(formatter.consume((&event).into()));
        if let Some(cursor) = event.cursor()
            && !formatter.has_pending()
        {
            let rest = lines(&rows(usize::try_from(cursor).expect("a position"))).await;
            assert_eq!(
                [shown.clone(), rest].concat(),
                whole,
                "{runtime} after {cursor}"
            );
            resumed += 1;
        }
    }
    assert!(resumed > 2, "{runtime}: {resumed}");
}
