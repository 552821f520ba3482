//! opencode: `opencode run --format json`, version 1.

use serde_json::{Map, Value, json};

use super::{Cli, Printer};
use crate::script::turn::{PlanStep, ToolCall, TurnUsage};

/// The id that opencode gives to the session.
const SESSION: &str = "ses_01a40000ffe7000800000c0dekit";

#[derive(Default)]
pub(super) struct Opencode {
    /// Whether a step has started that has not finished.
    in_step: bool,
}

/// Prints an event at a time in milliseconds.
fn event(kind: &str, time: i64, field: &str, value: Value, out: &mut Printer<'_>) {
    let mut line = json!({"type": kind, "timestamp": time, "sessionID": SESSION});
    line[field] = value;
    out.line(&line);
}

/// Prints an event with a part of a message.
fn part(event_kind: &str, kind: &str, time: i64, fields: Value, out: &mut Printer<'_>) {
    let mut part = json!({
        "id": out.id("prt_"), "sessionID": SESSION, "messageID": out.run.id("msg_", 0), "type": kind,
    });
    if let Value::Object(fields) = fields {
        for (name, value) in fields {
            part[name] = value;
        }
    }
    event(event_kind, time, "part", part, out);
}

impl Opencode {
    fn begin_step(&mut self, out: &mut Printer<'_>) {
        if !self.in_step {
            self.in_step = true;
            part("step_start", "step-start", out.time(), json!({}), out);
        }
    }

    fn finish_step(
        &mut self,
        reason: &str,
        time: i64,
        usage: Option<TurnUsage>,
        out: &mut Printer<'_>,
    ) {
        self.in_step = false;
        // The report of the turn is that of its last step, so that the sum of all steps is exact.
        let (input, cached, output, cost) = usage.map_or((0, 0, 0, 0.0), |usage| {
            let input = usage.input_tokens.saturating_sub(usage.cached());
            (input, usage.cached(), usage.output_tokens, usage.cost_usd)
        });
        let tokens = json!({
            "input": input, "output": output, "reasoning": 0, "cache": {"read": cached, "write": 0},
        });
        let fields = json!({"reason": reason, "cost": cost, "tokens": tokens});
        part("step_finish", "step-finish", time, fields, out);
    }

    /// Prints a call, which ends its step.
    fn call(&mut self, tool: &str, state: &Value, call: &ToolCall, out: &mut Printer<'_>) {
        self.begin_step(out);
        // opencode prints a call when it has ended.
        out.wait_for(call);
        let fields = json!({"callID": out.id("call_"), "tool": tool, "state": state});
        part("tool_use", "tool", out.time(), fields, out);
        self.finish_step("tool-calls", out.time(), None, out);
    }
}

/// Returns the state of a call that has ended.
fn state(input: &Map<String, Value>, title: &str, call: &ToolCall, out: &Printer<'_>) -> Value {
    let took = i64::try_from(call.delay_ms).unwrap_or(i64::MAX);
    let time = json!({"start": out.time(), "end": out.time().saturating_add(took)});
    if let Some(reason) = &call.error {
        return json!({"status": "error", "input": input, "error": reason, "time": time});
    }
    let metadata = if call.name == "Bash" {
        json!({"output": call.output, "exit": call.code()})
    } else {
        json!({})
    };
    json!({
        "status": "completed", "input": input, "output": call.output, "title": title, "metadata": metadata,
        "time": time,
    })
}

impl Cli for Opencode {
    /// opencode prints no start of a session.
    fn start(&mut self, _: &mut Printer<'_>) {}

    fn message(&mut self, text: &str, out: &mut Printer<'_>) {
        self.begin_step(out);
        let time = out.time();
        let fields = json!({"text": text, "time": {"start": time, "end": time}});
        part("text", "text", time, fields, out);
    }

    fn thinking(&mut self, text: &str, out: &mut Printer<'_>) {
        self.begin_step(out);
        let time = out.time();
        let fields = json!({"text": text, "time": {"start": time, "end": time}});
        part("reasoning", "reasoning", time, fields, out);
    }

    fn tool(&mut self, call: &ToolCall, out: &mut Printer<'_>) {
        let same: &[(&str, &str)] = &[];
        let path = &[("file_path", "filePath")][..];
        let edit = &[
            ("file_path", "filePath"),
            ("old_string", "oldString"),
            ("new_string", "newString"),
        ];
        let (name, names, title) = match &*call.name {
            "Bash" => ("bash", same, "command"),
            "Read" => ("read", path, "file_path"),
            "Write" => ("write", path, "file_path"),
            "Edit" => ("edit", &edit[..], "file_path"),
            "Grep" => ("grep", same, "pattern"),
            "Glob" => ("glob", same, "pattern"),
            "WebFetch" => ("webfetch", same, "url"),
            "WebSearch" => ("websearch", same, "query"),
            "Task" => ("task", same, "description"),
            name => (name, same, ""),
        };
        let mcp = call.mcp().map(|(server, tool)| format!("{server}_{tool}"));
        let name = mcp.as_deref().unwrap_or(name);
        let state = state(&call.renamed(names), call.argument(title), call, out);
        self.call(name, &state, call, out);
    }

    fn plan(&mut self, steps: &[PlanStep], out: &mut Printer<'_>) {
        let todo = |step: &PlanStep| json!({"content": step.text, "status": step.status, "priority": "medium"});
        let todos: Vec<Value> = steps.iter().map(todo).collect();
        let title = format!("{} todos", todos.len());
        let call = ToolCall::new("todowrite", [("todos", todos)]);
        let state = state(&call.input, &title, &call, out);
        self.call("todowrite", &state, &call, out);
    }

    fn succeed(&mut self, usage: TurnUsage, out: &mut Printer<'_>) {
        self.begin_step(out);
        self.finish_step("stop", out.end_time(), Some(usage), out);
    }

    fn fail(&mut self, reason: &str, _: TurnUsage, out: &mut Printer<'_>) {
        let error = json!({"name": "UnknownError", "data": {"message": reason}});
        event("error", out.end_time(), "error", error, out);
    }
}
