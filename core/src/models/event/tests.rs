use proptest::prelude::*;

use super::*;

/// Every type of event, as servers send them.
const SERVER_EVENTS: [&str; 14] = [
    r#"{"type": "start", "runtime": "claude", "session_id": "d83489a7-7e34-4eb6-9ec6-f138fa0d7ff5"}"#,
    r#"{"type": "start", "provider": "anthropic", "session_id": "d83489a7-7e34-4eb6-9ec6-f138fa0d7ff5"}"#,
    r#"{"type": "stage", "id": 2, "stage": "create_sprite", "state": "started"}"#,
    r#"{"type": "stage", "id": 3, "stage": "create_sprite", "state": "done", "duration_ms": 1200}"#,
    r#"{"type": "stage", "id": 4, "stage": "env_file", "state": "failed", "duration_ms": 5, "message": "no"}"#,
    r#"{"type": "turn_start", "id": 5, "turn": 1}"#,
    r#"{"type": "output", "id": 5, "stream": "stdout", "data": "a\nb \u00e9 \ud83d\ude00\n", "turn": 1}"#,
    r#"{"type": "output", "id": 6, "stream": "stderr", "data": "", "turn": null}"#,
    r#"{"type": "exit", "id": 6, "code": 0}"#,
    r#"{"type": "exit", "id": 0, "code": -9}"#,
    r#"{"type": "error", "id": 6, "message": "Session failed"}"#,
    r#"{"type": "terminated", "id": 6, "message": "Session terminated"}"#,
    r#"{"type": "stale", "id": 6, "message": "No output for 600s"}"#,
    r#"{"type": "usage", "id": 9, "tokens": {"in": 1, "out": 2.50}}"#,
];

fn value(json: &str) -> serde_json::Value {
    serde_json::from_str(json).unwrap()
}

fn raw(event: StreamEvent) -> String {
    match event {
        StreamEvent::Unknown(event) => event.raw,
        known => panic!("{known:?} is known"),
    }
}

#[test]
fn every_server_event_survives_a_round_trip() {
    for json in SERVER_EVENTS {
        let event = StreamEvent::from_json(json);
        let written = serde_json::to_string(&event).unwrap();
        assert_eq!(value(&written), value(json));
        assert_eq!(
            serde_json::from_str::<StreamEvent>(&written).unwrap(),
            event
        );
    }
}

#[test]
fn an_event_in_the_sse_format_is_decoded_to_itself() {
    let unknown = [
        "{\n\"type\": \"usage\",\r\n\"id\": 9}",
        "not JSON\nat all",
        "",
    ];
    for json in SERVER_EVENTS.iter().chain(&unknown) {
        let event = StreamEvent::from_json(json);
        let mut decoder = aod_sse::Decoder::new();
        decoder.feed(event.to_sse().into());
        let frame = decoder.next_frame().unwrap().unwrap();
        let cursor = event.cursor().map(|cursor| cursor.to_string());
        assert_eq!(frame.id, cursor.unwrap_or_default());
        assert_eq!(frame.event, "message");
        assert_eq!(value(frame.data), serde_json::to_value(&event).unwrap());
        assert!(decoder.next_frame().is_none(), "{json}");
    }
}

#[test]
fn fields_are_serialized_in_the_order_of_the_server() {
    for json in SERVER_EVENTS {
        let written = serde_json::to_string(&StreamEvent::from_json(json)).unwrap();
        let keys = |json: &str| {
            let mut keys: Vec<_> = value(json).as_object().unwrap().keys().cloned().collect();
            keys.sort_by_key(|key| json.find(&format!("\"{key}\":")).unwrap());
            keys
        };
        assert_eq!(keys(&written), keys(json));
    }
}

#[test]
fn reads_every_field_of_an_output() {
    let expected = OutputEvent {
        id: Some(5),
        stream: OutputStream::Stdout,
        data: "a\nb é 😀\n".to_owned(),
        turn: Some(1),
        extra: Extra::new(),
    };
    assert_eq!(
        StreamEvent::from_json(SERVER_EVENTS[6]),
        StreamEvent::Output(expected)
    );
}

#[test]
fn the_order_of_the_fields_does_not_matter() {
    let event = StreamEvent::from_json(
        r#"{"turn": 1, "new": [1], "data": "x", "type": "output", "stream": "stderr", "id": 5}"#,
    );
    let StreamEvent::Output(event) = event else {
        panic!("{event:?}")
    };
    assert_eq!(
        (event.id, event.turn, event.data.as_str()),
        (Some(5), Some(1), "x")
    );
    assert_eq!(event.stream, OutputStream::Stderr);
    assert_eq!(event.extra.get("new"), Some(&value("[1]")));
}

#[test]
fn missing_fields_have_their_defaults() {
    for event_type in [
        "start",
        "stage",
        "turn_start",
        "output",
        "exit",
        "error",
        "terminated",
        "stale",
    ] {
        let event = StreamEvent::from_json(&format!(r#"{{"type":"{event_type}"}}"#));
        assert_eq!(event.event_type(), event_type);
        assert!(!matches!(event, StreamEvent::Unknown(_)), "{event:?}");
        assert_eq!(event.id(), None);
    }
}

#[test]
fn an_event_without_a_type_is_an_output() {
    for json in [
        "{}",
        r#"{"data": "x"}"#,
        r#"{"stream": "stdout", "data": "x"}"#,
    ] {
        assert_eq!(
            StreamEvent::from_json(json).event_type(),
            "output",
            "{json}"
        );
    }
    assert_eq!(
        StreamEvent::from_json(r#"{"data": "x"}"#).stdout(),
        Some("x")
    );
}

#[test]
fn unknown_fields_and_values_of_known_events_are_kept() {
    let json = r#"{"type":"output","id":5,"stream":"debug","data":"x","turn":1,"at":{"s":1.5},"code":"no number here"}"#;
    let event = StreamEvent::from_json(json);
    assert_eq!(event.text(), Some("x"));
    assert_eq!(event.stdout(), None);
    assert_eq!(value(&serde_json::to_string(&event).unwrap()), value(json));
}

#[test]
fn fractions_in_unknown_fields_are_not_rounded() {
    for number in ["92233720368574.75807", "0.1", "1e300"] {
        let json = format!(r#"{{"type":"output","cost":{number}}}"#);
        let StreamEvent::Output(event) = StreamEvent::from_json(&json) else {
            panic!("{json} is no output");
        };
        assert_eq!(event.extra["cost"].as_f64(), number.parse().ok());
    }
}

#[test]
fn an_unknown_type_keeps_its_text_verbatim() {
    let json = r#"{ "type":"usage", "z":1, "a":1.50, "id":9 }"#;
    let event = StreamEvent::from_json(json);
    assert_eq!(
        (event.event_type(), event.id(), event.is_terminal()),
        ("usage", Some(9), false)
    );
    assert_eq!(serde_json::to_string(&event).unwrap(), json);
    assert_eq!(raw(event), json);
}

#[test]
fn known_types_with_fields_of_the_wrong_type_are_unknown() {
    for json in [
        r#"{"type": "output", "id": "7", "data": "x"}"#,
        r#"{"type": "output", "id": 7.5, "data": "x"}"#,
        r#"{"type": "output", "id": 9223372036854775808, "data": "x"}"#,
        r#"{"type": "output", "data": null}"#,
        r#"{"type": "output", "data": "x", "stream": 1}"#,
        r#"{"type": "output", "data": "x", "type": "stage"}"#,
        r#"{"type": "start", "session_id": "no uuid"}"#,
        r#"{"type": null, "data": "x"}"#,
        r#"{"data": "x", "type": 5}"#,
    ] {
        let event = StreamEvent::from_json(json);
        assert_eq!(
            serde_json::from_str::<StreamEvent>(&serde_json::to_string(&event).unwrap()).unwrap(),
            event
        );
        assert_eq!(raw(event), json);
    }
}

#[test]
fn a_terminal_event_is_recognized_regardless_of_its_fields() {
    for (json, id, exit_code, written) in [
        (
            r#"{"type":"exit","id":7,"code":true}"#,
            Some(7),
            None,
            r#"{"type":"exit","id":7,"code":true}"#,
        ),
        (
            r#"{"code":1.5,"type":"exit"}"#,
            None,
            None,
            r#"{"type":"exit","code":1.5}"#,
        ),
        (
            r#"{"type":"exit","id":"x","code":3}"#,
            None,
            Some(3),
            r#"{"type":"exit","code":3,"id":"x"}"#,
        ),
        (
            r#"{"type":"exit","code":1e400}"#,
            None,
            None,
            r#"{"type":"exit","code":"1e400"}"#,
        ),
        (
            r#"{"type":"error","message":"\ud800"}"#,
            None,
            None,
            "{\"type\":\"error\",\"message\":\"\u{fffd}\"}",
        ),
        (
            r#"{"type":"terminated","message":[1]}"#,
            None,
            None,
            r#"{"type":"terminated","message":[1]}"#,
        ),
        (
            r#"{"type":"stale","id":{},"message":null}"#,
            None,
            None,
            r#"{"type":"stale","id":{}}"#,
        ),
    ] {
        let event = StreamEvent::from_json(json);
        assert!(event.is_terminal(), "{json}");
        assert_eq!((event.id(), event.exit_code()), (id, exit_code), "{json}");
        assert_eq!(serde_json::to_string(&event).unwrap(), written);
    }
}

#[test]
fn an_unknown_event_that_parsers_reject_keeps_its_type_and_id() {
    let json = r#"{"type":"metrics","id":7,"x":1e400}"#;
    let event = StreamEvent::from_json(json);
    assert_eq!((event.event_type(), event.id()), ("metrics", Some(7)));
    assert_eq!(
        serde_json::to_string(&event).unwrap(),
        r#"{"type":"metrics","id":7,"x":"1e400"}"#
    );
    assert_eq!(raw(event), json);
}

#[test]
fn an_output_with_a_lone_surrogate_is_an_output() {
    let json = r#"{"type":"output","id":7,"stream":"stdout","data":"a\ud800b","turn":1}"#;
    assert_eq!(StreamEvent::from_json(json).stdout(), Some("a\u{fffd}b"));
}

#[test]
fn text_that_is_not_a_json_object_is_unknown_and_survives_a_round_trip() {
    let deep = "[".repeat(100_000);
    for text in [
        "",
        "not json",
        "{\"type\": \"output\"",
        "{} {}",
        "[1]",
        "\"text\"",
        "null",
        "7",
        "{\"a\": \u{fffd}}",
        &deep,
    ] {
        let event = StreamEvent::from_json(text);
        assert_eq!((event.event_type(), event.id()), ("", None));
        assert_eq!(
            serde_json::from_str::<StreamEvent>(&serde_json::to_string(&event).unwrap()).unwrap(),
            event
        );
        assert_eq!(raw(event), text);
    }
}

#[test]
fn events_deserialize_from_values_as_from_text() {
    for json in SERVER_EVENTS {
        assert_eq!(
            serde_json::from_value::<StreamEvent>(value(json))
                .unwrap()
                .event_type(),
            value(json)["type"]
        );
    }
}

#[test]
fn only_the_last_events_of_a_connection_are_terminal() {
    let terminal: Vec<_> = SERVER_EVENTS
        .iter()
        .map(|json| StreamEvent::from_json(json))
        .filter(StreamEvent::is_terminal)
        .collect();
    let types: Vec<_> = terminal.iter().map(StreamEvent::event_type).collect();
    assert_eq!(types, ["exit", "exit", "error", "terminated", "stale"]);
    assert_eq!(terminal[1].exit_code(), Some(-9));
    assert_eq!(terminal[2].exit_code(), None);
}

#[test]
fn the_discriminant_of_an_event_uses_no_extra_space() {
    assert_eq!(size_of::<StreamEvent>(), size_of::<StageEvent>());
    assert_eq!(
        size_of::<crate::error::Result<StreamEvent>>(),
        size_of::<StreamEvent>()
    );
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Server events with a few bytes replaced, removed or inserted.
    #[test]
    fn parsing_loses_nothing_of_any_text(
        at in 0..SERVER_EVENTS.len(),
        edits in prop::collection::vec((0..120usize, 0..3usize, "[\\\\\"{}\\[\\],:a-z0-9 .-]{0,2}"), 0..4),
    ) {
        let mut text = SERVER_EVENTS[at].to_owned();
        for (start, length, with) in edits {
            let start = start.min(text.len());
            text.replace_range(start..(start + length).min(text.len()), &with);
        }
        let event = StreamEvent::from_json(&text);
        let written = serde_json::to_string(&event).unwrap();
        let again = serde_json::from_str::<StreamEvent>(&written).unwrap();
        match (event, again) {
            (StreamEvent::Unknown(event), StreamEvent::Unknown(again)) => {
                // What parsers reject, such as a lone surrogate, is repaired; whitespace around an object is not kept.
                let repaired = crate::models::repair(event.raw.as_bytes()).map(|json| String::from_utf8(json).unwrap());
                let same = |raw: &str| again.raw.trim() == raw.trim();
                prop_assert!(same(&event.raw) || repaired.as_deref().is_some_and(same), "{:?}", again.raw);
                prop_assert_eq!((again.event_type, again.id), (event.event_type, event.id));
                prop_assert_eq!(event.raw, text);
            }
            (event, again) => prop_assert_eq!(again, event),
        }
    }
}
