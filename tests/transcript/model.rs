//! The typed transcript: the items of each runtime, and its guarantees for any output.

use std::collections::BTreeMap;

use aod::transcript::{
    Change, End, Event, Input, ItemKind, ItemStatus, Limits, NoticeLevel, Outcome, OutputStream,
    Role, Transcript, UsageSource,
};
use aod_test_support::data;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::random_cuts;

const RUNTIMES: [&str; 5] = ["claude", "codex", "gemini", "generic", "opencode"];

/// Returns the recorded outputs with their runtimes.
pub(crate) fn recordings() -> Vec<(&'static str, String)> {
    let mut recordings = Vec::new();
    for runtime in RUNTIMES {
        let folder = data("transcripts").join(runtime);
        let mut paths: Vec<_> = std::fs::read_dir(&folder)
            .expect("the recordings are there")
            .map(|entry| entry.expect("the folder can be read").path())
            .filter(|path| path.extension().is_some_and(|it| it == "jsonl"))
            .collect();
        paths.sort();
        let texts = paths
            .into_iter()
            .map(|path| std::fs::read_to_string(path).expect("a recording is UTF-8"));
        recordings.extend(texts.map(|text| (runtime, text)));
    }
    assert!(recordings.len() > 10, "{}", recordings.len());
    recordings
}

/// Returns the transcript of some chunks.
pub(crate) fn read<'a>(runtime: &str, chunks: impl IntoIterator<Item = &'a str>) -> Transcript {
    let mut transcript = Transcript::for_runtime(runtime);
    for chunk in chunks {
        transcript.feed(chunk);
    }
    transcript.finish();
    transcript
}

pub(crate) fn to_json(transcript: &Transcript) -> Value {
    serde_json::to_value(transcript).expect("a transcript is JSON")
}

/// Checks that each nonblank line is in an item, or would be counted.
pub(crate) fn assert_complete(output: &str, transcript: &Transcript) {
    let mut expected = BTreeMap::<&str, i64>::new();
    for line in output
        .split('\n')
        .map(str::trim)
        .filter(|it| !it.is_empty())
    {
        *expected.entry(line).or_default() += 1;
    }
    let items = transcript.turns().iter().flat_map(|turn| &turn.items);
    let mut kept = Vec::new();
    for item in items {
        assert_eq!(item.raw_cut, 0, "{item:?}");
        let text = match &item.kind {
            ItemKind::Text { text, .. } => text,
            _ => &item.raw,
        };
        kept.extend(text.split('\n').map(str::trim).filter(|it| !it.is_empty()));
    }
    for line in kept {
        *expected.entry(line).or_default() -= 1;
    }
    expected.retain(|_, count| *count != 0);
    // A line with several events is kept by each of its parts.
    let (lost, mut parts): (Vec<_>, Vec<_>) =
        expected.into_iter().partition(|(_, count)| *count > 0);
    parts.sort_by_key(|(part, _)| std::cmp::Reverse(part.len()));
    for (line, _) in lost {
        let mut rest = line.to_owned();
        for (part, _) in &parts {
            rest = rest.replacen(part, "", 1);
        }
        let rest = rest.replace(|it: char| it.is_whitespace() || it.is_control(), "");
        assert_eq!(rest, "", "lost of {line}");
    }
}

#[test]
fn every_line_of_the_recordings_is_in_an_item() {
    for (runtime, output) in recordings() {
        assert_complete(&output, &read(runtime, [output.as_str()]));
    }
}

#[test]
fn chunks_do_not_change_a_transcript() {
    for (runtime, output) in recordings() {
        let whole = to_json(&read(runtime, [output.as_str()]));
        let characters = read(runtime, output.split("").filter(|it| !it.is_empty()));
        assert_eq!(to_json(&characters), whole, "{runtime} by characters");
        for _ in 0..20 {
            let seed = fastrand::u64(..);
            let chunks = read(runtime, random_cuts(&output, seed));
            assert_eq!(to_json(&chunks), whole, "{runtime} with seed {seed}");
        }
    }
}

/// A copy of a transcript that only the changes update, as a screen keeps it.
#[derive(Default)]
pub(crate) struct Screen(BTreeMap<i64, (Vec<Value>, Option<Outcome>)>);

impl Screen {
    pub(crate) fn apply_all(&mut self, changes: Vec<Change>) {
        for change in changes {
            self.apply(change);
        }
    }

    fn apply(&mut self, change: Change) {
        match change {
            Change::TurnStarted { turn } => {
                self.0.entry(turn).or_default().1 = None;
            }
            Change::ItemAdded { turn, item } => {
                let item = serde_json::to_value(item).expect("an item is JSON");
                self.items(turn).push(item);
            }
            Change::ItemUpdated { turn, item } => {
                let item = serde_json::to_value(item).expect("an item is JSON");
                let id = item["id"].clone();
                *self.item(turn, &id) = item;
            }
            Change::TextAppended {
                turn,
                item_id,
                text,
            } => {
                let item = self.item(turn, &item_id.into());
                let whole = item["text"].as_str().expect("a text").to_owned() + &text;
                item["text"] = whole.into();
            }
            Change::ItemsDropped { turn, count } => {
                let count = usize::try_from(count).expect("a small number");
                self.items(turn).drain(..count);
            }
            Change::TurnEnded { turn, outcome, .. } => {
                self.0.get_mut(&turn).expect("the turn started").1 = Some(outcome);
            }
            Change::HistoryReset => self.0.clear(),
            Change::AgentUpdated { .. } => {}
        }
    }

    fn items(&mut self, turn: i64) -> &mut Vec<Value> {
        &mut self.0.get_mut(&turn).expect("the turn started").0
    }

    fn item(&mut self, turn: i64, id: &Value) -> &mut Value {
        let mut items = self.items(turn).iter_mut();
        items.find(|item| item["id"] == *id).expect("it was added")
    }

    pub(crate) fn assert_shows(mut self, transcript: &Transcript) {
        for turn in transcript.turns() {
            let (items, outcome) = self.0.remove(&turn.number).expect("the turn started");
            assert_eq!(outcome, turn.outcome);
            let visible = |item: &Value| {
                let mut item = item.clone();
                let fields = item.as_object_mut().expect("an object");
                for field in ["raw", "raw_cut", "events"] {
                    fields.remove(field);
                }
                item
            };
            let shown: Vec<_> = items.iter().map(visible).collect();
            let real: Vec<_> = turn
                .items
                .iter()
                .map(|item| visible(&serde_json::to_value(item).expect("an item is JSON")))
                .collect();
            assert_eq!(shown, real);
        }
    }
}

#[test]
fn the_changes_give_the_same_turns() {
    for (runtime, output) in recordings() {
        for _ in 0..5 {
            let mut transcript = Transcript::for_runtime(runtime);
            let mut screen = Screen::default();
            for chunk in random_cuts(&output, fastrand::u64(..)) {
                screen.apply_all(transcript.feed(chunk));
            }
            screen.apply_all(transcript.finish());
            screen.assert_shows(&transcript);
        }
    }
}

/// A line that resembles the output of a runtime: a recorded one, changed at random, or text.
fn line() -> impl Strategy<Value = String> {
    let recorded: Vec<String> = recordings()
        .iter()
        .flat_map(|(_, output)| output.lines().map(str::to_owned))
        .collect();
    let changed = (
        proptest::sample::select(recorded),
        any::<proptest::sample::Index>(),
        "[\"{}:, a0\\[\\]]{0,3}",
        0..4_usize,
    )
        .prop_map(|(mut line, at, text, kind)| {
            let mut at = at.index(line.len() + 1);
            while !line.is_char_boundary(at) {
                at -= 1;
            }
            match kind {
                0 => line.insert_str(at, &text),
                1 => line.truncate(at),
                2 => drop(line.drain(..at)),
                _ => {}
            }
            line.replace('\n', " ")
        });
    prop_oneof![8 => changed, 1 => "[^\n]{0,40}"]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_output_is_lost_regardless_of_its_contents(
        lines in proptest::collection::vec(line(), 0..30),
        runtime in proptest::sample::select(RUNTIMES.to_vec()),
        seed in any::<u64>(),
    ) {
        let output = lines.join("\n");
        let mut transcript = Transcript::for_runtime(runtime);
        let mut screen = Screen::default();
        for chunk in random_cuts(&output, seed) {
            screen.apply_all(transcript.feed(chunk));
        }
        screen.apply_all(transcript.finish());
        assert_complete(&output, &transcript);
        screen.assert_shows(&transcript);
        prop_assert_eq!(to_json(&transcript), to_json(&read(runtime, [output.as_str()])));
        let mut ids: Vec<_> = transcript.turns().iter().flat_map(|turn| &turn.items).map(|item| &item.id).collect();
        let count = ids.len();
        ids.sort();
        ids.dedup();
        prop_assert_eq!(ids.len(), count);
    }
}

/// Returns the kinds of the items of the last turn, with their status and main text.
fn items(transcript: &Transcript) -> Vec<(ItemStatus, &ItemKind)> {
    let turn = transcript.turns().last().expect("a turn");
    let items = turn.items.iter();
    items.map(|item| (item.status, &item.kind)).collect()
}

#[test]
fn gemini_fragments_are_one_message_that_grows() {
    let mut transcript = Transcript::for_runtime("gemini");
    let mut changes = Vec::new();
    for fragment in ["All te", "sts ", "pass."] {
        let line =
            json!({"type": "message", "role": "assistant", "content": fragment, "delta": true});
        changes.extend(transcript.feed(&format!("{line}\n")));
    }
    let texts: Vec<_> = changes
        .iter()
        .filter_map(|change| match change {
            Change::TextAppended { text, .. } => Some(text.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(texts, ["sts ", "pass."]);
    let message = ItemKind::Message {
        role: Role::Agent,
        text: "All tests pass.".into(),
    };
    assert_eq!(items(&transcript), [(ItemStatus::InProgress, &message)]);
    transcript.feed("{\"type\":\"result\",\"status\":\"success\"}\n");
    assert_eq!(items(&transcript)[0], (ItemStatus::Completed, &message));
}

#[test]
fn items_of_a_subagent_of_claude_have_its_call_as_parent() {
    let lines = [
        r#"{"type":"assistant","message":{"content":[{"type":"tool_use","id":"toolu_1","name":"Task","input":{"prompt":"look"}}]}}"#,
        r#"{"type":"assistant","parent_tool_use_id":"toolu_1","message":{"content":[{"type":"text","text":"inner"}]}}"#,
        r#"{"type":"user","message":{"content":[{"type":"tool_result","tool_use_id":"toolu_1","content":"found"}]}}"#,
        r#"{"type":"assistant","parent_tool_use_id":"toolu_1","message":{"content":[{"type":"text","text":"late"}]}}"#,
        r#"{"type":"assistant","message":{"content":[{"type":"text","text":"outer"}]}}"#,
        r#"{"type":"result","subtype":"success","usage":{"input_tokens":3,"output_tokens":4}}"#,
    ];
    let transcript = read("claude", [lines.join("\n").as_str()]);
    let turn = &transcript.turns()[0];
    let call = turn.items[0].id.as_str();
    let parents: Vec<_> = turn
        .items
        .iter()
        .map(|item| item.parent.as_deref())
        .collect();
    assert_eq!(parents, [None, Some(call), Some(call), None, None]);
    assert_eq!(transcript.final_text(), Some("outer"));
    // The tokens of the subagent are not in the report.
    assert_eq!(turn.usage.expect("a usage").source, UsageSource::Partial);
}

#[test]
fn the_outcome_comes_from_the_runtime_and_from_the_session() {
    let success = r#"{"type":"result","subtype":"success"}"#;
    let failed = r#"{"type":"result","subtype":"error_during_execution","errors":["broken"]}"#;
    let because = |reason: &str| Outcome::Failed {
        reason: reason.into(),
    };
    let limit = r#"{"type":"result","subtype":"error_max_turns"}"#;
    for (output, end, exit_code, expected) in [
        (success, End::Exit, Some(0), Outcome::Success),
        (success, End::Exit, Some(1), because("exit code 1")),
        (failed, End::Exit, Some(1), because("broken")),
        (limit, End::Exit, Some(1), Outcome::MaxTurns),
        ("", End::Exit, Some(0), Outcome::Success),
        ("", End::Exit, Some(3), because("exit code 3")),
        ("", End::Exit, Some(130), Outcome::Interrupted),
        ("", End::Exit, Some(143), Outcome::Interrupted),
        (success, End::Exit, Some(143), Outcome::Interrupted),
        ("", End::Exit, None, Outcome::Interrupted),
        // A later turn was interrupted before it started.
        (success, End::Exit, None, Outcome::Success),
        (failed, End::Exit, None, because("broken")),
        (success, End::Unknown, None, Outcome::Success),
        ("", End::Unknown, None, Outcome::Unknown),
        ("", End::Terminated, None, Outcome::Interrupted),
        // The session was terminated after its turn.
        (success, End::Terminated, None, Outcome::Success),
        (failed, End::Terminated, None, because("broken")),
        (limit, End::Terminated, None, Outcome::MaxTurns),
        ("", End::Failed, None, because("")),
        (failed, End::Failed, None, because("broken")),
    ] {
        let mut transcript = Transcript::for_runtime("claude");
        transcript.feed(output);
        transcript.apply(Input::Ended { end, exit_code });
        let outcome = transcript.turns()[0].outcome.clone();
        assert_eq!(outcome, Some(expected), "{output} {end:?} {exit_code:?}");
    }
    let unknown = read("claude", ["text"]);
    assert_eq!(unknown.turns()[0].outcome, Some(Outcome::Unknown));
}

/// A stream that is opened after the session was terminated does not repeat the end of its turn.
#[test]
fn a_terminated_session_has_the_same_outcome_with_and_without_the_end_of_its_turn() {
    let message = r#"{"type":"text","part":{"text":"Hi."}}"#;
    let stop = r#"{"type":"step_finish","part":{"reason":"stop"}}"#;
    let tools = r#"{"type":"step_finish","part":{"reason":"tool-calls"}}"#;
    let ended = |end, exit_code| Input::Ended { end, exit_code };
    for (last, expected) in [
        (stop, Outcome::Success),
        // The agent was at work.
        ("", Outcome::Interrupted),
        (tools, Outcome::Interrupted),
    ] {
        let mut live = Transcript::for_runtime("opencode");
        live.feed(&format!("{message}\n{last}\n"));
        let mut later = Transcript::restore(&live.snapshot()).expect("a snapshot");
        later.apply(ended(End::Terminated, None));
        assert_eq!(later.turns()[0].outcome, Some(expected.clone()), "{last}");
        if expected == Outcome::Success {
            live.apply(ended(End::Exit, Some(0)));
            live.apply(ended(End::Terminated, None));
            assert_eq!(to_json(&live), to_json(&later));
        }
    }
}

#[test]
fn a_terminal_event_ends_the_turn_regardless_of_its_fields() {
    use aod::StreamEvent;

    let call = r#"{"type":"assistant","message":{"content":[{"type":"tool_use","id":"t1","name":"Bash","input":{}}]}}"#;
    for (event, expected) in [
        (r#"{"type":"exit","code":1.5}"#, Outcome::Unknown),
        (r#"{"type":"exit","code":"0"}"#, Outcome::Unknown),
        (r#"{"type":"exit","code":1e400}"#, Outcome::Unknown),
        (
            r#"{"type":"exit","code":null,"id":[]}"#,
            Outcome::Interrupted,
        ),
        (
            r#"{"type":"error","id":"7","message":{}}"#,
            Outcome::Failed {
                reason: String::new(),
            },
        ),
        (r#"{"type":"terminated","message":7}"#, Outcome::Interrupted),
    ] {
        let mut transcript = Transcript::for_runtime("claude");
        transcript.feed(&format!("{call}\nthe last line"));
        transcript.apply(&StreamEvent::from_json(event));
        let turn = &transcript.turns()[0];
        assert_eq!(turn.outcome, Some(expected), "{event}");
        assert_eq!(turn.items[0].status, ItemStatus::Interrupted, "{event}");
        assert_eq!(turn.items.len(), 2, "{event}");
    }
}

#[test]
fn the_last_error_is_the_reason_of_a_failure_that_the_runtime_does_not_explain() {
    let started = r#"{"id":"1","msg":{"type":"task_started"}}"#;
    let error = r#"{"id":"1","msg":{"type":"error","message":"no API key"}}"#;
    let message = r#"{"id":"1","msg":{"type":"agent_message","message":"Still here."}}"#;
    for (lines, exit_code, expected) in [
        (vec![started, error], Some(1), "exit code 1: no API key"),
        (
            vec![started, message, error],
            Some(1),
            "exit code 1: no API key",
        ),
        (vec![started, error, message], Some(1), "exit code 1"),
        (vec![started], Some(1), "exit code 1"),
    ] {
        let mut transcript = Transcript::for_runtime("codex");
        transcript.feed(&lines.join("\n"));
        let end = End::Exit;
        transcript.apply(Input::Ended { end, exit_code });
        let reason = expected.to_owned();
        let outcome = transcript.turns()[0].outcome.clone();
        assert_eq!(outcome, Some(Outcome::Failed { reason }), "{lines:?}");
    }
}

#[test]
fn a_failed_preparation_is_the_reason_of_the_turn() {
    let mut transcript = Transcript::new();
    transcript.apply(Input::Start { runtime: "claude" });
    transcript.apply(Input::StageFailed {
        stage: "create_sprite",
        message: "no capacity",
    });
    transcript.apply(Input::TurnStarted { turn: Some(1) });
    transcript.apply(Input::Stderr("provision failed: no capacity\n"));
    transcript.apply(Input::Ended {
        end: End::Failed,
        exit_code: None,
    });
    assert_eq!(transcript.turns().len(), 1);
    let reason = "create_sprite failed: no capacity".to_owned();
    let notice = ItemKind::Notice {
        level: NoticeLevel::Error,
        text: reason.clone(),
    };
    let text = ItemKind::Text {
        stream: OutputStream::Stderr,
        text: "provision failed: no capacity".into(),
    };
    assert_eq!(
        items(&transcript),
        [
            (ItemStatus::Completed, &notice),
            (ItemStatus::Completed, &text)
        ]
    );
    assert_eq!(
        transcript.turns()[0].outcome,
        Some(Outcome::Failed { reason })
    );
}

#[test]
fn a_repeated_start_of_a_turn_continues_it() {
    let mut transcript = Transcript::new();
    transcript.apply(Input::Start { runtime: "generic" });
    for chunk in ["one li", "ne\n"] {
        transcript.apply(Input::TurnStarted { turn: Some(1) });
        transcript.apply(Input::Stdout(chunk));
    }
    let exit = Input::Ended {
        end: End::Exit,
        exit_code: Some(0),
    };
    transcript.apply(exit);
    // Output that the server sends after the end, to a stream that is opened again.
    transcript.apply(Input::TurnStarted { turn: Some(1) });
    transcript.apply(Input::Stdout("late\n"));
    transcript.apply(exit);
    assert!(transcript.apply(exit).is_empty(), "the end is not repeated");
    transcript.apply(Input::TurnStarted { turn: Some(2) });
    let texts: Vec<_> = transcript.turns()[0]
        .items
        .iter()
        .map(|item| match &item.kind {
            ItemKind::Text { text, .. } => text.as_str(),
            kind => panic!("{kind:?}"),
        })
        .collect();
    assert_eq!(texts, ["one line\nlate"]);
    assert_eq!(transcript.turns()[0].outcome, Some(Outcome::Success));
    assert_eq!(transcript.turns().len(), 2);
}

#[test]
fn calls_that_were_denied_are_declined() {
    let lines = [
        r#"{"type":"assistant","message":{"content":[{"type":"tool_use","id":"t1","name":"Bash","input":{}}]}}"#,
        r#"{"type":"user","message":{"content":[{"type":"tool_result","tool_use_id":"t1","content":"no","is_error":true}]}}"#,
        r#"{"type":"result","subtype":"success","permission_denials":[{"tool_name":"Bash","tool_use_id":"t1"},{}]}"#,
    ];
    let transcript = read("claude", [lines.join("\n").as_str()]);
    let item = &transcript.turns()[0].items[0];
    assert_eq!(item.status, ItemStatus::Declined);
    assert_eq!(item.raw, lines[..2].join("\n"));
}

#[test]
fn an_item_has_the_ids_of_all_events_of_its_lines() {
    use aod::transcript::Event;

    let mut transcript = Transcript::for_runtime("gemini");
    let fragment = |text: &str| {
        json!({"type": "message", "role": "assistant", "content": text, "delta": true}).to_string()
            + "\n"
    };
    let output = fragment("a") + &fragment("b") + "plain\nla";
    let (head, rest) = output.split_at(10);
    for (cursor, chunk) in [(2, head), (4, rest), (7, "st")] {
        transcript.apply(Event {
            input: Input::Stdout(chunk),
            cursor: Some(cursor),
        });
    }
    transcript.finish();
    let ranges: Vec<_> = transcript.turns()[0]
        .items
        .iter()
        .map(|item| item.events.map(|events| (events.first, events.last)))
        .collect();
    assert_eq!(ranges, [Some((2, 4)), Some((4, 7))]);
}

#[test]
fn a_subagent_of_an_unknown_call_is_not_the_agent() {
    let message = |parent: &str, text: &str| {
        format!(r#"{{"type":"assistant","parent_tool_use_id":{parent},"message":"{text}"}}"#) + "\n"
    };
    let output = message("null", "the answer") + &message("\"gone\"", "inner");
    let transcript = read("claude", [output.as_str()]);
    let parents: Vec<_> = transcript.turns()[0]
        .items
        .iter()
        .map(|item| item.parent.as_deref())
        .collect();
    assert_eq!(parents, [None, Some("gone")]);
    assert_eq!(transcript.final_text(), Some("the answer"));
}

#[test]
fn a_denial_that_is_repeated_changes_its_call_once() {
    let mut transcript = Transcript::for_runtime("claude");
    let call = r#"{"type":"assistant","message":{"content":[{"type":"tool_use","id":"t1","name":"Bash","input":{}}]}}"#;
    let ended = r#"{"type":"user","message":{"content":[{"type":"tool_result","tool_use_id":"t1","content":"no"}]}}"#;
    transcript.feed(&format!("{call}\n{ended}\n"));
    let denials = vec![r#"{"tool_use_id":"t1"}"#; 1000].join(",");
    let line =
        format!(r#"{{"type":"result","subtype":"success","permission_denials":[{denials}]}}"#);
    let changes = transcript.feed(&format!("{line}\n"));
    let updates = changes
        .iter()
        .filter(|change| matches!(change, Change::ItemUpdated { .. }));
    assert_eq!(updates.count(), 1);
}

#[test]
fn only_an_attempt_of_a_retry_is_a_warning_of_codex() {
    for (message, expected) in [
        ("Reconnecting... 2/5", NoticeLevel::Warning),
        ("stream error; retrying 1/5 in 200ms…", NoticeLevel::Warning),
        ("stopped retrying after 5 attempts", NoticeLevel::Error),
        ("Reconnecting... failed", NoticeLevel::Error),
    ] {
        let line = json!({"type": "error", "message": message}).to_string();
        let transcript = read("codex", [line.as_str()]);
        let (_, kind) = items(&transcript)[0];
        let ItemKind::Notice { level, .. } = kind else {
            panic!("{kind:?}");
        };
        assert_eq!(*level, expected, "{message}");
    }
}

#[test]
fn a_turn_that_continues_after_finish_ends_as_the_session_does() {
    let mut transcript = Transcript::for_runtime("generic");
    transcript.apply(Input::TurnStarted { turn: Some(1) });
    transcript.finish();
    assert_eq!(transcript.turns()[0].outcome, Some(Outcome::Unknown));
    transcript.apply(Input::TurnStarted { turn: Some(1) });
    transcript.apply(Input::Ended {
        end: End::Exit,
        exit_code: Some(0),
    });
    assert_eq!(transcript.turns()[0].outcome, Some(Outcome::Success));
}

/// Returns the line of a command of Codex.
fn command(phase: &str, id: &str, output: &str) -> String {
    let item = json!({"id": id, "type": "command_execution", "command": "make", "aggregated_output": output});
    json!({"type": format!("item.{phase}"), "item": item}).to_string() + "\n"
}

#[test]
fn the_changes_of_one_call_contain_the_last_update_of_each_item_only() {
    let mut output = command("started", "a", "") + &command("started", "b", "");
    for _ in 0..3 {
        output += &(command("updated", "a", "") + &command("updated", "b", "") + "text\n\n");
    }
    output += &(command("updated", "b", "") + &command("completed", "a", "ok"));
    let mut transcript = Transcript::for_runtime("codex");
    let mut screen = Screen::default();
    let changes = transcript.feed(&output);
    let made: Vec<_> = changes
        .iter()
        .map(|change| match change {
            Change::TurnStarted { .. } => "turn".to_owned(),
            Change::ItemAdded { item, .. } => format!("+{}", item.id),
            Change::ItemUpdated { item, .. } => item.id.clone(),
            Change::TextAppended { .. } => "text".to_owned(),
            change => panic!("{change:?}"),
        })
        .collect();
    assert_eq!(
        made,
        ["turn", "+1-1", "+1-2", "+1-3", "text", "text", "1-2", "1-1"]
    );
    let Some(Change::ItemUpdated { item, .. }) = changes.last() else {
        panic!("{changes:?}");
    };
    assert_eq!(item, &transcript.turns()[0].items[0]);
    assert_eq!(item.status, ItemStatus::Completed);
    assert_eq!(item.raw.lines().count(), 5);
    screen.apply_all(changes);
    screen.assert_shows(&transcript);
}

#[test]
fn the_changes_of_successive_events_contain_the_last_update_of_each_item_only() {
    let lines = [
        command("started", "a", ""),
        command("updated", "a", ""),
        command("completed", "a", "ok"),
    ];
    let events = lines.iter().zip(1..).map(|(line, id)| Event {
        input: Input::Stdout(line),
        cursor: Some(id),
    });
    let reset = [1, 2].map(|id| Event {
        input: Input::Stdout("other\n"),
        cursor: Some(id),
    });
    let mut screen = Screen::default();
    let mut transcript = Transcript::for_runtime("codex");
    let changes = transcript.apply_all(None, events.clone());
    let is_update = |change: &&Change| matches!(change, Change::ItemUpdated { .. });
    assert_eq!(changes.iter().filter(is_update).count(), 1);
    screen.apply_all(changes);
    let changes = transcript.apply_all(None, reset.into_iter().chain(events));
    assert!(changes.contains(&Change::HistoryReset));
    screen.apply_all(changes);
    screen.assert_shows(&transcript);
}

#[test]
fn a_transcript_can_end_with_a_turn() {
    let started = |turn| Input::TurnStarted { turn: Some(turn) };
    let ended = Input::Ended {
        end: End::Exit,
        exit_code: Some(0),
    };
    let unknown = Some(Outcome::Unknown);
    for (inputs, expected) in [
        (
            vec![started(1), started(2), started(3)],
            [(1, unknown.clone()), (2, unknown.clone())],
        ),
        (
            vec![started(1), started(3)],
            [(1, unknown.clone()), (2, unknown.clone())],
        ),
        (
            vec![started(1), ended],
            [(1, unknown.clone()), (2, Some(Outcome::Success))],
        ),
        (vec![started(1)], [(1, unknown.clone()), (2, unknown)]),
    ] {
        let mut transcript = Transcript::for_runtime("claude");
        let mut screen = Screen::default();
        screen.apply_all(transcript.apply_all(Some(2), inputs));
        screen.apply_all(transcript.finish_turn(Some(2)));
        let turns = transcript.turns().iter();
        let found: Vec<_> = turns.map(|it| (it.number, it.outcome.clone())).collect();
        assert_eq!(found, expected);
        screen.assert_shows(&transcript);
    }
}

#[test]
fn an_update_of_an_item_that_is_dropped_is_not_made() {
    let limits = Limits::new().items(8);
    let mut transcript = Transcript::for_runtime("codex").with_limits(limits);
    let mut screen = Screen::default();
    screen
        .apply_all(transcript.feed(&(command("started", "a", "") + &command("started", "b", ""))));
    let notice = "{\"type\":\"error\",\"message\":\"no\"}\n".repeat(7);
    let updates = command("updated", "a", "") + &command("updated", "b", "");
    let changes = transcript.feed(&(updates + &notice + &command("completed", "b", "")));
    screen.apply_all(changes);
    screen.assert_shows(&transcript);
    assert_eq!(transcript.turns()[0].dropped_items, 2);
}

#[test]
fn the_changes_of_one_call_contain_the_last_update_of_the_agent_only() {
    let thread = |id: &str| json!({"type": "thread.started", "thread_id": id}).to_string() + "\n";
    let mut transcript = Transcript::for_runtime("codex");
    let changes = transcript.feed(&(thread("a") + &thread("b") + &thread("a")));
    let agents: Vec<_> = changes
        .iter()
        .filter_map(|change| match change {
            Change::AgentUpdated { agent } => Some(agent),
            _ => None,
        })
        .collect();
    assert_eq!(agents, [transcript.agent().expect("an agent")]);
}

#[test]
fn the_results_of_a_web_search_of_codex_are_its_text() {
    let results = json!([
        {"type": "text_result", "ref_id": "turn0search0", "title": "Codex - npm", "url": "https://npmjs.com/codex", "snippet": "Run it."},
        {"type": "text_result", "ref_id": "turn0search1", "snippet": "Total lines: 1", "title": "Internal Error"},
        {"type": "added_later"},
    ]);
    let search = |results: &Value| {
        let item = json!({"id": "i", "type": "web_search", "query": "codex", "results": results});
        json!({"type": "item.completed", "item": item}).to_string()
    };
    for (results, expected) in [
        (
            results,
            "Codex - npm\nhttps://npmjs.com/codex\nRun it.\n\nInternal Error\nTotal lines: 1",
        ),
        (json!(null), ""),
    ] {
        let transcript = read("codex", [search(&results).as_str()]);
        let (_, ItemKind::ToolCall(call)) = items(&transcript)[0] else {
            panic!("a call");
        };
        assert_eq!(call.result.as_ref().expect("a result").text, expected);
    }
}
