//! Turns in terms of an agent: messages, tool calls and plans, which are printed in the format of the session's runtime.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A scripted turn of an agent: what it does, and how the turn ends.
///
/// The server prints the turn in the output format of the session's runtime: Claude Code, Codex, Gemini CLI or
/// opencode. What a runtime does not print is left out: Gemini CLI prints no thinking, and only Claude Code and
/// opencode print costs.
///
/// In JSON: `{"steps": [{"message": "On it."}, {"tool": {"name": "Bash", "input": {"command": "ls"}, "output": "src"}}],
/// "usage": {"input_tokens": 1200}, "end": "success"}`.
///
/// ```
/// use aod_devserver::{ToolCall, Turn};
///
/// let turn = Turn::new()
///     .message("I run the tests.")
///     .tool(ToolCall::new("Bash", [("command", "cargo test")]).output("1 failed").exit_code(101))
///     .message("One test fails.");
/// assert_eq!(turn.steps.len(), 3);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Turn {
    /// What the agent does, in order.
    pub steps: Vec<TurnStep>,
    /// The tokens, cost and duration that the runtime reports at the end of the turn.
    pub usage: TurnUsage,
    /// How the turn ends.
    pub end: TurnEnd,
    /// The exit code of the runtime. Default: 0 after a success, else 1. Ignored if the turn crashes or hangs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i64>,
}

/// A step of a [`Turn`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TurnStep {
    /// Writes a message.
    Message(String),
    /// Thinks.
    Thinking(String),
    /// Calls a tool.
    Tool(ToolCall),
    /// Makes a plan, or changes it.
    Plan(Vec<PlanStep>),
    /// Prints a chunk on standard output, verbatim.
    Stdout(String),
    /// Prints a chunk on standard error, verbatim.
    Stderr(String),
    /// Waits for a time on the server's clock.
    DelayMs(u64),
    /// Waits until the hold with this name is released.
    Hold(String),
}

/// A call of a tool, with its result.
///
/// Tools have the names and arguments of Claude Code. The other runtimes print the calls of their own tools for the
/// same work:
///
/// | Name | Arguments |
/// |---|---|
/// | `Bash` | `command` |
/// | `Read` | `file_path` |
/// | `Write` | `file_path`, `content` |
/// | `Edit` | `file_path`, `old_string`, `new_string` |
/// | `Grep` | `pattern`, `path` |
/// | `Glob` | `pattern` |
/// | `WebFetch` | `url` |
/// | `WebSearch` | `query` |
/// | `Task` | `description`, `prompt` |
/// | `mcp__SERVER__TOOL` | those of the tool |
///
/// Any other name is printed as it is. Codex has no tools for reading and searching files: it runs commands. It prints an
/// unknown tool as that of an MCP server `custom`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToolCall {
    /// The name of the tool.
    pub name: String,
    /// The arguments.
    #[serde(default)]
    pub input: Map<String, Value>,
    /// The text of the result.
    #[serde(default)]
    pub output: String,
    /// Why the call failed, printed instead of the output. Default: no error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The exit code of a `Bash` command. The call fails unless it is 0. Default: 0, or 1 with an error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i64>,
    /// How long the call takes, on the server's clock.
    #[serde(default)]
    pub delay_ms: u64,
    /// The name of a hold: the call does not return before the hold is released. Default: no hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hold: Option<String>,
}

impl ToolCall {
    /// Creates a call that succeeds without output.
    #[must_use]
    pub fn new<K: Into<String>, V: Into<Value>>(
        name: &str,
        input: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        let fields = input.into_iter();
        Self {
            name: name.to_owned(),
            input: fields
                .map(|(key, value)| (key.into(), value.into()))
                .collect(),
            ..Self::default()
        }
    }

    /// Sets the text of the result.
    #[must_use]
    pub fn output(mut self, text: impl Into<String>) -> Self {
        self.output = text.into();
        self
    }

    /// Makes the call fail.
    #[must_use]
    pub fn error(mut self, reason: impl Into<String>) -> Self {
        self.error = Some(reason.into());
        self
    }

    /// Sets the exit code of a command. The call fails unless it is 0.
    #[must_use]
    pub fn exit_code(mut self, code: i64) -> Self {
        self.exit_code = Some(code);
        self
    }

    /// Sets how long the call takes on the server's clock, in whole milliseconds.
    #[must_use]
    pub fn delay(mut self, delay: Duration) -> Self {
        self.delay_ms = millis(delay);
        self
    }

    /// Makes the call wait: it does not return before the hold with this name is released.
    #[must_use]
    pub fn hold(mut self, name: impl Into<String>) -> Self {
        self.hold = Some(name.into());
        self
    }

    /// Returns whether the call fails.
    pub(super) fn fails(&self) -> bool {
        self.error.is_some() || self.code() != 0
    }

    /// Returns the exit code of the command.
    pub(super) fn code(&self) -> i64 {
        self.exit_code.unwrap_or(i64::from(self.error.is_some()))
    }

    /// Returns the reason of a failure, or else the output.
    pub(super) fn text(&self) -> &str {
        self.error.as_deref().unwrap_or(&self.output)
    }

    /// Returns an argument as text; empty if it is absent.
    pub(super) fn argument(&self, name: &str) -> &str {
        self.input.get(name).and_then(Value::as_str).unwrap_or("")
    }

    /// Returns the server and the tool of `mcp__SERVER__TOOL`.
    pub(super) fn mcp(&self) -> Option<(&str, &str)> {
        self.name.strip_prefix("mcp__")?.split_once("__")
    }

    /// Returns the arguments with other names, each as `(from, to)`.
    pub(super) fn renamed(&self, names: &[(&str, &str)]) -> Map<String, Value> {
        let fields = self.input.iter().map(|(key, value)| {
            let new = names.iter().find(|(from, _)| from == key);
            (
                new.map_or(key.as_str(), |(_, to)| to).to_owned(),
                value.clone(),
            )
        });
        fields.collect()
    }
}

/// A step of an agent's plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanStep {
    /// What the agent plans to do.
    pub text: String,
    /// The status of the step.
    #[serde(default)]
    pub status: PlanStatus,
}

/// The status of a [`PlanStep`]. Codex only prints whether a step is completed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlanStatus {
    /// Not started.
    #[default]
    Pending,
    /// In progress.
    InProgress,
    /// Done.
    Completed,
}

/// The tokens, cost and duration of a [`Turn`]. The default is that of a short turn.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TurnUsage {
    /// The input tokens, including those read from a cache. Default 2400.
    pub input_tokens: u64,
    /// The input tokens that were read from a cache; a number above `input_tokens` counts as `input_tokens`. Default
    /// 1800.
    pub cached_input_tokens: u64,
    /// The output tokens. Default 160.
    pub output_tokens: u64,
    /// The cost in US dollars. Default 0.0042.
    pub cost_usd: f64,
    /// How long the agent worked, in milliseconds. Default 1840. It is only printed: the turn does not take longer.
    pub duration_ms: u64,
}

impl TurnUsage {
    /// Returns the input tokens that were read from a cache.
    pub(crate) fn cached(&self) -> u64 {
        self.cached_input_tokens.min(self.input_tokens)
    }
}

impl Default for TurnUsage {
    fn default() -> Self {
        Self {
            input_tokens: 2400,
            cached_input_tokens: 1800,
            output_tokens: 160,
            cost_usd: 0.0042,
            duration_ms: 1840,
        }
    }
}

/// How a [`Turn`] ends. In JSON: `"success"`, `{"failed": "a reason"}`, `"crash"` or `"hang"`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TurnEnd {
    /// The agent has done its work.
    #[default]
    Success,
    /// The runtime reports an error.
    Failed(String),
    /// The runtime disappears without a last line or an exit code: the turn fails.
    Crash,
    /// The turn never ends by itself.
    Hang,
}

impl Turn {
    /// Creates a turn that does nothing and succeeds.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a message of the agent.
    #[must_use]
    pub fn message(self, text: impl Into<String>) -> Self {
        self.step(TurnStep::Message(text.into()))
    }

    /// Adds thinking of the agent.
    #[must_use]
    pub fn thinking(self, text: impl Into<String>) -> Self {
        self.step(TurnStep::Thinking(text.into()))
    }

    /// Adds a call of a tool.
    #[must_use]
    pub fn tool(self, call: ToolCall) -> Self {
        self.step(TurnStep::Tool(call))
    }

    /// Adds a plan, or a change of the plan.
    #[must_use]
    pub fn plan<'a>(self, steps: impl IntoIterator<Item = (&'a str, PlanStatus)>) -> Self {
        let steps = steps.into_iter().map(|(text, status)| PlanStep {
            text: text.to_owned(),
            status,
        });
        self.step(TurnStep::Plan(steps.collect()))
    }

    /// Adds a chunk on standard output, verbatim.
    #[must_use]
    pub fn stdout(self, data: impl Into<String>) -> Self {
        self.step(TurnStep::Stdout(data.into()))
    }

    /// Adds a chunk on standard error, verbatim.
    #[must_use]
    pub fn stderr(self, data: impl Into<String>) -> Self {
        self.step(TurnStep::Stderr(data.into()))
    }

    /// Adds a delay on the server's clock, in whole milliseconds.
    #[must_use]
    pub fn delay(self, delay: Duration) -> Self {
        self.step(TurnStep::DelayMs(millis(delay)))
    }

    /// Adds a hold: the turn waits here until the hold with this name is released.
    #[must_use]
    pub fn hold(self, name: impl Into<String>) -> Self {
        self.step(TurnStep::Hold(name.into()))
    }

    /// Adds any step.
    #[must_use]
    pub fn step(mut self, step: TurnStep) -> Self {
        self.steps.push(step);
        self
    }

    /// Sets the tokens, cost and duration that the runtime reports.
    #[must_use]
    pub fn usage(mut self, usage: TurnUsage) -> Self {
        self.usage = usage;
        self
    }

    /// Makes the turn fail with an error of the runtime.
    #[must_use]
    pub fn fail(mut self, reason: impl Into<String>) -> Self {
        self.end = TurnEnd::Failed(reason.into());
        self
    }

    /// Makes the runtime disappear after the last step: the turn fails without an exit code.
    #[must_use]
    pub fn crash(mut self) -> Self {
        self.end = TurnEnd::Crash;
        self
    }

    /// Makes the turn run until it is interrupted, or its session is terminated.
    #[must_use]
    pub fn hang(mut self) -> Self {
        self.end = TurnEnd::Hang;
        self
    }

    /// Sets the exit code of the runtime.
    #[must_use]
    pub fn exit_code(mut self, code: i64) -> Self {
        self.exit_code = Some(code);
        self
    }
}

fn millis(delay: Duration) -> u64 {
    u64::try_from(delay.as_millis()).unwrap_or(u64::MAX)
}
