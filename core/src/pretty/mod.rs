//! Formatters that turn what an agent prints into lines a person reads.
//!
//! An agent program writes one JSON object a line to its standard output. A [`Formatter`] takes that output in
//! chunks cut anywhere and gives back the lines to show: [`ClaudeFormatter`] for Claude Code's `stream-json`,
//! [`GenericFormatter`] for programs whose output is shown as it is. [`formatter_for`] picks one by the name of
//! a runtime or provider, and callers write their own by implementing the trait.
//!
//! ```
//! use aod::pretty::formatter_for;
//!
//! let mut formatter = formatter_for("claude");
//! let mut shown = formatter.feed("{\"type\":\"assistant\",\"message\":{\"content\":[{\"type\":\"te");
//! shown.extend(formatter.feed("xt\",\"text\":\"Tests pass.\"}]}}\n{\"type\":\"result\",\"subtype\":\"success\","));
//! shown.extend(formatter.feed("\"duration_ms\":4210}"));
//! shown.extend(formatter.flush());
//! assert_eq!(shown, ["✉️  Tests pass.", "✨ Done · agent 4.2s"]);
//! ```
//!
//! # What every formatter here promises
//!
//! - **Any chunking.** The lines depend only on the text, never on where it was cut. Each byte is looked at once,
//!   so one chunk of 80,000 lines and a line of 8 MB in single bytes both take linear time.
//! - **Bounded memory.** A line longer than [`Options::max_line`] is shown up to there, followed by
//!   `… [N bytes cut]`.
//! - **Nothing fails.** Whatever cannot be understood is shown as it came.
//! - **A safe terminal.** Control characters in the output are shown as escapes such as `\x1b` and not executed,
//!   unless [`Options::raw`] asks for them as they are: the C0 and C1 sets and DEL, except newline and tab, and
//!   the controls that reorder bidirectional text (U+202A to U+202E, U+2066 to U+2069). Carriage returns that end
//!   a text stay.

mod claude;
mod formatter;
mod generic;
mod json;
mod lines;
mod python;
mod text;
mod visible;

pub use claude::ClaudeFormatter;
pub use formatter::{Formatter, Options, formatter_for};
pub use generic::GenericFormatter;
