//! Transcripts of sessions.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aod::ErrorKind;
use aod::models::event::StreamEvent;
use aod::transcript::{AgUiEncoder, Change, Limits, Transcript};
use serde::Deserialize as _;

use crate::error::CallError;

/// What an agent printed, as data.
#[derive(uniffi::Object)]
pub struct OutputTranscript {
    transcript: Mutex<Transcript>,
    last: Mutex<Option<Applied>>,
}

/// The numbered event that `apply` has applied last. Its result is kept, because a signal may interrupt Python between
/// the call and the assignment of the result.
struct Applied {
    number: u64,
    changes: Result<String, CallError>,
}

#[uniffi::export]
impl OutputTranscript {
    /// Creates a transcript for a runtime or provider. Without one, the session's `start` event selects it. The limits
    /// are a JSON object with the names of the core's `Limits`.
    #[uniffi::constructor]
    pub fn new(
        runtime_or_provider: Option<String>,
        limits: String,
    ) -> Result<Arc<Self>, CallError> {
        // Parsed to a value first, so that error messages do not mention lines and columns.
        let limits = serde_json::from_str::<serde_json::Value>(&limits)
            .and_then(Limits::deserialize)
            .map_err(|error| {
                CallError::configuration(format!("invalid transcript limits: {error}"))
            })?;
        let transcript = match runtime_or_provider {
            Some(name) => Transcript::for_runtime(&name),
            None => Transcript::new(),
        };
        Ok(Self::of(transcript.with_limits(limits)))
    }

    /// Returns the transcript of a snapshot.
    #[uniffi::constructor]
    pub fn restore(snapshot: Vec<u8>) -> Result<Arc<Self>, CallError> {
        let transcript = Transcript::restore(&snapshot)
            .map_err(|error| CallError::configuration(error.to_string()))?;
        Ok(Self::of(transcript))
    }

    /// Applies a stream event, given as JSON, and returns the changes as a JSON array. The transcript ends with the turn,
    /// if one is given.
    ///
    /// A call with the number of the last numbered event returns the changes of that event again, and applies nothing.
    /// An event with the number 0 has no number.
    pub fn apply(
        &self,
        event: String,
        number: u64,
        turn: Option<i64>,
    ) -> Result<String, CallError> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(last) = last.as_ref().filter(|last| last.number == number) {
            return last.changes.clone();
        }
        // Never fails: a malformed event is one of an unknown type.
        let event = StreamEvent::from_json(&event);
        let changes = changes(&self.transcript().apply_all(turn, [&event]));
        if number > 0 {
            *last = Some(Applied {
                number,
                changes: changes.clone(),
            });
        }
        changes
    }

    /// Reads a chunk of output, which may end anywhere, and returns the changes as a JSON array.
    pub fn feed(&self, chunk: String) -> Result<String, CallError> {
        changes(&self.transcript().feed(&chunk))
    }

    /// Ends the output and the turn, which is started before if a turn is given that has not started. Returns the changes
    /// as a JSON array.
    pub fn finish(&self, turn: Option<i64>) -> Result<String, CallError> {
        changes(&self.transcript().finish_turn(turn))
    }

    /// Returns the whole transcript as a JSON object.
    pub fn read(&self) -> Result<String, CallError> {
        json(&*self.transcript())
    }

    /// Returns the position of the last applied event.
    pub fn cursor(&self) -> Option<i64> {
        self.transcript().cursor()
    }

    /// Returns the last message of the agent in the last turn.
    pub fn final_text(&self) -> Option<String> {
        self.transcript().final_text().map(str::to_owned)
    }

    /// Returns everything as bytes.
    pub fn snapshot(&self) -> Vec<u8> {
        self.transcript().snapshot()
    }
}

impl OutputTranscript {
    fn of(transcript: Transcript) -> Arc<Self> {
        Arc::new(Self {
            transcript: Mutex::new(transcript),
            last: Mutex::default(),
        })
    }

    fn transcript(&self) -> MutexGuard<'_, Transcript> {
        self.transcript
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// Converts the changes of a transcript to events of the AG-UI protocol.
#[derive(uniffi::Object)]
pub struct AgUiEvents(Mutex<AgUiEncoder>);

#[uniffi::export]
impl AgUiEvents {
    /// Creates an encoder for one transcript. The encoder must receive all changes of the transcript, from the first
    /// one on.
    #[uniffi::constructor]
    pub fn new(thread_id: String) -> Arc<Self> {
        Arc::new(Self(Mutex::new(AgUiEncoder::new(thread_id))))
    }

    /// Returns the events of a change, given as JSON, as a JSON array.
    pub fn encode(&self, change: String) -> Result<String, CallError> {
        // The message would contain what the agent printed.
        let change = serde_json::from_str(&change)
            .map_err(|_| CallError::new(ErrorKind::Decode, "not a change of a transcript"))?;
        let mut encoder = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        json(&encoder.encode(&change))
    }
}

fn changes(changes: &[Change]) -> Result<String, CallError> {
    json(changes)
}

fn json(value: &(impl serde::Serialize + ?Sized)) -> Result<String, CallError> {
    serde_json::to_string(value)
        .map_err(|_| CallError::new(ErrorKind::Decode, "a value cannot be represented as JSON"))
}
