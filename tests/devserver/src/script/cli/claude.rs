//! Claude Code: `--output-format stream-json`.

use serde_json::{Value, json};

use super::{Cli, Printer, SESSION};
use crate::script::turn::{PlanStep, ToolCall, TurnUsage};

#[derive(Default)]
pub(super) struct Claude {
    /// The number of tool calls, each of which takes another call of the model.
    calls: u64,
    /// The last message.
    message: String,
}

impl Claude {
    fn assistant(content: &Value, out: &mut Printer<'_>) {
        out.line(&json!({
            "type": "assistant",
            "message": {
                "id": out.id("msg_"), "type": "message", "role": "assistant", "model": out.run.bare_model(),
                "content": [content], "stop_reason": null, "stop_sequence": null,
            },
            "parent_tool_use_id": null,
            "session_id": SESSION,
        }));
    }

    /// Prints a call and its result.
    fn call(&mut self, name: &str, input: &Value, result: &ToolCall, out: &mut Printer<'_>) {
        self.calls += 1;
        let id = out.id("toolu_");
        let call = json!({"type": "tool_use", "id": id, "name": name, "input": input});
        Self::assistant(&call, out);
        out.wait_for(result);
        let mut block = json!({"type": "tool_result", "tool_use_id": id, "content": result.text()});
        if result.fails() {
            block["is_error"] = json!(true);
            if name == "Bash" {
                let text = format!("Exit code {}\n{}", result.code(), result.text());
                block["content"] = json!(text.trim_end());
            }
        }
        out.line(&json!({
            "type": "user",
            "message": {"role": "user", "content": [block]},
            "parent_tool_use_id": null,
            "session_id": SESSION,
        }));
    }

    fn end(&self, usage: TurnUsage, end: &Value, out: &mut Printer<'_>) {
        let mut line = json!({"type": "result"});
        let facts = json!({
            "duration_ms": usage.duration_ms,
            "duration_api_ms": usage.duration_ms,
            "num_turns": self.calls + 1,
            "session_id": SESSION,
            "total_cost_usd": usage.cost_usd,
            "usage": {
                "input_tokens": usage.input_tokens.saturating_sub(usage.cached()),
                "cache_creation_input_tokens": 0,
                "cache_read_input_tokens": usage.cached(),
                "output_tokens": usage.output_tokens,
            },
            "permission_denials": [],
        });
        for part in [end, &facts] {
            for (name, value) in part.as_object().into_iter().flatten() {
                line[name] = value.clone();
            }
        }
        out.line(&line);
    }
}

impl Cli for Claude {
    fn start(&mut self, out: &mut Printer<'_>) {
        out.line(&json!({
            "type": "system", "subtype": "init", "cwd": "/workspace", "session_id": SESSION,
            "tools": ["Bash", "Read", "Write", "Edit", "Grep", "Glob", "TodoWrite"],
            "mcp_servers": [], "model": out.run.bare_model(), "permissionMode": "default",
            "apiKeySource": "ANTHROPIC_API_KEY",
        }));
    }

    fn message(&mut self, text: &str, out: &mut Printer<'_>) {
        text.clone_into(&mut self.message);
        Self::assistant(&json!({"type": "text", "text": text}), out);
    }

    fn thinking(&mut self, text: &str, out: &mut Printer<'_>) {
        let block = json!({"type": "thinking", "thinking": text, "signature": out.id("sig_")});
        Self::assistant(&block, out);
    }

    fn tool(&mut self, call: &ToolCall, out: &mut Printer<'_>) {
        self.call(&call.name, &json!(call.input), call, out);
    }

    fn plan(&mut self, steps: &[PlanStep], out: &mut Printer<'_>) {
        let todo = |step: &PlanStep| json!({"content": step.text, "status": step.status, "activeForm": step.text});
        let todos: Vec<Value> = steps.iter().map(todo).collect();
        let result = ToolCall::default().output(
            "Todos have been modified successfully. Please proceed with the current tasks.",
        );
        self.call("TodoWrite", &json!({"todos": todos}), &result, out);
    }

    fn succeed(&mut self, usage: TurnUsage, out: &mut Printer<'_>) {
        let end = json!({"subtype": "success", "is_error": false, "result": self.message});
        self.end(usage, &end, out);
    }

    fn fail(&mut self, reason: &str, usage: TurnUsage, out: &mut Printer<'_>) {
        let end =
            json!({"subtype": "error_during_execution", "is_error": true, "errors": [reason]});
        self.end(usage, &end, out);
    }
}
