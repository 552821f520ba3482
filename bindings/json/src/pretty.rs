//! Formatters for the output of agents.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aod::ErrorKind;
use aod::models::event::StreamEvent;
use aod::pretty::{Formatter, Options, SessionFormatter};
use serde::Deserialize as _;

use crate::error::CallError;

/// Formats the output of an agent as human-readable lines.
#[derive(uniffi::Object)]
pub struct OutputFormatter(Mutex<Box<dyn Formatter>>);

#[uniffi::export]
impl OutputFormatter {
    /// Creates a formatter for a runtime or provider. Without one, the format is chosen by the session's `start` event.
    /// The options are a JSON object with the names of the core's `Options`.
    #[uniffi::constructor]
    pub fn new(
        runtime_or_provider: Option<String>,
        options: String,
    ) -> Result<Arc<Self>, CallError> {
        // Parsed to a value first, so that error messages do not mention lines and columns.
        let options = serde_json::from_str::<serde_json::Value>(&options)
            .and_then(Options::deserialize)
            .map_err(|error| {
                CallError::configuration(format!("invalid formatter options: {error}"))
            })?;
        Ok(Arc::new(Self(Mutex::new(match runtime_or_provider {
            Some(name) => options.formatter_for(name),
            None => Box::new(SessionFormatter::with_options(options)),
        }))))
    }

    /// Processes a chunk of output, which may end anywhere, and returns the lines that it completes as a JSON array.
    pub fn feed(&self, chunk: String) -> Result<String, CallError> {
        lines(&self.formatter().feed(&chunk))
    }

    /// Processes a stream event, given as JSON, and returns the lines that it completes as a JSON array.
    pub fn consume(&self, event: String) -> Result<String, CallError> {
        let event: StreamEvent = serde_json::from_str(&event)
            .map_err(|_| CallError::new(ErrorKind::Decode, "the event is not valid JSON"))?;
        lines(&self.formatter().consume((&event).into()))
    }

    /// Returns the remaining lines as a JSON array. Call it when the output has ended.
    pub fn flush(&self) -> Result<String, CallError> {
        lines(&self.formatter().flush())
    }

    /// Returns whether output was processed whose lines are not returned yet: an incomplete last line, or events that
    /// later ones may complete.
    pub fn has_pending(&self) -> bool {
        self.formatter().has_pending()
    }
}

impl OutputFormatter {
    fn formatter(&self) -> MutexGuard<'_, Box<dyn Formatter>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn lines(shown: &[String]) -> Result<String, CallError> {
    serde_json::to_string(shown)
        .map_err(|_| CallError::new(ErrorKind::Decode, "a line cannot be represented as JSON"))
}
