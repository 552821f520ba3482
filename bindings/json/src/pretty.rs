//! Formatters of agents' output.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aod::ErrorKind;
use aod::models::event::StreamEvent;
use aod::pretty::{Formatter, Options, SessionFormatter};
use serde::Deserialize as _;

use crate::error::CallError;

/// Formats an agent's output as human-readable lines.
#[derive(uniffi::Object)]
pub struct OutputFormatter(Mutex<Box<dyn Formatter>>);

#[uniffi::export]
impl OutputFormatter {
    /// The formatter for a runtime or provider, with the options in a JSON object: those of the core, by their names.
    /// Without a runtime or provider, a session's `start` event picks it.
    #[uniffi::constructor]
    pub fn new(
        runtime_or_provider: Option<String>,
        options: String,
    ) -> Result<Arc<Self>, CallError> {
        // By way of a value, whose errors do not speak of lines and columns of JSON.
        let options = serde_json::from_str::<serde_json::Value>(&options)
            .and_then(Options::deserialize)
            .map_err(|error| CallError::configuration(format!("a formatter's options: {error}")))?;
        Ok(Arc::new(Self(Mutex::new(match runtime_or_provider {
            Some(name) => options.formatter_for(name),
            None => Box::new(SessionFormatter::with_options(options)),
        }))))
    }

    /// Takes a chunk of text, cut anywhere, and gives the lines that it completes as a JSON array of strings.
    pub fn feed(&self, chunk: String) -> Result<String, CallError> {
        lines(&self.formatter().feed(&chunk))
    }

    /// Takes an event of a session's stream, in JSON, and gives the lines that it completes as a JSON array of strings.
    pub fn consume(&self, event: String) -> Result<String, CallError> {
        let event: StreamEvent = serde_json::from_str(&event)
            .map_err(|_| CallError::new(ErrorKind::Decode, "an event is not JSON"))?;
        lines(&self.formatter().consume((&event).into()))
    }

    /// Gives what is left as a JSON array of strings.
    pub fn flush(&self) -> Result<String, CallError> {
        lines(&self.formatter().flush())
    }
}

impl OutputFormatter {
    fn formatter(&self) -> MutexGuard<'_, Box<dyn Formatter>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn lines(shown: &[String]) -> Result<String, CallError> {
    serde_json::to_string(shown)
        .map_err(|_| CallError::new(ErrorKind::Decode, "a line cannot be written as JSON"))
}
