//! Log lines about streams for the logger of a language.

use std::sync::{Mutex, MutexGuard, PoisonError};

use aod::ConnectionState;

/// The maximum number of lines that are kept until the caller takes them.
const MAX_LINES: usize = 64;

/// The connection states of a stream as log lines.
#[derive(Debug, Default)]
pub struct StateLog(Mutex<Vec<String>>);

impl StateLog {
    /// Adds a state, unless the log is full.
    pub fn record(&self, state: &ConnectionState) {
        let mut lines = self.lines();
        if lines.len() < MAX_LINES {
            lines.push(match state {
                ConnectionState::Resuming {
                    attempt,
                    delay,
                    cause,
                } => format!("resuming, attempt {attempt} in {delay:.1?}, after: {cause}"),
                ConnectionState::HistoryReset => {
                    "history reset: the next events are new, although their ids are lower"
                        .to_owned()
                }
                other => format!("{other:?}").to_lowercase(),
            });
        }
    }

    /// Removes and returns the lines.
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.lines())
    }

    fn lines(&self) -> MutexGuard<'_, Vec<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
