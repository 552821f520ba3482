//! The options of formatters, and the selection of a formatter by runtime.

use std::ffi::OsStr;
use std::io::IsTerminal;

use serde::{Deserialize, Serialize};

use super::{
    ClaudeFormatter, CodexFormatter, Formatter, GeminiFormatter, GenericFormatter,
    OpencodeFormatter,
};
use crate::runtime::Runtime;

/// The options of the formatters.
///
/// The defaults are emoji, no color, no width limit, thinking shown, and tool results hidden. In JSON, an option has
/// the name of its method, and a missing option has its default.
///
/// # Examples
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

/// Whether lines are colored, with ANSI escape sequences.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Color {
    /// Never.
    #[default]
    Off,
    /// Always, regardless of the environment.
    On,
    /// If the standard output is a terminal, `NO_COLOR` is not set or empty, and `TERM` is not `dumb`. Evaluated when
    /// the formatter is created.
    Auto,
}

impl Color {
    /// Returns whether to use color in the current environment.
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
    /// Creates options with the defaults.
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

    /// Sets whether marks and separators are ASCII characters instead of emoji and `·`. Messages of the agent are not
    /// changed. Default false.
    ///
    /// | Mark | Replaces | Meaning |
    /// |---|---|---|
    /// | `#` | ⚙️ | a session starts |
    /// | `>` | ✉️ | a message of the agent |
    /// | `~` | 💭 | thinking |
    /// | `$` | 🔧 | a command |
    /// | `*` | 📖 📝 ✏️ 📓 🔍 🔎 🌐 📋 📐 🛠️ | another tool |
    /// | `&` | 🤖 🚀 | another agent is started |
    /// | `<` | 📤 | the result of a tool |
    /// | `=` | ✨ | the end |
    /// | `!` | ⚠️ | a failure, a warning, or a failed end |
    pub fn plain(mut self, plain: bool) -> Self {
        self.plain = plain;
        self
    }

    /// Sets the maximum width of a line, in terminal columns. A longer line is truncated and ends in `…`, or in `...`
    /// with [`plain`](Self::plain); lines are not wrapped. Default: no limit. 0 counts as 1.
    ///
    /// With [`raw`](Self::raw), escape sequences count as text.
    pub fn width(mut self, columns: usize) -> Self {
        self.width = Some(columns);
        self
    }

    /// Sets whether lines are colored by their meaning. Default [`Color::Off`].
    pub fn color(mut self, color: Color) -> Self {
        self.color = color;
        self
    }

    /// Sets whether the thinking of the agent is shown. Default true.
    pub fn show_thinking(mut self, show: bool) -> Self {
        self.show_thinking = show;
        self
    }

    /// Sets whether the results of tools are shown, in one line each, including failures. Default false.
    pub fn show_tool_results(mut self, show: bool) -> Self {
        self.show_tool_results = show;
        self
    }

    /// Sets whether failures of tools are shown. Default true, except for [`ClaudeFormatter`]. If true,
    /// `ClaudeFormatter` also shows the reason when the run ends with an error.
    ///
    /// A shell command that exits with 1 and without output, such as a search without a match, is not a failure.
    pub fn show_failures(mut self, show: bool) -> Self {
        self.show_failures = Some(show);
        self
    }

    /// Sets whether control characters are passed verbatim. Default false: the output of an agent may contain escape
    /// sequences that move the cursor, rename the window or write to the clipboard.
    pub fn raw(mut self, raw: bool) -> Self {
        self.raw = raw;
        self
    }

    /// Sets the size limit of a line of output, in bytes of UTF-8 without its line ending. Default 16 MiB. A longer
    /// line is truncated to this size, followed by the number of bytes cut.
    pub fn max_line(mut self, bytes: usize) -> Self {
        self.max_line = bytes;
        self
    }

    /// Returns the formatter for a runtime or provider with these options; see [`formatter_for`].
    pub fn formatter_for(self, runtime_or_provider: impl AsRef<str>) -> Box<dyn Formatter> {
        match Runtime::of(runtime_or_provider.as_ref()) {
            Runtime::Claude => Box::new(ClaudeFormatter::with_options(self)),
            Runtime::Codex => Box::new(CodexFormatter::with_options(self)),
            Runtime::Gemini => Box::new(GeminiFormatter::with_options(self)),
            Runtime::Opencode => Box::new(OpencodeFormatter::with_options(self)),
            Runtime::Generic => Box::new(GenericFormatter::with_options(self)),
        }
    }
}

impl Default for Options {
    fn default() -> Self {
        Self::new()
    }
}

/// Returns the formatter for the output of a runtime, or of the runtime of a model provider, with the default
/// [`Options`].
///
/// The name is case-insensitive:
///
/// | Runtime: the name contains | Provider: the name is | Formatter |
/// |---|---|---|
/// | `claude` | `anthropic` | [`ClaudeFormatter`] |
/// | `codex` | `openai` | [`CodexFormatter`] |
/// | `gemini` | `google` | [`GeminiFormatter`] |
/// | `opencode` | | [`OpencodeFormatter`] |
/// | anything else | | [`GenericFormatter`] |
///
/// # Examples
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
    fn colors_terminals_only_and_respects_no_color() {
        let supported = |terminal, no_color: Option<&str>, term: Option<&str>| {
            color_supported(terminal, no_color.map(OsStr::new), term.map(OsStr::new))
        };
        assert!(supported(true, None, Some("xterm")));
        assert!(supported(true, Some(""), None));
        assert!(!supported(true, Some("1"), Some("xterm")));
        assert!(!supported(true, Some("0"), Some("xterm")));
        assert!(!supported(true, None, Some("dumb")));
        assert!(!supported(false, None, Some("xterm")));
    }

    #[test]
    fn explicit_color_settings_ignore_the_environment() {
        assert!(Color::On.enabled());
        assert!(!Color::Off.enabled());
    }
}
