//! What a formatter is, what it can be told, and which one suits a runtime.

use super::{ClaudeFormatter, GenericFormatter};
use crate::models::event::StreamEvent;

/// Turns the standard output of an agent, in chunks, into lines to show.
///
/// Each `String` given back is what came of one line of output. It may hold newlines, but does not end with one.
///
/// ```
/// use aod::pretty::Formatter;
///
/// /// Counts lines instead of showing them.
/// struct Count(usize);
///
/// impl Formatter for Count {
///     fn feed(&mut self, chunk: &str) -> Vec<String> {
///         self.0 += chunk.matches('\n').count();
///         Vec::new()
///     }
///
///     fn flush(&mut self) -> Vec<String> {
///         vec![format!("{} lines", self.0)]
///     }
/// }
///
/// let mut formatter: Box<dyn Formatter> = Box::new(Count(0));
/// formatter.feed("a\nb");
/// formatter.feed("\n");
/// assert_eq!(formatter.flush(), ["2 lines"]);
/// ```
pub trait Formatter: Send {
    /// Takes the next piece of output, cut anywhere, and gives what the lines that it completes show.
    fn feed(&mut self, chunk: &str) -> Vec<String>;

    /// Takes an event of a session's stream: the standard output in it is fed, everything else shows nothing.
    fn consume(&mut self, event: &StreamEvent) -> Vec<String> {
        event
            .stdout()
            .map_or_else(Vec::new, |chunk| self.feed(chunk))
    }

    /// Gives what the unfinished last line shows. To be called when the output has ended; harmless at other times.
    fn flush(&mut self) -> Vec<String>;
}

/// What a formatter of this module can be told.
///
/// ```
/// use aod::pretty::Options;
///
/// let coloured = "\x1b[32mok\x1b[0m\n";
/// assert_eq!(Options::new().formatter_for("codex").feed(coloured), [r"\x1b[32mok\x1b[0m"]);
/// assert_eq!(Options::new().raw(true).formatter_for("codex").feed(coloured), ["\x1b[32mok\x1b[0m"]);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct Options {
    pub(super) raw: bool,
    pub(super) max_line: usize,
}

impl Options {
    /// The defaults: control characters are shown, and a line is at most 16 MiB.
    pub fn new() -> Self {
        Self {
            raw: false,
            max_line: 16 * 1024 * 1024,
        }
    }

    /// Whether control characters pass as they came. Off by default: an agent's output may carry escape sequences
    /// that move the cursor, rename the window or write to the clipboard of whoever prints it.
    pub fn raw(mut self, raw: bool) -> Self {
        self.raw = raw;
        self
    }

    /// The longest line of output to take whole, in bytes of UTF-8 without its line end. A longer one is shown up to
    /// this length with the number of bytes cut behind it.
    pub fn max_line(mut self, bytes: usize) -> Self {
        self.max_line = bytes;
        self
    }

    /// The formatter for a runtime or provider, as [`formatter_for`], with these options.
    pub fn formatter_for(self, runtime_or_provider: impl AsRef<str>) -> Box<dyn Formatter> {
        let name = runtime_or_provider.as_ref().to_ascii_lowercase();
        if name.contains("claude") || name == "anthropic" {
            Box::new(ClaudeFormatter::with_options(self))
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
/// [`ClaudeFormatter`] for every runtime whose name contains `claude` and for the provider `anthropic`, in any case;
/// [`GenericFormatter`] for all others.
///
/// ```
/// use aod::models::{Provider, Runtime};
/// use aod::pretty::formatter_for;
///
/// let result = "{\"type\":\"result\",\"subtype\":\"success\"}\n";
/// assert_eq!(formatter_for(&Runtime::ClaudeOauth).feed(result), ["✨ Done · agent 0.0s"]);
/// assert_eq!(formatter_for(Provider::Anthropic).feed(result), ["✨ Done · agent 0.0s"]);
/// assert_eq!(formatter_for("codex").feed(result), [result.trim_end()]);
/// ```
pub fn formatter_for(runtime_or_provider: impl AsRef<str>) -> Box<dyn Formatter> {
    Options::new().formatter_for(runtime_or_provider)
}
