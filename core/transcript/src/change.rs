//! The changes of a transcript.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::recorder::Position;
use crate::serialization::millis;
use crate::{AgentInfo, Item, Outcome, Usage};

/// One change of a [`Transcript`](crate::Transcript). In JSON, the variant is the field `type`.
///
/// A program that applies all changes in order to its own copy of the turns keeps the copy equal to them, with one
/// exception: [`TextAppended`](Self::TextAppended) changes the text only. The `raw`, `raw_cut`, `events` and
/// `is_truncated` of the item are updated by its next [`ItemUpdated`](Self::ItemUpdated), if another event changes the
/// item.
///
/// One call returns at most one [`ItemUpdated`](Self::ItemUpdated) per item and at most one
/// [`AgentUpdated`](Self::AgentUpdated); each has the final state.
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

/// The changes of one call, while they are made.
///
/// An update is a copy of the whole, which can be much larger than the line that causes it. So only the last one of an
/// item is made, at the end.
#[derive(Default)]
pub(crate) struct Changes {
    /// The changes without the updates.
    list: Vec<Change>,
    /// The place of the last update of each item and of the agent: the numbers of other changes, and of updates, before
    /// it.
    updates: BTreeMap<Updated, (usize, usize)>,
    update_count: usize,
}

/// What an update is a copy of.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Updated {
    Agent,
    /// The item at a position of the turn with a number.
    Item(i64, Position),
}

impl Changes {
    pub(crate) fn push(&mut self, change: Change) {
        self.list.push(change);
    }

    pub(crate) fn update(&mut self, updated: Updated) {
        let place = (self.list.len(), self.update_count);
        self.updates.insert(updated, place);
        self.update_count += 1;
    }

    /// Records that all items are discarded.
    pub(crate) fn reset(&mut self) {
        self.updates
            .retain(|updated, _| matches!(updated, Updated::Agent));
        self.list.push(Change::HistoryReset);
    }

    /// Returns whether an update is to be made, which contains what changes until then.
    pub(crate) fn has_update(&self, updated: &Updated) -> bool {
        self.updates.contains_key(updated)
    }

    /// Makes the updates, except those of dropped items, and returns all changes in order.
    pub(crate) fn complete(self, mut make: impl FnMut(Updated) -> Option<Change>) -> Vec<Change> {
        if self.updates.is_empty() {
            return self.list;
        }
        let mut updates: Vec<_> = self.updates.into_iter().collect();
        updates.sort_unstable_by_key(|(_, place)| *place);
        let mut changes = Vec::with_capacity(self.list.len() + updates.len());
        let mut list = self.list.into_iter();
        let mut taken = 0;
        for (updated, (before, _)) in updates {
            changes.extend(list.by_ref().take(before - taken));
            taken = before;
            changes.extend(make(updated));
        }
        changes.extend(list);
        changes
    }
}
