//! Reads the output of coding agents: Claude Code, Codex, Gemini CLI and opencode.
//!
//! The command line program of an agent writes one JSON object per line. A [`Transcript`] turns these lines into data:
//! turns with messages, tool calls, plans and notices, the same for all agents. [`pretty`] formats them as
//! human-readable output. The crate does no I/O and does not depend on a client: its input is text, or [`Input`] for a
//! whole session.
//!
//! See [Transcripts and user interfaces](https://ravi-hq.github.io/agent-on-demand/latest/guide/transcripts/).
//!
//! # Examples
//!
//! ```
//! use aod_transcript::Transcript;
//! use aod_transcript::pretty::{Formatter, formatter_for};
//!
//! let output = "{\"type\":\"item.completed\",\"item\":{\"type\":\"agent_message\",\"text\":\"Done.\"}}\n";
//!
//! let mut transcript = Transcript::for_runtime("codex");
//! transcript.feed(output);
//! assert_eq!(transcript.final_text(), Some("Done."));
//!
//! let mut formatter = formatter_for("codex");
//! assert_eq!(formatter.feed(output), ["✉️  Done."]);
//! ```

mod ag_ui;
mod change;
mod input;
mod item;
mod limits;
mod output;
pub mod pretty;
mod reader;
mod recorder;
mod runtime;
mod serialization;
mod snapshot;
mod transcript;
mod turn;
mod usage;
mod visible;

pub use ag_ui::AgUiEncoder;
pub use change::Change;
pub use input::{End, Event, Input};
pub use item::{
    EventRange, FileChange, FileChangeKind, Item, ItemKind, ItemStatus, NoticeLevel, OutputStream,
    PlanStep, Role, StepStatus, Tool, ToolCall, ToolResult,
};
pub use limits::Limits;
pub use snapshot::RestoreError;
pub use transcript::{AgentInfo, Transcript};
pub use turn::{Outcome, Turn};
pub use usage::{Usage, UsageSource};
pub use visible::write_visible;

/// Runs the example of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
