//! The callbacks that observe a turn while it is followed.

use std::fmt;

use aod_transcript::Change;

use crate::models::event::StreamEvent;

type Observe<T> = Box<dyn FnMut(&T) + Send>;

/// The callbacks for the events and changes of one turn.
#[derive(Default)]
pub(super) struct Observers {
    pub(super) on_event: Option<Observe<StreamEvent>>,
    pub(super) on_change: Option<Observe<Change>>,
}

impl Observers {
    /// Passes on an event, unless it is of another turn.
    pub(super) fn event(&mut self, event: &StreamEvent, own_turn: Option<i64>) {
        if let Some(observe) = &mut self.on_event
            && own_turn.is_none_or(|own| is_of_turn(event, own))
        {
            observe(event);
        }
    }

    /// Passes on a change, unless it is of another turn.
    pub(super) fn change(&mut self, change: &Change, own_turn: Option<i64>) {
        if let Some(observe) = &mut self.on_change
            && own_turn.is_none_or(|own| turn_of(change).is_none_or(|turn| turn == own))
        {
            observe(change);
        }
    }
}

fn is_of_turn(event: &StreamEvent, own_turn: i64) -> bool {
    match event.turn() {
        Some(turn) => turn == own_turn,
        // Stages have no turn number. They prepare the sandbox before the first turn.
        None => own_turn == 1 || !matches!(event, StreamEvent::Stage(_)),
    }
}

fn turn_of(change: &Change) -> Option<i64> {
    match change {
        Change::AgentUpdated { .. } | Change::HistoryReset => None,
        Change::TurnStarted { turn }
        | Change::ItemAdded { turn, .. }
        | Change::ItemUpdated { turn, .. }
        | Change::TextAppended { turn, .. }
        | Change::ItemsDropped { turn, .. }
        | Change::TurnEnded { turn, .. } => Some(*turn),
    }
}

impl fmt::Debug for Observers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Observers")
            .field("on_event", &self.on_event.is_some())
            .field("on_change", &self.on_change.is_some())
            .finish()
    }
}
