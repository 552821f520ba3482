//! Gemini CLI: `--output-format stream-json` and `json`.

use serde::{Deserialize, Serialize};

use super::{ReadLines, count, millis, nonempty, plan};
use crate::output::json::{self, Json, Kind};
use crate::output::noise;
use crate::output::reason::{answer, reason};
use crate::recorder::{Ids, Position, Recorder};
use crate::{
    FileChange, FileChangeKind, ItemKind, ItemStatus, NoticeLevel, Outcome, Role, Tool, ToolResult,
    Usage,
};

#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Gemini {
    /// The message that grows.
    message: Option<Position>,
    /// Whether an event was read, so that the output is not a `json` document.
    is_stream: bool,
    /// The last error, which is the reason of a failed end without one.
    error: String,
    /// The lines of a `json` document so far, with their line endings.
    document: String,
}

/// The types of events. A line of another type is text.
const EVENTS: [&str; 6] = [
    "error",
    "init",
    "message",
    "result",
    "tool_result",
    "tool_use",
];

impl ReadLines for Gemini {
    fn is_event(&self, text: &str) -> bool {
        json::object(text, ["type"]).is_some_and(|[kind]| EVENTS.contains(&&*json::text(kind)))
    }

    fn read(&mut self, text: &str, recorder: &mut Recorder<'_>) -> bool {
        if !self.document.is_empty() {
            return self.continue_document(text, recorder);
        }
        if !self.is_stream {
            if text == "{" {
                self.document.push_str("{\n");
                recorder.defer();
                return true;
            }
            if read_document(text, recorder) {
                return true;
            }
        }
        self.event(text, recorder)
    }

    fn end(&mut self, recorder: &mut Recorder<'_>) {
        self.end_message(recorder);
        let document = std::mem::take(self).document;
        give_back(&document, recorder);
    }
}

impl Gemini {
    fn event(&mut self, text: &str, recorder: &mut Recorder<'_>) -> bool {
        let names = [
            "type",
            "role",
            "content",
            "delta",
            "severity",
            "message",
            "error",
            "tool_name",
            "tool_id",
            "parameters",
            "status",
            "output",
        ];
        let Some(fields) = json::object(text, names) else {
            return false;
        };
        let [
            kind,
            role,
            content,
            delta,
            severity,
            message,
            error,
            name,
            id,
            input,
            status,
            output,
        ] = fields;
        let kind = json::text(kind);
        if !EVENTS.contains(&&*kind) {
            return false;
        }
        self.is_stream = true;
        let is_fragment = kind == "message" && !role.is_some_and(|role| role.is("user"));
        if !is_fragment {
            self.end_message(recorder);
        }
        match &*kind {
            "init" => {
                let [model, session] = Json::of(text.trim()).fields(["model", "session_id"]);
                recorder.describe_agent(|agent| {
                    agent.model = nonempty(model);
                    agent.session_id = nonempty(session);
                });
            }
            "message" if is_fragment => {
                let is_delta = delta.is_some_and(Json::is_truthy);
                self.message(&answer(content), is_delta, recorder);
            }
            "message" => {
                let (role, text) = (Role::User, answer(content).into_owned());
                recorder.completed(ItemKind::Message { role, text }, Ids::default());
            }
            "tool_use" => tool_use(&json::text(name), &json::text(id), input, recorder),
            "tool_result" => tool_result(&json::text(id), status, output, error, recorder),
            "error" => {
                let level = if severity.is_some_and(|severity| severity.is("warning")) {
                    NoticeLevel::Warning
                } else {
                    NoticeLevel::Error
                };
                let text = reason([message, error]);
                self.error.clone_from(&text);
                recorder.completed(ItemKind::Notice { level, text }, Ids::default());
            }
            "result" => self.result(Json::of(text.trim()), recorder),
            _ => {}
        }
        recorder.end(|| kind.into_owned());
        true
    }

    /// Appends a fragment to the message, or begins one.
    fn message(&mut self, text: &str, is_delta: bool, recorder: &mut Recorder<'_>) {
        if let Some(at) = self.message {
            if is_delta && recorder.append(at, text) {
                return;
            }
            self.end_message(recorder);
        }
        let message = ItemKind::Message {
            role: Role::Agent,
            text: text.to_owned(),
        };
        let at = recorder.add(message, ItemStatus::InProgress, Ids::default());
        self.message = Some(at);
        if !is_delta {
            self.end_message(recorder);
        }
    }

    fn end_message(&mut self, recorder: &mut Recorder<'_>) {
        if let Some(at) = self.message.take() {
            recorder.finish(at);
        }
    }

    fn result(&self, event: Json<'_>, recorder: &mut Recorder<'_>) {
        let [status, error, totals] = event.fields(["status", "error", "stats"]);
        recorder.state.outcome = Some(if status.is_some_and(|status| status.is("error")) {
            let [kind] = error.map_or([None], |error| error.fields(["type"]));
            if json::text(kind).contains("TurnLimit")
                || json::text(kind).contains("MaxSessionTurns")
            {
                Outcome::MaxTurns
            } else {
                let reason = reason([error]);
                Outcome::Failed {
                    reason: if reason.is_empty() {
                        self.error.clone()
                    } else {
                        reason
                    },
                }
            }
        } else {
            Outcome::Success
        });
        let Some(totals) = totals else { return };
        let names = ["input_tokens", "cached", "output_tokens"];
        let [input_tokens, cached_input_tokens, output_tokens] = totals.fields(names).map(count);
        let [duration] = totals.fields(["duration_ms"]);
        // It is 0 when the runtime did not measure it.
        recorder.state.duration = millis(duration).filter(|duration| !duration.is_zero());
        recorder.state.usage = Some(Usage {
            input_tokens,
            cached_input_tokens,
            output_tokens,
            ..Usage::default()
        });
    }

    /// Reads a line of a document. All lines between its braces are indented. A line that is not a part of it is read as
    /// an event.
    fn continue_document(&mut self, line: &str, recorder: &mut Recorder<'_>) -> bool {
        let rest = line.strip_prefix('}').map(noise::after_controls);
        let is_last = rest.is_some_and(str::is_empty);
        let is_inside = line.starts_with([' ', '\t']);
        if is_last || is_inside && self.document.len() + line.len() <= recorder.limits.line {
            recorder.defer();
            self.document.push_str(if is_last { "}" } else { line });
            self.document.push('\n');
            if is_last {
                let document = std::mem::take(&mut self.document);
                if !read_document(&document, recorder) {
                    give_back(&document, recorder);
                }
                // Escape sequences after the last brace.
                if line.len() > 1 {
                    recorder.text(crate::OutputStream::Stdout, &line[1..], 0);
                }
            }
            return true;
        }
        let document = std::mem::take(&mut self.document);
        give_back(&document, recorder);
        recorder.begin(line);
        self.event(line, recorder)
    }
}

/// Records the lines of a document that is not one.
fn give_back(document: &str, recorder: &mut Recorder<'_>) {
    for line in document.lines() {
        recorder.text(crate::OutputStream::Stdout, line, 0);
    }
}

/// Reads a whole `json` document. Returns `false` if the text is not one.
fn read_document(text: &str, recorder: &mut Recorder<'_>) -> bool {
    let names = ["type", "session_id", "response", "stats", "error"];
    let Some([None, session, response, stats, error]) = json::object(text, names) else {
        return false;
    };
    let is_object = |field: Option<Json<'_>>| field.is_some_and(|it| it.kind() == Kind::Object);
    if response.is_none() && !is_object(stats) && !is_object(error) {
        return false;
    }
    recorder.begin(text.trim_end());
    recorder.describe_agent(|agent| agent.session_id = nonempty(session));
    let text = answer(response).into_owned();
    if !text.is_empty() {
        let role = Role::Agent;
        recorder.completed(ItemKind::Message { role, text }, Ids::default());
    }
    recorder.end(|| "json".to_owned());
    recorder.state.outcome = Some(if is_object(error) {
        Outcome::Failed {
            reason: reason([error]),
        }
    } else {
        Outcome::Success
    });
    let [models] = stats.map_or([None], |stats| stats.fields(["models"]));
    if let Some(models) = models {
        let mut total = None;
        models.for_each_field(|_, model| {
            let [tokens] = model.fields(["tokens"]);
            let names = ["prompt", "cached", "candidates", "thoughts"];
            let counts = tokens.map_or([None; 4], |tokens| tokens.fields(names).map(count));
            let [
                input_tokens,
                cached_input_tokens,
                output_tokens,
                reasoning_tokens,
            ] = counts;
            let usage = Usage {
                input_tokens,
                cached_input_tokens,
                output_tokens,
                reasoning_tokens,
                ..Usage::default()
            };
            super::add_usage(&mut total, usage);
        });
        recorder.state.usage = total.map(reported);
    }
    true
}

fn reported(usage: Usage) -> Usage {
    Usage {
        source: crate::UsageSource::Reported,
        ..usage
    }
}

fn tool_result(
    id: &str,
    status: Option<Json<'_>>,
    output: Option<Json<'_>>,
    error: Option<Json<'_>>,
    recorder: &mut Recorder<'_>,
) {
    let Some(at) = recorder.open(id) else {
        return;
    };
    let is_error = status.is_some_and(|status| status.is("error"));
    let text = if is_error {
        reason([error, output])
    } else {
        answer(output).into_owned()
    };
    recorder.finish_call(
        at,
        ToolResult {
            text,
            is_error,
            ..ToolResult::default()
        },
    );
}

fn tool_use(name: &str, id: &str, input: Option<Json<'_>>, recorder: &mut Recorder<'_>) {
    let ids = Ids {
        runtime: Some(id),
        parent: None,
    };
    let first = |names: [&str; 2]| {
        let fields = input.map_or([None; 2], |input| input.fields(names));
        json::first_text(fields).into_owned()
    };
    let text = |name: &str| first([name, name]);
    let optional = |text: String| Some(text).filter(|text| !text.is_empty());
    let tool = match name {
        "run_shell_command" => Tool::Shell {
            command: text("command"),
        },
        "read_file" | "read_many_files" => {
            let [include, paths] =
                input.map_or([None; 2], |input| input.fields(["include", "paths"]));
            let path = optional(first(["file_path", "absolute_path"]));
            let path = path.or_else(|| {
                let several = json::texts(include.or(paths));
                several.first().map(|path| path.clone().into_owned())
            });
            Tool::Read {
                path: path.unwrap_or_default(),
            }
        }
        "write_file" => Tool::Write {
            path: text("file_path"),
        },
        "replace" => Tool::Edit {
            files: vec![FileChange::new(text("file_path"), FileChangeKind::Update)],
        },
        "grep_search" | "search_file_content" => Tool::Search {
            pattern: text("pattern"),
            path: optional(first(["dir_path", "path"])),
        },
        "glob" => Tool::Glob {
            pattern: text("pattern"),
        },
        "web_fetch" => Tool::WebFetch {
            url: first(["url", "prompt"]),
        },
        "google_web_search" => Tool::WebSearch {
            query: text("query"),
        },
        "invoke_agent" | "delegate_to_agent" | "codebase_investigator" => Tool::Agent {
            prompt: first(["prompt", "objective"]),
        },
        "write_todos" => {
            let [todos] = input.map_or([None], |input| input.fields(["todos"]));
            if let Some(plan) = plan(todos, ["description", "content"]) {
                recorder.add(plan, ItemStatus::InProgress, ids);
                return;
            }
            Tool::Other
        }
        name => mcp(name),
    };
    recorder.call(name, tool, input, ids);
}

/// Returns the MCP tool of a name: `mcp_SERVER_TOOL`, or `SERVER__TOOL` before.
fn mcp(name: &str) -> Tool {
    let parts = match name.strip_prefix("mcp_") {
        Some(rest) => rest.split_once('_'),
        None => name.split_once("__"),
    };
    match parts {
        Some((server, tool)) if !server.is_empty() && !tool.is_empty() => Tool::Mcp {
            server: server.to_owned(),
            tool: tool.to_owned(),
        },
        _ => Tool::Other,
    }
}
