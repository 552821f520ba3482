//! The limits of a transcript.

use serde::{Deserialize, Serialize};

/// The limits of a [`Transcript`](crate::Transcript). Items say what was cut, and turns count the items that were
/// dropped. All sizes are in bytes of UTF-8.
///
/// # Examples
///
/// ```
/// use aod_transcript::{Limits, Transcript};
///
/// let limits = Limits::new().text(2000).items(500);
/// let mut transcript = Transcript::for_runtime("generic").with_limits(limits);
/// transcript.feed(&"long ".repeat(1000));
/// transcript.finish();
/// assert!(transcript.turns()[0].items[0].is_truncated);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[must_use]
pub struct Limits {
    pub(crate) line: usize,
    pub(crate) text: usize,
    pub(crate) raw: usize,
    pub(crate) items: usize,
    pub(crate) bytes: usize,
}

const KIB: usize = 1024;
const MIB: usize = 1024 * KIB;

impl Default for Limits {
    fn default() -> Self {
        Self {
            line: 16 * MIB,
            text: MIB,
            raw: 64 * KIB,
            items: 100_000,
            bytes: 256 * MIB,
        }
    }
}

impl Limits {
    /// Creates the default limits.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the size limit of a line of output, in bytes. A longer line is not read as an event: it becomes an
    /// [`ItemKind::Text`] with its first part. Default 16 MiB.
    ///
    /// [`ItemKind::Text`]: crate::ItemKind::Text
    pub fn line(mut self, bytes: usize) -> Self {
        self.line = bytes;
        self
    }

    /// Sets the size limit of each text of an item, in bytes: of a message, a command, a result, the arguments. It is
    /// also that of the list of tools of the agent, and of the reason of a failed turn. Default 1 MiB.
    pub fn text(mut self, bytes: usize) -> Self {
        self.text = bytes;
        self
    }

    /// Sets how much of the output an item keeps in [`Item::raw`](crate::Item::raw), in bytes. Default 64 KiB.
    pub fn raw(mut self, bytes: usize) -> Self {
        self.raw = bytes;
        self
    }

    /// Sets how many items the transcript keeps. When it has more, the oldest items are dropped until seven eighths of
    /// this number are left. Default 100,000.
    pub fn items(mut self, count: usize) -> Self {
        self.items = count;
        self
    }

    /// Sets the size limit of all items together, in bytes of memory. When they exceed it, the oldest items are dropped
    /// until the others take up at most seven eighths of the limit. Default 256 MiB.
    pub fn bytes(mut self, bytes: usize) -> Self {
        self.bytes = bytes;
        self
    }
}
