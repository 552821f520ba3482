//! The warnings of the library, for the log of another language.

use std::sync::Arc;

use aod_bridge::log;
use once_cell::sync::OnceCell;

use super::listener::ListenerError;

/// Receives the warnings and info messages of the library, on a thread of the library, one at a time.
#[uniffi::export(foreign)]
pub trait LogSink: Send + Sync {
    /// Receives a line without secrets. Errors that it throws are ignored.
    fn log(&self, is_warning: bool, text: String) -> Result<(), ListenerError>;
}

/// Passes warnings, such as that a list was incomplete, and info messages to a log. The first call decides; later ones
/// do nothing.
#[uniffi::export]
pub fn forward_log(sink: Arc<dyn LogSink>) {
    static FORWARDED: OnceCell<()> = OnceCell::new();
    FORWARDED.get_or_init(|| {
        log::forward(move |line| {
            let _ = sink.log(line.is_warning, line.text);
        });
    });
}
