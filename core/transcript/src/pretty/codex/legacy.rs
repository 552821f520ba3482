//! The `msg` objects of Codex before 0.44.

use super::super::line_writer::{LineKind, LineWriter, MAX_DETAIL};
use super::super::tools;
use super::{Codex, items};
use crate::output::json::{self, Json, Kind};
use crate::output::reason::{answer, reason};
use crate::output::shell;

/// The types of `msg` objects that are never shown.
const HIDDEN_MESSAGES: [&str; 17] = [
    "agent_message_delta",
    "agent_reasoning_delta",
    "agent_reasoning_raw_content",
    "agent_reasoning_raw_content_delta",
    "agent_reasoning_section_break",
    "conversation_path",
    "exec_command_output_delta",
    "get_history_entry_response",
    "list_custom_prompts_response",
    "mcp_list_tools_response",
    "session_configured",
    "shutdown_complete",
    "stream_error",
    "task_started",
    "turn_diff",
    "user_message",
    "web_search_begin",
];

/// The types of `msg` objects with lines to show. Other types are shown verbatim.
const SHOWN_MESSAGES: [&str; 14] = [
    "agent_message",
    "agent_reasoning",
    "error",
    "exec_command_begin",
    "exec_command_end",
    "mcp_tool_call_begin",
    "mcp_tool_call_end",
    "patch_apply_begin",
    "patch_apply_end",
    "plan_update",
    "task_complete",
    "token_count",
    "turn_aborted",
    "web_search_end",
];

/// Returns whether the type of a `msg` object is known.
pub(super) fn is_message(msg: Json<'_>) -> bool {
    let [kind] = msg.fields(["type"]);
    let kind = json::text(kind);
    SHOWN_MESSAGES.contains(&&*kind) || HIDDEN_MESSAGES.contains(&&*kind)
}

impl Codex {
    /// Shows a `msg` object. Start and end have different event types. Returns `false` if the type is unknown.
    pub(super) fn message(&mut self, msg: Json<'_>, writer: &mut LineWriter<'_>) -> bool {
        if msg.kind() != Kind::Object {
            return false;
        }
        self.show_error(writer);
        let [kind, message, text, cause] = msg.fields(["type", "message", "text", "reason"]);
        match &*json::text(kind) {
            "agent_message" => writer.message(&answer(message)),
            "agent_reasoning" => writer.thinking(&answer(text)),
            "exec_command_begin" => {
                let [command] = msg.fields(["command"]);
                writer.brief(LineKind::Bash, "Bash", &command_line(command));
            }
            "exec_command_end" => {
                let [stdout, stderr, exit] = msg.fields(["stdout", "stderr", "exit_code"]);
                let output = [json::text(stdout), json::text(stderr)].join("\n");
                writer.shell_ended(exit, &output);
            }
            "patch_apply_begin" => {
                let [changes] = msg.fields(["changes"]);
                patch(changes, writer);
            }
            "patch_apply_end" => {
                let [success, stderr] = msg.fields(["success", "stderr"]);
                if success.is_some_and(|success| success.source() == "false") {
                    writer.failure("Edit", "failed", &json::text(stderr));
                }
            }
            "mcp_tool_call_begin" => {
                let (name, arguments) = invocation(msg);
                writer.brief(LineKind::Tool, &name, &tools::summary_field(arguments));
            }
            "mcp_tool_call_end" => mcp_ended(msg, writer),
            "web_search_end" => {
                let [query] = msg.fields(["query"]);
                writer.brief(LineKind::Web, "WebSearch", &json::text(query));
            }
            "plan_update" => {
                let [plan] = msg.fields(["plan"]);
                self.plan_update(plan, writer);
            }
            "token_count" => self.count(msg),
            "error" => {
                writer.brief(LineKind::Warning, "Error", &reason([message]));
            }
            "turn_aborted" => {
                writer.done(
                    false,
                    &[writer.style.one_line(&reason([cause]), MAX_DETAIL).into()],
                );
            }
            "task_complete" => writer.done(true, self.tokens.take().as_slice()),
            kind => return HIDDEN_MESSAGES.contains(&kind),
        }
        true
    }

    fn plan_update(&mut self, plan: Option<Json<'_>>, writer: &mut LineWriter<'_>) {
        let (mut done, mut all) = (0, 0);
        if let Some(plan) = plan.filter(|plan| plan.kind() == Kind::Array) {
            plan.for_each_item(|step| {
                let [status] = step.fields(["status"]);
                done += usize::from(status.is_some_and(|status| status.is("completed")));
                all += 1;
            });
        }
        self.show_plan(done, all, writer);
    }

    /// Records the token counts: those of the whole thread if they are nested, or top-level ones in older versions.
    fn count(&mut self, msg: Json<'_>) {
        let counts = ["input_tokens", "output_tokens"];
        let [info] = msg.fields(["info"]);
        let [total] = info.map_or([None], |info| info.fields(["total_token_usage"]));
        let [input, output] = total.unwrap_or(msg).fields(counts);
        self.tokens = tools::tokens(input, output).or(self.tokens.take());
    }
}

/// Returns the words of a command, or the script if it is a shell with a script.
fn command_line(command: Option<Json<'_>>) -> String {
    match &json::texts(command)[..] {
        [shell, option, script] if shell::runs_script(shell, option) => script.clone().into_owned(),
        words => words.join(" "),
    }
}

/// Shows one line for each file. The outcome follows in another event.
fn patch(changes: Option<Json<'_>>, writer: &mut LineWriter<'_>) {
    let Some(changes) = changes else {
        return;
    };
    changes.for_each_field(|path, change| match change.fields(["add", "delete"]) {
        [Some(_), _] => tools::file(writer, LineKind::Write, "Write", path),
        [_, Some(_)] => tools::file(writer, LineKind::Edit, "Delete", path),
        _ => tools::file(writer, LineKind::Edit, "Edit", path),
    });
}

fn invocation(msg: Json<'_>) -> (String, Option<Json<'_>>) {
    let [invocation] = msg.fields(["invocation"]);
    let wanted = ["server", "tool", "arguments"];
    let [server, tool, arguments] =
        invocation.map_or([None; 3], |invocation| invocation.fields(wanted));
    (items::mcp_name(server, tool), arguments)
}

fn mcp_ended(msg: Json<'_>, writer: &mut LineWriter<'_>) {
    let (name, _) = invocation(msg);
    let [result] = msg.fields(["result"]);
    let [success, error] = result.map_or([None; 2], |result| result.fields(["Ok", "Err"]));
    if error.is_some() {
        writer.failure(&name, "failed", &reason([error]));
    } else if let Some(success) = success {
        let [content] = success.fields(["content"]);
        writer.result(&name, &json::content(content));
    }
}
