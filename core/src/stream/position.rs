//! The position of a stream in the log of its session: what was delivered, and where the next connection starts.

use super::history::{History, hash};
use crate::models::event::{StageName, StageState, StreamEvent, TurnStartEvent};

/// Whether an event was delivered before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dedup {
    New,
    /// New, but not after everything that was delivered: it does not count as progress.
    Unordered,
    /// Not known: the event is delivered, but does not count as progress.
    Unknown,
    Duplicate,
    /// New, although its id is not above that of the last row: the history of the server is another one from here on.
    Reset,
}

/// Distinguishes new events from repeated ones, regardless of what a server repeats.
///
/// The server's log consists of rows with ascending ids. Each connection sends the rows after its cursor, and between
/// them events that are not in the log: `start`, `turn_start` and the terminal event. A `turn_start` has the id of the
/// output row that *follows* it, so it never advances the cursor: resuming after it would lose that output. An event of
/// an unknown type may be of either kind, so it advances the cursor only once an event with a higher id has arrived.
#[derive(Debug, Default)]
pub(super) struct Position {
    /// The id after which the next connection starts.
    cursor: Option<i64>,
    /// All rows up to this id have been delivered.
    delivered: Option<i64>,
    /// The id of an unknown event that was not followed by a higher id yet.
    unconfirmed: Option<i64>,
    /// The highest id of an unknown event.
    latest_unknown: Option<i64>,
    /// The delivered rows and events of unknown types.
    history: History,
    started: bool,
    turn: Option<i64>,
    /// The latest event, if it is a `turn_start` that was taken for a repeat.
    dropped_turn: Option<TurnStartEvent>,
    /// The last `id:` line.
    last_line: Option<i64>,
}

impl Position {
    pub(super) fn after(cursor: Option<i64>) -> Self {
        Self {
            cursor,
            delivered: cursor,
            history: History::after(cursor),
            last_line: cursor,
            ..Self::default()
        }
    }

    /// Returns whether an event shows that the turn whose events were delivered last has ended. That is the start of a
    /// later turn, or the stage in which an agent starts: the server sends one for each turn, before its output.
    pub(super) fn is_start_of_later_turn(&self, event: &StreamEvent) -> bool {
        let Some(latest) = self.turn else {
            return false;
        };
        match event {
            StreamEvent::Stage(stage) => {
                let is_start = stage.stage == StageName::RuntimeStart;
                is_start && stage.state == StageState::Started && stage.id > self.delivered
            }
            event => event.starts_turn_after(latest),
        }
    }

    /// Returns whether the events of this turn were delivered last.
    pub(super) fn is_in_turn(&self, turn: i64) -> bool {
        self.turn == Some(turn)
    }

    /// Returns the cursor to resume from.
    pub(super) fn cursor(&self) -> Option<i64> {
        self.cursor
    }

    /// Returns the cursor for the next connection, given the last event id of the SSE layer: a block with only an id
    /// advances it without an event, and an empty id resets it.
    pub(super) fn resume_after(&mut self, last_event_id: &str) -> Option<i64> {
        match last_event_id.parse() {
            Ok(id) if self.last_line != Some(id) && self.cursor < Some(id) => {
                self.cursor = Some(id);
            }
            Err(_) if last_event_id.is_empty() && self.last_line.is_some() => self.cursor = None,
            _ => {}
        }
        self.cursor
    }

    /// Records an event with its text and the id of its `id:` line, and returns whether it is new.
    pub(super) fn record(&mut self, event: &StreamEvent, line: Option<i64>, text: &str) -> Dedup {
        let id = self.arrive(event.id(), line);
        match event {
            StreamEvent::Stage(_) | StreamEvent::Output(_) => {
                self.record_row(id, line, text, event.turn())
            }
            StreamEvent::TurnStart(event) => {
                let dedup = self.record_turn(id, event.turn);
                self.dropped_turn = (dedup == Dedup::Duplicate).then(|| event.clone());
                dedup
            }
            StreamEvent::Start(_) if std::mem::replace(&mut self.started, true) => Dedup::Duplicate,
            StreamEvent::Unknown(_) => self.record_unknown(id, line, text),
            _ => Dedup::New,
        }
    }

    /// Records an `output` event.
    pub(super) fn record_output(
        &mut self,
        id: Option<i64>,
        line: Option<i64>,
        text: &str,
        turn: Option<i64>,
    ) -> Dedup {
        let id = self.arrive(id, line);
        self.record_row(id, line, text, turn)
    }

    /// Takes the latest event, if it is a `turn_start` that was taken for a repeat. It is new if the row after it is a
    /// [`Reset`](Dedup::Reset).
    pub(super) fn take_dropped_turn(&mut self) -> Option<TurnStartEvent> {
        self.dropped_turn.take()
    }

    pub(super) fn has_dropped_turn(&self) -> bool {
        self.dropped_turn.is_some()
    }

    /// Sets the cursor, and returns the previous one.
    pub(super) fn replace_cursor(&mut self, cursor: Option<i64>) -> Option<i64> {
        std::mem::replace(&mut self.cursor, cursor)
    }

    /// Records that an event has arrived, and returns its id, which confirms all lower ids.
    fn arrive(&mut self, id: Option<i64>, line: Option<i64>) -> Option<i64> {
        self.last_line = line.or(self.last_line);
        let id = id.or(line);
        if let Some(below) = self.unconfirmed.filter(|below| Some(*below) < id) {
            self.unconfirmed = None;
            self.delivered = self.delivered.max(Some(below));
            self.cursor = self.cursor.max(Some(below));
        }
        id
    }

    fn record_turn(&mut self, id: Option<i64>, turn: Option<i64>) -> Dedup {
        let is_repeat = match (id, turn) {
            (Some(_), _) if id <= self.delivered => true,
            (_, None) => return Dedup::Unknown,
            (Some(_), _) => turn == self.turn,
            // Only its number distinguishes it from the start of an earlier turn.
            (None, _) => turn <= self.turn,
        };
        if is_repeat {
            return Dedup::Duplicate;
        }
        self.turn = turn;
        Dedup::New
    }

    fn record_row(
        &mut self,
        id: Option<i64>,
        line: Option<i64>,
        text: &str,
        turn: Option<i64>,
    ) -> Dedup {
        let Some(id) = id else {
            // Nothing distinguishes it from a repeat.
            return Dedup::Unknown;
        };
        let row = (id, hash(text));
        let dedup = if Some(id) > self.delivered {
            self.cursor = line.or(self.cursor);
            if self.history.is_superseded(row) {
                Dedup::Duplicate
            } else {
                Dedup::New
            }
        } else if self.history.is_repeat(row) {
            return Dedup::Duplicate;
        } else {
            self.history.diverge(id);
            self.cursor = line;
            self.unconfirmed = None;
            self.latest_unknown = None;
            self.turn = turn;
            Dedup::Reset
        };
        self.delivered = Some(id);
        self.history.push(row);
        dedup
    }

    fn record_unknown(&mut self, id: Option<i64>, line: Option<i64>, text: &str) -> Dedup {
        let Some(id) = id else {
            return Dedup::Unknown;
        };
        let row = (id, hash(text));
        if Some(id) < self.delivered {
            if self.history.is_repeat(row) {
                return Dedup::Duplicate;
            }
            self.history.push(row);
            // It may be an event about an earlier row.
            return Dedup::Unknown;
        }
        if self.history.contains(row) {
            return Dedup::Duplicate;
        }
        self.history.push(row);
        if Some(id) > self.delivered {
            self.unconfirmed = line;
        }
        if Some(id) > self.delivered.max(self.latest_unknown) {
            self.latest_unknown = Some(id);
            Dedup::New
        } else {
            Dedup::Unordered
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Records events with their `id:` lines, and returns the type and id of those that are not duplicates.
    fn feed(position: &mut Position, events: &[(&str, Option<i64>)]) -> Vec<String> {
        events
            .iter()
            .map(|(json, line)| (json, StreamEvent::from_json(json), *line))
            .filter(|(json, event, line)| position.record(event, *line, json) != Dedup::Duplicate)
            .map(|(_, event, _)| {
                format!("{} {}", event.event_type(), event.id().unwrap_or_default())
            })
            .collect()
    }

    fn start() -> (&'static str, Option<i64>) {
        (r#"{"type":"start"}"#, None)
    }

    fn turn(id: i64, turn: i64, line: bool) -> (String, Option<i64>) {
        (
            format!(r#"{{"type":"turn_start","id":{id},"turn":{turn}}}"#),
            line.then_some(id),
        )
    }

    fn output(id: i64, turn: i64) -> (String, Option<i64>) {
        (
            format!(
                r#"{{"type":"output","id":{id},"stream":"stdout","data":"{id}","turn":{turn}}}"#
            ),
            Some(id),
        )
    }

    fn strs(events: &[(String, Option<i64>)]) -> Vec<(&str, Option<i64>)> {
        events
            .iter()
            .map(|(json, line)| (json.as_str(), *line))
            .collect()
    }

    #[test]
    fn a_turn_start_never_advances_the_cursor() {
        let mut position = Position::after(None);
        feed(&mut position, &strs(&[output(3, 1), turn(7, 2, true)]));
        assert_eq!(position.cursor(), Some(3));
        assert_eq!(position.resume_after("7"), Some(3));
        assert_eq!(
            feed(&mut position, &strs(&[turn(7, 2, true), output(7, 2)])),
            ["output 7"]
        );
        assert_eq!(position.cursor(), Some(7));
    }

    #[test]
    fn a_turn_start_is_delivered_once_across_reconnects() {
        let mut position = Position::after(None);
        assert_eq!(
            feed(&mut position, &strs(&[turn(4, 1, false), output(4, 1)])),
            ["turn_start 4", "output 4"]
        );
        assert_eq!(
            feed(&mut position, &strs(&[turn(5, 1, false), output(5, 1)])),
            ["output 5"]
        );
        assert_eq!(
            feed(&mut position, &strs(&[turn(6, 2, false), output(6, 2)])),
            ["turn_start 6", "output 6"]
        );
    }

    #[test]
    fn a_turn_start_without_a_number_is_delivered_until_its_output_arrives() {
        let mut position = Position::after(None);
        let unnumbered = (r#"{"type":"turn_start","id":4}"#, None);
        assert_eq!(feed(&mut position, &[unnumbered]), ["turn_start 4"]);
        feed(&mut position, &strs(&[output(4, 1)]));
        assert!(feed(&mut position, &[unnumbered]).is_empty());
    }

    #[test]
    fn a_replayed_turn_start_without_an_id_is_delivered_once() {
        let mut position = Position::after(None);
        let unidentified = |turn: i64| (format!(r#"{{"type":"turn_start","turn":{turn}}}"#), None);
        let log = [
            unidentified(1),
            output(4, 1),
            unidentified(2),
            output(7, 2),
            unidentified(3),
        ];
        assert_eq!(feed(&mut position, &strs(&log)).len(), log.len());
        assert!(feed(&mut position, &strs(&log)).is_empty());
        assert_eq!(feed(&mut position, &strs(&[output(8, 3)])), ["output 8"]);
    }

    #[test]
    fn unknown_events_that_share_an_id_are_each_delivered_once() {
        let mut position = Position::after(None);
        let log: Vec<_> = (0..300)
            .map(|number| (format!(r#"{{"type":"tool","id":5,"n":{number}}}"#), Some(5)))
            .collect();
        for row_is_delivered in [false, true] {
            let expected = if row_is_delivered { 0 } else { log.len() };
            assert_eq!(feed(&mut position, &strs(&log)).len(), expected);
            assert!(feed(&mut position, &strs(&log)).is_empty(), "a replay");
            feed(&mut position, &strs(&[output(5, 1)]));
        }
        feed(&mut position, &strs(&[output(9, 1)]));
        assert!(feed(&mut position, &strs(&log)).is_empty(), "a replay");
        let late = (r#"{"type":"tool","id":5,"n":300}"#, Some(5));
        assert_eq!(feed(&mut position, &[late, late]), ["tool 5"]);
        assert_eq!(position.cursor(), Some(9));
    }

    #[test]
    fn a_replay_of_a_history_longer_than_what_is_remembered_yields_nothing() {
        let mut position = Position::after(None);
        let log: Vec<_> = (1..=3000).map(|id| output(id, 1)).collect();
        feed(&mut position, &strs(&log));
        assert!(feed(&mut position, &strs(&log)).is_empty());
        assert_eq!(position.cursor(), Some(3000));
        let mut other = output(1, 1);
        other.0 = other.0.replace("stdout", "stderr");
        assert_eq!(feed(&mut position, &strs(&[other])), ["output 1"]);
        assert_eq!(position.cursor(), Some(1));
    }

    #[test]
    fn rows_up_to_the_initial_cursor_are_repeats_regardless_of_their_contents() {
        let mut position = Position::after(Some(100));
        let log: Vec<_> = (90..=105).map(|id| output(id, 1)).collect();
        assert_eq!(feed(&mut position, &strs(&log)).len(), 5);
        assert!(feed(&mut position, &strs(&log)).is_empty());
    }

    #[test]
    fn a_full_replay_yields_only_new_events() {
        let mut position = Position::after(None);
        let log = [
            turn(4, 1, true),
            output(4, 1),
            turn(7, 2, true),
            output(7, 2),
            output(8, 2),
        ];
        assert_eq!(feed(&mut position, &[start()]).len(), 1);
        feed(&mut position, &strs(&log[..4]));
        assert!(feed(&mut position, &[start()]).is_empty());
        assert_eq!(feed(&mut position, &strs(&log)), ["output 8"]);
    }

    #[test]
    fn the_row_at_the_initial_cursor_is_not_delivered() {
        let mut position = Position::after(Some(4));
        assert_eq!(
            feed(&mut position, &strs(&[output(4, 1), output(5, 1)])),
            ["output 5"]
        );
    }

    #[test]
    fn an_unknown_event_before_its_row_does_not_hide_the_row() {
        let mut position = Position::after(Some(3));
        let unknown = (r#"{"type":"tool","id":5}"#, Some(5));
        assert_eq!(feed(&mut position, &[unknown]), ["tool 5"]);
        assert_eq!(
            position.resume_after("5"),
            Some(3),
            "its row may not have arrived yet"
        );
        assert!(
            feed(&mut position, &[unknown]).is_empty(),
            "repeated after a resume"
        );
        assert_eq!(feed(&mut position, &strs(&[output(5, 1)])), ["output 5"]);
        assert!(feed(&mut position, &[unknown]).is_empty());
        assert_eq!(position.cursor(), Some(5));
    }

    #[test]
    fn an_unknown_event_after_its_row_is_new() {
        let mut position = Position::after(None);
        feed(&mut position, &strs(&[output(5, 1)]));
        assert_eq!(
            feed(&mut position, &[(r#"{"type":"turn_end","id":5}"#, Some(5))]),
            ["turn_end 5"]
        );
        assert_eq!(position.cursor(), Some(5));
    }

    #[test]
    fn unknown_rows_advance_the_cursor_with_a_lag_of_one() {
        let mut position = Position::after(None);
        for id in 1..1000 {
            let json = format!(r#"{{"type":"row","id":{id}}}"#);
            assert_eq!(feed(&mut position, &[(&json, Some(id))]).len(), 1);
        }
        assert_eq!(position.cursor(), Some(998));
    }

    #[test]
    fn events_without_an_id_are_always_new() {
        let mut position = Position::after(Some(9));
        let event = (r#"{"type":"tick"}"#, None);
        assert_eq!(feed(&mut position, &[event, event]).len(), 2);
    }

    #[test]
    fn an_id_only_block_advances_the_cursor_and_an_empty_id_resets_it() {
        let mut position = Position::after(None);
        assert_eq!(position.resume_after(""), None);
        feed(&mut position, &strs(&[output(7, 1)]));
        assert_eq!(position.resume_after("9"), Some(9));
        assert_eq!(position.resume_after(""), None);
        assert!(
            feed(&mut position, &strs(&[output(7, 1)])).is_empty(),
            "delivered rows stay delivered"
        );
    }

    #[test]
    fn a_non_numeric_id_keeps_the_cursor() {
        let mut position = Position::after(Some(7));
        assert_eq!(position.resume_after("abc"), Some(7));
    }
}
