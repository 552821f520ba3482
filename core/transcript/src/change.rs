//! The changes of a transcript.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::serialization::millis;
use crate::{AgentInfo, Item, Outcome, Usage};

/// One change of a [`Transcript`](crate::Transcript). In JSON, the variant is the field `type`.
///
/// A program that applies all changes in order to its own copy of the turns keeps the copy equal to them, with one
/// exception: [`TextAppended`](Self::TextAppended) changes the text only. The `raw`, `raw_cut`, `events` and
/// `is_truncated` of the item are updated by its next [`ItemUpdated`](Self::ItemUpdated), if another event changes the
/// item.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Change {
    /// More is known about the agent: its runtime was selected, or the runtime reported something about itself.
    AgentUpdated {
        /// Everything that is known now.
        agent: AgentInfo,
    },
    /// A turn started. If the number is that of the last turn, that turn continues after its end.
    TurnStarted {
        /// The number of the turn.
        turn: i64,
    },
    /// An item was added to the end of a turn.
    ItemAdded {
        /// The number of the turn.
        turn: i64,
        /// The item.
        item: Item,
    },
    /// An item changed. Text that is appended to an item is a [`TextAppended`](Self::TextAppended) instead.
    ItemUpdated {
        /// The number of the turn.
        turn: i64,
        /// The item as it is now.
        item: Item,
    },
    /// The text of an item grew.
    TextAppended {
        /// The number of the turn.
        turn: i64,
        /// The id of the item.
        item_id: String,
        /// The text to append to that of the item.
        text: String,
    },
    /// The oldest items of a turn were dropped, because of [`Limits::items`](crate::Limits::items) or
    /// [`Limits::bytes`](crate::Limits::bytes).
    ItemsDropped {
        /// The number of the turn.
        turn: i64,
        /// The number of items that were dropped from the front of the turn.
        count: i64,
    },
    /// A turn ended.
    TurnEnded {
        /// The number of the turn.
        turn: i64,
        /// How it ended.
        outcome: Outcome,
        /// Its tokens and cost, if known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        usage: Option<Usage>,
        /// How long the agent worked, if known. In JSON, `duration_ms`.
        #[serde(
            default,
            with = "millis",
            rename = "duration_ms",
            skip_serializing_if = "Option::is_none"
        )]
        duration: Option<Duration>,
    },
    /// The ids of the session's events start again at a lower number, for example because the server's database was
    /// restored. All turns were discarded; the changes that follow make the turns of the new history.
    HistoryReset,
}
