//! Formatters that convert the output of an agent to human-readable lines.
//!
//! An agent program writes one JSON object per line to its standard output. A [`Formatter`] takes that output in
//! chunks, split at any character, and returns the lines to show: [`ClaudeFormatter`], [`CodexFormatter`],
//! [`GeminiFormatter`] and [`OpencodeFormatter`] for these four programs, and [`GenericFormatter`] for other programs,
//! whose output is shown verbatim.
//!
//! [`formatter_for`] selects a formatter by the name of a runtime or provider, and [`SessionFormatter`] by the `start`
//! event of a session. A [`TurnFormatter`] adds the turns of a session to any formatter. [`Options`] control which
//! lines are shown and how. Implement the trait for a custom formatter.
//!
//! # Examples
//!
//! ```
//! use aod_transcript::pretty::formatter_for;
//!
//! let mut formatter = formatter_for("claude");
//! let mut shown = formatter.feed("{\"type\":\"assistant\",\"message\":{\"content\":[{\"type\":\"te");
//! shown.extend(formatter.feed("xt\",\"text\":\"Tests pass.\"}]}}\n{\"type\":\"result\",\"subtype\":\"success\","));
//! shown.extend(formatter.feed("\"duration_ms\":4210}"));
//! shown.extend(formatter.flush());
//! assert_eq!(shown, ["✉️  Tests pass.", "✨ Done · agent 4.2s"]);
//! ```
//!
//! # Line format
//!
//! A line consists of a mark, a name, and a detail of at most 140 characters; messages of the agent are shown in full.
//! All runtimes use Claude Code's names for well-known tools, so that one search finds all `Bash · ` lines.
//!
//! | Line | Meaning |
//! |---|---|
//! | `⚙️  Session init · model=…` | a session, or its next turn, starts |
//! | `✉️  …` | a message of the agent |
//! | `💭 …` | thinking |
//! | `🔧 Bash · cargo test` | a command |
//! | `📖 Read · p`, `📝 Write · p`, `✏️  Edit · p`, `✏️  Delete · p`, `📓 NotebookEdit · p` | a file is read or changed |
//! | `🔍 Grep · pattern in path`, `🔎 Glob · pattern` | a search |
//! | `🌐 WebFetch · url`, `🌐 WebSearch · query` | a web request |
//! | `🤖 Agent · prompt`, `🤖 Task · description`, `🚀 Task spawned · …` | another agent is started |
//! | `📋 TodoWrite · 3 todo(s)`, `📋 Plan · 1/3 todo(s) done` | a plan |
//! | `📐 EnterPlanMode`, `📐 ExitPlanMode` | the agent enters or leaves the mode in which it only plans |
//! | `🛠️  name · detail` | a call of any other tool |
//! | `📤 Bash · …` | the result of a tool, if enabled |
//! | `⚠️  Bash failed · exit 2` | a tool failed |
//! | `⚠️  Error · …`, `⚠️  Warning · …`, `⚠️  Notice · …` | a message of the agent program about itself |
//! | `✨ Done · …`, `⚠️  Done · …` | the end, successful or failed |
//!
//! # Guarantees
//!
//! - **Chunking.** The lines depend only on the text, not on how it is split into chunks. Formatting takes linear time.
//! - **Memory.** Memory use is bounded: a line longer than [`Options::max_line`] is truncated to that size and followed
//!   by `… [N bytes cut]`. Text that is assembled from several lines has the same limit.
//! - **Errors.** Formatting never fails. A line that is not an event of the runtime is shown verbatim, even if it is a
//!   JSON object; only events of known types are left out. A field of an unexpected type counts as missing, or is shown
//!   as text. The reason of an error is shown if it is a string, an object, or a list.
//! - **Noise.** Text before an event on the same line, such as an escape sequence or a warning, is shown before it.
//!   Several events on one line are shown one after the other. A line with other text after its last event is shown
//!   verbatim.
//! - **Terminal safety.** Control and format characters in the output are escaped, for example as `\x1b`, unless
//!   [`Options::raw`] is set: the C0 and C1 control codes and DEL except newline and tab, and every character of the
//!   Unicode category Cf, such as zero-width spaces and bidirectional controls, except a zero-width joiner between two
//!   emoji. Carriage returns at the end of a text are kept.

mod claude;
mod codex;
mod formatter;
mod gemini;
mod generic;
mod line_writer;
mod opencode;
mod options;
mod pending_tool_calls;
mod renderer;
mod session;
mod tools;
mod turns;

pub use claude::ClaudeFormatter;
pub use codex::CodexFormatter;
pub use formatter::Formatter;
pub use gemini::GeminiFormatter;
pub use generic::GenericFormatter;
pub use opencode::OpencodeFormatter;
pub use options::{Color, Options, formatter_for};
pub use session::SessionFormatter;
pub use turns::TurnFormatter;
