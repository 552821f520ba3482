//! Gemini CLI: `--output-format stream-json`.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::{Cli, Printer, SESSION};
use crate::script::turn::{PlanStep, ToolCall, TurnUsage};

#[derive(Default)]
pub(super) struct Gemini {
    /// The number of tool calls.
    calls: u64,
}

/// Prints an event, with its time after its type.
fn event(kind: &str, fields: Value, out: &mut Printer<'_>) {
    let time = Timestamp::from_millisecond(out.time()).unwrap_or(Timestamp::MAX);
    let mut line = json!({"type": kind, "timestamp": format!("{time:.3}")});
    if let Value::Object(fields) = fields {
        for (name, value) in fields {
            line[name] = value;
        }
    }
    out.line(&line);
}

impl Gemini {
    fn call(
        &mut self,
        name: &str,
        parameters: &Map<String, Value>,
        call: &ToolCall,
        out: &mut Printer<'_>,
    ) {
        self.calls += 1;
        let id = out.id(&format!("{name}_"));
        event(
            "tool_use",
            json!({"tool_name": name, "tool_id": id, "parameters": parameters}),
            out,
        );
        out.wait_for(call);
        let mut result = json!({"tool_id": id, "status": "success", "output": call.output});
        if call.fails() {
            result["status"] = json!("error");
            let (kind, message) = match &call.error {
                Some(reason) => ("tool_execution_error", reason.clone()),
                None => (
                    "shell_execute_error",
                    format!("Command exited with code {}", call.code()),
                ),
            };
            result["error"] = json!({"type": kind, "message": message});
        }
        event("tool_result", result, out);
    }

    fn end(&self, status: &Value, duration: u64, usage: TurnUsage, out: &mut Printer<'_>) {
        let mut fields = status.clone();
        fields["stats"] = json!({
            "total_tokens": usage.input_tokens.saturating_add(usage.output_tokens),
            "input_tokens": usage.input_tokens,
            "output_tokens": usage.output_tokens,
            "cached": usage.cached(),
            "input": usage.input_tokens.saturating_sub(usage.cached()),
            "duration_ms": duration,
            "tool_calls": self.calls,
        });
        event("result", fields, out);
    }
}

impl Cli for Gemini {
    fn start(&mut self, out: &mut Printer<'_>) {
        let model = out.run.bare_model();
        event("init", json!({"session_id": SESSION, "model": model}), out);
        event(
            "message",
            json!({"role": "user", "content": out.run.prompt}),
            out,
        );
    }

    /// Prints a message in fragments.
    fn message(&mut self, text: &str, out: &mut Printer<'_>) {
        const FRAGMENT: usize = 60;
        let mut rest = text;
        while !rest.is_empty() {
            let at = rest
                .char_indices()
                .nth(FRAGMENT)
                .map_or(rest.len(), |(at, _)| at);
            let (fragment, tail) = rest.split_at(at);
            let fields = json!({"role": "assistant", "content": fragment, "delta": true});
            event("message", fields, out);
            rest = tail;
        }
    }

    /// Gemini CLI does not print it.
    fn thinking(&mut self, _: &str, _: &mut Printer<'_>) {}

    fn tool(&mut self, call: &ToolCall, out: &mut Printer<'_>) {
        let same: &[(&str, &str)] = &[];
        let (name, names) = match &*call.name {
            "Bash" => ("run_shell_command", same),
            "Read" => ("read_file", same),
            "Write" => ("write_file", same),
            "Edit" => ("replace", same),
            "Grep" => ("grep_search", &[("path", "dir_path")][..]),
            "Glob" => ("glob", &[("path", "dir_path")][..]),
            "WebFetch" => ("web_fetch", &[("url", "prompt")][..]),
            "WebSearch" => ("google_web_search", same),
            "Task" => ("invoke_agent", &[("subagent_type", "agent_name")][..]),
            name => (name, same),
        };
        let mcp = call
            .mcp()
            .map(|(server, tool)| format!("mcp_{server}_{tool}"));
        let name = mcp.as_deref().unwrap_or(name);
        self.call(name, &call.renamed(names), call, out);
    }

    fn plan(&mut self, steps: &[PlanStep], out: &mut Printer<'_>) {
        let todo = |step: &PlanStep| json!({"description": step.text, "status": step.status});
        let todos: Vec<Value> = steps.iter().map(todo).collect();
        let input = ToolCall::new("write_todos", [("todos", todos)]);
        self.call("write_todos", &input.input, &ToolCall::default(), out);
    }

    fn succeed(&mut self, usage: TurnUsage, out: &mut Printer<'_>) {
        self.end(&json!({"status": "success"}), usage.duration_ms, usage, out);
    }

    fn fail(&mut self, reason: &str, usage: TurnUsage, out: &mut Printer<'_>) {
        let status = json!({"status": "error", "error": {"type": "Error", "message": reason}});
        // Gemini CLI does not measure failed turns.
        self.end(&status, 0, usage, out);
    }
}
