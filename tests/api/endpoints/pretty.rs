//! Formatters with streams of a server.

use aod::models::CreateSession;
use aod_devserver::{Generation, Script};
use futures::TryStreamExt;
use serde_json::json;

use crate::endpoints::world::{World, tests};

tests! { in [april21 april30 june25]:
    the_start_event_selects_the_formatter_of_a_claude_session,
    the_start_event_selects_the_formatter_of_a_codex_session,
    control_sequences_in_the_output_are_escaped,
}

/// Runs a session and formats its stream with the formatter that the first event selects.
async fn show(world: &World, request: CreateSession) -> Vec<String> {
    let sessions = world.client.sessions();
    let ack = sessions.create(request).await.unwrap();
    let events = sessions.stream(ack.id).await.unwrap();
    events.pretty().try_collect().await.unwrap()
}

async fn the_start_event_selects_the_formatter_of_a_claude_session(world: World) {
    let assistant = |block| json!({"type": "assistant", "message": {"content": [block]}});
    let lines = [
        json!({"type": "system", "subtype": "init", "model": "claude-x", "tools": ["Bash", "Read"]}),
        assistant(json!({"type": "text", "text": "Überall 日本語 🦀"})),
        assistant(
            json!({"type": "tool_use", "name": "Bash", "input": {"command": "cargo test\n --all"}}),
        ),
        json!({"type": "result", "subtype": "success", "duration_ms": 4210, "num_turns": 3, "total_cost_usd": 0.5}),
    ];
    // Split at arbitrary positions, with other output in between and no newline at the end.
    let text = lines.map(|line| line.to_string()).join("\n");
    let script = Script::new()
        .stderr("not shown\n")
        .delayed_chunks(&text, 0)
        .exit(0);
    world.control.set_script(script);
    let agent = world.agent("a").await;
    assert_eq!(
        show(&world, CreateSession::new(agent.id, "p")).await,
        [
            "⚙\u{fe0f}  Session init · model=claude-x, tools=2",
            "✉\u{fe0f}  Überall 日本語 🦀",
            "🔧 Bash · cargo test --all",
            "✨ Done · agent 4.2s, 3 turns, tokens $0.5000",
        ]
    );
}

async fn the_start_event_selects_the_formatter_of_a_codex_session(world: World) {
    let request = aod::models::CreateAgent::new("a", world.model());
    let request = match world.generation {
        Generation::April21 => request.runtime("codex"),
        Generation::April30 => aod::models::CreateAgent::new("a", "openai/o3").runtime("codex"),
        Generation::June25 => request.provider("openai"),
    };
    let agent = world.client.agents().create(request).await.unwrap();
    let script = Script::new()
        .stdout("{\"type\":\"turn.comp")
        .stdout("leted\"}\nlast");
    world.control.set_script(script);
    assert_eq!(
        show(&world, CreateSession::new(agent.id, "p")).await,
        ["✨ Done", "last"]
    );
}

async fn control_sequences_in_the_output_are_escaped(world: World) {
    let script = Script::new().stdout("\u{1b}]0;owned\u{7}plain\n");
    world.control.set_script(script);
    let agent = world.agent("a").await;
    assert_eq!(
        show(&world, CreateSession::new(agent.id, "p")).await,
        [r"\x1b]0;owned\x07plain"]
    );
}
