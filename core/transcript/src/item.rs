//! The items of a transcript: messages, tool calls, plans and notices.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::output::lines::floor_char_boundary;
use crate::recorder::signed;
use crate::serialization::millis;

/// One entry of a [`Turn`](crate::Turn), in the order in which the agent printed it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Item {
    /// The id, unique within the transcript and kept by [`Transcript::restore`](crate::Transcript::restore).
    pub id: String,
    /// The id that the runtime gave to the item, if any: of a tool call, or of an item of Codex. Not unique: Codex
    /// counts from 0 in each turn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runtime_id: Option<String>,
    /// The [`id`](Self::id) of the tool call that started the subagent which printed this item. `None` for items of the
    /// agent itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// Whether the item is complete, and how it ended.
    pub status: ItemStatus,
    /// What the item is.
    #[serde(flatten)]
    pub kind: ItemKind,
    /// The ids of the events that the item was made from. `None` without events that have ids, as with
    /// [`Transcript::feed`](crate::Transcript::feed).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub events: Option<EventRange>,
    /// Whether a text of the item or the arguments of its tool were cut at [`Limits::text`](crate::Limits::text), or its
    /// line at [`Limits::line`](crate::Limits::line).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_truncated: bool,
    /// The lines of output that the item was made from, without leading and trailing line endings. A line that makes
    /// several items is kept by the first of them. Empty for [`ItemKind::Text`], whose text is the output.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub raw: String,
    /// The number of bytes of these lines that were not kept, because of [`Limits::raw`](crate::Limits::raw) or
    /// [`Limits::line`](crate::Limits::line); for [`ItemKind::Text`], because of [`Limits::text`](crate::Limits::text)
    /// or [`Limits::line`](crate::Limits::line).
    #[serde(default, skip_serializing_if = "is_zero")]
    pub raw_cut: i64,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the signature that serde calls"
)]
fn is_zero(count: &i64) -> bool {
    *count == 0
}

impl Item {
    /// The size that counts for [`Limits::bytes`](crate::Limits::bytes).
    pub(crate) fn size(&mut self) -> usize {
        let ids = [&self.runtime_id, &self.parent].map(|id| id.as_ref().map_or(0, String::len));
        let mut size = size_of::<Self>() + self.id.len() + ids[0] + ids[1] + self.raw.len();
        match &self.kind {
            ItemKind::ToolCall(call) => {
                // A string counts as a text.
                if !call.input.is_string() {
                    size += value_size(&call.input);
                }
                if let Tool::Edit { files } = &call.tool {
                    size += size_of_val(&files[..]);
                }
            }
            ItemKind::Plan { steps } => size += size_of_val(&steps[..]),
            _ => {}
        }
        self.kind.for_each_text(&mut |text| size += text.len());
        size
    }

    /// Cuts every text of the item at the limit.
    pub(crate) fn cut(&mut self, limit: usize) {
        let mut cut = 0;
        self.kind.for_each_text(&mut |text| {
            let fits = floor_char_boundary(text, limit);
            cut += text.len() - fits;
            text.truncate(fits);
        });
        self.is_truncated |= cut > 0;
        // The text of other kinds is also in the raw lines.
        if matches!(self.kind, ItemKind::Text { .. }) {
            self.raw_cut += signed(cut);
        }
    }
}

/// The memory that a JSON value takes, without the value itself.
fn value_size(value: &Value) -> usize {
    match value {
        Value::String(text) => ALLOCATION + text.len(),
        Value::Array(items) => {
            let inner: usize = items.iter().map(value_size).sum();
            ALLOCATION + size_of_val(&items[..]) + inner
        }
        Value::Object(fields) => {
            let inner = fields
                .iter()
                .map(|(name, value)| ALLOCATION + name.len() + value_size(value));
            fields.len().div_ceil(MIN_NODE) * NODE + inner.sum::<usize>()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
    }
}

/// What an allocation takes besides its contents, with most allocators.
const ALLOCATION: usize = 16;

/// The memory of a node of a map, which has room for 11 fields and is at least about half full, unless it is the only
/// one.
const NODE: usize = ALLOCATION + 11 * (size_of::<String>() + size_of::<Value>());
const MIN_NODE: usize = 6;

/// Whether an item is complete, and how it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ItemStatus {
    /// The item is not complete, for example because a tool is running or a message grows.
    InProgress,
    /// The item is complete.
    Completed,
    /// The tool failed.
    Failed,
    /// The tool was not allowed to run.
    Declined,
    /// The turn ended while the tool was running. Other items that are incomplete at the end of their turn become
    /// [`Completed`](Self::Completed).
    Interrupted,
}

/// The ids of the first and the last event of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventRange {
    /// The id of the first event.
    pub first: i64,
    /// The id of the last event.
    pub last: i64,
}

impl EventRange {
    /// Returns the range from the first event of one range to the last event of a later one.
    pub(crate) fn join(first: Option<Self>, last: Option<Self>) -> Option<Self> {
        match (first, last) {
            (Some(Self { first, .. }), Some(Self { last, .. })) => Some(Self { first, last }),
            (first, last) => first.or(last),
        }
    }
}

/// What an item is. In JSON, the variant is the field `kind`, and its fields are those of the item.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ItemKind {
    /// A message of the agent, or of the user as the runtime repeats it.
    Message {
        /// Who wrote the message.
        role: Role,
        /// The text, which usually is Markdown.
        text: String,
    },
    /// Thinking of the agent, or a summary of it.
    Thinking {
        /// The text.
        text: String,
    },
    /// A call of a tool, with its result when it has ended.
    ToolCall(ToolCall),
    /// The list of steps that the agent works through. Each change of the plan adds an item, except with Codex, where
    /// it updates the item.
    Plan {
        /// The steps, in order.
        steps: Vec<PlanStep>,
    },
    /// A message of the runtime about itself, or a failed `stage` event of the session.
    Notice {
        /// The severity.
        level: NoticeLevel,
        /// The text.
        text: String,
    },
    /// Lines of output that are not an event of the runtime. Consecutive lines of a stream are one item, up to 16 KiB.
    Text {
        /// The stream that the lines were printed on.
        stream: OutputStream,
        /// The lines, separated by LF.
        text: String,
    },
    /// A JSON event of the runtime that no other variant represents, for example of a type that this version does not
    /// know. Its JSON is in [`Item::raw`].
    Event {
        /// The type of the event, such as `system/init` or `turn.started`.
        #[serde(rename = "type")]
        event_type: String,
    },
}

impl ItemKind {
    fn for_each_text(&mut self, each: &mut dyn FnMut(&mut String)) {
        match self {
            Self::Message { text, .. }
            | Self::Thinking { text }
            | Self::Notice { text, .. }
            | Self::Text { text, .. }
            | Self::Event { event_type: text } => each(text),
            Self::Plan { steps } => steps.iter_mut().for_each(|step| each(&mut step.text)),
            Self::ToolCall(call) => {
                each(&mut call.name);
                call.tool.for_each_text(each);
                if let Value::String(input) = &mut call.input {
                    each(input);
                }
                if let Some(result) = &mut call.result {
                    let before = result.text.len();
                    each(&mut result.text);
                    result.is_truncated |= result.text.len() < before;
                }
            }
        }
    }

    /// Returns the text that grows while the item is in progress.
    pub(crate) fn growing_text(&mut self) -> Option<&mut String> {
        match self {
            Self::Message { text, .. } | Self::Thinking { text } | Self::Text { text, .. } => {
                Some(text)
            }
            _ => None,
        }
    }
}

/// Who wrote a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The agent.
    Agent,
    /// The user, or the agent that started a subagent.
    User,
}

/// The severity of a notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeLevel {
    /// Information.
    Info,
    /// Something may be wrong; the turn continues.
    Warning,
    /// An error; the turn may fail.
    Error,
}

/// An output stream of the agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutputStream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// One step of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanStep {
    /// What the agent plans to do.
    pub text: String,
    /// Whether the step is pending, in progress, completed or cancelled.
    pub status: StepStatus,
}

impl PlanStep {
    pub(crate) fn new(text: impl Into<String>, status: StepStatus) -> Self {
        Self {
            text: text.into(),
            status,
        }
    }
}

/// The status of a step of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepStatus {
    /// Not started, or unknown.
    Pending,
    /// In progress.
    InProgress,
    /// Done.
    Completed,
    /// No longer planned.
    Cancelled,
}

impl StepStatus {
    /// Returns the status of a runtime's name for it.
    pub(crate) fn of(name: &str) -> Self {
        match name {
            "in_progress" => Self::InProgress,
            "completed" => Self::Completed,
            "cancelled" => Self::Cancelled,
            _ => Self::Pending,
        }
    }
}

/// A call of a tool.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToolCall {
    /// The name of the tool, as the runtime prints it. For an item of Codex, the type of that item, such as
    /// `command_execution`.
    pub name: String,
    /// What the call does, the same for all runtimes.
    pub tool: Tool,
    /// The arguments. `null` if the call has no arguments; a string with their JSON if they cannot be represented,
    /// because they nest too deeply or contain an integer that does not fit into 64 bits. If their JSON is longer than
    /// [`Limits::text`](crate::Limits::text), it is a string that is cut there.
    pub input: Value,
    /// The result. `None` until the call has ended, or if the runtime does not print a result.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<ToolResult>,
}

/// What a call of a tool does. In JSON, the variant is the field `type`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Tool {
    /// Runs a shell command.
    Shell {
        /// The command, without the shell that runs it.
        command: String,
    },
    /// Reads a file.
    Read {
        /// The path; the first path if the call has several.
        path: String,
    },
    /// Writes a whole file.
    Write {
        /// The path.
        path: String,
    },
    /// Changes files.
    Edit {
        /// The files, in the order in which the call lists them.
        files: Vec<FileChange>,
    },
    /// Searches the content of files.
    Search {
        /// The pattern.
        pattern: String,
        /// Where to search, if given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        path: Option<String>,
    },
    /// Searches for files by name.
    Glob {
        /// The pattern.
        pattern: String,
    },
    /// Retrieves a web page.
    WebFetch {
        /// The URL, or the prompt that contains it.
        url: String,
    },
    /// Searches the web.
    WebSearch {
        /// The query.
        query: String,
    },
    /// Starts a subagent, or sends it a message.
    Agent {
        /// The prompt.
        prompt: String,
    },
    /// Calls a tool of an MCP server.
    Mcp {
        /// The name of the server.
        server: String,
        /// The name of the tool.
        tool: String,
    },
    /// Any other tool.
    Other,
}

impl Tool {
    fn for_each_text(&mut self, each: &mut dyn FnMut(&mut String)) {
        match self {
            Self::Shell { command: text }
            | Self::Read { path: text }
            | Self::Write { path: text }
            | Self::Glob { pattern: text }
            | Self::WebFetch { url: text }
            | Self::WebSearch { query: text }
            | Self::Agent { prompt: text } => each(text),
            Self::Edit { files } => files.iter_mut().for_each(|file| each(&mut file.path)),
            Self::Search { pattern, path } => {
                each(pattern);
                path.iter_mut().for_each(each);
            }
            Self::Mcp { server, tool } => {
                each(server);
                each(tool);
            }
            Self::Other => {}
        }
    }
}

/// A file that a tool changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileChange {
    /// The path.
    pub path: String,
    /// Whether the file is added, updated or deleted.
    pub change: FileChangeKind,
}

impl FileChange {
    pub(crate) fn new(path: impl Into<String>, change: FileChangeKind) -> Self {
        Self {
            path: path.into(),
            change,
        }
    }
}

/// How a file changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileChangeKind {
    /// It is created.
    Add,
    /// It is changed.
    Update,
    /// It is deleted.
    Delete,
}

impl FileChangeKind {
    /// Returns the kind of a runtime's name for it.
    pub(crate) fn of(name: &str) -> Self {
        match name {
            "add" => Self::Add,
            "delete" => Self::Delete,
            _ => Self::Update,
        }
    }
}

/// The result of a tool call.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ToolResult {
    /// The text, or the reason of the failure; empty if the runtime prints no text.
    pub text: String,
    /// Whether the call failed.
    pub is_error: bool,
    /// The exit code of a shell command, if the runtime prints it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i64>,
    /// Whether the text was cut at [`Limits::text`](crate::Limits::text).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_truncated: bool,
    /// How long the call took, if the runtime prints it. In JSON, `duration_ms`.
    #[serde(
        default,
        with = "millis",
        rename = "duration_ms",
        skip_serializing_if = "Option::is_none"
    )]
    pub duration: Option<Duration>,
}
