//! The built-in script of a Claude agent.

use serde_json::{Value, json};

use super::Script;

/// A short run in the CLI's `stream-json` format: thinking, reading files, running a command, and a reply.
pub(super) fn script(model: &str, prompt: &str) -> Script {
    let subject: String = prompt.trim().chars().take(400).collect();
    let lines = [
        json!({
            "type": "system", "subtype": "init", "cwd": "/workspace", "model": model,
            "tools": ["Bash", "Read", "Write", "Edit", "Grep", "Glob", "TodoWrite"],
            "mcp_servers": [], "permissionMode": "default",
        }),
        assistant(&[json!({
            "type": "thinking",
            "thinking": format!("I am asked: “{subject}”. First I look at what is in the workspace, then I answer."),
        })]),
        assistant(&[
            json!({"type": "text", "text": format!("On it: {subject}")}),
            json!({"type": "tool_use", "id": "toolu_01", "name": "Bash",
                   "input": {"command": "ls -a /workspace", "description": "List the workspace"}}),
        ]),
        tool_result("toolu_01", ".\n..\nREADME.md\nsrc"),
        assistant(
            &[json!({"type": "tool_use", "id": "toolu_02", "name": "Read",
                           "input": {"file_path": "/workspace/README.md"}})],
        ),
        tool_result(
            "toolu_02",
            "# Sample project\n\nNothing here yet — only this line.",
        ),
        assistant(&[
            json!({"type": "tool_use", "id": "toolu_03", "name": "TodoWrite",
            "input": {"todos": [
                {"content": "Look around", "status": "completed"},
                {"content": "Answer", "status": "in_progress"},
            ]}}),
        ]),
        tool_result("toolu_03", "Todos updated"),
        assistant(&[json!({
            "type": "text",
            "text": "The workspace holds a README and an empty `src`.\nThis answer comes from the development server’s script, not from a model.",
        })]),
        json!({
            "type": "result", "subtype": "success", "is_error": false, "duration_ms": 1840,
            "num_turns": 4, "result": "Done.", "total_cost_usd": 0.0042,
        }),
    ];
    let text = lines.map(|line| line.to_string()).join("\n");
    Script::new().delayed_chunks(&(text + "\n"), 5).exit(0)
}

fn assistant(content: &[Value]) -> Value {
    json!({
        "type": "assistant",
        "message": {"role": "assistant", "content": content},
        "parent_tool_use_id": null,
    })
}

fn tool_result(id: &str, content: &str) -> Value {
    json!({
        "type": "user",
        "message": {"role": "user", "content": [
            {"type": "tool_result", "tool_use_id": id, "content": content},
        ]},
        "parent_tool_use_id": null,
    })
}
