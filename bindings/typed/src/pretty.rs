//! Formatters for the output of agents.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aod::models::event::StreamEvent;
use aod::pretty::{Color, Formatter, Options, SessionFormatter};

use super::config::set;

/// The options of a formatter. By default it uses emoji and no color, does not cut lines, shows thinking, and hides
/// tool results.
#[derive(uniffi::Record)]
#[uniffi(name = "NativeFormatterOptions")]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an independent option"
)]
pub struct FormatterOptions {
    /// Whether to use ASCII characters instead of emoji and `·`. Default false.
    #[uniffi(default = false)]
    pub plain: bool,
    /// The maximum width of a line in terminal columns. Longer lines are cut and end with `…`, or with `...` if `plain`
    /// is true. Default: no limit; 0 is treated as 1.
    #[uniffi(default)]
    pub width: Option<u32>,
    /// Whether lines are colored by their type.
    pub color: FormatterColor,
    /// Whether to show the agent's thinking. Default true.
    #[uniffi(default = true)]
    pub show_thinking: bool,
    /// Whether to show the result of each tool call, or its failure, in one line. Default false.
    #[uniffi(default = false)]
    pub show_tool_results: bool,
    /// Whether to show failed tool calls. Default: true, except for the output of Claude Code.
    #[uniffi(default)]
    pub show_failures: Option<bool>,
    /// Whether to pass control characters through verbatim. Default false: they are escaped, because an agent's output
    /// can contain sequences that move the terminal's cursor or write to the clipboard.
    #[uniffi(default = false)]
    pub raw: bool,
    /// The maximum length of a line of the agent's output in bytes of UTF-8. A longer line is cut and ends with the
    /// number of bytes that were cut. Default 16 MiB.
    #[uniffi(default)]
    pub max_line: Option<u64>,
}

/// Whether lines are colored with ANSI escape sequences.
#[derive(uniffi::Enum)]
#[uniffi(name = "NativeColor")]
pub enum FormatterColor {
    /// Never.
    Off,
    /// Always, regardless of the environment.
    On,
    /// If standard output is a terminal, `NO_COLOR` is not set and `TERM` is not `dumb`.
    Auto,
}

impl From<FormatterColor> for Color {
    fn from(color: FormatterColor) -> Self {
        match color {
            FormatterColor::Off => Self::Off,
            FormatterColor::On => Self::On,
            FormatterColor::Auto => Self::Auto,
        }
    }
}

impl From<FormatterOptions> for Options {
    fn from(options: FormatterOptions) -> Self {
        let FormatterOptions {
            plain,
            width,
            color,
            show_thinking,
            show_tool_results,
            show_failures,
            raw,
            max_line,
        } = options;
        let options = Self::new()
            .plain(plain)
            .color(color.into())
            .show_thinking(show_thinking)
            .show_tool_results(show_tool_results)
            .raw(raw);
        let options = set(options, width, |options, columns| {
            options.width(columns.try_into().unwrap_or(usize::MAX))
        });
        let options = set(options, show_failures, Self::show_failures);
        set(options, max_line, |options, bytes| {
            options.max_line(bytes.try_into().unwrap_or(usize::MAX))
        })
    }
}

/// Formats the output of an agent as human-readable lines.
#[derive(uniffi::Object)]
pub struct OutputFormatter(Mutex<Box<dyn Formatter>>);

#[uniffi::export]
impl OutputFormatter {
    /// Creates a formatter for the name of a runtime or provider. Without a name, the session's `start` event selects
    /// the format.
    #[uniffi::constructor]
    pub fn new(runtime_or_provider: Option<String>, options: FormatterOptions) -> Arc<Self> {
        let options = Options::from(options);
        Arc::new(Self(Mutex::new(match runtime_or_provider {
            Some(name) => options.formatter_for(name),
            None => Box::new(SessionFormatter::with_options(options)),
        })))
    }

    /// Processes a chunk of output, which may end anywhere, and returns the lines that it completes.
    pub fn feed(&self, chunk: String) -> Vec<String> {
        self.formatter().feed(&chunk)
    }

    /// Processes an event of a session's stream and returns the lines that it completes.
    pub fn consume(&self, event: StreamEvent) -> Vec<String> {
        self.formatter().consume((&event).into())
    }

    /// Returns the remaining lines. Call it when the output has ended.
    pub fn flush(&self) -> Vec<String> {
        self.formatter().flush()
    }

    /// Returns whether the formatter holds output that it has not returned as lines: an incomplete last line, or events
    /// that later ones may complete.
    pub fn has_pending(&self) -> bool {
        self.formatter().has_pending()
    }
}

impl OutputFormatter {
    fn formatter(&self) -> MutexGuard<'_, Box<dyn Formatter>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
