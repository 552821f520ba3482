//! The items of a Codex turn.

use super::super::line_writer::{LineKind, LineWriter};
use super::super::tools;
use super::Codex;
use crate::output::json::{self, Json, Kind};
use crate::output::reason::{answer, reason};
use crate::output::shell;

/// The phase of an item.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    Started,
    Updated,
    Completed,
}

/// The types of items that are shown in some of their phases. Other types are shown verbatim.
const KNOWN_ITEMS: [&str; 11] = [
    "agent_message",
    "assistant_message",
    "collab_tool_call",
    "command_execution",
    "error",
    "file_change",
    "mcp_tool_call",
    "plan",
    "reasoning",
    "todo_list",
    "web_search",
];

impl Codex {
    /// Shows an item that was started, updated or completed. A tool call is shown with its first event. Returns `false`
    /// if the type of the item is unknown.
    pub(super) fn item(
        &mut self,
        item: Option<Json<'_>>,
        phase: Phase,
        writer: &mut LineWriter<'_>,
    ) -> bool {
        self.show_error(writer);
        let Some(item) = item else {
            return false;
        };
        let [id, kind, former_kind, status] = item.fields(["id", "type", "item_type", "status"]);
        let id = json::text(id);
        let completed = phase == Phase::Completed;
        let first = if completed {
            self.pending.end(&id).is_none()
        } else {
            self.pending.begin(&id, "")
        };
        let failed = status.is_some_and(|status| status.is("failed"));
        match &*json::first_text([kind, former_kind]) {
            "agent_message" | "assistant_message" | "plan" if completed => {
                let [text] = item.fields(["text"]);
                writer.message(&answer(text));
            }
            "reasoning" if completed => {
                let [text] = item.fields(["text"]);
                writer.thinking(&answer(text));
            }
            "command_execution" => {
                if first {
                    let [command] = item.fields(["command"]);
                    writer.brief(LineKind::Bash, "Bash", &shell::script(&json::text(command)));
                }
                if completed {
                    command_completed(item, status, writer);
                }
            }
            "file_change" if completed => file_change(item, failed, writer),
            "mcp_tool_call" => mcp_call(item, first, completed, failed, writer),
            "web_search" if completed => web_search(item, writer),
            "todo_list" if !completed => {
                let [items] = item.fields(["items"]);
                self.todo_list(items, writer);
            }
            "collab_tool_call" => return collaboration(item, first, completed, failed, writer),
            "error" if completed => {
                let message = reason(item.fields(["message", "error"]));
                writer.brief(LineKind::Warning, "Notice", &message);
            }
            kind => return KNOWN_ITEMS.contains(&kind),
        }
        true
    }

    fn todo_list(&mut self, items: Option<Json<'_>>, writer: &mut LineWriter<'_>) {
        let (mut done, mut all) = (0, 0);
        if let Some(items) = items.filter(|items| items.kind() == Kind::Array) {
            items.for_each_item(|item| {
                let [completed] = item.fields(["completed"]);
                done += usize::from(completed.is_some_and(Json::is_truthy));
                all += 1;
            });
        }
        self.show_plan(done, all, writer);
    }
}

fn command_completed(item: Json<'_>, status: Option<Json<'_>>, writer: &mut LineWriter<'_>) {
    let [output, exit] = item.fields(["aggregated_output", "exit_code"]);
    let is = |value| status.is_some_and(|status| status.is(value));
    if is("declined") {
        writer.failure("Bash", "declined", "");
    } else if is("failed") && exit.is_none_or(|exit| exit.kind() != Kind::Number) {
        writer.result("Bash", &json::text(output));
        writer.failure("Bash", "failed", "");
    } else {
        writer.shell_ended(exit, &json::text(output));
    }
}

/// Shows a file change when it is completed, because older versions print nothing before.
fn file_change(item: Json<'_>, failed: bool, writer: &mut LineWriter<'_>) {
    let [changes] = item.fields(["changes"]);
    let mut paths = Vec::new();
    if let Some(changes) = changes.filter(|changes| changes.kind() == Kind::Array) {
        changes.for_each_item(|change| {
            let [path, kind] = change.fields(["path", "kind"]);
            let path = json::text(path);
            if failed {
                paths.push(path);
                return;
            }
            match &*json::text(kind) {
                "add" => tools::file(writer, LineKind::Write, "Write", &path),
                "delete" => tools::file(writer, LineKind::Edit, "Delete", &path),
                _ => tools::file(writer, LineKind::Edit, "Edit", &path),
            }
        });
    }
    if failed {
        writer.failure("Edit", "failed", &paths.join(", "));
    }
}

fn mcp_call(
    item: Json<'_>,
    first: bool,
    completed: bool,
    failed: bool,
    writer: &mut LineWriter<'_>,
) {
    let [server, tool, arguments, result, error] =
        item.fields(["server", "tool", "arguments", "result", "error"]);
    let name = mcp_name(server, tool);
    if first {
        writer.brief(LineKind::Tool, &name, &tools::summary_field(arguments));
    }
    if !completed {
        return;
    }
    let [content] = result.map_or([None], |result| result.fields(["content"]));
    let reason = reason([error]);
    if !failed && reason.is_empty() {
        writer.result(&name, &json::content(content));
    } else if reason.is_empty() {
        writer.failure(&name, "failed", &json::content(content));
    } else {
        writer.failure(&name, "failed", &reason);
    }
}

/// Returns `server.tool`, or the part that is known.
pub(super) fn mcp_name(server: Option<Json<'_>>, tool: Option<Json<'_>>) -> String {
    let named: Vec<_> = [server, tool]
        .into_iter()
        .map(json::text)
        .filter(|name| !name.is_empty())
        .collect();
    if named.is_empty() {
        "?".to_owned()
    } else {
        named.join(".")
    }
}

/// Shows a web search when it is completed, because only then the query is known.
fn web_search(item: Json<'_>, writer: &mut LineWriter<'_>) {
    let [query, action] = item.fields(["query", "action"]);
    let wanted = ["url", "query", "queries"];
    let [url, action_query, queries] = action.map_or([None; 3], |action| action.fields(wanted));
    let url = json::text(url);
    if !url.is_empty() {
        return writer.named(LineKind::Web, "WebFetch", &url);
    }
    let query = json::first_text([query, action_query]);
    let query = if query.is_empty() {
        json::texts(queries).join(", ").into()
    } else {
        query
    };
    if !query.is_empty() {
        writer.brief(LineKind::Web, "WebSearch", &query);
    }
}

/// Shows that another agent is started, receives input, or has ended. Returns `false` if the tool is unknown.
fn collaboration(
    item: Json<'_>,
    first: bool,
    completed: bool,
    failed: bool,
    writer: &mut LineWriter<'_>,
) -> bool {
    let [tool, prompt, agents] = item.fields(["tool", "prompt", "agents_states"]);
    match &*json::text(tool) {
        "spawn_agent" | "send_input" => {
            if first {
                writer.brief(LineKind::Agent, "Agent", &json::text(prompt));
            }
            if completed && failed {
                writer.failure("Agent", "failed", "");
            }
        }
        "wait" if completed => {
            if let Some(agents) = agents {
                agents.for_each_field(|_, agent| agent_state(agent, writer));
            }
        }
        tool => return matches!(tool, "wait" | "close_agent" | "resume_agent"),
    }
    true
}

fn agent_state(agent: Json<'_>, writer: &mut LineWriter<'_>) {
    let [status, message] = agent.fields(["status", "message"]);
    let message = reason([message]);
    match &*json::text(status) {
        "not_found" => writer.failure("Agent", "not found", &message),
        status @ ("errored" | "interrupted") => writer.failure("Agent", status, &message),
        "completed" => writer.result("Agent", &message),
        _ => {}
    }
}
