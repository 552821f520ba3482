//! Codex: `codex exec --json`.

use std::borrow::Cow;

use serde_json::{Value, json};

use super::{Cli, Printer, SESSION};
use crate::script::turn::{PlanStatus, PlanStep, ToolCall, TurnUsage};

#[derive(Default)]
pub(super) struct Codex {
    /// The number of the next item.
    next: usize,
    /// The plan: the id of its item, and its steps.
    plan: Option<(String, Value)>,
}

impl Codex {
    fn id(&mut self) -> String {
        let id = format!("item_{}", self.next);
        self.next += 1;
        id
    }

    /// Prints an item that has no start.
    fn item(&mut self, kind: &str, fields: Value, out: &mut Printer<'_>) {
        let id = self.id();
        print("item.completed", &id, kind, fields, out);
    }

    /// Prints the start and the end of a call.
    fn call(
        &mut self,
        kind: &str,
        (start, end): (Value, Value),
        call: &ToolCall,
        out: &mut Printer<'_>,
    ) {
        let id = self.id();
        print("item.started", &id, kind, start, out);
        out.wait_for(call);
        print("item.completed", &id, kind, end, out);
    }

    fn command(&mut self, script: &str, call: &ToolCall, out: &mut Printer<'_>) {
        let command = format!("/bin/bash -lc {}", quoted(script));
        let start = json!({
            "command": command, "aggregated_output": "", "exit_code": null, "status": "in_progress",
        });
        let end = json!({
            "command": command, "aggregated_output": call.text(), "exit_code": call.code(), "status": status(call),
        });
        self.call("command_execution", (start, end), call, out);
    }

    fn change(&mut self, kind: &str, call: &ToolCall, out: &mut Printer<'_>) {
        let fields = |status: &str| {
            let path = call.argument("file_path");
            json!({"changes": [{"path": path, "kind": kind}], "status": status})
        };
        let ends = (fields("in_progress"), fields(status(call)));
        self.call("file_change", ends, call, out);
    }

    fn search(&mut self, query: &str, action: &Value, call: &ToolCall, out: &mut Printer<'_>) {
        let start = json!({"query": "", "action": {"type": "other"}});
        let end = json!({"query": query, "action": action});
        self.call("web_search", (start, end), call, out);
    }

    fn subagent(&mut self, call: &ToolCall, out: &mut Printer<'_>) {
        let agent = out.id("thread_");
        let fields = |states: Value, status: &str| {
            json!({
                "tool": "spawn_agent", "sender_thread_id": SESSION, "receiver_thread_ids": [agent],
                "prompt": call.argument("prompt"), "agents_states": states, "status": status,
            })
        };
        let state = if call.fails() { "errored" } else { "completed" };
        let states = json!({&agent: {"status": state, "message": call.text()}});
        let ends = (
            fields(json!({}), "in_progress"),
            fields(states, status(call)),
        );
        self.call("collab_tool_call", ends, call, out);
    }

    fn mcp(&mut self, server: &str, tool: &str, call: &ToolCall, out: &mut Printer<'_>) {
        let fields = |result: Value, error: Value, status: &str| {
            json!({
                "server": server, "tool": tool, "arguments": call.input, "result": result, "error": error,
                "status": status,
            })
        };
        let (result, error) = if call.fails() {
            (Value::Null, json!({"message": call.text()}))
        } else {
            let content = json!([{"type": "text", "text": call.output}]);
            (
                json!({"content": content, "structured_content": null}),
                Value::Null,
            )
        };
        let start = fields(Value::Null, Value::Null, "in_progress");
        let ends = (start, fields(result, error, status(call)));
        self.call("mcp_tool_call", ends, call, out);
    }
}

fn print(event: &str, id: &str, kind: &str, fields: Value, out: &mut Printer<'_>) {
    let mut item = json!({"id": id, "type": kind});
    if let Value::Object(fields) = fields {
        for (name, value) in fields {
            item[name] = value;
        }
    }
    out.line(&json!({"type": event, "item": item}));
}

fn status(call: &ToolCall) -> &'static str {
    if call.fails() { "failed" } else { "completed" }
}

/// Quotes a word for a shell, if it must be.
fn quoted(word: &str) -> Cow<'_, str> {
    let is_plain = |it: char| it.is_ascii_alphanumeric() || "/._-=:,@%+".contains(it);
    if !word.is_empty() && word.chars().all(is_plain) {
        Cow::Borrowed(word)
    } else {
        Cow::Owned(format!("'{}'", word.replace('\'', r#"'"'"'"#)))
    }
}

impl Cli for Codex {
    fn start(&mut self, out: &mut Printer<'_>) {
        out.line(&json!({"type": "thread.started", "thread_id": SESSION}));
        out.line(&json!({"type": "turn.started"}));
    }

    fn message(&mut self, text: &str, out: &mut Printer<'_>) {
        self.item("agent_message", json!({"text": text}), out);
    }

    fn thinking(&mut self, text: &str, out: &mut Printer<'_>) {
        self.item("reasoning", json!({"text": text}), out);
    }

    fn tool(&mut self, call: &ToolCall, out: &mut Printer<'_>) {
        let argument = |name| call.argument(name);
        match &*call.name {
            "Bash" => self.command(argument("command"), call, out),
            "Read" => self.command(&format!("cat {}", quoted(argument("file_path"))), call, out),
            "Grep" => {
                let mut command = format!("rg -n {}", quoted(argument("pattern")));
                if !argument("path").is_empty() {
                    command = format!("{command} {}", quoted(argument("path")));
                }
                self.command(&command, call, out);
            }
            "Glob" => {
                let command = format!("rg --files -g {}", quoted(argument("pattern")));
                self.command(&command, call, out);
            }
            "Write" => self.change("add", call, out),
            "Edit" => self.change("update", call, out),
            "WebSearch" => {
                let query = argument("query");
                let action = json!({"type": "search", "query": query, "queries": [query]});
                self.search(query, &action, call, out);
            }
            "WebFetch" => {
                let url = argument("url");
                self.search(url, &json!({"type": "open_page", "url": url}), call, out);
            }
            "Task" => self.subagent(call, out),
            name => {
                let (server, tool) = call.mcp().unwrap_or(("custom", name));
                self.mcp(server, tool, call, out);
            }
        }
    }

    fn plan(&mut self, steps: &[PlanStep], out: &mut Printer<'_>) {
        let item = |step: &PlanStep| json!({"text": step.text, "completed": step.status == PlanStatus::Completed});
        let items = json!({"items": steps.iter().map(item).collect::<Vec<Value>>()});
        let (event, id) = match self.plan.take() {
            Some((id, _)) => ("item.updated", id),
            None => ("item.started", self.id()),
        };
        print(event, &id, "todo_list", items.clone(), out);
        self.plan = Some((id, items));
    }

    fn succeed(&mut self, usage: TurnUsage, out: &mut Printer<'_>) {
        if let Some((id, items)) = self.plan.take() {
            print("item.completed", &id, "todo_list", items, out);
        }
        let earlier = out.run.earlier;
        // Those of the whole thread.
        out.line(&json!({"type": "turn.completed", "usage": {
            "input_tokens": earlier.input.saturating_add(usage.input_tokens),
            "cached_input_tokens": earlier.cached.saturating_add(usage.cached()),
            "output_tokens": earlier.output.saturating_add(usage.output_tokens),
        }}));
    }

    fn fail(&mut self, reason: &str, _: TurnUsage, out: &mut Printer<'_>) {
        out.line(&json!({"type": "error", "message": reason}));
        out.line(&json!({"type": "turn.failed", "error": {"message": reason}}));
    }
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn quotes_words_for_a_shell() {
        assert_eq!(quoted("src/lib.rs"), "src/lib.rs");
        assert_eq!(quoted(""), "''");
        assert_eq!(quoted("it's"), r#"'it'"'"'s'"#);
    }
}
