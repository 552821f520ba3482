//! What coding agents print: Claude Code, Codex, Gemini CLI and opencode.
//!
//! An agent's command line program writes one JSON object per line. [`pretty`] formats these lines for people to read.
//! The crate does no I/O and knows no client: it takes text, or [`Input`] where a session has more to tell.

mod input;
pub mod pretty;

pub use input::Input;
