//! The limits of a transcript, and linear time and memory.

#![expect(clippy::cast_possible_wrap, reason = "small sizes")]

use aod::transcript::{Change, ItemKind, Limits, Outcome, Transcript};

fn message(text: &str) -> String {
    let text = serde_json::Value::from(text);
    format!(r#"{{"type":"item.completed","item":{{"type":"agent_message","text":{text}}}}}"#) + "\n"
}

#[test]
fn long_texts_are_cut_and_say_so() {
    let limits = Limits::new().text(10).raw(100);
    let mut transcript = Transcript::for_runtime("codex").with_limits(limits);
    transcript.feed(&message(&"ä".repeat(100)));
    let item = &transcript.turns()[0].items[0];
    assert!(item.is_truncated);
    let ItemKind::Message { text, .. } = &item.kind else {
        panic!("{item:?}");
    };
    assert_eq!(text, "äääää");
    let whole = message(&"ä".repeat(100)).len() - 1;
    assert_eq!(item.raw.len() as i64 + item.raw_cut, whole as i64);
    assert!(item.raw.len() <= 100);
}

#[test]
fn the_long_reason_of_a_failed_turn_is_cut() {
    let mut transcript = Transcript::for_runtime("claude").with_limits(Limits::new().text(10));
    let reason = "ä".repeat(100);
    transcript.feed(&format!(
        "{{\"type\":\"result\",\"subtype\":\"success\",\"is_error\":true,\"result\":\"{reason}\"}}\n"
    ));
    transcript.finish();
    let reason = "äääää".to_owned();
    assert_eq!(
        transcript.turns()[0].outcome,
        Some(Outcome::Failed { reason })
    );
}

#[test]
fn long_arguments_are_a_cut_string() {
    let mut transcript = Transcript::for_runtime("claude").with_limits(Limits::new().text(20));
    let input = r#"{"command":"ls","why":"äääääääääääääääääääääää"}"#;
    let block = format!(r#"{{"type":"tool_use","name":"Bash","input":{input}}}"#);
    transcript.feed(&format!(
        "{{\"type\":\"assistant\",\"message\":{{\"content\":[{block}]}}}}\n"
    ));
    let item = &transcript.turns()[0].items[0];
    assert!(item.is_truncated);
    let ItemKind::ToolCall(call) = &item.kind else {
        panic!("{item:?}");
    };
    assert_eq!(call.input.as_str(), Some(&input[..20]));
}

#[test]
fn deeply_nested_arguments_do_not_break_a_snapshot() {
    for depth in [10, 64, 100, 120, 127, 1000] {
        let input = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        let line =
            format!(r#"{{"type":"tool_use","tool_name":"x","tool_id":"1","parameters":{input}}}"#);
        let mut transcript = Transcript::for_runtime("gemini");
        transcript.feed(&format!("{line}\n"));
        let ItemKind::ToolCall(call) = &transcript.turns()[0].items[0].kind else {
            panic!("a call");
        };
        let text = call
            .input
            .as_str()
            .map_or_else(|| call.input.to_string(), str::to_owned);
        assert_eq!(text, input);
        let restored = Transcript::restore(&transcript.snapshot()).expect("a snapshot");
        assert_eq!(restored.turns(), transcript.turns());
    }
}

#[test]
fn arguments_that_a_value_cannot_represent_are_a_string() {
    for (input, is_represented) in [
        (r#"{"id":12345678901234567890123}"#, false),
        ("[18446744073709551616]", false),
        (r#"[{"a": -9223372036854775809 }]"#, false),
        ("[1e400]", false),
        (r#"{"$serde_json::private::RawValue":"1"}"#, false),
        (
            r#"{"a":[{"\u0024serde_json::private::RawValue" :"[2]"}]}"#,
            false,
        ),
        (r#"{"$serde_json::private::Number":"1"}"#, false),
        (
            r#"{"a":"$serde_json::private::RawValue","b":"12345678901234567890123"}"#,
            true,
        ),
        ("[18446744073709551615,-9223372036854775808,1.5,0.25]", true),
    ] {
        let line =
            format!(r#"{{"type":"tool_use","tool_name":"x","tool_id":"1","parameters":{input}}}"#);
        let mut transcript = Transcript::for_runtime("gemini");
        transcript.feed(&format!("{line}\n"));
        let ItemKind::ToolCall(call) = &transcript.turns()[0].items[0].kind else {
            panic!("a call");
        };
        if is_represented {
            assert_eq!(call.input.to_string(), input);
        } else {
            assert_eq!(call.input.as_str(), Some(input));
        }
        let restored = Transcript::restore(&transcript.snapshot()).expect("a snapshot");
        assert_eq!(restored.turns(), transcript.turns());
    }
}

#[test]
fn a_message_that_grows_stops_at_the_limit() {
    let mut transcript = Transcript::for_runtime("gemini").with_limits(Limits::new().text(12));
    let line = r#"{"type":"message","role":"assistant","content":"12345","delta":true}"#;
    let changes: Vec<_> = (0..5)
        .flat_map(|_| transcript.feed(&format!("{line}\n")))
        .collect();
    let appended: String = changes
        .iter()
        .filter_map(|change| match change {
            Change::TextAppended { text, .. } => Some(text.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(appended, "1234512");
    assert!(transcript.turns()[0].items[0].is_truncated);
    assert_eq!(transcript.final_text(), Some("123451234512"));
}

#[test]
fn a_line_beyond_the_limit_is_text_that_says_how_much_is_missing() {
    let mut transcript = Transcript::for_runtime("codex").with_limits(Limits::new().line(50));
    for chunk in message(&"x".repeat(200)).as_bytes().chunks(7) {
        transcript.feed(std::str::from_utf8(chunk).expect("ASCII"));
    }
    let item = &transcript.turns()[0].items[0];
    assert!(item.is_truncated);
    let ItemKind::Text { text, .. } = &item.kind else {
        panic!("{item:?}");
    };
    assert_eq!(
        text.len() as i64 + item.raw_cut,
        message(&"x".repeat(200)).len() as i64 - 1
    );
}

#[test]
fn text_beyond_the_limits_is_counted() {
    for (limits, kept) in [
        (Limits::new().text(10), 10),
        (Limits::new().text(10).line(50), 10),
        (Limits::new().text(60).line(50), 50),
    ] {
        let mut transcript = Transcript::for_runtime("claude").with_limits(limits);
        transcript.feed(&format!("{}\n", "x".repeat(200)));
        let item = &transcript.turns()[0].items[0];
        let ItemKind::Text { text, .. } = &item.kind else {
            panic!("{item:?}");
        };
        assert_eq!((text.len(), item.raw_cut), (kept, 200 - kept as i64));
        assert!(item.is_truncated);
    }
}

#[test]
fn the_oldest_items_are_dropped_and_counted() {
    for limits in [Limits::new().items(80), Limits::new().bytes(30_000)] {
        let mut transcript = Transcript::for_runtime("codex").with_limits(limits);
        let mut shown = 0_i64;
        for number in 0..1000 {
            for change in transcript.feed(&message(&number.to_string())) {
                match change {
                    Change::ItemAdded { .. } => shown += 1,
                    Change::ItemsDropped { count, .. } => shown -= count,
                    _ => {}
                }
            }
        }
        let turn = &transcript.turns()[0];
        assert_eq!(turn.items.len() as i64 + turn.dropped_items, 1000);
        assert_eq!(shown, turn.items.len() as i64);
        assert!((10..=80).contains(&shown), "{shown}");
        assert_eq!(transcript.final_text(), Some("999"));
        assert_eq!(turn.items.last().expect("an item").id, "1-1000");
    }
}

/// A small object takes much more memory than its JSON.
#[test]
fn arguments_count_as_much_as_they_take() {
    let limit = 8 << 20;
    let objects = vec![r#"{"a":1}"#; 1000].join(",");
    let call =
        format!(r#"{{"type":"tool_use","tool_name":"x","tool_id":"1","parameters":[{objects}]}}"#);
    let mut transcript = Transcript::for_runtime("gemini").with_limits(Limits::new().bytes(limit));
    for _ in 0..100 {
        transcript.feed(&format!("{call}\n"));
    }
    let turn = &transcript.turns()[0];
    // A map with one field has room for eleven.
    let object = 11 * (size_of::<String>() + size_of::<serde_json::Value>());
    assert!(
        turn.items.len() * 1000 * object < limit,
        "{}",
        turn.items.len()
    );
    assert!(turn.items.len() > 5, "{}", turn.items.len());
}

#[test]
fn the_list_of_tools_is_cut_at_the_limit_of_texts() {
    let tools = vec![r#""a tool""#; 10_000].join(",");
    let init = format!(
        r#"{{"type":"system","subtype":"init","model":"{0}","tools":[{tools}]}}"#,
        "m".repeat(9000)
    );
    let mut transcript = Transcript::for_runtime("claude").with_limits(Limits::new().text(1000));
    let is_update = |change: &Change| matches!(change, Change::AgentUpdated { .. });
    assert!(transcript.feed(&format!("{init}\n")).iter().any(is_update));
    let agent = transcript.agent().expect("an agent");
    let size: usize = agent.tools.iter().map(String::len).sum();
    assert!((1..=1000).contains(&size), "{size}");
    assert_eq!(agent.model.as_ref().map(String::len), Some(1000));
    assert!(!transcript.feed(&format!("{init}\n")).iter().any(is_update));
}

#[test]
fn items_of_earlier_turns_are_dropped_first() {
    let mut transcript = Transcript::for_runtime("codex").with_limits(Limits::new().items(8));
    for text in ["a", "b"] {
        for _ in 0..6 {
            transcript.feed(&message(text));
        }
        transcript.finish();
    }
    let counts: Vec<_> = transcript
        .turns()
        .iter()
        .map(|turn| (turn.items.len(), turn.dropped_items))
        .collect();
    assert_eq!(
        counts.iter().map(|it| it.0).sum::<usize>(),
        8.min(counts[0].0 + 6)
    );
    assert!(counts[0].1 > 0 && counts[1] == (6, 0), "{counts:?}");
}

/// A result that follows its dropped call is kept as an event.
#[test]
fn a_result_without_its_call_is_an_event() {
    let line = r#"{"type":"user","message":{"content":[{"type":"tool_result","tool_use_id":"gone","content":"x"}]}}"#;
    let mut transcript = Transcript::for_runtime("claude");
    transcript.feed(&format!("{line}\n"));
    let item = &transcript.turns()[0].items[0];
    assert_eq!(item.raw, line);
    assert!(matches!(&item.kind, ItemKind::Event { event_type } if event_type == "user"));
}

#[test]
fn a_line_makes_a_limited_number_of_items() {
    let blocks = vec![r#""a""#; 20_000].join(",");
    let mut transcript = Transcript::for_runtime("claude");
    transcript.feed(&format!(
        "{{\"type\":\"assistant\",\"message\":{{\"content\":[{blocks}]}}}}\n"
    ));
    assert_eq!(transcript.turns()[0].items.len(), 10_000);
}

/// Each of the lines is short and the item is not.
#[test]
fn many_updates_of_a_large_item_take_the_memory_of_one() {
    let arguments = "x".repeat(64 << 10);
    let update = |id: &str, arguments: &str| {
        format!(
            r#"{{"type":"item.updated","item":{{"id":"{id}","type":"mcp_tool_call"{arguments}}}}}"#
        ) + "\n"
    };
    let arguments = format!(r#","arguments":"{arguments}""#);
    let started = update("a", &arguments) + &update("b", &arguments);
    let updates = (update("a", "") + &update("b", "")).repeat(1000);
    let mut transcript = Transcript::for_runtime("codex");
    transcript.feed(&started);
    let changes = transcript.feed(&updates);
    assert_eq!(changes.len(), 2);
    for (change, item) in changes.iter().zip(&transcript.turns()[0].items) {
        assert!(matches!(change, Change::ItemUpdated { item: made, .. } if made == item));
        assert!(item.raw_cut > 0);
        let ItemKind::ToolCall(call) = &item.kind else {
            panic!("{item:?}");
        };
        assert_eq!(call.input.as_str().map(str::len), Some(64 << 10));
    }
}
