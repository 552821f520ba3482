//! Formatters of agents' output.

use std::sync::{Arc, Mutex, PoisonError};

use aod::pretty::{Formatter, Options};

use super::config::set;

/// What a formatter can be told.
#[derive(uniffi::Record)]
pub struct FormatterOptions {
    /// Whether control characters pass as they came. Off, they are shown as escapes: an agent's output may carry
    /// sequences that move the cursor or write to the clipboard of whoever prints it.
    #[uniffi(default = false)]
    pub raw: bool,
    /// The longest line of output to take whole, in bytes. Default 16 MiB.
    #[uniffi(default)]
    pub max_line: Option<u64>,
}

/// Turns what an agent prints into lines for people.
#[derive(uniffi::Object)]
pub struct OutputFormatter(Mutex<Box<dyn Formatter>>);

#[uniffi::export]
impl OutputFormatter {
    /// The formatter for a runtime or provider.
    #[uniffi::constructor]
    pub fn new(runtime_or_provider: String, options: FormatterOptions) -> Arc<Self> {
        let FormatterOptions { raw, max_line } = options;
        let options = set(Options::new().raw(raw), max_line, |options, bytes| {
            options.max_line(bytes.try_into().unwrap_or(usize::MAX))
        });
        Arc::new(Self(Mutex::new(options.formatter_for(runtime_or_provider))))
    }

    /// Takes a piece of output, cut anywhere, and gives the lines that it completes.
    pub fn feed(&self, chunk: String) -> Vec<String> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .feed(&chunk)
    }

    /// Gives what the unfinished last line shows. To be called when the output has ended.
    pub fn flush(&self) -> Vec<String> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .flush()
    }
}
