//! The `msg` objects of Codex before 0.44.

use std::time::Duration;

use super::codex::{Codex, USAGE, usage_of};
use super::{plan, whole_millis};
use crate::output::json::{self, Json};
use crate::output::reason::{answer, reason};
use crate::output::shell;
use crate::recorder::{Ids, Recorder};
use crate::{FileChange, FileChangeKind, ItemKind, NoticeLevel, Outcome, Role, Tool, ToolResult};

impl Codex {
    /// Records a `msg` object. Start and end of a tool call have different types and the same id.
    pub(super) fn message(&mut self, msg: Json<'_>, recorder: &mut Recorder<'_>) {
        let names = ["type", "call_id", "message", "text", "reason"];
        let [kind, id, message, text, cause] = msg.fields(names);
        let (kind, id) = (json::text(kind), json::text(id));
        let ids = Ids {
            runtime: Some(&id),
            parent: None,
        };
        let none = Ids::default();
        match &*kind {
            "agent_message" => {
                let (role, text) = (Role::Agent, answer(message).into_owned());
                recorder.completed(ItemKind::Message { role, text }, none);
            }
            "agent_reasoning" => {
                let text = answer(text).into_owned();
                recorder.completed(ItemKind::Thinking { text }, none);
            }
            "user_message" => {
                let (role, text) = (Role::User, answer(message).into_owned());
                recorder.completed(ItemKind::Message { role, text }, none);
            }
            "exec_command_begin" => {
                let [command] = msg.fields(["command"]);
                let tool = Tool::Shell {
                    command: command_line(command),
                };
                recorder.call("exec_command", tool, command, ids);
            }
            "patch_apply_begin" => {
                let [changes] = msg.fields(["changes"]);
                let tool = Tool::Edit {
                    files: patched_files(changes),
                };
                recorder.call("patch_apply", tool, changes, ids);
            }
            "mcp_tool_call_begin" => {
                let [invocation] = msg.fields(["invocation"]);
                let wanted = ["server", "tool", "arguments"];
                let [server, tool, arguments] =
                    invocation.map_or([None; 3], |invocation| invocation.fields(wanted));
                let tool = Tool::Mcp {
                    server: json::text(server).into_owned(),
                    tool: json::text(tool).into_owned(),
                };
                recorder.call("mcp_tool_call", tool, arguments, ids);
            }
            "web_search_begin" => {
                let query = String::new();
                recorder.call("web_search", Tool::WebSearch { query }, None, ids);
            }
            "exec_command_end" | "patch_apply_end" | "mcp_tool_call_end" | "web_search_end" => {
                ended(&kind, &id, msg, recorder);
            }
            "plan_update" => {
                let [steps] = msg.fields(["plan"]);
                if let Some(plan) = plan(steps, ["step", "text"]) {
                    recorder.completed(plan, none);
                }
            }
            "token_count" => {
                let [info] = msg.fields(["info"]);
                let [total] = info.map_or([None], |info| info.fields(["total_token_usage"]));
                let usage = usage_of(total.unwrap_or(msg), USAGE);
                if usage.output_tokens.is_some() {
                    self.reported = Some(usage);
                }
            }
            "error" | "stream_error" => {
                let level = if kind == "error" {
                    NoticeLevel::Error
                } else {
                    NoticeLevel::Warning
                };
                let text = reason([message]);
                recorder.completed(ItemKind::Notice { level, text }, none);
            }
            "turn_aborted" => {
                let reason = reason([cause]);
                recorder.state.outcome = Some(if reason == "interrupted" {
                    Outcome::Interrupted
                } else {
                    Outcome::Failed { reason }
                });
            }
            "task_complete" => recorder.state.outcome = Some(Outcome::Success),
            _ => {}
        }
        recorder.end(|| format!("msg/{kind}"));
    }
}

/// Joins the end of a tool call with its start.
fn ended(kind: &str, id: &str, msg: Json<'_>, recorder: &mut Recorder<'_>) {
    let at = recorder.open(id).unwrap_or_else(|| {
        let ids = Ids {
            runtime: Some(id),
            parent: None,
        };
        let name = kind.trim_end_matches("_end");
        recorder.call(name, Tool::Other, None, ids)
    });
    if kind == "web_search_end" {
        let [query] = msg.fields(["query"]);
        let query = json::text(query).into_owned();
        recorder.update(at, |item| {
            if let ItemKind::ToolCall(call) = &mut item.kind {
                call.tool = Tool::WebSearch { query };
            }
        });
    }
    recorder.finish_call(at, result(msg));
}

fn result(msg: Json<'_>) -> ToolResult {
    let names = [
        "aggregated_output",
        "stdout",
        "stderr",
        "exit_code",
        "success",
        "result",
    ];
    let [aggregated, stdout, stderr, exit, success, outcome] = msg.fields(names);
    let [ok, error] = outcome.map_or([None; 2], |outcome| outcome.fields(["Ok", "Err"]));
    let [content] = ok.map_or([None], |ok| ok.fields(["content"]));
    let exit_code = exit.and_then(|exit| exit.whole_number()?.parse().ok());
    let is_error = error.is_some()
        || success.is_some_and(|success| success.source() == "false")
        || exit_code.is_some_and(|code: i64| code != 0);
    let text = if error.is_some() {
        reason([error])
    } else if ok.is_some() {
        json::content(content).into_owned()
    } else {
        let whole = json::text(aggregated);
        if whole.is_empty() {
            [json::text(stdout), json::text(stderr)].concat()
        } else {
            whole.into_owned()
        }
    };
    let [duration] = msg.fields(["duration"]);
    let [secs, nanos] = duration.map_or([None; 2], |duration| duration.fields(["secs", "nanos"]));
    let number =
        |field: Option<Json<'_>>| field.and_then(|field| field.whole_number()?.parse().ok());
    let duration = number(secs).and_then(|secs: u64| {
        let nanos: u64 = number(nanos).unwrap_or_default();
        let duration = Duration::from_secs(secs).saturating_add(Duration::from_nanos(nanos));
        whole_millis(duration)
    });
    ToolResult {
        text,
        is_error,
        exit_code,
        duration,
        ..ToolResult::default()
    }
}

/// Returns the words of a command, or the script if it is a shell with a script.
fn command_line(command: Option<Json<'_>>) -> String {
    match &json::texts(command)[..] {
        [shell, option, script] if shell::runs_script(shell, option) => script.clone().into_owned(),
        words => words.join(" "),
    }
}

fn patched_files(changes: Option<Json<'_>>) -> Vec<FileChange> {
    let mut files = Vec::new();
    if let Some(changes) = changes {
        changes.for_each_field(|path, change| {
            let kind = match change.fields(["add", "delete"]) {
                [Some(_), _] => FileChangeKind::Add,
                [_, Some(_)] => FileChangeKind::Delete,
                _ => FileChangeKind::Update,
            };
            files.push(FileChange::new(path, kind));
        });
    }
    files
}
