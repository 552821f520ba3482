//! Transcripts of sessions: the agent's messages, tool calls and plans as data.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aod::ErrorKind;
use aod::models::event::StreamEvent;
use aod::transcript::{AgentInfo, Change, Limits, Transcript, Turn, Usage};
use aod_bridge::prefetch::Item;

use super::batch::EventBatch;
use super::config::set;
use super::error::CallError;
use super::stream::{ConnectionState, EventStream};

/// The limits of a transcript.
#[derive(uniffi::Record)]
#[uniffi(name = "NativeTranscriptLimits")]
pub struct TranscriptLimits {
    /// The size limit of a line of output, in bytes. Default 16 MiB.
    #[uniffi(default)]
    pub line: Option<u64>,
    /// The size limit of each text of an item, in bytes. Default 1 MiB.
    #[uniffi(default)]
    pub text: Option<u64>,
    /// How much of the output an item keeps in `raw`, in bytes. Default 64 KiB.
    #[uniffi(default)]
    pub raw: Option<u64>,
    /// How many items the transcript keeps. Default 100,000.
    #[uniffi(default)]
    pub items: Option<u64>,
    /// The size limit of all items together, in bytes. Default 256 MiB.
    #[uniffi(default)]
    pub bytes: Option<u64>,
}

impl From<TranscriptLimits> for Limits {
    fn from(limits: TranscriptLimits) -> Self {
        let TranscriptLimits {
            line,
            text,
            raw,
            items,
            bytes,
        } = limits;
        let size = |value: Option<u64>| value.map(|value| value.try_into().unwrap_or(usize::MAX));
        let mut limits = Self::new();
        limits = set(limits, size(line), Self::line);
        limits = set(limits, size(text), Self::text);
        limits = set(limits, size(raw), Self::raw);
        limits = set(limits, size(items), Self::items);
        set(limits, size(bytes), Self::bytes)
    }
}

/// What an agent printed, as data.
#[derive(uniffi::Object)]
pub struct NativeTranscript(Mutex<Transcript>);

#[uniffi::export]
impl NativeTranscript {
    /// Creates a transcript of the output of a runtime, given its name or that of its provider. Without a name, the
    /// session's `start` event selects the runtime.
    #[uniffi::constructor]
    pub fn new(runtime_or_provider: Option<String>, limits: TranscriptLimits) -> Arc<Self> {
        let transcript = match runtime_or_provider {
            Some(name) => Transcript::for_runtime(&name),
            None => Transcript::new(),
        };
        Self::of(transcript.with_limits(limits.into()))
    }

    /// Returns the transcript of a snapshot. Fails with an error of kind `Decode` if the bytes are not a snapshot, the
    /// snapshot is damaged, or it has a snapshot format that this version of the library does not read.
    #[uniffi::constructor]
    pub fn restore(snapshot: Vec<u8>) -> Result<Arc<Self>, CallError> {
        let transcript = Transcript::restore(&snapshot)
            .map_err(|error| CallError::new(ErrorKind::Decode, error.to_string()))?;
        Ok(Self::of(transcript))
    }

    /// Applies events of a session, in order, and returns the changes.
    pub fn apply(&self, events: Vec<StreamEvent>) -> Vec<Change> {
        self.transcript().apply_all(None, &events)
    }

    /// Reads a chunk of standard output, which may end anywhere, and returns the changes.
    pub fn feed(&self, chunk: String) -> Vec<Change> {
        self.transcript().feed(&chunk)
    }

    /// Ends the output and the turn, and returns the changes.
    pub fn finish(&self) -> Vec<Change> {
        self.transcript().finish()
    }

    /// Returns the turns, in order.
    pub fn turns(&self) -> Vec<Turn> {
        self.transcript().turns().to_vec()
    }

    /// Returns the tokens and the cost of all turns that have ended, if the runtime reported any.
    pub fn usage(&self) -> Option<Usage> {
        self.transcript().usage()
    }

    /// Returns what is known about the agent. Absent before the runtime is selected.
    pub fn agent(&self) -> Option<AgentInfo> {
        self.transcript().agent().cloned()
    }

    /// Returns the position after the last applied event that has a position. Absent if no such event was applied.
    pub fn cursor(&self) -> Option<i64> {
        self.transcript().cursor()
    }

    /// Returns the last message of the agent in the last turn.
    pub fn final_text(&self) -> Option<String> {
        self.transcript().final_text().map(str::to_owned)
    }

    /// Returns everything as bytes, half-read lines and the cursor included.
    pub fn snapshot(&self) -> Vec<u8> {
        self.transcript().snapshot()
    }

    /// Returns the agent, the turns, the usage and the cursor as a JSON object.
    pub fn to_json(&self) -> Result<String, CallError> {
        super::models::to_json(&*self.transcript())
    }
}

impl NativeTranscript {
    fn of(transcript: Transcript) -> Arc<Self> {
        Arc::new(Self(Mutex::new(transcript)))
    }

    fn apply_batch(&self, turn: Option<i64>, events: &EventBatch) -> Vec<Change> {
        let mut inputs = Vec::new();
        events.for_each(|event| inputs.push(event));
        self.transcript().apply_all(turn, inputs)
    }

    fn transcript(&self) -> MutexGuard<'_, Transcript> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// The transcript is next to the stream, so that a batch of events crosses the FFI once, as changes.

/// An item of a stream that is applied to a transcript.
#[derive(uniffi::Enum)]
pub enum TranscriptStreamItem {
    /// A batch of events was applied.
    Changes {
        /// The changes that the events made, in order; may be empty.
        changes: Vec<Change>,
    },
    /// The connection state changed.
    State {
        /// The new state.
        state: ConnectionState,
    },
}

#[uniffi::export(name = "NativeStream")]
impl EventStream {
    /// Waits for the next item, applies its events to a transcript, and returns the changes, or nothing if the stream
    /// has ended. Fails as `next` does. Use either this or `next`.
    pub async fn next_changes(
        &self,
        transcript: Arc<NativeTranscript>,
    ) -> Result<Option<TranscriptStreamItem>, CallError> {
        let item = self.events.take().await?;
        Ok(item.map(|item| match item {
            Item::Batch(batch) => TranscriptStreamItem::Changes {
                changes: transcript.apply_batch(self.turn, &batch),
            },
            Item::State(state) => TranscriptStreamItem::State {
                state: state.into(),
            },
        }))
    }
}
