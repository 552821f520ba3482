//! The log of the library, for the log of another language.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use aod_bridge::log;
use once_cell::sync::OnceCell;

use super::listener::ListenerError;

/// The level of a line.
#[derive(Clone, Copy, uniffi::Enum)]
#[uniffi(name = "NativeLogLevel")]
pub enum LogLevel {
    /// A problem that a developer should look at.
    Warning,
    /// An unusual event that needs no action.
    Info,
    /// Attempts, retries and states of connections.
    Debug,
}

/// Receives the lines of the library, on a thread of the library, one at a time.
#[uniffi::export(foreign)]
pub trait LogSink: Send + Sync {
    /// Receives a line without secrets. `target` is the module that wrote it. Errors that it throws are ignored.
    fn log(&self, level: LogLevel, target: String, text: String) -> Result<(), ListenerError>;
}

/// Passes lines, such as the warning that a list was incomplete, to a log. Calls after the first have no effect.
#[uniffi::export]
pub fn forward_log(sink: Arc<dyn LogSink>) {
    static FORWARDED: OnceCell<()> = OnceCell::new();
    FORWARDED.get_or_init(|| {
        // Without the thread, there is no log.
        let thread = thread::Builder::new().name("aod-log".into());
        let _ = thread.spawn(move || {
            loop {
                for line in log::take(Duration::from_secs(3600)) {
                    let _ = sink.log(line.level.into(), line.target.to_owned(), line.text);
                }
            }
        });
    });
}

/// Sets the lowest level of the lines that are passed on, for the whole process. Without a level, which is the default,
/// no line is passed on.
#[uniffi::export]
pub fn set_log_level(level: Option<LogLevel>) {
    log::collect(level.map(Into::into));
}

impl From<log::Level> for LogLevel {
    fn from(level: log::Level) -> Self {
        match level {
            log::Level::Warning => Self::Warning,
            log::Level::Info => Self::Info,
            log::Level::Debug => Self::Debug,
        }
    }
}

impl From<LogLevel> for log::Level {
    fn from(level: LogLevel) -> Self {
        match level {
            LogLevel::Warning => Self::Warning,
            LogLevel::Info => Self::Info,
            LogLevel::Debug => Self::Debug,
        }
    }
}
