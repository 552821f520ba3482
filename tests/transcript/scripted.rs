//! The scripts of the development server, which each runtime prints in its own format: the transcript of what was
//! printed is what was scripted.

use std::time::Duration;

use aod::models::{CreateAgent, CreateSession};
use aod::transcript::{
    FileChange, FileChangeKind, ItemKind, Outcome, Role, StepStatus, Tool, ToolCall, Transcript,
    Turn, Usage, UsageSource,
};
use aod_devserver::{self as devserver, DevServer, PlanStatus, TurnUsage};
use futures::TryStreamExt as _;

const RUNTIMES: [(&str, &str); 4] = [
    ("claude", "anthropic/claude-opus-4-6"),
    ("codex", "openai/o3"),
    ("gemini", "google/gemini-2.5-pro"),
    ("opencode", "openai/gpt-4.1"),
];

const USAGE: TurnUsage = TurnUsage {
    input_tokens: 48_210,
    cached_input_tokens: 40_192,
    output_tokens: 1_703,
    cost_usd: 0.20315,
    duration_ms: 61_250,
};

const LONG: &str = "The upper bound was **inclusive** in `parse_range`.\n\nIt is exclusive now — for every range: 1‥9.";

fn call(name: &str, input: &[(&str, &str)]) -> devserver::ToolCall {
    devserver::ToolCall::new(name, input.iter().copied())
}

/// Returns a turn with each tool.
fn work() -> devserver::Turn {
    devserver::Turn::new()
        .thinking("The test is wrong, or the bound is.")
        .message("I look at it.")
        .plan([
            ("read", PlanStatus::InProgress),
            ("fix", PlanStatus::Pending),
        ])
        .tool(call("Read", &[("file_path", "src/range.rs")]).output("fn parse_range() {}"))
        .tool(call("Grep", &[("pattern", "parse_range"), ("path", "src")]).output("src/range.rs:8"))
        .tool(call("Glob", &[("pattern", "**/*.rs")]).output("src/range.rs"))
        .tool(
            call("Bash", &[("command", "echo 'it is' && cargo test")])
                .output("1 failed")
                .exit_code(101),
        )
        .tool(call(
            "Edit",
            &[
                ("file_path", "src/range.rs"),
                ("old_string", "<="),
                ("new_string", "<"),
            ],
        ))
        .tool(call(
            "Write",
            &[("file_path", "tests/bounds.rs"), ("content", "#[test]")],
        ))
        .tool(call("WebSearch", &[("query", "rust range syntax")]))
        .tool(call("WebFetch", &[("url", "https://example.com/range")]))
        .tool(
            call(
                "Task",
                &[("description", "Docs"), ("prompt", "Check the docs")],
            )
            .output("They are right."),
        )
        .tool(call("mcp__tracker__search", &[("query", "bound")]).output("RNG-4"))
        .tool(call("mcp__tracker__close", &[("id", "4")]).error("permission denied"))
        .plan([
            ("read", PlanStatus::Completed),
            ("fix", PlanStatus::Completed),
        ])
        .message(LONG)
        .usage(USAGE)
}

/// Returns the transcript of a session that plays turns.
async fn played<const N: usize>(
    runtime: &str,
    model: &str,
    turns: [devserver::Turn; N],
) -> Transcript {
    let server = DevServer::builder().start().await.expect("a server");
    server.script(turns);
    let client = aod::Client::builder()
        .base_url(server.url())
        .token(server.token())
        .build()
        .expect("a client");
    let agent = CreateAgent::new("a", model).runtime(runtime);
    let agent = client.agents().create(agent).await.expect("an agent");
    let sessions = client.sessions();
    let session = CreateSession::new(agent.id, "Fix the bound");
    let session = sessions.create(session).await.expect("a session").id;
    let mut transcript = Transcript::new();
    for number in 1..=N {
        if number > 1 {
            sessions
                .prompt(session, "Now add a test")
                .await
                .expect("a turn");
        }
        let stream = sessions.stream(session).await.expect("a stream");
        let mut changes = stream.transcript();
        while changes.try_next().await.expect("a change").is_some() {}
        transcript = changes.into_transcript();
    }
    transcript
}

fn messages(turn: &Turn) -> Vec<&str> {
    let items = turn.items.iter();
    let messages = items.filter_map(|item| match &item.kind {
        ItemKind::Message {
            role: Role::Agent,
            text,
        } => Some(text.as_str()),
        _ => None,
    });
    messages.collect()
}

fn calls(turn: &Turn) -> Vec<&ToolCall> {
    let items = turn.items.iter();
    let calls = items.filter_map(|item| match &item.kind {
        ItemKind::ToolCall(call) => Some(call),
        _ => None,
    });
    calls.collect()
}

/// Returns the tools that a runtime uses for the calls of [`work`].
fn tools(runtime: &str) -> Vec<Tool> {
    let shell = |command: &str| Tool::Shell {
        command: command.to_owned(),
    };
    let edit = |path: &str, change: FileChangeKind| Tool::Edit {
        files: vec![FileChange {
            path: path.to_owned(),
            change,
        }],
    };
    let text = str::to_owned;
    let mcp = |tool: &str| match runtime {
        // Its names of tools do not say which part is the server.
        "opencode" => Tool::Other,
        _ => Tool::Mcp {
            server: text("tracker"),
            tool: text(tool),
        },
    };
    let is_codex = runtime == "codex";
    vec![
        if is_codex {
            shell("cat src/range.rs")
        } else {
            Tool::Read {
                path: text("src/range.rs"),
            }
        },
        if is_codex {
            shell("rg -n parse_range src")
        } else {
            Tool::Search {
                pattern: text("parse_range"),
                path: Some(text("src")),
            }
        },
        if is_codex {
            shell("rg --files -g '**/*.rs'")
        } else {
            Tool::Glob {
                pattern: text("**/*.rs"),
            }
        },
        shell("echo 'it is' && cargo test"),
        edit("src/range.rs", FileChangeKind::Update),
        if is_codex {
            edit("tests/bounds.rs", FileChangeKind::Add)
        } else {
            Tool::Write {
                path: text("tests/bounds.rs"),
            }
        },
        Tool::WebSearch {
            query: text("rust range syntax"),
        },
        Tool::WebFetch {
            url: text("https://example.com/range"),
        },
        Tool::Agent {
            prompt: text("Check the docs"),
        },
        mcp("search"),
        mcp("close"),
    ]
}

#[tokio::test]
async fn a_scripted_turn_is_read_as_the_same_messages_and_tool_calls() {
    for (runtime, model) in RUNTIMES {
        let transcript = played(runtime, model, [work()]).await;
        let [turn] = transcript.turns() else {
            panic!("{runtime}: {transcript:?}");
        };
        assert_eq!(messages(turn), ["I look at it.", LONG], "{runtime}");
        assert_eq!(turn.final_text(), Some(LONG), "{runtime}");
        let calls = calls(turn);
        let found: Vec<_> = calls.iter().map(|call| call.tool.clone()).collect();
        assert_eq!(found, tools(runtime), "{runtime}");
        let results: Vec<_> = calls
            .iter()
            .map(|call| call.result.as_ref().expect("each call has ended"))
            .collect();
        let failed: Vec<_> = results.iter().map(|result| result.is_error).collect();
        let expected: Vec<_> = (0..11).map(|at| at == 3 || at == 10).collect();
        assert_eq!(failed, expected, "{runtime}");
        assert_eq!(results[0].text, "fn parse_range() {}", "{runtime}");
        // Gemini CLI prints the exit code as a text.
        let exit_code = (runtime != "gemini").then_some(101);
        assert_eq!(results[3].exit_code, exit_code, "{runtime}");
        assert_eq!(results[8].text, "They are right.", "{runtime}");
        assert_eq!(results[10].text, "permission denied", "{runtime}");
        for item in &turn.items {
            let is_readable = !matches!(item.kind, ItemKind::Text { .. } | ItemKind::Notice { .. });
            assert!(is_readable, "{runtime}: {item:?}");
        }
    }
}

#[tokio::test]
async fn thinking_and_plans_are_read_where_the_runtime_prints_them() {
    for (runtime, model) in RUNTIMES {
        let transcript = played(runtime, model, [work()]).await;
        let items = &transcript.turns()[0].items;
        let thinking = items.iter().find_map(|item| match &item.kind {
            ItemKind::Thinking { text } => Some(text.as_str()),
            _ => None,
        });
        let expected = (runtime != "gemini").then_some("The test is wrong, or the bound is.");
        assert_eq!(thinking, expected, "{runtime}");
        let last = items.iter().rev().find_map(|item| match &item.kind {
            ItemKind::Plan { steps } => Some(steps),
            _ => None,
        });
        let steps: Vec<_> = last
            .expect("a plan")
            .iter()
            .map(|step| (step.text.as_str(), step.status))
            .collect();
        let done = StepStatus::Completed;
        assert_eq!(steps, [("read", done), ("fix", done)], "{runtime}");
    }
}

/// Returns what a runtime reports of [`USAGE`].
fn reported(runtime: &str) -> Usage {
    let cost_usd = matches!(runtime, "claude" | "opencode").then_some(USAGE.cost_usd);
    let caches = matches!(runtime, "claude" | "opencode").then_some(0);
    Usage {
        input_tokens: Some(48_210),
        cached_input_tokens: Some(40_192),
        cache_write_tokens: caches,
        output_tokens: Some(1_703),
        reasoning_tokens: (runtime == "opencode").then_some(0),
        cost_usd,
        source: match runtime {
            // It does not report those of its subagents.
            "opencode" => UsageSource::Partial,
            _ => UsageSource::Reported,
        },
    }
}

#[tokio::test]
async fn the_usage_of_each_turn_is_the_scripted_one() {
    for (runtime, model) in RUNTIMES {
        let transcript = played(runtime, model, [work(), work()]).await;
        assert_eq!(transcript.turns().len(), 2, "{runtime}");
        for turn in transcript.turns() {
            assert_eq!(turn.outcome, Some(Outcome::Success), "{runtime}");
            assert_eq!(turn.usage, Some(reported(runtime)), "{runtime}");
            let duration = (runtime != "codex").then_some(Duration::from_millis(61_250));
            assert_eq!(turn.duration, duration, "{runtime}");
        }
    }
}

#[tokio::test]
async fn a_failed_turn_has_its_reason_and_a_crash_has_none() {
    for (runtime, model) in RUNTIMES {
        let failed = devserver::Turn::new()
            .message("I try.")
            .fail("out of tokens");
        let transcript = played(runtime, model, [failed]).await;
        let turn = &transcript.turns()[0];
        assert_eq!(messages(turn), ["I try."], "{runtime}");
        let reason = "out of tokens".to_owned();
        assert_eq!(turn.outcome, Some(Outcome::Failed { reason }), "{runtime}");

        let crashed = devserver::Turn::new().message("I try.").crash();
        let transcript = played(runtime, model, [crashed]).await;
        let turn = &transcript.turns()[0];
        assert!(
            matches!(&turn.outcome, Some(Outcome::Failed { .. })),
            "{runtime}: {turn:?}"
        );
        assert_ne!(turn.outcome, Some(Outcome::Success), "{runtime}");
    }
}

#[tokio::test]
async fn the_built_in_script_of_each_runtime_is_a_readable_turn() {
    for (runtime, model) in RUNTIMES {
        let server = DevServer::builder().start().await.expect("a server");
        let client = aod::Client::builder()
            .base_url(server.url())
            .token(server.token())
            .build()
            .expect("a client");
        let agent = CreateAgent::new("a", model).runtime(runtime);
        let agent = client.agents().create(agent).await.expect("an agent");
        let session = CreateSession::new(agent.id, "Look around");
        let session = client.sessions().create(session).await.expect("a session");
        let stream = client
            .sessions()
            .stream(session.id)
            .await
            .expect("a stream");
        let mut changes = stream.transcript();
        while changes.try_next().await.expect("a change").is_some() {}
        let turn = &changes.transcript().turns()[0];
        assert_eq!(messages(turn)[0], "On it: Look around", "{runtime}");
        assert_eq!(calls(turn).len(), 2, "{runtime}");
        assert_eq!(turn.outcome, Some(Outcome::Success), "{runtime}");
        assert!(turn.usage.is_some(), "{runtime}");
    }
}
