//! Codex: `codex exec --json` since 0.40. The `msg` objects of older versions are in `codex_legacy`.

use serde::{Deserialize, Serialize};

use super::{ReadLines, count, nonempty, plan};
use crate::output::codex::is_retry;
use crate::output::json::{self, Json, Kind};
use crate::output::reason::{answer, reason};
use crate::output::shell;
use crate::recorder::{Ids, Recorder};
use crate::{
    FileChange, FileChangeKind, ItemKind, ItemStatus, NoticeLevel, Outcome, Role, Tool, ToolCall,
    ToolResult, Usage,
};

#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Codex {
    /// The thread whose usage `total` is.
    thread: String,
    /// The usage of the thread at the end of the turn before; `None` before the first report.
    total: Option<Usage>,
    /// The usage of the thread so far, as the runtime reported it last.
    pub(super) reported: Option<Usage>,
}

/// The types of events. A line of another type is text.
const EVENTS: [&str; 10] = [
    "error",
    "item.completed",
    "item.plan.delta",
    "item.started",
    "item.updated",
    "session.created",
    "thread.started",
    "turn.completed",
    "turn.failed",
    "turn.started",
];

impl ReadLines for Codex {
    fn is_event(&self, text: &str) -> bool {
        match json::object(text, ["type", "msg", "model", "sandbox"]) {
            Some([Some(kind), ..]) => EVENTS.contains(&&*json::text(Some(kind))),
            Some([None, Some(msg), ..]) => msg.kind() == Kind::Object,
            Some([None, None, model, sandbox]) => model.is_some() && sandbox.is_some(),
            None => false,
        }
    }

    fn read(&mut self, text: &str, recorder: &mut Recorder<'_>) -> bool {
        let names = [
            "type",
            "item",
            "thread_id",
            "session_id",
            "message",
            "error",
            "usage",
            "msg",
            "model",
            "sandbox",
            "prompt",
        ];
        let Some(fields) = json::object(text, names) else {
            return false;
        };
        let [
            kind,
            item,
            thread,
            session,
            message,
            error,
            usage,
            msg,
            model,
            sandbox,
            prompt,
        ] = fields;
        let Some(kind) = kind else {
            let event = Json::of(text.trim());
            match (msg, model, sandbox) {
                (Some(msg), ..) if msg.kind() == Kind::Object => {
                    self.message(msg, recorder);
                }
                (None, Some(model), Some(_)) => {
                    let [cwd] = event.fields(["workdir"]);
                    let model = nonempty(Some(model));
                    recorder.describe_agent(
                        |agent| [(&mut agent.model, model), (&mut agent.cwd, nonempty(cwd))],
                        None,
                    );
                    recorder.end(|| "config".to_owned());
                }
                // The second line of the format before 0.44 repeats the prompt.
                (None, None, _) if event.len() == Some(1) && nonempty(prompt).is_some() => {
                    let (role, text) = (Role::User, json::text(prompt).into_owned());
                    recorder.completed(ItemKind::Message { role, text }, Ids::default());
                }
                _ => return false,
            }
            return true;
        };
        let kind = json::text(Some(kind));
        if !EVENTS.contains(&&*kind) {
            return false;
        }
        match &*kind {
            "thread.started" | "session.created" => {
                self.start(json::first_text([thread, session]).into_owned(), recorder);
            }
            "item.started" | "item.updated" => self::item(item, false, recorder),
            "item.completed" => self::item(item, true, recorder),
            "turn.completed" => {
                recorder.state.outcome = Some(Outcome::Success);
                self.reported = usage.map(|usage| usage_of(usage, USAGE)).or(self.reported);
            }
            "turn.failed" => {
                recorder.state.outcome = Some(Outcome::Failed {
                    reason: reason([error, message]),
                });
            }
            "error" => {
                let text = reason([message, error]);
                let level = if is_retry(&text) {
                    NoticeLevel::Warning
                } else {
                    NoticeLevel::Error
                };
                recorder.completed(ItemKind::Notice { level, text }, Ids::default());
            }
            _ => {}
        }
        recorder.end(|| kind.into_owned());
        true
    }

    fn end(&mut self, recorder: &mut Recorder<'_>) {
        if let Some(reported) = self.reported.take() {
            // The first report includes turns before those of the transcript.
            let total = self.total.replace(reported);
            let total = total.or_else(|| recorder.has_first_turn.then(Usage::default));
            recorder.state.usage = total.map(|total| reported.since(total));
        }
    }
}

impl Codex {
    /// Handles the start of a process. A resumed thread continues to count its usage.
    fn start(&mut self, thread: String, recorder: &mut Recorder<'_>) {
        if thread != self.thread {
            // A thread that follows another one is new.
            self.total = (!self.thread.is_empty()).then(Usage::default);
            self.thread.clone_from(&thread);
        }
        let thread = Some(thread).filter(|id| !id.is_empty());
        recorder.describe_agent(|agent| [(&mut agent.session_id, thread)], None);
    }
}

/// The fields of a usage, in the order of [`usage_of`].
pub(super) const USAGE: [&str; 5] = [
    "input_tokens",
    "cached_input_tokens",
    "cache_write_input_tokens",
    "output_tokens",
    "reasoning_output_tokens",
];

/// Returns the usage in an object with the names of its fields.
pub(super) fn usage_of(usage: Json<'_>, names: [&str; 5]) -> Usage {
    let [
        input_tokens,
        cached_input_tokens,
        cache_write_tokens,
        output_tokens,
        reasoning_tokens,
    ] = usage.fields(names).map(count);
    Usage {
        input_tokens,
        cached_input_tokens,
        cache_write_tokens,
        output_tokens,
        reasoning_tokens,
        ..Usage::default()
    }
}

/// Records an item. The events of one item have the same id; each contains the whole item.
fn item(item: Option<Json<'_>>, is_completed: bool, recorder: &mut Recorder<'_>) {
    let Some(item) = item else { return };
    let [id, kind, former_kind, status] = item.fields(["id", "type", "item_type", "status"]);
    let (id, kind) = (json::text(id), json::first_text([kind, former_kind]));
    let status = match &*json::text(status) {
        "failed" => ItemStatus::Failed,
        "declined" => ItemStatus::Declined,
        _ if is_completed => ItemStatus::Completed,
        _ => ItemStatus::InProgress,
    };
    let Some(made) = item_kind(&kind, item, status, recorder) else {
        return;
    };
    let open = recorder.open(&id);
    let Some((at, before)) = open.and_then(|at| Some((at, recorder.item(at)?))) else {
        // An item that was dropped is added again.
        let ids = Ids {
            runtime: Some(&id),
            parent: None,
        };
        recorder.add(made, status, ids);
        return;
    };
    let has_input = |kind: &ItemKind| matches!(kind, ItemKind::ToolCall(it) if !it.input.is_null());
    match made {
        // The arguments that only an earlier event has are kept.
        ItemKind::ToolCall(call) if call.input.is_null() && has_input(&before.kind) => {
            if status == ItemStatus::InProgress {
                recorder.repeat(at);
                return;
            }
            recorder.update(at, |item| {
                item.status = status;
                if let ItemKind::ToolCall(before) = &mut item.kind {
                    before.result = call.result;
                }
            });
        }
        made => {
            recorder.update(at, |item| {
                item.status = status;
                item.kind = made;
            });
        }
    }
}

/// Returns the kind of an item; `None` if its type is unknown.
fn item_kind(
    kind: &str,
    item: Json<'_>,
    status: ItemStatus,
    recorder: &Recorder<'_>,
) -> Option<ItemKind> {
    let has_ended = status != ItemStatus::InProgress;
    let is_error = matches!(status, ItemStatus::Failed | ItemStatus::Declined);
    let finished = |text: String, exit_code: Option<i64>| {
        has_ended.then(|| ToolResult {
            text,
            is_error,
            exit_code,
            ..ToolResult::default()
        })
    };
    let call = |tool: Tool, input: Option<Json<'_>>, result: Option<ToolResult>| {
        ItemKind::ToolCall(ToolCall {
            result,
            ..recorder.tool_call(kind, tool, input)
        })
    };
    let [text] = item.fields(["text"]);
    Some(match kind {
        "agent_message" | "assistant_message" | "plan" => ItemKind::Message {
            role: Role::Agent,
            text: answer(text).into_owned(),
        },
        "reasoning" => ItemKind::Thinking {
            text: answer(text).into_owned(),
        },
        "command_execution" => {
            let [command, output, exit] =
                item.fields(["command", "aggregated_output", "exit_code"]);
            let tool = Tool::Shell {
                command: shell::script(&json::text(command)).into_owned(),
            };
            let exit = exit.and_then(|exit| exit.whole_number()?.parse().ok());
            call(
                tool,
                command,
                finished(json::text(output).into_owned(), exit),
            )
        }
        "file_change" => {
            let [changes] = item.fields(["changes"]);
            let tool = Tool::Edit {
                files: file_changes(changes),
            };
            call(tool, changes, finished(String::new(), None))
        }
        "mcp_tool_call" => {
            let [server, tool, arguments, result, error] =
                item.fields(["server", "tool", "arguments", "result", "error"]);
            let [content] = result.map_or([None], |result| result.fields(["content"]));
            let reason = reason([error]);
            let text = if reason.is_empty() {
                json::content(content).into_owned()
            } else {
                reason
            };
            let tool = Tool::Mcp {
                server: json::text(server).into_owned(),
                tool: json::text(tool).into_owned(),
            };
            call(tool, arguments, finished(text, None))
        }
        "web_search" => {
            let [query, action, results] = item.fields(["query", "action", "results"]);
            call(
                web_tool(query, action),
                action,
                finished(search_results(results), None),
            )
        }
        "todo_list" => {
            let [items] = item.fields(["items"]);
            plan(items, ["text", "step"])?
        }
        "collab_tool_call" => {
            let [tool, prompt, agents] = item.fields(["tool", "prompt", "agents_states"]);
            let text = finished(agent_messages(agents), None);
            let mut call = recorder.tool_call(&json::text(tool), Tool::Other, prompt);
            if matches!(&*call.name, "spawn_agent" | "send_input") {
                call.tool = Tool::Agent {
                    prompt: json::text(prompt).into_owned(),
                };
            }
            ItemKind::ToolCall(ToolCall {
                result: text,
                ..call
            })
        }
        "error" => ItemKind::Notice {
            level: NoticeLevel::Warning,
            text: reason(item.fields(["message", "error"])),
        },
        _ => return None,
    })
}

fn file_changes(changes: Option<Json<'_>>) -> Vec<FileChange> {
    let mut files = Vec::new();
    if let Some(changes) = changes.filter(|changes| changes.kind() == Kind::Array) {
        changes.for_each_item(|change| {
            let [path, kind] = change.fields(["path", "kind"]);
            let kind = FileChangeKind::of(&json::text(kind));
            files.push(FileChange::new(json::text(path), kind));
        });
    }
    files
}

/// Returns what a web search does, which only its last event says.
fn web_tool(query: Option<Json<'_>>, action: Option<Json<'_>>) -> Tool {
    let wanted = ["url", "query", "queries"];
    let [url, action_query, queries] = action.map_or([None; 3], |action| action.fields(wanted));
    if let Some(url) = nonempty(url) {
        return Tool::WebFetch { url };
    }
    let query = json::first_text([query, action_query]).into_owned();
    let query = if query.is_empty() {
        json::texts(queries).join(", ")
    } else {
        query
    };
    if query.is_empty() {
        Tool::Other
    } else {
        Tool::WebSearch { query }
    }
}

/// Returns the results of a web search, which newer versions print: the title, the URL and the snippet of each.
fn search_results(results: Option<Json<'_>>) -> String {
    let mut texts = Vec::new();
    if let Some(results) = results.filter(|results| results.kind() == Kind::Array) {
        results.for_each_item(|result| {
            let fields = result.fields(["title", "url", "snippet"]).map(nonempty);
            texts.push(fields.into_iter().flatten().collect::<Vec<_>>().join("\n"));
        });
    }
    texts.retain(|text| !text.is_empty());
    texts.join("\n\n")
}

/// Returns the last messages of subagents.
fn agent_messages(agents: Option<Json<'_>>) -> String {
    let mut messages = Vec::new();
    if let Some(agents) = agents {
        agents.for_each_field(|_, agent| {
            let [message] = agent.fields(["message"]);
            messages.extend(nonempty(message));
        });
    }
    messages.join("\n")
}
