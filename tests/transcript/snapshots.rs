//! Snapshots of transcripts: they continue anywhere, and damaged ones are refused.

use aod::transcript::{Input, RestoreError, Transcript};
use serde_json::{Value, json};

use super::model::{Screen, read, recordings, to_json};
use super::random_cuts;

#[test]
fn a_restored_transcript_continues_anywhere() {
    for (runtime, output) in recordings() {
        let whole = to_json(&read(runtime, [output.as_str()]));
        for _ in 0..5 {
            let seed = fastrand::u64(..);
            let mut random = fastrand::Rng::with_seed(seed);
            let mut transcript = Transcript::for_runtime(runtime);
            for chunk in random_cuts(&output, seed) {
                transcript.feed(chunk);
                if random.u8(..) > 10 {
                    continue;
                }
                let bytes = transcript.snapshot();
                transcript = Transcript::restore(&bytes).expect("it is a snapshot");
                assert_eq!(transcript.snapshot(), bytes, "{runtime} with seed {seed}");
            }
            transcript.finish();
            assert_eq!(to_json(&transcript), whole, "{runtime} with seed {seed}");
        }
    }
}

#[test]
fn bytes_that_are_not_a_snapshot_are_an_error() {
    for bytes in [&b""[..], b"{}", b"[1]", b"{\"version\":1}", b"\xff"] {
        let error = Transcript::restore(bytes).expect_err("not a snapshot");
        assert_eq!(error, RestoreError::Malformed, "{bytes:?}");
    }
    let error = Transcript::restore(b"{\"version\":99,\"state\":{}}").expect_err("too new");
    assert_eq!(error, RestoreError::Version(99));
    assert!(error.to_string().contains("99"), "{error}");
}

/// Returns a transcript with everything that a snapshot can contain.
fn unfinished(runtime: &str) -> Transcript {
    let output = match runtime {
        "claude" => {
            r#"{"type":"assistant","message":{"id":"m","usage":{"output_tokens":1},"content":[{"type":"tool_use","id":"t1","name":"Bash","input":{"command":"ls"}},{"type":"tool_use","id":"t2","name":"Bash","input":{}}]}}
{"type":"user","message":{"content":[{"type":"tool_result","tool_use_id":"t1","content":"a"}]}}
half"#
        }
        "codex" => {
            r#"{"type":"thread.started","thread_id":"t"}
{"type":"turn.completed","usage":{"input_tokens":1,"output_tokens":1}}
{"type":"item.started","item":{"id":"i","type":"command_execution","command":"ls"}}
half"#
        }
        _ => {
            r#"{"type":"message","role":"assistant","content":"a","delta":true}
{"type":"tool_use","tool_name":"x","tool_id":"1","parameters":{"a":[1]}}
{"type":"message","role":"assistant","content":"b","delta":true}
half"#
        }
    };
    let mut transcript = Transcript::for_runtime(runtime);
    transcript.feed("the turn before\n");
    transcript.finish();
    transcript.feed(output);
    transcript.apply(Input::Stderr("half of an error"));
    transcript
}

/// Returns the path of each value in a JSON value.
fn paths(value: &Value, path: &str, found: &mut Vec<String>) {
    found.push(path.to_owned());
    match value {
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                paths(item, &format!("{path}/{index}"), found);
            }
        }
        Value::Object(fields) => {
            for (name, field) in fields {
                paths(field, &format!("{path}/{name}"), found);
            }
        }
        _ => {}
    }
}

#[test]
fn a_damaged_snapshot_is_an_error_or_a_transcript_that_can_be_used() {
    let replacements = [
        json!(0),
        json!(1),
        json!(-1),
        json!(1_000_000),
        json!(i64::MAX),
        json!(u64::MAX),
        json!(null),
        json!([]),
        json!({}),
        json!(""),
        json!("text"),
    ];
    let mut restored = 0;
    for runtime in ["claude", "codex", "gemini"] {
        let recorded = recordings().into_iter().find(|(of, _)| *of == runtime);
        let (_, recorded) = recorded.expect("there is one of each runtime");
        let whole = serde_json::from_slice(&unfinished(runtime).snapshot()).expect("JSON");
        let mut all = Vec::new();
        paths(&whole, "", &mut all);
        for (path, replacement) in all
            .iter()
            .flat_map(|path| replacements.iter().map(move |value| (path, value)))
        {
            let mut damaged = whole.clone();
            *damaged.pointer_mut(path).expect("a path") = replacement.clone();
            let Ok(mut transcript) = Transcript::restore(damaged.to_string().as_bytes()) else {
                continue;
            };
            restored += 1;
            let output = format!(" line\n{}\n", "x".repeat(100));
            transcript.apply(Input::Stderr(&output));
            transcript.feed(&output);
            transcript.feed(&recorded);
            transcript.finish();
            Transcript::restore(&transcript.snapshot()).expect("a snapshot");
        }
    }
    assert!(restored > 100, "{restored}");
}

#[test]
fn a_snapshot_whose_parts_contradict_each_other_is_an_error() {
    let whole: Value = serde_json::from_slice(&unfinished("claude").snapshot()).expect("JSON");
    for (path, damage) in [
        ("/state/turns", json!([])),
        ("/state/turns/1/items", json!([])),
        ("/state/turns/1/dropped_items", json!(1)),
        ("/state/turns/0/dropped_items", json!(-1)),
        ("/state/turns/0/dropped_items", json!(i64::MAX)),
        ("/state/turns/1/items/0/raw_cut", json!(-1)),
        ("/state/current/count", json!(1)),
        ("/state/current/open/t2/0", json!(7)),
        ("/state/current/ended/t1/0", json!(7)),
        ("/state/stdout/max_line", json!(1)),
        ("/state/limits/line", json!(1)),
        ("/state/stderr/cut", json!(u64::MAX)),
    ] {
        let mut damaged = whole.clone();
        if let Some(value) = damaged.pointer_mut(path) {
            *value = damage;
        } else {
            // It has its default, which is not written.
            let (parent, name) = path.rsplit_once('/').expect("a path");
            damaged.pointer_mut(parent).expect("a path")[name] = damage;
        }
        let error = Transcript::restore(damaged.to_string().as_bytes()).expect_err(path);
        assert_eq!(error, RestoreError::Malformed, "{path}");
    }
}

#[test]
fn text_that_grows_after_an_update_is_in_the_changes_once() {
    let mut transcript = Transcript::for_runtime("gemini");
    let mut screen = Screen::default();
    screen.apply_all(transcript.feed("plain\n{\n"));
    let mut damaged: Value = serde_json::from_slice(&transcript.snapshot()).expect("JSON");
    // The text is the message that ends now, and what follows is appended to it.
    damaged["state"]["reader"]["Gemini"]["message"] = json!(0);
    let mut transcript =
        Transcript::restore(damaged.to_string().as_bytes()).expect("it is a snapshot");
    screen.apply_all(transcript.finish());
    screen.assert_shows(&transcript);
    assert_eq!(transcript.turns()[0].items.len(), 1);
}
