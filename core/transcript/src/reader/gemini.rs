//! Gemini CLI: `--output-format stream-json` and `json`.

use serde::{Deserialize, Serialize};

use super::{ReadLines, count, millis, nonempty, plan};
use crate::output::gemini::{self, Document, DocumentLines, EVENTS, Line};
use crate::output::json::{self, Json};
use crate::output::reason::{answer, reason};
use crate::recorder::{Ids, Position, Recorder};
use crate::{
    EventRange, FileChange, FileChangeKind, ItemKind, ItemStatus, NoticeLevel, Outcome,
    OutputStream, Role, Tool, ToolResult, Usage,
};

#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Gemini {
    /// The message that grows.
    message: Option<Position>,
    /// Whether an event was read, so that the output is not a document.
    is_stream: bool,
    /// The last error, which is the reason of a failed end without one.
    error: String,
    document: DocumentLines,
    /// The events of the lines of the document.
    document_events: Option<EventRange>,
}

impl ReadLines for Gemini {
    fn is_event(&self, text: &str) -> bool {
        gemini::is_event(text, self.is_stream)
    }

    fn read(&mut self, text: &str, recorder: &mut Recorder<'_>) -> bool {
        if self.is_stream {
            return self.event(text, recorder);
        }
        match self.document.read(text, recorder.limits.line) {
            Line::First { noise } => {
                self.document_events = recorder.events;
                show(noise, recorder);
            }
            Line::Inside => self.add_events(recorder.events),
            Line::Last { document, noise } => {
                self.add_events(recorder.events);
                self.within_document(recorder, |recorder| {
                    match Document::on_several_lines(&document) {
                        Some(fields) => {
                            recorder.begin(&document);
                            read_document(&fields, recorder);
                        }
                        None => show(&document, recorder),
                    }
                });
                show(noise, recorder);
            }
            Line::Other { lines } if lines.is_empty() => {
                let Some(document) = Document::on_one_line(text) else {
                    return self.event(text, recorder);
                };
                read_document(&document, recorder);
            }
            Line::Other { lines } => {
                self.within_document(recorder, |recorder| show(&lines, recorder));
                recorder.begin(text);
                return self.read(text, recorder);
            }
        }
        recorder.defer();
        true
    }

    fn end(&mut self, recorder: &mut Recorder<'_>) {
        self.end_message(recorder);
        let lines = self.document.take();
        self.within_document(recorder, |recorder| show(&lines, recorder));
        *self = Self::default();
    }
}

impl Gemini {
    fn add_events(&mut self, events: Option<EventRange>) {
        self.document_events = EventRange::join(self.document_events, events);
    }

    /// Records what the lines of the document contain, with their events.
    fn within_document<'t>(
        &mut self,
        recorder: &mut Recorder<'t>,
        record: impl FnOnce(&mut Recorder<'t>),
    ) {
        let events = std::mem::replace(&mut recorder.events, self.document_events.take());
        record(recorder);
        recorder.events = events;
    }

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
        let has_role = |name: &str| role.is_some_and(|role| role.is(name));
        let is_fragment = kind == "message" && has_role("assistant");
        if !is_fragment {
            self.end_message(recorder);
        }
        match &*kind {
            "init" => {
                let [model, session] = Json::of(text.trim()).fields(["model", "session_id"]);
                let [model, session] = [model, session].map(nonempty);
                recorder.describe_agent(
                    |agent| [(&mut agent.model, model), (&mut agent.session_id, session)],
                    None,
                );
            }
            "message" if is_fragment => {
                let is_delta = delta.is_some_and(Json::is_truthy);
                self.message(&answer(content), is_delta, recorder);
            }
            "message" if has_role("user") => {
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
}

/// Records lines that are not a part of a document.
fn show(lines: &str, recorder: &mut Recorder<'_>) {
    for line in lines.lines() {
        recorder.text(OutputStream::Stdout, line, 0);
    }
}

/// Records a document.
fn read_document(document: &Document<'_>, recorder: &mut Recorder<'_>) {
    let session = nonempty(document.session);
    recorder.describe_agent(|agent| [(&mut agent.session_id, session)], None);
    let text = answer(document.response).into_owned();
    if !text.is_empty() {
        let role = Role::Agent;
        recorder.completed(ItemKind::Message { role, text }, Ids::default());
    }
    recorder.end(|| "json".to_owned());
    recorder.state.outcome = Some(match document.failure() {
        Some(reason) => Outcome::Failed { reason },
        None => Outcome::Success,
    });
    let [models] = document
        .stats
        .map_or([None], |stats| stats.fields(["models"]));
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
