//! Formatters of agents' output.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aod::models::event::StreamEvent;
use aod::pretty::{Color, Formatter, Options, SessionFormatter};

use super::config::set;

/// What the formatters can be told. The defaults are emoji, no colour, full width, thinking shown, tool results left out.
#[derive(uniffi::Record)]
#[uniffi(name = "NativeFormatterOptions")]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an option of its own"
)]
pub struct FormatterOptions {
    /// Whether marks and separators are ASCII, one character each, instead of emoji and `·`.
    #[uniffi(default = false)]
    pub plain: bool,
    /// The longest line to show, in columns of a terminal; a longer one ends in `…`. No limit by default; a limit of 0
    /// is one of 1.
    #[uniffi(default)]
    pub width: Option<u32>,
    /// Whether lines are coloured by what they stand for.
    pub color: FormatterColor,
    /// Whether what the agent thinks is shown.
    #[uniffi(default = true)]
    pub show_thinking: bool,
    /// Whether what tools give back is shown, in one line each; of one that failed, that it did.
    #[uniffi(default = false)]
    pub show_tool_results: bool,
    /// Whether tools that failed are shown. By default they are, except by Claude Code's formatter.
    #[uniffi(default)]
    pub show_failures: Option<bool>,
    /// Whether control characters pass as they came. Off, they are shown as escapes: an agent's output may carry
    /// sequences that move the cursor or write to the clipboard of whoever prints it.
    #[uniffi(default = false)]
    pub raw: bool,
    /// The longest line of output to take whole, in bytes. Default 16 MiB.
    #[uniffi(default)]
    pub max_line: Option<u64>,
}

/// Whether lines are coloured, with the escape sequences of ECMA-48.
#[derive(uniffi::Enum)]
#[uniffi(name = "NativeColor")]
pub enum FormatterColor {
    /// Never.
    Off,
    /// Always, whatever the environment says.
    On,
    /// If the standard output is a terminal, unless `NO_COLOR` is set or `TERM` is `dumb`.
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

/// Formats an agent's output as human-readable lines.
#[derive(uniffi::Object)]
pub struct OutputFormatter(Mutex<Box<dyn Formatter>>);

#[uniffi::export]
impl OutputFormatter {
    /// The formatter for a runtime or provider; without one, a session's `start` event picks it.
    #[uniffi::constructor]
    pub fn new(runtime_or_provider: Option<String>, options: FormatterOptions) -> Arc<Self> {
        let options = Options::from(options);
        Arc::new(Self(Mutex::new(match runtime_or_provider {
            Some(name) => options.formatter_for(name),
            None => Box::new(SessionFormatter::with_options(options)),
        })))
    }

    /// Takes a piece of output, cut anywhere, and gives the lines that it completes.
    pub fn feed(&self, chunk: String) -> Vec<String> {
        self.formatter().feed(&chunk)
    }

    /// Takes an event of a session's stream, and gives the lines that it completes.
    pub fn consume(&self, event: StreamEvent) -> Vec<String> {
        self.formatter().consume((&event).into())
    }

    /// Gives what is left. To be called when the output has ended.
    pub fn flush(&self) -> Vec<String> {
        self.formatter().flush()
    }
}

impl OutputFormatter {
    fn formatter(&self) -> MutexGuard<'_, Box<dyn Formatter>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
