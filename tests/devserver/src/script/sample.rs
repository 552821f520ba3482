//! The turn of sessions without a script.

use super::turn::{PlanStatus, ToolCall, Turn};

/// A short turn: thinking, running a command, reading a file, a plan, and a reply.
pub(super) fn turn(prompt: &str) -> Turn {
    let subject: String = prompt.trim().chars().take(400).collect();
    let list = [
        ("command", "ls -a /workspace"),
        ("description", "List the workspace"),
    ];
    Turn::new()
        .thinking(format!(
            "I am asked: “{subject}”. First I look at what is in the workspace, then I answer."
        ))
        .message(format!("On it: {subject}"))
        .tool(ToolCall::new("Bash", list).output(".\n..\nREADME.md\nsrc"))
        .tool(
            ToolCall::new("Read", [("file_path", "/workspace/README.md")])
                .output("# Sample project\n\nNothing here yet — only this line."),
        )
        .plan([
            ("Look around", PlanStatus::Completed),
            ("Answer", PlanStatus::InProgress),
        ])
        .message(
            "The workspace holds a README and an empty `src`.\nThis answer comes from the development server’s \
             script, not from a model.",
        )
}
