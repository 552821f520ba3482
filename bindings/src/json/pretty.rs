//! Formatters of agents' output.

use std::sync::{Arc, Mutex, PoisonError};

use aod::pretty::{Formatter, formatter_for};

use super::error::CallError;

/// Turns what an agent prints into lines for people.
#[derive(uniffi::Object)]
pub struct OutputFormatter(Mutex<Box<dyn Formatter>>);

#[uniffi::export]
impl OutputFormatter {
    /// The formatter for a runtime or provider.
    #[uniffi::constructor]
    pub fn new(runtime_or_provider: String) -> Arc<Self> {
        Arc::new(Self(Mutex::new(formatter_for(runtime_or_provider))))
    }

    /// Takes a chunk of UTF-8 text, cut anywhere, and gives the lines that it completes as a JSON array of strings.
    pub fn feed(&self, chunk: Vec<u8>) -> Result<Vec<u8>, CallError> {
        let text = String::from_utf8_lossy(&chunk);
        lines(
            &self
                .0
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .feed(&text),
        )
    }

    /// Gives what is left as a JSON array of strings.
    pub fn flush(&self) -> Result<Vec<u8>, CallError> {
        lines(
            &self
                .0
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .flush(),
        )
    }
}

fn lines(shown: &[String]) -> Result<Vec<u8>, CallError> {
    serde_json::to_vec(shown)
        .map_err(|_| CallError::of_kind("decode", "a line cannot be written as JSON"))
}
