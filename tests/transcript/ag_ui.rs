//! Changes as events of the AG-UI protocol. Their schema is checked with the protocol's own package in the tests of the
//! Python package.

use std::collections::{BTreeMap, BTreeSet};

use aod::transcript::{
    AgUiEncoder, Change, End, Input, Item, ItemKind, ItemStatus, Role, Transcript,
};
use serde_json::{Value, json};

use super::{model::recordings, random_cuts};

/// Reads chunks as one turn of a session. Returns the transcript and the events of its changes.
fn encode<'a>(
    runtime: &'a str,
    chunks: impl IntoIterator<Item = &'a str>,
    exit_code: i64,
) -> (Transcript, Vec<Value>) {
    let mut transcript = Transcript::new();
    let mut encoder = AgUiEncoder::new("thread");
    let mut events = Vec::new();
    let start = [
        Input::Start { runtime },
        Input::TurnStarted { turn: Some(1) },
    ];
    let output = chunks.into_iter().map(Input::Stdout);
    let end = Input::Ended {
        end: End::Exit,
        exit_code: Some(exit_code),
    };
    for input in start.into_iter().chain(output).chain([end]) {
        let changes = transcript.apply(input);
        events.extend(changes.iter().flat_map(|change| encoder.encode(change)));
    }
    (transcript, events)
}

fn types(events: &[Value]) -> Vec<&str> {
    events
        .iter()
        .filter_map(|event| event["type"].as_str())
        .collect()
}

/// Checks the order of the events, and returns the texts of messages, of thinking and of the arguments of tools by id.
fn texts(events: &[Value]) -> BTreeMap<String, String> {
    let mut open = BTreeSet::new();
    let mut calls = BTreeSet::new();
    let mut texts = BTreeMap::<String, String>::new();
    let (first, rest) = events.split_first().expect("there are events");
    let (last, rest) = rest.split_last().expect("there is an end");
    assert_eq!(first["type"], "RUN_STARTED");
    assert!(
        ["RUN_FINISHED", "RUN_ERROR"].contains(&last["type"].as_str().unwrap()),
        "{last}"
    );
    for event in rest {
        let kind = event["type"].as_str().unwrap();
        let key = if kind.starts_with("TOOL_CALL") {
            "toolCallId"
        } else {
            "messageId"
        };
        let id = event[key].as_str().unwrap_or_default().to_owned();
        match kind {
            "TEXT_MESSAGE_START" | "REASONING_START" | "TOOL_CALL_START" => {
                assert!(open.insert(id.clone()), "{event} is open");
                texts.entry(id).or_default();
            }
            "TEXT_MESSAGE_CONTENT" | "REASONING_MESSAGE_CONTENT" | "TOOL_CALL_ARGS" => {
                assert!(open.contains(&id), "{event} is not open");
                let delta = event["delta"].as_str().unwrap();
                assert!(!delta.is_empty(), "{event}");
                texts.get_mut(&id).unwrap().push_str(delta);
            }
            "TEXT_MESSAGE_END" | "REASONING_END" => assert!(open.remove(&id), "{event}"),
            "TOOL_CALL_END" => {
                assert!(open.remove(&id), "{event}");
                calls.insert(id);
            }
            "TOOL_CALL_RESULT" => assert!(calls.remove(&id), "{event}"),
            "SUBAGENT_STARTED"
            | "SUBAGENT_FINISHED"
            | "REASONING_MESSAGE_START"
            | "REASONING_MESSAGE_END"
            | "ACTIVITY_SNAPSHOT"
            | "CUSTOM"
            | "RAW" => {}
            other => panic!("unexpected {other}"),
        }
    }
    assert!(open.is_empty(), "{open:?} did not end");
    assert!(calls.is_empty(), "{calls:?} have no result");
    texts
}

#[test]
fn all_texts_of_a_recording_are_sent_in_any_chunks() {
    for (runtime, output) in recordings() {
        for seed in 0..8 {
            let (transcript, events) = encode(runtime, random_cuts(&output, seed), 0);
            let sent = texts(&events);
            for item in &transcript.turns()[0].items {
                let expected = match &item.kind {
                    ItemKind::Message { text, .. } | ItemKind::Thinking { text } => text.clone(),
                    _ => continue,
                };
                let last = sent.range(item.id.clone()..=format!("{}+++", item.id));
                assert!(
                    last.clone().any(|(_, text)| *text == expected),
                    "{runtime} {item:?}: {:?}",
                    last.collect::<Vec<_>>()
                );
            }
        }
    }
}

#[test]
fn a_tool_call_has_its_arguments_before_its_result() {
    let call = r#"{"type":"assistant","message":{"content":[{"type":"tool_use","id":"t","name":"Bash","input":{"command":"ls"}}]}}"#;
    let result = r#"{"type":"user","message":{"content":[{"type":"tool_result","tool_use_id":"t","content":"a.rs"}]}}"#;
    let (_, events) = encode("claude", [call, "\n", result, "\n"], 0);
    let call = &events[1..5];
    assert_eq!(
        types(call),
        [
            "TOOL_CALL_START",
            "TOOL_CALL_ARGS",
            "TOOL_CALL_END",
            "TOOL_CALL_RESULT"
        ]
    );
    assert_eq!(call[0]["toolCallName"], "Bash");
    assert_eq!(call[1]["delta"], r#"{"command":"ls"}"#);
    assert_eq!(
        (&call[3]["content"], &call[3]["role"]),
        (&json!("a.rs"), &json!("tool"))
    );
}

#[test]
fn the_end_of_a_run_has_its_outcome_and_usage() {
    let printed = r#"{"type":"result","subtype":"success","total_cost_usd":0.5,"usage":{"input_tokens":3,"cache_read_input_tokens":4,"output_tokens":5}}"#;
    let (_, events) = encode("claude", [printed], 0);
    let end = events.last().unwrap();
    assert_eq!(end["outcome"], json!({"type": "success"}));
    assert_eq!(end["usage"][0]["inputTokens"], 7);
    assert_eq!(end["usage"][0]["cachedInputTokens"], 4);
    assert_eq!(end["metadata"], json!({"costUsd": 0.5}));
    assert_eq!(
        (&end["threadId"], &end["runId"]),
        (&json!("thread"), &json!("thread-1"))
    );

    let (_, events) = encode("claude", [], 2);
    let end = events.last().unwrap();
    assert_eq!(
        (&end["type"], &end["message"]),
        (&json!("RUN_ERROR"), &json!("exit code 2"))
    );
    let (_, events) = encode("claude", [], 130);
    assert_eq!(
        events.last().unwrap()["outcome"],
        json!({"type": "cancelled"})
    );
}

#[test]
fn reasoning_that_the_runtime_counts_besides_the_output_is_part_of_it() {
    let step = r#"{"type":"step_finish","part":{"reason":"stop","cost":0,"tokens":{"input":10,"output":2,"reasoning":1,"cache":{"read":0,"write":0}}}}"#;
    let (_, events) = encode("opencode", [step], 0);
    let usage = &events.last().unwrap()["usage"][0];
    assert_eq!(
        (&usage["outputTokens"], &usage["reasoningTokens"]),
        (&json!(3), &json!(1))
    );
}

#[test]
fn the_items_of_a_subagent_name_it() {
    let call = r#"{"type":"assistant","message":{"content":[{"type":"tool_use","id":"t","name":"Task","input":{"prompt":"look"}}]}}"#;
    let inner = r#"{"type":"assistant","parent_tool_use_id":"t","message":{"content":[{"type":"text","text":"Looking."}]}}"#;
    let result = r#"{"type":"user","message":{"content":[{"type":"tool_result","tool_use_id":"t","content":"ok"}]}}"#;
    // A subagent can print after its tool call has ended.
    let lines = [call, inner, result, inner].map(|line| format!("{line}\n"));
    let (transcript, events) = encode("claude", lines.iter().map(String::as_str), 0);
    let parent = &transcript.turns()[0].items[0].id;
    let of_subagent = |event: &&Value| event["subagentRunId"] == parent.as_str();
    let shown: Vec<_> = events.iter().filter(of_subagent).cloned().collect();
    assert_eq!(
        types(&shown),
        [
            "SUBAGENT_STARTED",
            "TEXT_MESSAGE_START",
            "TEXT_MESSAGE_CONTENT",
            "TEXT_MESSAGE_END",
            "TEXT_MESSAGE_START",
            "TEXT_MESSAGE_CONTENT",
            "TEXT_MESSAGE_END",
            "SUBAGENT_FINISHED"
        ]
    );
}

#[test]
fn output_of_a_turn_that_continues_is_sent() {
    let mut transcript = Transcript::for_runtime("generic");
    let mut encoder = AgUiEncoder::new("thread");
    let end = Input::Ended {
        end: End::Exit,
        exit_code: Some(0),
    };
    let start = Input::TurnStarted { turn: Some(1) };
    let inputs = [
        start,
        Input::Stdout("a\n"),
        end,
        start,
        Input::Stdout("b\n"),
        end,
    ];
    let changes = inputs.into_iter().flat_map(|input| transcript.apply(input));
    let events: Vec<_> = changes.flat_map(|change| encoder.encode(&change)).collect();
    let output = events.iter().filter(|event| event["type"] == "CUSTOM");
    let texts: Vec<_> = output.map(|event| event["value"]["text"].clone()).collect();
    assert_eq!(texts, ["a", "\nb"]);
}

#[test]
fn another_history_ends_the_run_and_removes_the_messages_in_the_next_one() {
    for has_ended in [false, true] {
        let mut transcript = Transcript::for_runtime("gemini");
        let mut encoder = AgUiEncoder::new("thread");
        let fragment = r#"{"type":"message","role":"assistant","content":"a","delta":true}"#;
        let line = format!("{fragment}\n");
        let end = Input::Ended {
            end: End::Exit,
            exit_code: Some(0),
        };
        let mut inputs = vec![
            (Input::Stdout(&line), 7),
            (end, 7),
            (Input::Stdout("b\n"), 3),
        ];
        if !has_ended {
            inputs.remove(1);
        }
        let mut events = Vec::new();
        for (input, position) in inputs {
            let cursor = Some(position);
            let changes = transcript.apply(aod::transcript::Event { input, cursor });
            events.extend(changes.iter().flat_map(|change| encoder.encode(change)));
        }
        let expected = [
            "RUN_STARTED",
            "TEXT_MESSAGE_START",
            "TEXT_MESSAGE_CONTENT",
            "TEXT_MESSAGE_END",
            "RUN_FINISHED",
            "RUN_STARTED",
            "MESSAGES_SNAPSHOT",
            "CUSTOM",
        ];
        assert_eq!(types(&events), expected);
        assert_eq!(events[6]["messages"], json!([]));
    }
}

#[test]
fn an_event_that_a_value_cannot_represent_is_a_string() {
    for (line, is_string) in [
        (r#"{"type":"system","n":12345678901234567890123}"#, true),
        (r#"{"type":"system","n":12345678901234567890}"#, false),
    ] {
        let (_, events) = encode("claude", [line], 0);
        let raw = events.iter().find(|event| event["type"] == "RAW");
        let event = &raw.expect("an event of the runtime")["event"];
        assert_eq!(event.is_string(), is_string, "{line}");
    }
}

#[test]
fn a_text_that_is_replaced_has_another_id() {
    let item = |text: &str, status| Item {
        id: "1-1".into(),
        runtime_id: None,
        parent: None,
        status,
        kind: ItemKind::Message {
            role: Role::Agent,
            text: text.into(),
        },
        events: None,
        is_truncated: false,
        raw: String::new(),
        raw_cut: 0,
    };
    let mut encoder = AgUiEncoder::new("thread");
    let turn = 1;
    let events: Vec<_> = [
        Change::ItemAdded {
            turn,
            item: item("Hel", ItemStatus::InProgress),
        },
        Change::ItemUpdated {
            turn,
            item: item("Hello", ItemStatus::InProgress),
        },
        Change::ItemUpdated {
            turn,
            item: item("Bye", ItemStatus::Completed),
        },
    ]
    .iter()
    .flat_map(|change| encoder.encode(change))
    .collect();
    let shown: Vec<_> = events
        .iter()
        .map(|event| {
            (
                event["messageId"].as_str().unwrap(),
                event["delta"].as_str(),
            )
        })
        .collect();
    assert_eq!(
        shown,
        [
            ("1-1", None),
            ("1-1", Some("Hel")),
            ("1-1", Some("lo")),
            ("1-1", None),
            ("1-1+", None),
            ("1-1+", Some("Bye")),
            ("1-1+", None)
        ]
    );
}
