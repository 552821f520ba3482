//! opencode: `opencode run --format json`, versions 1 and 2.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{ReadLines, add_usage, count, nonempty, plan, sum, whole_millis};
use crate::output::json::{self, Json, Kind};
use crate::output::reason::{answer, reason};
use crate::recorder::{Ids, Recorder};
use crate::{
    FileChange, FileChangeKind, ItemKind, NoticeLevel, Outcome, Role, Tool, ToolCall, ToolResult,
    Usage, UsageSource,
};

#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Opencode {
    /// The first and the last time of the events of the turn, in milliseconds.
    first: Option<f64>,
    last: Option<f64>,
    /// Whether a subagent ran, whose usage is not reported.
    has_subagents: bool,
    /// Whether the last event is a message: version 2 may leave out the end of the step.
    message_was_last: bool,
}

/// The types of events. A line of another type is text.
const EVENTS: [&str; 7] = [
    "done",
    "error",
    "reasoning",
    "step_finish",
    "step_start",
    "text",
    "tool_use",
];

impl ReadLines for Opencode {
    fn is_event(&self, text: &str) -> bool {
        json::object(text, ["type"]).is_some_and(|[kind]| EVENTS.contains(&&*json::text(kind)))
    }

    fn read(&mut self, text: &str, recorder: &mut Recorder<'_>) -> bool {
        let names = ["type", "timestamp", "sessionID", "part", "error", "message"];
        let Some([kind, timestamp, session, part, error, message]) = json::object(text, names)
        else {
            return false;
        };
        let kind = json::text(kind);
        if !EVENTS.contains(&&*kind) {
            return false;
        }
        if let Some(session) = nonempty(session) {
            recorder.describe_agent(|agent| [(&mut agent.session_id, Some(session))], None);
        }
        if let Some(time) = timestamp.and_then(Json::number) {
            self.first = Some(self.first.map_or(time, |first| first.min(time)));
            self.last = Some(self.last.map_or(time, |last| last.max(time)));
        }
        self.message_was_last &= kind == "step_finish";
        let part = part.unwrap_or(Json::of("{}"));
        let [id, text, synthetic] = part.fields(["id", "text", "synthetic"]);
        let id = json::text(id);
        let ids = Ids {
            runtime: Some(&id),
            parent: None,
        };
        match &*kind {
            // A synthetic text is written by opencode itself, not by the model.
            "text" if !synthetic.is_some_and(Json::is_truthy) => {
                let (role, text) = (Role::Agent, answer(text).into_owned());
                recorder.completed(ItemKind::Message { role, text }, ids);
                self.message_was_last = true;
            }
            "reasoning" => {
                let text = answer(text).into_owned();
                recorder.completed(ItemKind::Thinking { text }, ids);
            }
            "tool_use" => self.tool_use(part, recorder),
            "step_finish" => self.step_finish(part, recorder),
            "error" => {
                let [name, kind] = error.map_or([None; 2], |error| error.fields(["name", "type"]));
                let name = json::first_text([name, kind]);
                let reason = reason([error, message]);
                recorder.state.outcome = Some(if is_abort(&name) {
                    Outcome::Interrupted
                } else {
                    Outcome::Failed {
                        reason: reason.clone(),
                    }
                });
                let (level, text) = (NoticeLevel::Error, reason);
                recorder.completed(ItemKind::Notice { level, text }, Ids::default());
            }
            _ => {}
        }
        recorder.end(|| kind.into_owned());
        true
    }

    fn end(&mut self, recorder: &mut Recorder<'_>) {
        if self.message_was_last {
            recorder.state.outcome = Some(Outcome::Success);
        }
        if let (Some(first), Some(last)) = (self.first, self.last) {
            let duration = Duration::try_from_secs_f64((last - first) / 1000.0).ok();
            recorder.state.duration = duration.and_then(whole_millis);
        }
        if self.has_subagents
            && let Some(usage) = &mut recorder.state.usage
        {
            usage.source = UsageSource::Partial;
        }
        *self = Self::default();
    }
}

/// Returns whether an error of this name is the end of an interrupted run.
fn is_abort(name: &str) -> bool {
    matches!(name, "MessageAbortedError" | "aborted")
}

impl Opencode {
    fn step_finish(&mut self, part: Json<'_>, recorder: &mut Recorder<'_>) {
        let [reason, cost, tokens] = part.fields(["reason", "cost", "tokens"]);
        let names = ["input", "output", "reasoning", "cache"];
        let [input, output, reasoning, cache] =
            tokens.map_or([None; 4], |tokens| tokens.fields(names));
        let [read, write] = cache.map_or([None; 2], |cache| cache.fields(["read", "write"]));
        let [read, write] = [read, write].map(count);
        let usage = Usage {
            input_tokens: sum([count(input), read, write]),
            cached_input_tokens: read,
            cache_write_tokens: write,
            output_tokens: count(output),
            reasoning_tokens: count(reasoning),
            cost_usd: cost.and_then(Json::number),
            source: UsageSource::Summed,
        };
        add_usage(&mut recorder.state.usage, usage);
        match &*json::text(reason) {
            "stop" => {
                recorder.state.outcome = Some(Outcome::Success);
                self.message_was_last = false;
            }
            // The agent continues, also after an error.
            "tool-calls" => {
                recorder.state.outcome = None;
                self.message_was_last = false;
            }
            "unknown" | "" => {}
            reason => {
                recorder.state.outcome = Some(Outcome::Failed {
                    reason: reason.to_owned(),
                });
                self.message_was_last = false;
            }
        }
    }

    /// Records a call, which is printed when it has ended.
    fn tool_use(&mut self, part: Json<'_>, recorder: &mut Recorder<'_>) {
        let [call_id, id, tool, state] = part.fields(["callID", "id", "tool", "state"]);
        let names = ["status", "input", "output", "error", "metadata", "time"];
        let [status, input, output, error, metadata, time] =
            state.map_or([None; 6], |state| state.fields(names));
        let name = json::text(tool);
        let is_error = status.is_some_and(|status| status.is("error")) || name == "invalid";
        let exit_code = exit_code(metadata);
        let output = answer(output);
        let text = if is_error {
            let [wrong_call] = input.map_or([None], |input| input.fields(["error"]));
            reason([error, wrong_call])
        } else {
            output.into_owned()
        };
        self.has_subagents |= name == "task";
        let id = json::first_text([call_id, id]);
        let ids = Ids {
            runtime: Some(&id),
            parent: None,
        };
        let status = if is_error || exit_code.is_some_and(|code| code != 0) {
            crate::ItemStatus::Failed
        } else {
            crate::ItemStatus::Completed
        };
        let steps = input.map_or([None], |input| input.fields(["todos"]));
        if name == "todowrite"
            && let Some(plan) = plan(steps[0], ["content", "text"])
        {
            recorder.add(plan, status, ids);
            return;
        }
        let [start, end] = time.map_or([None; 2], |time| time.fields(["start", "end"]));
        let millis = |time: Option<Json<'_>>| time.and_then(Json::number);
        let duration = millis(end)
            .zip(millis(start))
            .and_then(|(end, start)| Duration::try_from_secs_f64((end - start) / 1000.0).ok())
            .and_then(whole_millis);
        let call = ToolCall {
            result: Some(ToolResult {
                text,
                is_error: status == crate::ItemStatus::Failed,
                exit_code,
                duration,
                ..ToolResult::default()
            }),
            ..recorder.tool_call(&name, tool_of(&name, input, metadata), input)
        };
        recorder.add(ItemKind::ToolCall(call), status, ids);
    }
}

/// Returns the exit code of a command, which version 2 nests one level deeper.
fn exit_code(metadata: Option<Json<'_>>) -> Option<i64> {
    let [exit, nested] = metadata.map_or([None; 2], |it| it.fields(["exit", "metadata"]));
    let [nested] = nested.map_or([None], |nested| nested.fields(["exit"]));
    exit.or(nested)?.whole_number()?.parse().ok()
}

fn tool_of(name: &str, input: Option<Json<'_>>, metadata: Option<Json<'_>>) -> Tool {
    let first = |names: [&str; 2]| {
        let fields = input.map_or([None; 2], |input| input.fields(names));
        json::first_text(fields).into_owned()
    };
    let text = |name: &str| first([name, name]);
    let path = || first(["filePath", "path"]);
    match name {
        "bash" | "shell" => Tool::Shell {
            command: text("command"),
        },
        "read" => Tool::Read { path: path() },
        "write" => Tool::Write { path: path() },
        "edit" => Tool::Edit {
            files: vec![FileChange::new(path(), FileChangeKind::Update)],
        },
        "apply_patch" | "patch" => Tool::Edit {
            files: patched_files(&text("patchText"), metadata),
        },
        "grep" => Tool::Search {
            pattern: text("pattern"),
            path: Some(text("path")).filter(|path| !path.is_empty()),
        },
        "glob" => Tool::Glob {
            pattern: text("pattern"),
        },
        "webfetch" => Tool::WebFetch { url: text("url") },
        "websearch" | "codesearch" => Tool::WebSearch {
            query: text("query"),
        },
        "task" => Tool::Agent {
            prompt: first(["prompt", "description"]),
        },
        _ => Tool::Other,
    }
}

/// Returns the files of a patch: from the list of opencode, or else from the text of the patch.
fn patched_files(text: &str, metadata: Option<Json<'_>>) -> Vec<FileChange> {
    let mut files = Vec::new();
    let [list] = metadata.map_or([None], |metadata| metadata.fields(["files"]));
    if let Some(list) = list.filter(|list| list.kind() == Kind::Array && list.is_truthy()) {
        list.for_each_item(|file| {
            let [relative, path, kind] = file.fields(["relativePath", "filePath", "type"]);
            let kind = FileChangeKind::of(&json::text(kind));
            files.push(FileChange::new(json::first_text([relative, path]), kind));
        });
        return files;
    }
    for line in text.lines() {
        let heads = [
            ("*** Add File: ", FileChangeKind::Add),
            ("*** Update File: ", FileChangeKind::Update),
            ("*** Delete File: ", FileChangeKind::Delete),
        ];
        let change = heads
            .into_iter()
            .find_map(|(head, kind)| Some(FileChange::new(line.strip_prefix(head)?, kind)));
        files.extend(change);
    }
    files
}
