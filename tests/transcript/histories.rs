//! Sessions whose event ids start again at a lower number, and events that a server repeats.

use aod::transcript::{Change, Transcript};
use serde_json::{Value, json};

use super::model::{Screen, to_json};

/// Returns the changes that the JSON of an event makes.
fn apply(transcript: &mut Transcript, event: &Value) -> Vec<Change> {
    transcript.apply(&aod::StreamEvent::from_json(&event.to_string()))
}

/// Returns the events of a session of Codex with two turns, and the start of a line after them.
fn session() -> Vec<Value> {
    let thread = r#"{"type":"thread.started","thread_id":"t"}"#;
    let done = r#"{"type":"turn.completed","usage":{"input_tokens":10,"output_tokens":1}}"#;
    let output = |id: i64, turn: i64, data: &str| json!({"type": "output", "id": id, "stream": "stdout", "data": data, "turn": turn});
    vec![
        json!({"type": "start", "runtime": "codex"}),
        json!({"type": "stage", "id": 1, "stage": "create_sprite", "state": "started"}),
        json!({"type": "stage", "id": 2, "stage": "create_sprite", "state": "done"}),
        json!({"type": "turn_start", "id": 3, "turn": 1}),
        output(3, 1, &format!("{thread}\n{done}\n")),
        json!({"type": "stage", "id": 5, "stage": "runtime_start", "state": "started"}),
        json!({"type": "turn_start", "id": 6, "turn": 2}),
        output(6, 2, &format!("{thread}\n{}\n", done.replace("10", "15"))),
        json!({"type": "output", "id": 8, "stream": "stderr", "data": "half", "turn": 2}),
    ]
}

#[test]
fn another_history_of_the_session_replaces_all_turns() {
    let ended = json!({"type": "exit", "id": 8, "code": 0});
    let first = [
        json!({"type": "stage", "id": 1, "stage": "create_sprite", "state": "started"}),
        json!({"type": "stage", "id": 8, "stage": "create_sprite", "state": "failed"}),
        json!({"type": "turn_start", "id": 8, "turn": 2}),
        json!({"type": "output", "id": 8, "stream": "stdout", "data": "a\n", "turn": 1}),
        json!({"type": "output", "id": 3, "stream": "stderr", "data": "a\n", "turn": 2}),
        json!({"type": "output", "id": 3, "stream": "added_later", "data": "a\n", "turn": 2}),
    ];
    for (first, has_ended) in first
        .iter()
        .flat_map(|first| [(first, false), (first, true)])
    {
        let mut transcript = Transcript::new();
        let mut screen = Screen::default();
        let old = session()
            .into_iter()
            .chain(has_ended.then(|| ended.clone()));
        for event in old {
            screen.apply_all(apply(&mut transcript, &event));
        }
        let changes = apply(&mut transcript, first);
        assert_eq!(changes.first(), Some(&Change::HistoryReset), "{first}");
        screen.apply_all(changes);
        let mut fresh = Transcript::new();
        apply(&mut fresh, &session()[0]);
        apply(&mut fresh, first);
        for event in session().into_iter().skip(4).map(|mut event| {
            event["id"] = (event["id"].as_i64().expect("an id") + 10).into();
            event
        }) {
            let changes = apply(&mut transcript, &event);
            assert!(!changes.contains(&Change::HistoryReset), "{first}: {event}");
            screen.apply_all(changes);
            apply(&mut fresh, &event);
            transcript = Transcript::restore(&transcript.snapshot()).expect("a snapshot");
        }
        screen.apply_all(transcript.finish());
        fresh.finish();
        let mut expected = to_json(&fresh);
        // What is known about the agent is kept.
        expected["agent"] = to_json(&transcript)["agent"].clone();
        assert_eq!(to_json(&transcript), expected, "{first}");
        screen.assert_shows(&transcript);
    }
}

#[test]
fn events_that_a_server_repeats_are_not_another_history() {
    let mut transcript = Transcript::new();
    let mut last = None;
    for event in session() {
        apply(&mut transcript, &event);
        last = event["id"]
            .as_i64()
            .filter(|_| event["type"] != "turn_start")
            .or(last);
        assert_eq!(transcript.cursor(), last, "{event}");
        // A stream that resumes after the cursor, at any event.
        let after = last.unwrap_or(0) + 1;
        let before = to_json(&transcript)["turns"].clone();
        let mut resumed = Transcript::restore(&transcript.snapshot()).expect("a snapshot");
        let repeated = [
            json!({"type": "start", "runtime": "codex", "id": 1}),
            json!({"type": "turn_start", "id": after, "turn": transcript.turns().last().map_or(1, |turn| turn.number)}),
            json!({"type": "added_later", "id": 2}),
            json!({"type": "stale", "id": last}),
            json!({"type": "output", "stream": "stdout", "data": "", "turn": 1}),
        ];
        for event in repeated {
            let changes = apply(&mut resumed, &event);
            assert!(!changes.contains(&Change::HistoryReset), "{event}");
            assert_eq!(resumed.cursor(), last, "{event}");
        }
        if !transcript.turns().is_empty() {
            assert_eq!(to_json(&resumed)["turns"], before, "after {event}");
        }
        for end in ["exit", "error", "terminated"] {
            for id in [0, last.unwrap_or(0)] {
                let mut resumed = Transcript::restore(&transcript.snapshot()).expect("a snapshot");
                let end = json!({"type": end, "id": id});
                let changes = apply(&mut resumed, &end);
                assert!(!changes.contains(&Change::HistoryReset), "{end}");
                assert_eq!(resumed.cursor().max(Some(0)), last.max(Some(0)), "{end}");
            }
        }
    }
}
