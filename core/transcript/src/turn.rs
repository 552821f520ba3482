//! The turns of a transcript, and how they end.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::serialization::millis;
use crate::{Item, ItemKind, NoticeLevel, Role, Usage};

/// One turn of a session: a prompt, and what the agent printed while it worked on it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Turn {
    /// The number of the turn, from 1.
    pub number: i64,
    /// The items, in the order in which the agent printed them.
    pub items: Vec<Item>,
    /// The number of earlier items that were dropped because of [`Limits::items`](crate::Limits::items) or
    /// [`Limits::bytes`](crate::Limits::bytes).
    pub dropped_items: i64,
    /// How the turn ended. `None` until the end of the turn has been read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// The tokens and the cost of the turn. `None` until the turn has ended, or if the runtime reports no usage.
    ///
    /// Codex reports cumulative usage. If the transcript starts at a later turn, for example because the stream was
    /// opened with `since`, the first turn that reports usage has no `usage`, because the cumulative number includes
    /// earlier turns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<Usage>,
    /// How long the agent worked, if the runtime reports it. In JSON, `duration_ms`.
    #[serde(
        default,
        with = "millis",
        rename = "duration_ms",
        skip_serializing_if = "Option::is_none"
    )]
    pub duration: Option<Duration>,
}

impl Turn {
    /// Creates a turn without items.
    pub fn new(number: i64) -> Self {
        Self {
            number,
            items: Vec::new(),
            dropped_items: 0,
            outcome: None,
            usage: None,
            duration: None,
        }
    }

    /// Returns the last message of the agent itself, not of a subagent. `None` before the agent has written a message.
    pub fn final_text(&self) -> Option<&str> {
        self.items.iter().rev().find_map(|item| match &item.kind {
            ItemKind::Message {
                role: Role::Agent,
                text,
            } if item.parent.is_none() && !text.trim().is_empty() => Some(text.as_str()),
            _ => None,
        })
    }

    /// The size that counts for [`Limits::bytes`](crate::Limits::bytes).
    pub(crate) fn size(&mut self) -> usize {
        self.items.iter_mut().map(Item::size).sum()
    }

    /// Returns whether the turn has ended, and used tokens that are not known.
    pub(crate) fn lacks_usage(&self) -> bool {
        // A turn can also fail before the agent starts.
        let has_run = !matches!(self.outcome, None | Some(Outcome::Failed { .. }));
        has_run && self.usage.is_none() && (!self.items.is_empty() || self.dropped_items > 0)
    }

    /// Returns the text of the last error, unless the agent has written a message or used a tool after it.
    pub(crate) fn last_error(&self) -> Option<&str> {
        let items = self.items.iter().rev().filter(|item| item.parent.is_none());
        let mut decisive = items.filter_map(|item| match &item.kind {
            ItemKind::Notice { level, text } => {
                (*level == NoticeLevel::Error).then_some(Some(text.as_str()))
            }
            ItemKind::Message { role, .. } => (*role == Role::Agent).then_some(None),
            ItemKind::ToolCall(_) => Some(None),
            _ => None,
        });
        decisive.next().flatten()
    }
}

/// How a turn ended, derived from the last event of the runtime and the terminal event of the session. In JSON, the
/// variant is the field `type`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Outcome {
    /// The agent finished its work.
    Success,
    /// The turn failed.
    Failed {
        /// The reason; empty if it is not known.
        reason: String,
    },
    /// The agent reached its limit of model calls in a turn.
    MaxTurns,
    /// The turn was interrupted, or the session was terminated before the runtime reported how the turn ended.
    Interrupted,
    /// Neither the output nor an event of the session says how the turn ended.
    Unknown,
}
