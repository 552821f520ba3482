//! Formatters that turn what an agent prints into human-readable lines.
//!
//! An agent program writes one JSON object a line to its standard output. A [`Formatter`] takes that output in
//! chunks cut anywhere and gives back the lines to show: [`ClaudeFormatter`], [`CodexFormatter`],
//! [`GeminiFormatter`] and [`OpencodeFormatter`] for these four programs, and [`GenericFormatter`] for those whose
//! output is shown as it is. [`formatter_for`] picks one by the name of a runtime or provider, and callers write their
//! own by implementing the trait. [`Options`] say how lines look and which are shown. [`SessionFormatter`] leaves the pick
//! to a session's `start` event.
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
//! # One language for all agents
//!
//! A line is a mark, a name, and a detail cut to 140 characters; what the agent says is shown in full. Well-known tools
//! have Claude Code's names in all runtimes, so that one search finds all `Bash · ` lines.
//!
//! | Line | Stands for |
//! |---|---|
//! | `⚙️  Session init · model=…` | a session, or a further turn of it, starts |
//! | `✉️  …` | the agent says |
//! | `💭 …` | it thinks |
//! | `🔧 Bash · cargo test` | it runs a command |
//! | `📖 Read · p`, `📝 Write · p`, `✏️  Edit · p`, `✏️  Delete · p` | it reads or changes a file |
//! | `🔍 Grep · pattern in path`, `🔎 Glob · pattern` | it searches |
//! | `🌐 WebFetch · url`, `🌐 WebSearch · query` | it looks something up |
//! | `🤖 Agent · prompt`, `🤖 Task · description`, `🚀 Task spawned · …` | it starts another agent |
//! | `📋 TodoWrite · 3 todo(s)`, `📋 Plan · 1/3 todo(s) done` | it plans |
//! | `🛠️  name · detail` | it calls any other tool |
//! | `📤 Bash · …` | what a tool gave back, if asked for |
//! | `⚠️  Bash failed · exit 2` | a tool failed |
//! | `⚠️  Error · …`, `⚠️  Warning · …`, `⚠️  Notice · …` | what the program reports |
//! | `✨ Done · …`, `⚠️  Done · …` | the end, good or bad |
//!
//! # What every formatter here promises
//!
//! - **Any chunking.** The lines depend only on the text, never on where it was cut. Each byte is looked at once,
//!   so one chunk of 80,000 lines and a line of 8 MB in single bytes both take linear time.
//! - **Bounded memory.** A line longer than [`Options::max_line`] is shown up to there, followed by
//!   `… [N bytes cut]`. What is put together from several lines is no longer than that either.
//! - **Nothing fails.** A line that is not one JSON object is shown as it came; an event that is not known shows
//!   nothing; a field of an unexpected type counts as missing, or is shown as text.
//! - **A safe terminal.** Control and format characters in the output are shown as escapes such as `\x1b` and not
//!   executed, unless [`Options::raw`] asks for them as they are: the C0 and C1 sets and DEL, except newline and tab, and
//!   every character of the Unicode category Cf, such as zero-width spaces and the controls that reorder bidirectional
//!   text, except a joiner between two emoji. Carriage returns that end a text stay.

mod claude;
mod codex;
mod formatter;
mod gemini;
mod generic;
mod json;
mod line_writer;
mod lines;
mod opencode;
mod options;
mod pending_tool_calls;
mod renderer;
mod session;
mod text;
mod tools;

pub use claude::ClaudeFormatter;
pub use codex::CodexFormatter;
pub use formatter::Formatter;
pub use gemini::GeminiFormatter;
pub use generic::GenericFormatter;
pub use opencode::OpencodeFormatter;
pub use options::{Color, Options, formatter_for};
pub use session::SessionFormatter;
