//! Batches of events for Kotlin and Swift.

use std::task::{Context, Poll};

use aod::models::event::{OutputEvent, OutputStream, StreamEvent};
use aod_bridge::prefetch::Batch;
use futures::StreamExt as _;

// Events are passed as records, not as JSON: the JVM reads a record of 120 bytes in 0.6 µs and parses its JSON in 5.2
// µs. Output, which is nearly all of a stream, is passed without what its events have in common.

/// Successive events of a stream.
///
/// A stream with the cursor after an event as its `since` continues after that event.
#[derive(Debug, PartialEq, uniffi::Enum)]
pub enum EventRun {
    /// `output` events without unknown fields that differ in their ID and text only. The cursor after each is its ID.
    Output {
        /// The channel.
        stream: OutputStream,
        /// The number of the turn.
        turn: Option<i64>,
        /// The ID of each event.
        ids: Vec<i64>,
        /// The text of each event.
        texts: Vec<String>,
    },
    /// Any events.
    Other {
        /// The events.
        events: Vec<StreamEvent>,
        /// The cursor after each event. Until an event has an ID, it is the `since` of the stream, or absent.
        cursors: Vec<Option<i64>>,
    },
}

/// A batch of events with the cursor after each of them.
#[derive(Default)]
pub(super) struct EventBatch {
    pub(super) events: Vec<StreamEvent>,
    cursors: Vec<Option<i64>>,
}

impl EventBatch {
    /// Returns the cursor after the last event.
    pub(super) fn cursor(&self) -> Option<i64> {
        self.cursors.last().copied().flatten()
    }

    /// Returns the events in runs.
    pub(super) fn into_runs(self) -> Vec<EventRun> {
        let mut runs = Vec::new();
        for (event, cursor) in self.events.into_iter().zip(self.cursors) {
            match event {
                StreamEvent::Output(OutputEvent {
                    id: Some(id),
                    stream,
                    data,
                    turn,
                    extra,
                }) if cursor == Some(id) && extra.is_empty() => {
                    add_output(&mut runs, id, stream, data, turn);
                }
                event => add(&mut runs, event, cursor),
            }
        }
        runs
    }
}

/// Adds an `output` event to the last run, if it continues it, or to a new one.
fn add_output(
    runs: &mut Vec<EventRun>,
    id: i64,
    stream: OutputStream,
    data: String,
    turn: Option<i64>,
) {
    match runs.last_mut() {
        Some(EventRun::Output {
            stream: continued,
            turn: continued_turn,
            ids,
            texts,
        }) if *continued == stream && *continued_turn == turn => {
            ids.push(id);
            texts.push(data);
        }
        _ => runs.push(EventRun::Output {
            stream,
            turn,
            ids: vec![id],
            texts: vec![data],
        }),
    }
}

/// Adds an event to the last run, if that is of any events, or to a new one.
fn add(runs: &mut Vec<EventRun>, event: StreamEvent, cursor: Option<i64>) {
    match runs.last_mut() {
        Some(EventRun::Other { events, cursors }) => {
            events.push(event);
            cursors.push(cursor);
        }
        _ => runs.push(EventRun::Other {
            events: vec![event],
            cursors: vec![cursor],
        }),
    }
}

impl Batch for EventBatch {
    type Event<'e> = (StreamEvent, Option<i64>);

    fn poll_next<T>(
        events: &mut aod::EventStream,
        context: &mut Context<'_>,
        mut take: impl FnMut(Self::Event<'_>) -> T,
    ) -> Poll<Option<aod::Result<T>>> {
        let polled = events.poll_next_unpin(context);
        polled.map_ok(|event| take((event, events.cursor())))
    }

    fn push(&mut self, (event, cursor): Self::Event<'_>) -> usize {
        let size = size(&event);
        self.events.push(event);
        self.cursors.push(cursor);
        size
    }

    fn append(&mut self, mut later: Self) {
        self.events.append(&mut later.events);
        self.cursors.append(&mut later.cursors);
    }
}

/// Returns the approximate size of an event in bytes.
fn size(event: &StreamEvent) -> usize {
    let (text, extra) = match event {
        StreamEvent::Start(event) => (0, &event.extra),
        StreamEvent::Stage(event) => (
            event.stage.as_str().len() + length(&event.message),
            &event.extra,
        ),
        StreamEvent::TurnStart(event) => (0, &event.extra),
        StreamEvent::Output(event) => (event.data.len(), &event.extra),
        StreamEvent::Exit(event) => (0, &event.extra),
        StreamEvent::Error(event) => (length(&event.message), &event.extra),
        StreamEvent::Terminated(event) => (length(&event.message), &event.extra),
        StreamEvent::Stale(event) => (length(&event.message), &event.extra),
        StreamEvent::Unknown(event) => return event.raw.len(),
    };
    let extra = extra
        .iter()
        .map(|(name, value)| name.len() + value.to_string().len());
    text + extra.sum::<usize>()
}

#[expect(clippy::ref_option, reason = "called with a field of an event")]
fn length(text: &Option<String>) -> usize {
    text.as_ref().map_or(0, String::len)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn output(id: i64, text: &str) -> StreamEvent {
        event(&json!({"type": "output", "id": id, "stream": "stdout", "data": text, "turn": 1}))
    }

    fn event(json: &serde_json::Value) -> StreamEvent {
        StreamEvent::from_json(&json.to_string())
    }

    fn runs(events: &[(StreamEvent, Option<i64>)]) -> Vec<EventRun> {
        let mut batch = EventBatch::default();
        for event in events {
            batch.push(event.clone());
        }
        batch.into_runs()
    }

    fn texts(run: &EventRun) -> &[String] {
        match run {
            EventRun::Output { texts, .. } => texts,
            EventRun::Other { .. } => &[],
        }
    }

    #[test]
    fn output_that_differs_in_its_text_is_a_run() {
        let run = EventRun::Output {
            stream: OutputStream::Stdout,
            turn: Some(1),
            ids: vec![3, 7],
            texts: vec!["a".to_owned(), "b".to_owned()],
        };
        assert_eq!(
            runs(&[(output(3, "a"), Some(3)), (output(7, "b"), Some(7))]),
            [run]
        );
    }

    #[test]
    fn output_of_another_channel_or_turn_is_another_run() {
        let stderr = json!({"type": "output", "id": 2, "stream": "stderr", "data": "b", "turn": 1});
        let turn = json!({"type": "output", "id": 3, "stream": "stderr", "data": "c", "turn": 2});
        let runs = runs(&[
            (output(1, "a"), Some(1)),
            (event(&stderr), Some(2)),
            (event(&turn), Some(3)),
        ]);
        assert_eq!(
            runs.iter().map(texts).collect::<Vec<_>>(),
            [["a"], ["b"], ["c"]]
        );
    }

    #[test]
    fn an_event_that_a_run_of_output_cannot_describe_is_passed_whole() {
        let whole = [
            (
                event(&json!({"type": "turn_start", "id": 1, "turn": 1})),
                None,
            ),
            (
                event(&json!({"type": "output", "stream": "stdout", "data": "", "turn": 1})),
                Some(1),
            ),
            (
                event(
                    &json!({"type": "output", "id": 2, "stream": "stdout", "data": "", "turn": 1, "x": 1}),
                ),
                Some(2),
            ),
            (output(3, ""), Some(5)),
        ];
        let (events, cursors) = whole.iter().cloned().unzip();
        assert_eq!(runs(&whole), [EventRun::Other { events, cursors }]);
    }

    #[test]
    fn runs_keep_the_order_of_the_events() {
        let end = event(&json!({"type": "exit", "id": 2, "code": 0}));
        let all = runs(&[
            (output(1, "a"), Some(1)),
            (end.clone(), Some(2)),
            (output(3, "b"), Some(3)),
        ]);
        assert_eq!(texts(&all[0]), ["a"]);
        let exit = EventRun::Other {
            events: vec![end],
            cursors: vec![Some(2)],
        };
        assert_eq!(all[1], exit);
        assert_eq!(texts(&all[2]), ["b"]);
    }
}
