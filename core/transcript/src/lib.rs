//! Formats the output of coding agents: Claude Code, Codex, Gemini CLI and opencode.
//!
//! The command line program of an agent writes one JSON object per line. [`pretty`] formats these lines as
//! human-readable output. The crate does no I/O and does not depend on a client: its input is text, or [`Input`] for a
//! whole session.
//!
//! # Examples
//!
//! ```
//! use aod_transcript::pretty::{Formatter, formatter_for};
//!
//! let mut formatter = formatter_for("codex");
//! let lines = formatter.feed("{\"type\":\"item.completed\",\"item\":{\"type\":\"agent_message\",\"text\":\"Done.\"}}\n");
//! assert_eq!(lines, ["✉️  Done."]);
//! ```

mod input;
pub mod pretty;
mod visible;

pub use input::{End, Input};
pub use visible::write_visible;
