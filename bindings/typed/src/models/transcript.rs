//! The turns, items and changes of a transcript.

use std::time::Duration;

use aod::transcript::{
    AgentInfo, Change, EventRange, FileChange, FileChangeKind, Item, ItemKind, ItemStatus,
    NoticeLevel, Outcome, OutputStream, PlanStep, Role, StepStatus, Tool, ToolCall, ToolResult,
    Turn, Usage, UsageSource,
};

use super::values::JsonValue;

/// A change of a transcript.
///
/// A program that applies all changes in order to its own copy of the turns keeps the copy equal to them, with one
/// exception: `TextAppended` changes the text only. The `raw`, `rawCut`, `events` and `isTruncated` of the item are
/// updated by its next `ItemUpdated`, if another event changes the item.
#[uniffi::remote(Enum)]
#[uniffi(name = "TranscriptChange")]
pub enum Change {
    /// More is known about the agent: its runtime was selected, or the runtime reported something about itself.
    AgentUpdated {
        /// Everything that is known now.
        agent: AgentInfo,
    },
    /// A turn started. If the number is that of the last turn, that turn continues after its end.
    TurnStarted {
        /// The number of the turn.
        turn: i64,
    },
    /// An item was added to the end of a turn.
    ItemAdded {
        /// The number of the turn.
        turn: i64,
        /// The item.
        item: Item,
    },
    /// An item changed. Text that is appended to an item is a `TextAppended` instead.
    ItemUpdated {
        /// The number of the turn.
        turn: i64,
        /// The item as it is now.
        item: Item,
    },
    /// The text of an item grew.
    TextAppended {
        /// The number of the turn.
        turn: i64,
        /// The id of the item.
        item_id: String,
        /// The text to append to that of the item.
        text: String,
    },
    /// The oldest items of a turn were dropped, because the transcript exceeded the limit `items` or `bytes`.
    ItemsDropped {
        /// The number of the turn.
        turn: i64,
        /// The number of items that were dropped from the front of the turn.
        count: i64,
    },
    /// A turn ended.
    TurnEnded {
        /// The number of the turn.
        turn: i64,
        /// How it ended.
        outcome: Outcome,
        /// Its tokens and cost, if known.
        usage: Option<Usage>,
        /// How long the agent worked, if known; in Swift, in seconds.
        duration: Option<Duration>,
    },
    /// The IDs of the session's events start again at a lower number, for example because the server's database was
    /// restored. All turns were discarded; the changes that follow make the turns of the new history.
    HistoryReset,
}

/// One turn of a session: a prompt, and what the agent printed while it worked on it.
#[uniffi::remote(Record)]
#[uniffi(name = "TranscriptTurn")]
pub struct Turn {
    /// The number of the turn, from 1.
    pub number: i64,
    /// The items, in the order in which the agent printed them.
    pub items: Vec<Item>,
    /// The number of earlier items that were dropped because the transcript exceeded the limit `items` or `bytes`.
    pub dropped_items: i64,
    /// How the turn ended. Absent until the end of the turn has been read.
    pub outcome: Option<Outcome>,
    /// The tokens and the cost of the turn. Absent until the turn has ended, or if the runtime reports no usage.
    ///
    /// Codex reports cumulative usage. If the transcript starts at a later turn, for example because the stream was
    /// opened with `since`, the first turn that reports usage has no `usage`, because the cumulative number includes
    /// earlier turns.
    pub usage: Option<Usage>,
    /// How long the agent worked, if the runtime reports it; in Swift, in seconds.
    pub duration: Option<Duration>,
}

/// One entry of a turn: a message, a tool call, a plan or a notice.
#[uniffi::remote(Record)]
#[uniffi(name = "TranscriptItem")]
pub struct Item {
    /// The id, unique within the transcript and kept when the transcript is restored from a snapshot.
    pub id: String,
    /// The id that the runtime gave to the item, if any: of a tool call, or of an item of Codex. Not unique: Codex
    /// counts from 0 in each turn.
    pub runtime_id: Option<String>,
    /// The `id` of the tool call that started the subagent which printed this item. Absent for items of the agent
    /// itself.
    pub parent: Option<String>,
    /// Whether the item is complete, and how it ended.
    pub status: ItemStatus,
    /// What the item is.
    pub kind: ItemKind,
    /// The ids of the events that the item was made from. Absent if none of them has an id.
    pub events: Option<EventRange>,
    /// Whether a text of the item or the arguments of its tool were cut at the limit `text`, or its line at the limit
    /// `line`.
    pub is_truncated: bool,
    /// The lines of output that the item was made from, without leading and trailing line endings. A line that makes
    /// several items is kept by the first of them. Empty for the kind `Text`, whose text is the output.
    pub raw: String,
    /// The number of bytes of these lines that were not kept, because of the limit `raw` or `line`; for the kind
    /// `Text`, because of the limit `text` or `line`.
    pub raw_cut: i64,
}

/// The tokens and the cost of a turn or of a transcript. A field is absent if the runtime does not report it.
#[uniffi::remote(Record)]
#[uniffi(name = "TokenUsage")]
pub struct Usage {
    /// The input tokens, including those read from and written to a cache.
    pub input_tokens: Option<i64>,
    /// The input tokens that were read from a cache.
    pub cached_input_tokens: Option<i64>,
    /// The input tokens that were written to a cache.
    pub cache_write_tokens: Option<i64>,
    /// The output tokens.
    pub output_tokens: Option<i64>,
    /// The tokens that were used for thinking. Codex includes them in the output tokens; Gemini CLI and opencode do not;
    /// Claude Code does not report them.
    pub reasoning_tokens: Option<i64>,
    /// The cost in US dollars.
    pub cost_usd: Option<f64>,
    /// Where the numbers come from.
    pub source: UsageSource,
}

/// The agent: the name of its runtime, and what the runtime reports about itself.
#[uniffi::remote(Record)]
pub struct AgentInfo {
    /// The name of the runtime or of the model provider, from the session's `start` event or from the caller.
    pub runtime: String,
    /// The model. For Gemini, the requested model, which can differ from the model that answered.
    pub model: Option<String>,
    /// The id of the runtime's own session or thread.
    pub session_id: Option<String>,
    /// The version of the runtime.
    pub version: Option<String>,
    /// The working directory.
    pub cwd: Option<String>,
    /// The names of the tools, up to the limit `text` in total.
    pub tools: Vec<String>,
}

/// Whether an item is complete, and how it ended.
#[uniffi::remote(Enum)]
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
    /// completed.
    Interrupted,
}

/// The ids of the first and the last event of an item.
#[uniffi::remote(Record)]
pub struct EventRange {
    /// The id of the first event.
    pub first: i64,
    /// The id of the last event.
    pub last: i64,
}

/// What an item is.
#[uniffi::remote(Enum)]
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
    ToolCall(#[uniffi(name = "call")] ToolCall),
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
    /// A JSON event of the runtime that no other kind represents, for example of a type that this version does not
    /// know. The `raw` of the item has its JSON.
    Event {
        /// The type of the event, such as `system/init` or `turn.started`.
        event_type: String,
    },
}

/// Who wrote a message.
#[uniffi::remote(Enum)]
pub enum Role {
    /// The agent.
    Agent,
    /// The user, or the agent that started a subagent.
    User,
}

/// The severity of a notice.
#[uniffi::remote(Enum)]
pub enum NoticeLevel {
    /// Information.
    Info,
    /// Something may be wrong; the turn continues.
    Warning,
    /// An error; the turn may fail.
    Error,
}

/// A standard stream of the agent's program.
#[uniffi::remote(Enum)]
// Renamed, because the JVM and Foundation have another class `OutputStream`.
#[uniffi(name = "StandardStream")]
pub enum OutputStream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// One step of a plan.
#[uniffi::remote(Record)]
pub struct PlanStep {
    /// What the agent plans to do.
    pub text: String,
    /// Whether the step is pending, in progress, completed or cancelled.
    pub status: StepStatus,
}

/// The status of a step of a plan.
#[uniffi::remote(Enum)]
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

/// A call of a tool.
#[uniffi::remote(Record)]
pub struct ToolCall {
    /// The name of the tool, as the runtime prints it. For an item of Codex, the type of that item, such as
    /// `command_execution`.
    pub name: String,
    /// What the call does, the same for all runtimes.
    pub tool: Tool,
    /// The arguments. A JSON null if the call has no arguments; a string with their JSON if they cannot be represented,
    /// because they nest too deeply or contain an integer that does not fit into 64 bits, or if their JSON is longer
    /// than the limit `text`, at which the string is cut.
    pub input: JsonValue,
    /// The result. Absent until the call has ended, or if the runtime does not print a result.
    pub result: Option<ToolResult>,
}

/// What a call of a tool does.
#[uniffi::remote(Enum)]
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

/// A file that a tool changes.
#[uniffi::remote(Record)]
pub struct FileChange {
    /// The path.
    pub path: String,
    /// Whether the file is added, updated or deleted.
    pub change: FileChangeKind,
}

/// How a file changes.
#[uniffi::remote(Enum)]
pub enum FileChangeKind {
    /// It is created.
    Add,
    /// It is changed.
    Update,
    /// It is deleted.
    Delete,
}

/// The result of a tool call.
#[uniffi::remote(Record)]
pub struct ToolResult {
    /// The text, or the reason for the failure; empty if the runtime prints no text.
    pub text: String,
    /// Whether the call failed.
    pub is_error: bool,
    /// The exit code of a shell command, if the runtime prints it.
    pub exit_code: Option<i64>,
    /// Whether the text was cut at the limit `text`.
    pub is_truncated: bool,
    /// How long the call took, if the runtime prints it; in Swift, in seconds.
    pub duration: Option<Duration>,
}

/// How a turn ended, derived from the last event of the runtime and the terminal event of the session.
#[uniffi::remote(Enum)]
pub enum Outcome {
    /// The agent finished its work.
    Success,
    /// The turn failed.
    Failed {
        /// The reason; empty if it is not known.
        reason: String,
    },
    /// The agent reached its limit of model calls in a turn.
    MaxTurns,
    /// The turn was interrupted, or the session was terminated before the runtime reported how the turn ended.
    Interrupted,
    /// Neither the output nor an event of the session says how the turn ended.
    Unknown,
}

/// Where the numbers of a usage come from.
#[uniffi::remote(Enum)]
pub enum UsageSource {
    /// The runtime reports them as a whole.
    Reported,
    /// They are the sum of several reports.
    Summed,
    /// Known to be incomplete: the turn ended before the runtime reported its totals (for example, it was interrupted),
    /// or the runtime does not report the usage of subagents.
    Partial,
}
