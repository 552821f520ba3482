//! The changes of a transcript.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::serialization::millis;
use crate::{AgentInfo, Item, Outcome, Usage};

/// One change of a [`Transcript`](crate::Transcript). In JSON, the variant is the field `type`.
///
/// Applied in order to a copy, the changes give the same turns, except that an item whose text grows gets its `raw` and
/// `events` only with the next [`ItemUpdated`](Self::ItemUpdated).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Change {
    /// The runtime reported something about itself.
    AgentUpdated {
        /// Everything that is known now.
        agent: AgentInfo,
    },
    /// A turn started, or continues after its end.
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
    /// An item changed, other than by a text that grew.
    ItemUpdated {
        /// The number of the turn.
        turn: i64,
        /// The item as it is now.
        item: Item,
    },
    /// The text of an item grew. A screen appends the text without comparing anything.
    TextAppended {
        /// The number of the turn.
        turn: i64,
        /// The id of the item.
        item_id: String,
        /// What follows the text of before.
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
}
