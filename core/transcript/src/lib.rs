//! What coding agents print: Claude Code, Codex, Gemini CLI and opencode.
//!
//! An agent's command line program writes one JSON object per line. [`pretty`] formats these lines for people to read.
//! The crate does no I/O and does not depend on a client: it takes text, or [`Input`] for a whole session.

mod input;
pub mod pretty;
mod visible;

pub use input::Input;
pub use visible::write_visible;
