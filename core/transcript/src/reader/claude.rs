//! Claude Code: `--output-format stream-json`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{ReadLines, add_usage, count, millis, nonempty, plan, sum};
use crate::output::json::{self, Json, Kind};
use crate::output::reason::reason;
use crate::output::text;
use crate::recorder::{Ids, Recorder, truncated};
use crate::{
    FileChange, FileChangeKind, ItemKind, ItemStatus, Outcome, Role, Tool, ToolResult, Usage,
    UsageSource,
};

#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Claude {
    /// The usage of each model call without a report of the whole, by the id of the message.
    messages: BTreeMap<String, Usage>,
    /// Whether subagents printed items.
    has_subagents: bool,
}

/// The maximum number of blocks of a message that become items. The line keeps the others.
const MAX_BLOCKS: usize = 10_000;

/// The maximum number of model calls whose usage is kept for a turn without a report of the whole.
const MAX_MESSAGES: usize = 10_000;

/// The types of events. A line of another type is text.
const EVENTS: [&str; 13] = [
    "assistant",
    "control_cancel_request",
    "control_request",
    "control_response",
    "keep_alive",
    "prompt_suggestion",
    "rate_limit_event",
    "result",
    "stream_event",
    "system",
    "tool_progress",
    "tool_use_summary",
    "user",
];

impl ReadLines for Claude {
    fn is_event(&self, text: &str) -> bool {
        json::object(text, ["type"]).is_some_and(|[kind]| is_known(kind))
    }

    fn read(&mut self, text: &str, recorder: &mut Recorder<'_>) -> bool {
        if let Some(known) = self.read_object(text, recorder) {
            return known;
        }
        json::constants_as_null(text)
            .and_then(|text| self.read_object(&text, recorder))
            .unwrap_or(false)
    }

    fn end(&mut self, recorder: &mut Recorder<'_>) {
        // The turn ended without a report of the whole.
        for (_, mut usage) in std::mem::take(&mut self.messages) {
            usage.source = UsageSource::Partial;
            add_usage(&mut recorder.state.usage, usage);
        }
        self.has_subagents = false;
    }
}

fn is_known(kind: Option<Json<'_>>) -> bool {
    EVENTS.contains(&&*json::text(kind))
}

impl Claude {
    /// Reads an object; `None` if the text is not one, `false` if it is not an event.
    fn read_object(&mut self, text: &str, recorder: &mut Recorder<'_>) -> Option<bool> {
        let names = ["type", "subtype", "parent_tool_use_id", "message"];
        let [kind, subtype, parent, message] = json::object(text, names)?;
        if !is_known(kind) {
            return Some(false);
        }
        let kind = json::text(kind);
        let subtype = json::text(subtype);
        let parent = json::text(parent);
        let parent = (!parent.is_empty()).then_some(&*parent);
        self.has_subagents |= parent.is_some();
        let event = Json::of(text.trim());
        match &*kind {
            "system" if subtype == "init" => init(event, recorder),
            "assistant" => self.assistant(message, parent, recorder),
            "user" => user(message, parent, recorder),
            "result" => self.result(event, &subtype, recorder),
            _ => {}
        }
        recorder.end(|| match &*subtype {
            "" => kind.clone().into_owned(),
            subtype => format!("{kind}/{subtype}"),
        });
        Some(true)
    }

    fn assistant(
        &mut self,
        message: Option<Json<'_>>,
        parent: Option<&str>,
        recorder: &mut Recorder<'_>,
    ) {
        let [id, usage, content] = message_fields(message, ["id", "usage", "content"]);
        if let Some(usage) = usage.filter(|usage| usage.kind() == Kind::Object) {
            // Each line of a message repeats the usage of its model call.
            let names = [
                "input_tokens",
                "cache_read_input_tokens",
                "cache_creation_input_tokens",
                "output_tokens",
            ];
            let usage = usage_of(usage, names);
            if self.messages.len() < MAX_MESSAGES {
                self.messages
                    .insert(truncated(&json::text(id)).to_owned(), usage);
            }
        }
        for_each_block(content, |block| {
            let ids = Ids {
                runtime: None,
                parent,
            };
            if block.kind() == Kind::String {
                let text = json::text(Some(block)).into_owned();
                if !text::strip(&text).is_empty() {
                    let role = Role::Agent;
                    recorder.completed(ItemKind::Message { role, text }, ids);
                }
                return;
            }
            let [kind, text, thinking, name, id, input] =
                block.fields(["type", "text", "thinking", "name", "id", "input"]);
            match &*json::text(kind) {
                "text" if !text::strip(&json::text(text)).is_empty() => {
                    let text = json::text(text).into_owned();
                    let role = Role::Agent;
                    recorder.completed(ItemKind::Message { role, text }, ids);
                }
                "thinking" if nonempty(thinking).is_some() => {
                    let text = json::text(thinking).into_owned();
                    recorder.completed(ItemKind::Thinking { text }, ids);
                }
                "tool_use" => {
                    let id = json::text(id);
                    let ids = Ids {
                        runtime: Some(&id),
                        parent,
                    };
                    call(&json::text(name), input, ids, recorder);
                }
                "" => {}
                kind => {
                    recorder.event(format!("assistant/{kind}"));
                }
            }
        });
    }

    fn result(&mut self, event: Json<'_>, subtype: &str, recorder: &mut Recorder<'_>) {
        let names = [
            "is_error",
            "error",
            "errors",
            "result",
            "usage",
            "modelUsage",
            "total_cost_usd",
            "duration_ms",
            "subtype",
        ];
        let [
            is_error,
            error,
            errors,
            result,
            usage,
            models,
            cost,
            duration,
            kind,
        ] = event.fields(names);
        decline(event, recorder);
        let failed = is_error.is_some_and(Json::is_truthy);
        recorder.state.outcome = Some(match subtype {
            "success" if !failed => Outcome::Success,
            "error_max_turns" => Outcome::MaxTurns,
            "success" => Outcome::Failed {
                reason: reason([errors, error, result]),
            },
            _ => Outcome::Failed {
                reason: reason([errors, error, result, kind]),
            },
        });
        if let Some(duration) = millis(duration) {
            let before = recorder.state.duration.unwrap_or_default();
            recorder.state.duration = Some(before.saturating_add(duration));
        }
        self.messages.clear();
        // The cost and the usage by model are those of the process so far; the usage is that since the last result.
        let cost_usd = cost.and_then(Json::number);
        let total = models.and_then(total_of_models);
        let mut usage = match (total, usage) {
            (Some(total), _) => total,
            (None, Some(usage)) => {
                let names = [
                    "input_tokens",
                    "cache_read_input_tokens",
                    "cache_creation_input_tokens",
                    "output_tokens",
                ];
                let usage = usage_of(usage, names);
                let mut total = recorder.state.usage;
                add_usage(&mut total, usage);
                let mut total = total.unwrap_or(usage);
                if self.has_subagents {
                    total.source = UsageSource::Partial;
                }
                total
            }
            (None, None) => recorder.state.usage.unwrap_or_default(),
        };
        usage.cost_usd = cost_usd.or(usage.cost_usd);
        recorder.state.usage = Some(usage);
    }
}

/// Marks the calls that were not allowed to run, which only the end of the turn lists.
fn decline(event: Json<'_>, recorder: &mut Recorder<'_>) {
    let [denials] = event.fields(["permission_denials"]);
    let Some(denials) = denials.filter(|denials| denials.kind() == Kind::Array) else {
        return;
    };
    denials.for_each_item(|denial| {
        let [id] = denial.fields(["tool_use_id"]);
        recorder.decline(&json::text(id));
    });
}

/// Returns the usage of all models, including those of subagents.
fn total_of_models(models: Json<'_>) -> Option<Usage> {
    let mut total = None;
    models.for_each_field(|_, model| {
        let names = [
            "inputTokens",
            "cacheReadInputTokens",
            "cacheCreationInputTokens",
            "outputTokens",
        ];
        add_usage(&mut total, usage_of(model, names));
    });
    let mut total = total.filter(|total: &Usage| total.output_tokens.is_some())?;
    total.source = UsageSource::Reported;
    Some(total)
}

/// Returns the usage in an object with the names of its fields: input, read from the cache, written to it, and output.
fn usage_of(usage: Json<'_>, names: [&str; 4]) -> Usage {
    let [input, cached, written, output] = usage.fields(names).map(count);
    Usage {
        input_tokens: sum([input, cached, written]),
        cached_input_tokens: cached,
        cache_write_tokens: written,
        output_tokens: output,
        ..Usage::default()
    }
}

fn init(event: Json<'_>, recorder: &mut Recorder<'_>) {
    let names = ["model", "session_id", "claude_code_version", "cwd", "tools"];
    let [model, session, version, cwd, tools] = event.fields(names);
    let mut room = recorder.limits.text;
    let tools = json::texts(tools).into_iter().map_while(|tool| {
        room = room.checked_sub(size_of::<String>() + tool.len())?;
        Some(tool.into_owned())
    });
    let tools = Some(tools.collect());
    let [model, session, version, cwd] = [model, session, version, cwd].map(nonempty);
    recorder.describe_agent(
        |agent| {
            [
                (&mut agent.model, model),
                (&mut agent.session_id, session),
                (&mut agent.version, version),
                (&mut agent.cwd, cwd),
            ]
        },
        tools,
    );
}

/// Returns fields of a message, of which the last is its content. Another value than an object is the content.
fn message_fields<'a, const N: usize>(
    message: Option<Json<'a>>,
    names: [&str; N],
) -> [Option<Json<'a>>; N] {
    let Some(message) = message else {
        return [None; N];
    };
    if message.kind() == Kind::Object {
        return message.fields(names);
    }
    let mut fields = [None; N];
    fields[N - 1] = Some(message);
    fields
}

/// Visits the blocks of a message. A text instead of a list is a block.
fn for_each_block<'a>(content: Option<Json<'a>>, each: impl FnMut(Json<'a>)) {
    if let Some(content) = content.filter(|content| content.is_truthy()) {
        let mut each = each;
        let mut count = 0;
        content.for_each_item(|block| {
            count += 1;
            if count <= MAX_BLOCKS {
                each(block);
            }
        });
    }
}

fn user(message: Option<Json<'_>>, parent: Option<&str>, recorder: &mut Recorder<'_>) {
    let [content] = message_fields(message, ["content"]);
    for_each_block(content, |block| {
        let ids = Ids {
            runtime: None,
            parent,
        };
        let [kind, text, id, content, is_error] =
            block.fields(["type", "text", "tool_use_id", "content", "is_error"]);
        let kind = json::text(kind);
        if block.kind() == Kind::String || kind == "text" {
            let text = block.string().unwrap_or_else(|| json::text(text));
            let (role, text) = (Role::User, text.into_owned());
            recorder.completed(ItemKind::Message { role, text }, ids);
        } else if kind == "tool_result" {
            result(&json::text(id), content, is_error, recorder);
        } else if !kind.is_empty() {
            recorder.event(format!("user/{kind}"));
        }
    });
}

/// Joins a result with its call.
fn result(
    id: &str,
    content: Option<Json<'_>>,
    is_error: Option<Json<'_>>,
    recorder: &mut Recorder<'_>,
) {
    let Some(at) = recorder.open(id) else {
        return;
    };
    let is_error = is_error.is_some_and(Json::is_truthy);
    let output = json::content(content);
    let output = text::strip(&output);
    let output = output
        .strip_prefix("<tool_use_error>")
        .and_then(|reason| reason.strip_suffix("</tool_use_error>"))
        .unwrap_or(output);
    let exit_code = is_error
        .then(|| output.strip_prefix("Exit code "))
        .flatten()
        .and_then(|rest| rest.lines().next()?.trim().parse().ok());
    recorder.finish_call(
        at,
        ToolResult {
            text: output.to_owned(),
            is_error,
            exit_code,
            ..ToolResult::default()
        },
    );
}

fn call(name: &str, input: Option<Json<'_>>, ids: Ids<'_>, recorder: &mut Recorder<'_>) {
    let text = |field: &str| {
        let [field] = input.map_or([None], |input| input.fields([field]));
        json::text(field).into_owned()
    };
    let either = |fields: [&str; 2]| {
        let fields = input.map_or([None; 2], |input| input.fields(fields));
        json::first_text(fields).into_owned()
    };
    let tool = match name {
        "Bash" => Tool::Shell {
            command: text("command"),
        },
        "Read" => Tool::Read {
            path: text("file_path"),
        },
        "Write" => Tool::Write {
            path: text("file_path"),
        },
        "Edit" | "MultiEdit" | "NotebookEdit" => {
            let path = either(["file_path", "notebook_path"]);
            Tool::Edit {
                files: vec![FileChange::new(path, FileChangeKind::Update)],
            }
        }
        "Grep" => Tool::Search {
            pattern: text("pattern"),
            path: Some(text("path")).filter(|path| !path.is_empty()),
        },
        "Glob" => Tool::Glob {
            pattern: text("pattern"),
        },
        "WebFetch" => Tool::WebFetch { url: text("url") },
        "WebSearch" => Tool::WebSearch {
            query: text("query"),
        },
        "Task" | "Agent" => Tool::Agent {
            prompt: either(["prompt", "description"]),
        },
        "TodoWrite" => {
            let [todos] = input.map_or([None], |input| input.fields(["todos"]));
            if let Some(plan) = plan(todos, ["content", "activeForm"]) {
                recorder.add(plan, ItemStatus::InProgress, ids);
                return;
            }
            Tool::Other
        }
        name => match name
            .strip_prefix("mcp__")
            .and_then(|name| name.split_once("__"))
        {
            Some((server, tool)) => Tool::Mcp {
                server: server.to_owned(),
                tool: tool.to_owned(),
            },
            None => Tool::Other,
        },
    };
    recorder.call(name, tool, input, ids);
}
