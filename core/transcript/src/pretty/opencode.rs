//! opencode's `run --format json`, of versions 1 and 2.

use super::json::{self, Json, Kind};
use super::line_writer::{LineKind, LineWriter, SHORT};
use super::renderer::{LineFormatter, formatter};
use super::tools;

formatter! {
    /// Shows the output of `opencode run --format json`, of versions 1 and 2: which session it is, what the agent says
    /// and thinks, which tools it called and which of them failed, and how it ended.
    ///
    /// opencode tells neither when it starts nor when it ends, and of a tool's call only when it is over. So the first
    /// event of a session starts it, and the last step ends it, with the number of steps and their cost summed; where
    /// version 2 leaves that step out, [`flush`](crate::pretty::Formatter::flush) does. The cost of other agents that
    /// were started is not in the output, and so not in the sum.
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

/// What is remembered from line to line.
#[derive(Default)]
pub(super) struct Opencode {
    /// The session last shown.
    session: String,
    run: Run,
    /// Whether the agent spoke last: so a run ends.
    has_answered: bool,
}

/// What the steps of one run, from the first event to the end, sum up to.
#[derive(Default)]
struct Run {
    first: Option<f64>,
    last: Option<f64>,
    begun: usize,
    finished: usize,
    cost: Option<f64>,
}

impl LineFormatter for Opencode {
    fn line(&mut self, line: &str, writer: &mut LineWriter<'_>) {
        let names = ["type", "timestamp", "sessionID", "part", "error"];
        let Some([kind, timestamp, session, part, error]) = json::object(line, names) else {
            return self.other(line, writer);
        };
        let session = json::text(session);
        if !session.is_empty() && session != self.session {
            self.session = session.into_owned();
            self.run = Run::default();
            writer.init(&format!("session={}", self.session));
        }
        let kind = json::text(kind);
        if !matches!(
            &*kind,
            "step_start" | "text" | "reasoning" | "tool_use" | "step_finish" | "error"
        ) {
            return;
        }
        self.run.at(timestamp);
        // A step that ends adds nothing to what the agent said.
        self.has_answered &= kind == "step_finish";
        let part = part.unwrap_or(Json::of("{}"));
        let [said, synthetic] = part.fields(["text", "synthetic"]);
        match &*kind {
            "step_start" => self.run.begun += 1,
            "text" => {
                if !synthetic.is_some_and(Json::is_truthy) {
                    writer.say(&json::text(said));
                    self.has_answered = true;
                }
            }
            "reasoning" => writer.think(&json::text(said)),
            "tool_use" => tool_used(part, writer),
            "step_finish" => self.step_finished(part, writer),
            _ => show_error(error, writer),
        }
    }

    fn end(&mut self, writer: &mut LineWriter<'_>) {
        if self.has_answered {
            self.done("", writer);
        }
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
            // The agent goes on.
            "tool-calls" => self.has_answered = false,
            // It may.
            "unknown" | "" => {}
            reason => self.done(reason, writer),
        }
    }

    /// The end of the run; a bad one, if there is anything to say of it.
    fn done(&mut self, reason: &str, writer: &mut LineWriter<'_>) {
        self.has_answered = false;
        let run = std::mem::take(&mut self.run);
        let mut known = Vec::new();
        if let (Some(first), Some(last)) = (run.first, run.last) {
            known.push(format!("agent {:.1}s", (last - first) / 1000.0).into());
        }
        let turns = run.begun.max(run.finished);
        if turns > 0 {
            known.push(format!("{turns} turns").into());
        }
        if let Some(cost) = run.cost {
            known.push(format!("cost ${cost:.4}").into());
        }
        if !reason.is_empty() {
            known.push(writer.style.one_line(reason, SHORT).into());
        }
        writer.done(reason.is_empty(), &known);
    }
}

impl Run {
    fn at(&mut self, timestamp: Option<Json<'_>>) {
        if let Some(timestamp) = timestamp.and_then(Json::number) {
            self.first = Some(self.first.map_or(timestamp, |first| first.min(timestamp)));
            self.last = Some(self.last.map_or(timestamp, |last| last.max(timestamp)));
        }
    }
}

/// A tool's call and its outcome.
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
        let [message] = error.map_or([None], |error| error.fields(["message"]));
        writer.failure(name, "failed", &json::first_text([error, message]));
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

/// The exit code and the output of a command: version 2 has them a level deeper.
fn shell_outcome(metadata: Option<Json<'_>>) -> (Option<Json<'_>>, Option<Json<'_>>) {
    let wanted = ["exit", "output", "metadata"];
    let [exit, output, deeper] = metadata.map_or([None; 3], |metadata| metadata.fields(wanted));
    match deeper {
        Some(deeper) if exit.is_none() => {
            let [exit, output] = deeper.fields(["exit", "output"]);
            (exit, output)
        }
        _ => (exit, output),
    }
}

/// Shows a tool's call, and gives the name it is shown under.
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
            let summary_field = tools::summary_field(Some(input));
            // Version 2 has the tool's name for a title.
            let title = if title == tool { "" } else { title };
            let detail = if summary_field.is_empty() {
                title
            } else {
                &summary_field
            };
            writer.brief(LineKind::Tool, name, detail);
        }
    }
    name
}

/// One line for each file of a patch: as opencode lists them, or else as the patch does.
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

/// An error of the run; what follows may still be good.
fn show_error(error: Option<Json<'_>>, writer: &mut LineWriter<'_>) {
    let wanted = ["name", "type", "message", "data"];
    let [name, kind, message, data] = error.map_or([None; 4], |error| error.fields(wanted));
    let [inner] = data.map_or([None], |data| data.fields(["message"]));
    let name = json::first_text([name, kind]);
    let message = json::first_text([inner, message, error]);
    let detail = match (name.is_empty(), message.is_empty()) {
        (false, false) => format!("{name}: {message}"),
        (_, true) => name.into_owned(),
        (true, false) => message.into_owned(),
    };
    writer.brief(LineKind::Warning, "Error", &detail);
}
