//! The formatter of opencode: `run --format json` of versions 1 and 2.

use super::line_writer::{LineKind, LineWriter, MAX_DETAIL};
use super::renderer::{LineFormatter, formatter};
use super::tools;
use crate::output::json::{self, Json, Kind};
use crate::output::reason::{answer, reason};

formatter! {
    /// Formats the output of `opencode run --format json` of versions 1 and 2: the session, messages, thinking, tool
    /// calls and their failures, and the end.
    ///
    /// opencode reports neither its start nor its end, and a tool call only when it has ended. So the first event of a
    /// session shows the start, and the last step shows the end, with the number of steps and their total cost. If
    /// version 2 omits the last step, [`flush`](crate::pretty::Formatter::flush) shows the end. The output does not
    /// contain the cost of subagents, so the total excludes it.
    ///
    /// # Examples
    ///
    /// ```
    /// use aod_transcript::pretty::{Formatter, OpencodeFormatter};
    ///
    /// let output = r#"{"type":"step_start","timestamp":1767036059000,"sessionID":"ses_1","part":{}}
    /// {"type":"text","timestamp":1767036061000,"sessionID":"ses_1","part":{"text":"Tests pass."}}
    /// {"type":"step_finish","timestamp":1767036061100,"sessionID":"ses_1","part":{"reason":"stop","cost":0.0125}}
    /// "#;
    /// assert_eq!(OpencodeFormatter::new().feed(output), [
    ///     "⚙️  Session init · session=ses_1",
    ///     "✉️  Tests pass.",
    ///     "✨ Done · agent 2.1s, 1 turns, cost $0.0125",
    /// ]);
    /// ```
    OpencodeFormatter, Opencode
}

/// The state between lines.
#[derive(Default)]
pub(super) struct Opencode {
    /// The session last shown.
    session: String,
    run: Run,
    /// Whether the last event was a message of the agent, which is how a run ends.
    message_was_last: bool,
}

/// The totals of the steps of one run, from the first event to the end.
#[derive(Default)]
struct Run {
    first: Option<f64>,
    last: Option<f64>,
    started: usize,
    finished: usize,
    cost: Option<f64>,
}

/// The types of events that are never shown.
const HIDDEN_EVENTS: [&str; 1] = ["done"];

/// The types of events with lines to show. Other types are shown verbatim.
const SHOWN_EVENTS: [&str; 6] = [
    "error",
    "reasoning",
    "step_finish",
    "step_start",
    "text",
    "tool_use",
];

impl LineFormatter for Opencode {
    fn is_event(&self, text: &str) -> bool {
        json::object(text, ["type"])
            .and_then(|[kind]| kind?.string())
            .is_some_and(|kind| SHOWN_EVENTS.contains(&&*kind) || HIDDEN_EVENTS.contains(&&*kind))
    }

    fn event(&mut self, text: &str, writer: &mut LineWriter<'_>) -> bool {
        let names = ["type", "timestamp", "sessionID", "part", "error", "message"];
        let Some([kind, timestamp, session, part, error, message]) = json::object(text, names)
        else {
            return false;
        };
        let kind = json::text(kind);
        if kind.is_empty() {
            return false;
        }
        let session = json::text(session);
        if !session.is_empty() && session != self.session {
            self.session = session.into_owned();
            self.run = Run::default();
            writer.init(&format!("session={}", self.session));
        }
        if !SHOWN_EVENTS.contains(&&*kind) {
            return HIDDEN_EVENTS.contains(&&*kind);
        }
        self.run.record(timestamp);
        // The end of a step does not count as an event after the message.
        self.message_was_last &= kind == "step_finish";
        let part = part.unwrap_or(Json::of("{}"));
        let [text, synthetic] = part.fields(["text", "synthetic"]);
        match &*kind {
            "step_start" => self.run.started += 1,
            "text" => {
                if !synthetic.is_some_and(Json::is_truthy) {
                    writer.message(&answer(text));
                    self.message_was_last = true;
                }
            }
            "reasoning" => writer.thinking(&answer(text)),
            "tool_use" => tool_used(part, writer),
            "step_finish" => self.step_finished(part, writer),
            _ => show_error(error, message, writer),
        }
        true
    }

    fn end(&mut self, writer: &mut LineWriter<'_>) {
        if self.message_was_last {
            self.done("", writer);
        }
        self.run = Run::default();
    }

    fn has_pending(&self) -> bool {
        self.message_was_last
    }
}

impl Opencode {
    fn step_finished(&mut self, part: Json<'_>, writer: &mut LineWriter<'_>) {
        let [reason, cost] = part.fields(["reason", "cost"]);
        self.run.finished += 1;
        if let Some(cost) = cost.and_then(Json::number) {
            *self.run.cost.get_or_insert_default() += cost;
        }
        match &*json::text(reason) {
            "stop" => self.done("", writer),
            // The agent continues.
            "tool-calls" => self.message_was_last = false,
            // The agent may continue.
            "unknown" | "" => {}
            reason => self.done(reason, writer),
        }
    }

    /// Shows the end of the run; failed if there is a reason.
    fn done(&mut self, reason: &str, writer: &mut LineWriter<'_>) {
        self.message_was_last = false;
        let run = std::mem::take(&mut self.run);
        let mut details = Vec::new();
        if let (Some(first), Some(last)) = (run.first, run.last) {
            details.push(format!("agent {:.1}s", (last - first) / 1000.0).into());
        }
        let turns = run.started.max(run.finished);
        if turns > 0 {
            details.push(format!("{turns} turns").into());
        }
        if let Some(cost) = run.cost {
            details.push(format!("cost ${cost:.4}").into());
        }
        if !reason.is_empty() {
            details.push(writer.style.one_line(reason, MAX_DETAIL).into());
        }
        writer.done(reason.is_empty(), &details);
    }
}

impl Run {
    fn record(&mut self, timestamp: Option<Json<'_>>) {
        if let Some(timestamp) = timestamp.and_then(Json::number) {
            self.first = Some(self.first.map_or(timestamp, |first| first.min(timestamp)));
            self.last = Some(self.last.map_or(timestamp, |last| last.max(timestamp)));
        }
    }
}

/// Shows a tool call and its outcome.
fn tool_used(part: Json<'_>, writer: &mut LineWriter<'_>) {
    let [tool, state] = part.fields(["tool", "state"]);
    let wanted = ["status", "input", "output", "error", "title", "metadata"];
    let [status, input, output, error, title, metadata] =
        state.map_or([None; 6], |state| state.fields(wanted));
    let tool = json::text(tool);
    let title = json::text(title);
    let input = input.unwrap_or(Json::of("{}"));
    if tool == "invalid" {
        let [wanted] = input.fields(["tool"]);
        return writer.brief(LineKind::Failed, "Invalid tool call", &json::text(wanted));
    }
    let failed = status.is_some_and(|status| status.is("error"));
    if tool == "todoread" && !failed {
        return;
    }
    let name = call(&tool, input, metadata, &title, writer);
    let output = json::text(output);
    if failed {
        writer.failure(name, "failed", &reason([error]));
    } else if name == "Bash" {
        let (exit, printed) = shell_outcome(metadata);
        let printed = if printed.is_some() {
            json::text(printed)
        } else {
            output
        };
        writer.shell_ended(exit, &printed);
    } else {
        writer.result(name, &output);
    }
}

/// Returns the exit code and the output of a command, which version 2 nests one level deeper.
fn shell_outcome(metadata: Option<Json<'_>>) -> (Option<Json<'_>>, Option<Json<'_>>) {
    let wanted = ["exit", "output", "metadata"];
    let [exit, output, nested] = metadata.map_or([None; 3], |metadata| metadata.fields(wanted));
    match nested {
        Some(nested) if exit.is_none() => {
            let [exit, output] = nested.fields(["exit", "output"]);
            (exit, output)
        }
        _ => (exit, output),
    }
}

/// Shows a tool call and returns its displayed name.
fn call<'a>(
    tool: &'a str,
    input: Json<'_>,
    metadata: Option<Json<'_>>,
    title: &str,
    writer: &mut LineWriter<'_>,
) -> &'a str {
    let text = |name: &str| {
        let [field] = input.fields([name]);
        json::text(field)
    };
    let path = || json::first_text(input.fields(["filePath", "path"]));
    let name = match tool {
        "bash" | "shell" => "Bash",
        "read" => "Read",
        "write" => "Write",
        "edit" | "apply_patch" | "patch" => "Edit",
        "grep" => "Grep",
        "glob" => "Glob",
        "list" => "LS",
        "webfetch" => "WebFetch",
        "websearch" | "codesearch" => "WebSearch",
        "task" => "Task",
        "todowrite" => "TodoWrite",
        "todoread" => "TodoRead",
        "skill" => "Skill",
        "" => "?",
        other => other,
    };
    match name {
        "Bash" => writer.brief(LineKind::Bash, name, &text("command")),
        "Read" => tools::file(writer, LineKind::Read, name, &path()),
        "Write" => tools::file(writer, LineKind::Write, name, &path()),
        "Edit" if tool == "edit" => tools::file(writer, LineKind::Edit, name, &path()),
        "Edit" => patch(&text("patchText"), metadata, writer),
        "Grep" => tools::search(
            writer,
            LineKind::Grep,
            name,
            &text("pattern"),
            &text("path"),
        ),
        "Glob" => tools::search(
            writer,
            LineKind::Glob,
            name,
            &text("pattern"),
            &text("path"),
        ),
        "LS" => writer.named(LineKind::Tool, name, &text("path")),
        "WebFetch" => writer.named(LineKind::Web, name, &text("url")),
        "WebSearch" => writer.brief(LineKind::Web, name, &text("query")),
        "Task" => {
            let about = json::first_text(input.fields(["description", "prompt"]));
            writer.brief(LineKind::Agent, name, &about);
        }
        "TodoWrite" => {
            let [todos] = input.fields(["todos"]);
            tools::todos(writer, todos);
        }
        "TodoRead" => writer.named(LineKind::Todos, name, ""),
        "Skill" => writer.brief(LineKind::Tool, name, &text("name")),
        _ => {
            let summary = tools::summary_field(Some(input));
            // In version 2 the title is the name of the tool.
            let title = if title == tool { "" } else { title };
            let detail = if summary.is_empty() { title } else { &summary };
            writer.brief(LineKind::Tool, name, detail);
        }
    }
    name
}

/// Shows one line for each file of a patch: from the list of opencode, or else from the text of the patch.
fn patch(text: &str, metadata: Option<Json<'_>>, writer: &mut LineWriter<'_>) {
    let mut any = false;
    let mut show = |kind: &str, path: &str| {
        any = true;
        match kind {
            "add" => tools::file(writer, LineKind::Write, "Write", path),
            "delete" => tools::file(writer, LineKind::Edit, "Delete", path),
            _ => tools::file(writer, LineKind::Edit, "Edit", path),
        }
    };
    let [files] = metadata.map_or([None], |metadata| metadata.fields(["files"]));
    match files.filter(|files| files.kind() == Kind::Array && files.is_truthy()) {
        Some(files) => files.for_each_item(|file| {
            let [relative, path, kind] = file.fields(["relativePath", "filePath", "type"]);
            show(&json::text(kind), &json::first_text([relative, path]));
        }),
        None => {
            for line in text.lines() {
                let heads = [("add", "Add"), ("update", "Update"), ("delete", "Delete")];
                for (kind, head) in heads {
                    let path = line
                        .strip_prefix("*** ")
                        .and_then(|line| line.strip_prefix(head))
                        .and_then(|line| line.strip_prefix(" File: "));
                    if let Some(path) = path {
                        show(kind, path);
                    }
                }
            }
        }
    }
    if !any {
        tools::file(writer, LineKind::Edit, "Edit", "");
    }
}

/// Shows an error of the run, which may still continue.
fn show_error(error: Option<Json<'_>>, message: Option<Json<'_>>, writer: &mut LineWriter<'_>) {
    let [name, kind] = error.map_or([None; 2], |error| error.fields(["name", "type"]));
    let name = json::first_text([name, kind]);
    let message = reason([error, message]);
    // An error that has only a name.
    let message = if message == name { "" } else { &message };
    let detail = match (name.is_empty(), message.is_empty()) {
        (false, false) => format!("{name}: {message}"),
        (_, true) => name.into_owned(),
        (true, false) => message.to_owned(),
    };
    writer.brief(LineKind::Warning, "Error", &detail);
}
