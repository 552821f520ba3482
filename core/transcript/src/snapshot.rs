//! Snapshots of transcripts.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::output::lines::Lines;
use crate::recorder::signed;
use crate::transcript::State;
use crate::{Transcript, Turn};

/// The version of the format. A change that older versions cannot read increases it.
const VERSION: u32 = 1;

#[derive(Serialize)]
struct Written<'s> {
    version: u32,
    state: &'s State,
}

#[derive(Deserialize)]
struct Version {
    version: u32,
}

#[derive(Deserialize)]
struct Read {
    state: State,
}

/// The maximum of a count in a snapshot, so that no sum overflows.
const MAX_COUNT: i64 = i64::MAX / 4;

impl State {
    /// Completes a state that was read with the sizes of its items; `None` if its parts contradict each other.
    fn completed(mut self) -> Option<Self> {
        let lines = [&self.stdout, &self.stderr];
        let is_limited = |line: &&Lines| line.are_limited_to(self.limits.line);
        let mut counts = lines
            .iter()
            .map(|lines| signed(lines.cut()))
            .chain(self.turns.iter().map(|turn| turn.dropped_items))
            .chain(
                self.turns
                    .iter()
                    .flat_map(|turn| &turn.items)
                    .map(|item| item.raw_cut),
            );
        let has_counts = counts.all(|count| (0..=MAX_COUNT).contains(&count));
        if !has_counts || !lines.iter().all(is_limited) {
            return None;
        }
        self.items = self.turns.iter().map(|turn| turn.items.len()).sum();
        self.ended_bytes = self.turns.iter_mut().map(Turn::size).sum();
        if let Some(current) = &mut self.current {
            let turn = self.turns.last_mut().filter(|turn| current.is_of(turn))?;
            current.bytes = turn.size();
            self.ended_bytes -= current.bytes;
        }
        Some(self)
    }
}

/// Why a transcript cannot be restored.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum RestoreError {
    /// The bytes are not a snapshot, or the snapshot is damaged.
    Malformed,
    /// The snapshot has a format that this version of the library does not read.
    Version(u32),
}

impl fmt::Display for RestoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed => f.write_str("the bytes are not a snapshot of a transcript"),
            Self::Version(version) => write!(
                f,
                "the snapshot has format version {version}; this version of the library reads version {VERSION}"
            ),
        }
    }
}

impl std::error::Error for RestoreError {}

impl Transcript {
    /// Returns everything as bytes: the turns, half-read lines, limits, and the cursor. [`restore`](Self::restore)
    /// reads them, except in a version of the library with another snapshot format.
    ///
    /// Store the bytes as one value. A program that is killed at any time then continues from the last stored value: it
    /// restores the transcript, and follows the session with a stream whose `since` is the
    /// [`cursor`](Self::cursor) of the transcript.
    ///
    /// # Panics
    ///
    /// Does not panic: the bytes are JSON, which can represent all parts.
    pub fn snapshot(&self) -> Vec<u8> {
        let written = Written {
            version: VERSION,
            state: &self.state,
        };
        serde_json::to_vec(&written).expect("all keys are strings")
    }

    /// Returns the transcript of a snapshot.
    ///
    /// # Errors
    ///
    /// Fails with [`RestoreError::Malformed`] if the bytes are not a snapshot, or the snapshot is damaged, and with
    /// [`RestoreError::Version`] if they have a snapshot format that this version of the library does not read. A
    /// program then starts with a new transcript and reads the session again.
    ///
    /// # Examples
    ///
    /// ```
    /// use aod_transcript::Transcript;
    ///
    /// let mut transcript = Transcript::for_runtime("codex");
    /// transcript.feed("{\"type\":\"item.completed\",\"item\":{\"type\":\"agent_me");
    /// let bytes = transcript.snapshot();
    ///
    /// let mut transcript = Transcript::restore(&bytes)?;
    /// transcript.feed("ssage\",\"text\":\"Done.\"}}\n");
    /// assert_eq!(transcript.final_text(), Some("Done."));
    /// # Ok::<(), aod_transcript::RestoreError>(())
    /// ```
    pub fn restore(bytes: &[u8]) -> Result<Self, RestoreError> {
        let malformed = |_| RestoreError::Malformed;
        let Version { version } = serde_json::from_slice(bytes).map_err(malformed)?;
        if version != VERSION {
            return Err(RestoreError::Version(version));
        }
        let Read { state } = serde_json::from_slice(bytes).map_err(malformed)?;
        let state = state.completed().ok_or(RestoreError::Malformed)?;
        Ok(Self { state })
    }
}
