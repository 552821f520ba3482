//! The `msg` objects of Codex before 0.44.

use super::super::json::{self, Json, Kind};
use super::super::line_writer::{LineKind, LineWriter, MAX_DETAIL};
use super::super::tools;
use super::{Codex, items, plain_message, shell};

impl Codex {
    /// Shows a `msg` object. Start and end have different event types.
    pub(super) fn message(&mut self, msg: Json<'_>, writer: &mut LineWriter<'_>) {
        let [kind, message, text, reason] = msg.fields(["type", "message", "text", "reason"]);
        match &*json::text(kind) {
            "agent_message" => writer.message(&json::text(message)),
            "agent_reasoning" => writer.thinking(&json::text(text)),
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
                let message = json::text(message);
                writer.brief(LineKind::Warning, "Error", &plain_message(&message));
            }
            "turn_aborted" => {
                writer.done(
                    false,
                    &[writer
                        .style
                        .one_line(&json::text(reason), MAX_DETAIL)
                        .into()],
                );
            }
            "task_complete" => writer.done(true, self.tokens.take().as_slice()),
            _ => {}
        }
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
        writer.failure(&name, "failed", &json::text(error));
    } else if let Some(success) = success {
        let [content] = success.fields(["content"]);
        writer.result(&name, &json::content(content));
    }
}
