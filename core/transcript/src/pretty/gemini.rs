//! The formatter of Gemini CLI: `--output-format stream-json` and `json`.

use std::borrow::Cow;

use super::line_writer::{LineKind, LineWriter, MAX_DETAIL};
use super::pending_tool_calls::PendingToolCalls;
use super::renderer::{LineFormatter, formatter};
use super::tools;
use crate::output::gemini::{self, Document, DocumentLines, EVENTS, Line};
use crate::output::json::{self, Json};
use crate::output::reason::{answer, reason};

formatter! {
    /// Formats the output of Gemini CLI with `--output-format stream-json` or `json`: the start of a session, messages,
    /// tool calls and their failures, and the end.
    ///
    /// Gemini sends a message in fragments. It is shown as a whole when another event follows, or at the end of the
    /// output; a message larger than [`max_line`](crate::pretty::Options::max_line) is split. Topic and progress
    /// updates are not shown.
    ///
    /// # Examples
    ///
    /// ```
    /// use aod_transcript::pretty::{Formatter, GeminiFormatter};
    ///
    /// let mut formatter = GeminiFormatter::new();
    /// for fragment in ["All te", "sts pass."] {
    ///     let line = format!("{{\"type\":\"message\",\"role\":\"assistant\",\"content\":\"{fragment}\",\"delta\":true}}\n");
    ///     assert_eq!(formatter.feed(&line), [""; 0]);
    /// }
    /// let end = r#"{"type":"result","status":"success","stats":{"input_tokens":10178,"output_tokens":9,"duration_ms":1042}}"#;
    /// formatter.feed(end);
    /// assert_eq!(formatter.flush(), ["✉️  All tests pass.\n✨ Done · agent 1.0s, in/out 10178/9 tokens"]);
    /// ```
    GeminiFormatter, Gemini
}

/// The state between lines.
#[derive(Default)]
pub(super) struct Gemini {
    /// The fragments of the current message.
    message: String,
    /// The pending tool calls by their displayed names, which are empty for hidden tools.
    calls: PendingToolCalls,
    /// Whether an event was read, so that the output is not a document.
    is_stream: bool,
    document: DocumentLines,
}

impl LineFormatter for Gemini {
    fn is_event(&self, text: &str) -> bool {
        gemini::is_event(text, self.is_stream)
    }

    fn event(&mut self, text: &str, writer: &mut LineWriter<'_>) -> bool {
        if self.is_stream {
            return self.stream_event(text, writer);
        }
        match self.document.read(text, writer.style.max_line()) {
            Line::First { noise } => show(noise, writer),
            Line::Inside => {}
            Line::Last { document, noise } => {
                match Document::on_several_lines(&document) {
                    Some(fields) => show_document(&fields, writer),
                    None => show(&document, writer),
                }
                show(noise, writer);
            }
            Line::Other { lines } if lines.is_empty() => match Document::on_one_line(text) {
                Some(document) => show_document(&document, writer),
                None => return self.stream_event(text, writer),
            },
            Line::Other { lines } => {
                show(&lines, writer);
                return self.event(text, writer);
            }
        }
        true
    }

    fn other(&mut self, line: &str, writer: &mut LineWriter<'_>) {
        self.show_incomplete_document(writer);
        self.show_message(writer);
        writer.verbatim(line);
    }

    fn end(&mut self, writer: &mut LineWriter<'_>) {
        self.show_incomplete_document(writer);
        self.show_message(writer);
        self.is_stream = false;
    }

    fn has_pending(&self) -> bool {
        !self.message.is_empty() || !self.document.is_empty()
    }
}

impl Gemini {
    fn stream_event(&mut self, text: &str, writer: &mut LineWriter<'_>) -> bool {
        let names = [
            "type",
            "role",
            "content",
            "model",
            "tool_name",
            "tool_id",
            "parameters",
            "status",
            "output",
            "error",
            "severity",
            "message",
            "stats",
        ];
        let Some(fields) = json::object(text, names) else {
            return false;
        };
        let [
            kind,
            role,
            content,
            model,
            tool,
            id,
            parameters,
            outcome,
            output,
            error,
            severity,
            message,
            stats,
        ] = fields;
        let kind = json::text(kind);
        if !EVENTS.contains(&&*kind) {
            return false;
        }
        self.is_stream = true;
        if kind == "message" {
            let role = json::text(role);
            if role == "assistant" {
                self.add_fragment(&answer(content), writer);
                return true;
            }
            self.show_message(writer);
            return role == "user";
        }
        self.show_message(writer);
        match &*kind {
            "init" => {
                // A new process starts.
                self.calls = PendingToolCalls::default();
                let model = json::text(model);
                let details = if model.is_empty() {
                    String::new()
                } else {
                    format!("model={model}")
                };
                writer.init(&details);
            }
            "tool_use" => {
                let name = call(&json::text(tool), parameters, writer);
                self.calls.begin(&json::text(id), &name);
            }
            "tool_result" => {
                let name = self.calls.end(&json::text(id));
                let name = name.as_deref().unwrap_or("Tool");
                if outcome.is_some_and(|outcome| outcome.is("error")) {
                    let reason = reason([error, output]);
                    writer.failure(
                        if name.is_empty() { "Tool" } else { name },
                        "failed",
                        &reason,
                    );
                } else if !name.is_empty() {
                    writer.result(name, &answer(output));
                }
            }
            "error" => {
                let warning = severity.is_some_and(|severity| severity.is("warning"));
                let name = if warning { "Warning" } else { "Error" };
                writer.brief(LineKind::Warning, name, &reason([message, error]));
            }
            _ => ended(outcome, &reason([error, message]), stats, writer),
        }
        true
    }

    /// Adds a fragment to the current message.
    fn add_fragment(&mut self, fragment: &str, writer: &mut LineWriter<'_>) {
        if self.message.len() + fragment.len() > writer.style.max_line() {
            self.show_message(writer);
        }
        self.message.push_str(fragment);
    }

    fn show_message(&mut self, writer: &mut LineWriter<'_>) {
        if !self.message.is_empty() {
            writer.message(&std::mem::take(&mut self.message));
        }
    }

    fn show_incomplete_document(&mut self, writer: &mut LineWriter<'_>) {
        show(&self.document.take(), writer);
    }
}

/// Shows lines that are not a part of a document.
fn show(lines: &str, writer: &mut LineWriter<'_>) {
    lines.lines().for_each(|line| writer.verbatim(line));
}

/// Shows a tool call and returns its displayed name; empty if it is hidden.
fn call(tool: &str, parameters: Option<Json<'_>>, writer: &mut LineWriter<'_>) -> String {
    let input = parameters.unwrap_or(Json::of("{}"));
    let text = |name: &str| {
        let [field] = input.fields([name]);
        json::text(field)
    };
    let either = |name: &str, former: &str| json::first_text(input.fields([name, former]));
    let path = || either("file_path", "absolute_path");
    let folder = || either("dir_path", "path");
    let name = match tool {
        "run_shell_command" => "Bash",
        "read_file" | "read_many_files" => "Read",
        "write_file" => "Write",
        "replace" => "Edit",
        "grep_search" | "search_file_content" => "Grep",
        "glob" => "Glob",
        "list_directory" => "LS",
        "web_fetch" => "WebFetch",
        "google_web_search" => "WebSearch",
        "invoke_agent" | "delegate_to_agent" | "codebase_investigator" => "Agent",
        "write_todos" => "TodoWrite",
        "enter_plan_mode" => "EnterPlanMode",
        "exit_plan_mode" => "ExitPlanMode",
        "update_topic" | "complete_task" => return String::new(),
        "" => "?",
        other => other,
    };
    match name {
        "Bash" => writer.brief(LineKind::Bash, name, &text("command")),
        "Read" if tool == "read_many_files" => {
            let [include, paths] = input.fields(["include", "paths"]);
            let read = json::texts(include.or(paths)).join(", ");
            tools::file(
                writer,
                LineKind::Read,
                name,
                &writer.style.one_line(&read, MAX_DETAIL),
            );
        }
        "Read" => tools::file(writer, LineKind::Read, name, &path()),
        "Write" => tools::file(writer, LineKind::Write, name, &path()),
        "Edit" => tools::file(writer, LineKind::Edit, name, &path()),
        "Grep" => tools::search(writer, LineKind::Grep, name, &text("pattern"), &folder()),
        "Glob" => tools::search(writer, LineKind::Glob, name, &text("pattern"), &folder()),
        "LS" => writer.named(LineKind::Tool, name, &folder()),
        "WebFetch" => writer.brief(LineKind::Web, name, &either("prompt", "url")),
        "WebSearch" => writer.brief(LineKind::Web, name, &text("query")),
        "Agent" => writer.brief(
            LineKind::Agent,
            name,
            &agent(&text("agent_name"), &either("prompt", "objective")),
        ),
        "TodoWrite" => {
            let [todos] = input.fields(["todos"]);
            tools::todos(writer, todos);
        }
        "EnterPlanMode" | "ExitPlanMode" => writer.named(LineKind::Plan, name, ""),
        other => writer.brief(LineKind::Tool, other, &tools::summary_field(parameters)),
    }
    name.to_owned()
}

/// Returns the name of a subagent and its prompt.
fn agent<'a>(name: &str, prompt: &'a str) -> Cow<'a, str> {
    match (name.is_empty(), prompt.is_empty()) {
        (true, _) => Cow::Borrowed(prompt),
        (false, true) => Cow::Owned(name.to_owned()),
        (false, false) => Cow::Owned(format!("{name}: {prompt}")),
    }
}

fn ended(
    outcome: Option<Json<'_>>,
    reason: &str,
    stats: Option<Json<'_>>,
    writer: &mut LineWriter<'_>,
) {
    let succeeded = !outcome.is_some_and(|outcome| outcome.is("error"));
    let wanted = ["duration_ms", "input_tokens", "output_tokens"];
    let [duration, input, output] = stats.map_or([None; 3], |stats| stats.fields(wanted));
    let mut details = Vec::new();
    // A failed run always reports 0.
    if let Some(milliseconds) = duration.and_then(Json::number)
        && (succeeded || milliseconds != 0.0)
    {
        details.push(Cow::Owned(format!("agent {:.1}s", milliseconds / 1000.0)));
    }
    if succeeded {
        details.extend(tools::tokens(input, output));
    } else if !reason.is_empty() {
        details.push(writer.style.one_line(reason, MAX_DETAIL).into());
    }
    writer.done(succeeded, &details);
}

/// Shows a document of `--output-format json`.
fn show_document(document: &Document<'_>, writer: &mut LineWriter<'_>) {
    writer.message(&answer(document.response));
    if let Some(reason) = document.failure() {
        let reason = writer.style.one_line(&reason, MAX_DETAIL);
        return writer.done(false, &[reason.into()]);
    }
    let (mut input, mut output) = (0.0, 0.0);
    let [models] = document
        .stats
        .map_or([None], |stats| stats.fields(["models"]));
    if let Some(models) = models {
        models.for_each_field(|_, model| {
            let [tokens] = model.fields(["tokens"]);
            let counts = ["prompt", "candidates"];
            let [prompt, candidates] = tokens.map_or([None; 2], |tokens| tokens.fields(counts));
            input += prompt.and_then(Json::number).unwrap_or_default();
            output += candidates.and_then(Json::number).unwrap_or_default();
        });
    }
    let details = models.map(|_| Cow::Owned(format!("in/out {input:.0}/{output:.0} tokens")));
    writer.done(true, details.as_slice());
}
