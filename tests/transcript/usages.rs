//! The tokens and costs of turns and transcripts.

use aod::transcript::{End, Input, ItemKind, Outcome, Tool, Transcript, Usage, UsageSource};
use serde_json::json;

use super::model::read;

#[test]
fn codex_items_are_joined_and_its_total_becomes_the_usage_of_each_turn() {
    let turn = |command: &str, total: u64| {
        let command = json!({
            "id": "item_0", "type": "command_execution", "command": format!("bash -lc '{command}'"),
            "aggregated_output": "", "status": "in_progress",
        });
        let mut ended = command.clone();
        ended["status"] = "completed".into();
        ended["exit_code"] = 0.into();
        ended["aggregated_output"] = "done\n".into();
        [
            json!({"type": "thread.started", "thread_id": "t"}),
            json!({"type": "item.started", "item": command}),
            json!({"type": "item.completed", "item": ended}),
            json!({"type": "turn.completed", "usage": {"input_tokens": total, "output_tokens": total / 10}}),
        ]
        .map(|line| format!("{line}\n"))
        .concat()
    };
    let mut transcript = Transcript::new();
    transcript.apply(Input::Start { runtime: "codex" });
    for (number, total) in [(1, 1000), (2, 1500)] {
        transcript.apply(Input::TurnStarted { turn: Some(number) });
        transcript.apply(Input::Stdout(&turn("ls", total)));
    }
    transcript.apply(Input::Ended {
        end: End::Exit,
        exit_code: Some(0),
    });

    let inputs: Vec<_> = transcript
        .turns()
        .iter()
        .map(|turn| turn.usage.expect("a usage").input_tokens)
        .collect();
    assert_eq!(inputs, [Some(1000), Some(500)]);
    assert_eq!(
        transcript.usage().expect("a usage").input_tokens,
        Some(1500)
    );
    let calls: Vec<_> = transcript
        .turns()
        .iter()
        .flat_map(|turn| &turn.items)
        .filter_map(|item| match &item.kind {
            ItemKind::ToolCall(call) => Some((&item.id, call)),
            _ => None,
        })
        .collect();
    assert_eq!(calls.len(), 2);
    assert_ne!(calls[0].0, calls[1].0);
    for (_, call) in calls {
        assert_eq!(
            call.tool,
            Tool::Shell {
                command: "ls".into()
            }
        );
        let result = call.result.as_ref().expect("it has ended");
        assert_eq!(
            (result.text.as_str(), result.exit_code),
            ("done\n", Some(0))
        );
    }
}

#[test]
fn a_total_of_codex_that_includes_turns_before_the_transcript_is_not_the_usage_of_a_turn() {
    let turn = |thread: &str, total: u64| {
        format!(
            "{{\"type\":\"thread.started\",\"thread_id\":\"{thread}\"}}\n{{\"type\":\"turn.completed\",\"usage\":{{\"input_tokens\":{total}}}}}\n"
        )
    };
    let interrupted = "{\"type\":\"thread.started\",\"thread_id\":\"t\"}\n".to_owned();
    let later = [
        interrupted.clone(),
        turn("t", 1000),
        turn("t", 1500),
        turn("new", 70),
    ];
    for (first, turns, expected) in [
        (2, &later[..], vec![None, None, Some(500), Some(70)]),
        (2, &later[1..], vec![None, Some(500), Some(70)]),
        (1, &later[1..], vec![Some(1000), Some(500), Some(70)]),
        (1, &later[..], vec![None, Some(1000), Some(500), Some(70)]),
    ] {
        let mut transcript = Transcript::for_runtime("codex");
        for (number, output) in (first..).zip(turns) {
            transcript.apply(Input::TurnStarted { turn: Some(number) });
            transcript.feed(output);
            transcript = Transcript::restore(&transcript.snapshot()).expect("a snapshot");
        }
        transcript.finish();
        let found: Vec<_> = transcript
            .turns()
            .iter()
            .map(|turn| turn.usage.and_then(|usage| usage.input_tokens))
            .collect();
        assert_eq!(found, expected, "from turn {first}");
    }
}

#[test]
fn a_counter_that_codex_no_longer_reports_is_not_repeated() {
    let turn = |usage: &str| {
        format!(
            "{{\"type\":\"thread.started\",\"thread_id\":\"t\"}}\n{{\"type\":\"turn.completed\",\"usage\":{usage}}}\n"
        )
    };
    let mut transcript = Transcript::for_runtime("codex");
    transcript.feed(&turn(r#"{"input_tokens":10,"cached_input_tokens":9,"output_tokens":1,"reasoning_output_tokens":7}"#));
    transcript.finish();
    transcript.feed(&turn(
        r#"{"input_tokens":20,"cached_input_tokens":5,"output_tokens":2}"#,
    ));
    transcript.finish();
    let usage = transcript.turns()[1].usage.expect("a usage");
    assert_eq!(
        (usage.reasoning_tokens, usage.cached_input_tokens),
        (None, Some(0))
    );
}

#[test]
fn opencode_steps_are_summed() {
    let step = |reason: &str| {
        json!({"type": "step_finish", "part": {"reason": reason, "cost": 0.25, "tokens":
            {"input": 10, "output": 2, "reasoning": 1, "cache": {"read": 5, "write": 3}}}})
    };
    let output = format!("{}\n{}\n", step("tool-calls"), step("stop"));
    let transcript = read("opencode", [output.as_str()]);
    let usage = transcript.usage().expect("a usage");
    assert_eq!(usage.input_tokens, Some(36));
    assert_eq!((usage.output_tokens, usage.cost_usd), (Some(4), Some(0.5)));
    assert_eq!(usage.source, UsageSource::Summed);
    assert_eq!(transcript.turns()[0].outcome, Some(Outcome::Success));
}

#[test]
fn the_usage_of_an_interrupted_turn_is_known_to_be_incomplete() {
    let step =
        r#"{"type":"step_finish","part":{"reason":"tool-calls","tokens":{"input":10,"output":2}}}"#;
    let done = step.replace("tool-calls", "stop");
    let started = r#"{"type":"step_start"}"#;
    let killed = Some(143);
    let [partial, summed] = [UsageSource::Partial, UsageSource::Summed].map(Some);
    for (turns, of_turns, of_all) in [
        (vec![(step, killed)], vec![partial], partial),
        (vec![(step, Some(1))], vec![partial], partial),
        // The runtime has reported its end.
        (vec![(&*done, killed)], vec![summed], summed),
        (vec![(&*done, Some(0))], vec![summed], summed),
        (
            vec![(started, killed), (&*done, Some(0))],
            vec![None, summed],
            partial,
        ),
        (
            vec![("", killed), (&*done, Some(0))],
            vec![None, summed],
            summed,
        ),
    ] {
        let mut transcript = Transcript::for_runtime("opencode");
        for &(output, exit_code) in &turns {
            transcript.apply(Input::TurnStarted { turn: None });
            transcript.feed(output);
            let end = End::Exit;
            transcript.apply(Input::Ended { end, exit_code });
        }
        let source = |usage: Option<Usage>| usage.map(|usage| usage.source);
        let found: Vec<_> = transcript
            .turns()
            .iter()
            .map(|turn| source(turn.usage))
            .collect();
        assert_eq!(found, of_turns, "{turns:?}");
        assert_eq!(source(transcript.usage()), of_all, "{turns:?}");
    }
}
