//! What a formatter can be told, and which one suits a runtime.

use std::ffi::OsStr;
use std::io::IsTerminal;

use serde::{Deserialize, Serialize};

use super::{
    ClaudeFormatter, CodexFormatter, Formatter, GeminiFormatter, GenericFormatter,
    OpencodeFormatter,
};

/// What the formatters of this module can be told.
///
/// The defaults are those of the published Python SDK: emoji, no colour, full width, thinking shown, tool results left
/// out. In JSON, as the language packages pass them, an option has the name of its method, and one that is left out has
/// its default.
///
/// ```
/// use aod_transcript::pretty::Options;
///
/// let call = r#"{"type":"item.started","item":{"type":"command_execution","command":"bash -lc 'cargo test --all'"}}
/// "#;
/// assert_eq!(Options::new().formatter_for("codex").feed(call), ["🔧 Bash · cargo test --all"]);
/// assert_eq!(Options::new().plain(true).formatter_for("codex").feed(call), ["$ Bash - cargo test --all"]);
/// assert_eq!(Options::new().width(16).formatter_for("codex").feed(call), ["🔧 Bash · cargo…"]);
/// # let same: Options = serde_json::from_str(r#"{"plain": true}"#).unwrap();
/// # assert_eq!(same, Options::new().plain(true));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an option of its own"
)]
#[must_use]
pub struct Options {
    pub(super) plain: bool,
    pub(super) width: Option<usize>,
    pub(super) color: Color,
    pub(super) show_thinking: bool,
    pub(super) show_tool_results: bool,
    pub(super) show_failures: Option<bool>,
    pub(super) raw: bool,
    pub(super) max_line: usize,
}

/// Whether lines are coloured, with the escape sequences of ECMA-48.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Color {
    /// Never.
    #[default]
    Off,
    /// Always, whatever the environment says.
    On,
    /// If the standard output is a terminal, and the environment variable `NO_COLOR` is not set, or is empty, and
    /// `TERM` is not `dumb`. Looked up when the formatter is made.
    Auto,
}

impl Color {
    /// Whether to colour, here and now.
    pub(super) fn enabled(self) -> bool {
        match self {
            Self::Off => false,
            Self::On => true,
            Self::Auto => color_supported(
                std::io::stdout().is_terminal(),
                std::env::var_os("NO_COLOR").as_deref(),
                std::env::var_os("TERM").as_deref(),
            ),
        }
    }
}

fn color_supported(terminal: bool, no_color: Option<&OsStr>, term: Option<&OsStr>) -> bool {
    terminal && no_color.is_none_or(OsStr::is_empty) && term.is_none_or(|term| term != "dumb")
}

impl Options {
    /// The defaults.
    pub fn new() -> Self {
        Self {
            plain: false,
            width: None,
            color: Color::Off,
            show_thinking: true,
            show_tool_results: false,
            show_failures: None,
            raw: false,
            max_line: 16 * 1024 * 1024,
        }
    }

    /// Whether marks and separators are ASCII, one character each, instead of emoji and `·`. What the agent says stays
    /// as it is. Off by default.
    ///
    /// | Mark | Stands for |
    /// |---|---|
    /// | `#` | ⚙️  a session starts |
    /// | `>` | ✉️  the agent says |
    /// | `~` | 💭 it thinks |
    /// | `$` | 🔧 it runs a command |
    /// | `*` | 📖 📝 ✏️  📓 🔍 🔎 🌐 📋 📐 🛠️  it uses another tool |
    /// | `&` | 🤖 🚀 it starts another agent |
    /// | `<` | 📤 what a tool gave |
    /// | `=` | ✨ the end |
    /// | `!` | ⚠️  a failure, a warning, or a bad end |
    pub fn plain(mut self, plain: bool) -> Self {
        self.plain = plain;
        self
    }

    /// The longest line to show, in columns of a terminal: a longer one ends in `…`, continued lines of a text too, and
    /// none is wrapped. With [`raw`](Self::raw), escape sequences count as text. No limit by default; a limit of 0 is
    /// one of 1.
    pub fn width(mut self, columns: usize) -> Self {
        self.width = Some(columns);
        self
    }

    /// Whether lines are coloured by what they stand for. [`Color::Off`] by default.
    pub fn color(mut self, color: Color) -> Self {
        self.color = color;
        self
    }

    /// Whether what the agent thinks is shown. On by default.
    pub fn show_thinking(mut self, show: bool) -> Self {
        self.show_thinking = show;
        self
    }

    /// Whether what tools give back is shown, in one line each; of one that failed, that it did. Off by default.
    pub fn show_tool_results(mut self, show: bool) -> Self {
        self.show_tool_results = show;
        self
    }

    /// Whether tools that failed are shown. By default they are, except by [`ClaudeFormatter`], whose lines are those of
    /// the published SDK; there it also marks an end whose `is_error` is true as a bad one, and says why.
    ///
    /// A shell command that exits with 1 and prints nothing, such as a search without a match, is none.
    pub fn show_failures(mut self, show: bool) -> Self {
        self.show_failures = Some(show);
        self
    }

    /// Whether control characters pass as they came. Off by default: an agent's output may carry escape sequences
    /// that move the cursor, rename the window or write to the clipboard of whoever prints it.
    pub fn raw(mut self, raw: bool) -> Self {
        self.raw = raw;
        self
    }

    /// The longest line of output to take whole, in bytes of UTF-8 without its line end; 16 MiB by default. A longer one
    /// is shown up to this length with the number of bytes cut behind it.
    pub fn max_line(mut self, bytes: usize) -> Self {
        self.max_line = bytes;
        self
    }

    /// The formatter for a runtime or provider, as [`formatter_for`], with these options.
    pub fn formatter_for(self, runtime_or_provider: impl AsRef<str>) -> Box<dyn Formatter> {
        let name = runtime_or_provider.as_ref().to_ascii_lowercase();
        let is = |runtime: &str, provider: &str| name.contains(runtime) || name == provider;
        if is("claude", "anthropic") {
            Box::new(ClaudeFormatter::with_options(self))
        } else if is("codex", "openai") {
            Box::new(CodexFormatter::with_options(self))
        } else if is("gemini", "google") {
            Box::new(GeminiFormatter::with_options(self))
        } else if name.contains("opencode") {
            Box::new(OpencodeFormatter::with_options(self))
        } else {
            Box::new(GenericFormatter::with_options(self))
        }
    }
}

impl Default for Options {
    fn default() -> Self {
        Self::new()
    }
}

/// The formatter for the output of a runtime, or of the runtime that serves a provider's models.
///
/// By the name, in any case:
///
/// | Runtime, by what its name contains | Provider | Formatter |
/// |---|---|---|
/// | `claude` | `anthropic` | [`ClaudeFormatter`] |
/// | `codex` | `openai` | [`CodexFormatter`] |
/// | `gemini` | `google` | [`GeminiFormatter`] |
/// | `opencode` | | [`OpencodeFormatter`] |
/// | anything else | | [`GenericFormatter`] |
///
/// ```
/// use aod_transcript::pretty::formatter_for;
///
/// let result = "{\"type\":\"result\",\"subtype\":\"success\"}\n";
/// assert_eq!(formatter_for("claude-oauth").feed(result), ["✨ Done · agent 0.0s"]);
/// assert_eq!(formatter_for("anthropic").feed(result), ["✨ Done · agent 0.0s"]);
/// assert_eq!(formatter_for("my-own-agent").feed(result), [result.trim_end()]);
/// ```
pub fn formatter_for(runtime_or_provider: impl AsRef<str>) -> Box<dyn Formatter> {
    Options::new().formatter_for(runtime_or_provider)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_terminals_only_and_heeds_no_color() {
        let welcome = |terminal, no_color: Option<&str>, term: Option<&str>| {
            color_supported(terminal, no_color.map(OsStr::new), term.map(OsStr::new))
        };
        assert!(welcome(true, None, Some("xterm")));
        assert!(welcome(true, Some(""), None));
        assert!(!welcome(true, Some("1"), Some("xterm")));
        assert!(!welcome(true, Some("0"), Some("xterm")));
        assert!(!welcome(true, None, Some("dumb")));
        assert!(!welcome(false, None, Some("xterm")));
    }

    #[test]
    fn colours_on_demand_whatever_the_environment_says() {
        assert!(Color::On.enabled());
        assert!(!Color::Off.enabled());
    }
}
