//! Batches of events for Kotlin and Swift.

use std::task::{Context, Poll};

use aod::models::event::{OutputStream, StreamEvent};
use aod::transcript::Event;
use aod::{EventStream, LazyEvent};
use aod_bridge::prefetch::Batch;

// Events are passed as records, not as JSON: the JVM reads a record of 120 bytes in 0.6 µs and parses its JSON in 5.2
// µs. Output, which is nearly all of a stream, is passed without what its events have in common.

/// Successive events of a stream.
///
/// A stream with the cursor after an event as its `since` continues after that event.
#[derive(Debug, PartialEq, uniffi::Enum)]
pub enum EventRun {
    /// `output` events without unknown fields that differ only in their ID and text. The cursor after each is its ID.
    Output {
        /// The channel.
        stream: OutputStream,
        /// The number of the turn.
        turn: Option<i64>,
        /// The ID of each event.
        ids: Vec<i64>,
        /// The texts of all events, one after the other.
        texts: String,
        /// The length of the text of each event, in bytes of UTF-8.
        lengths: Vec<u32>,
        /// The same lengths in UTF-16 code units, for languages that index strings by them; absent if all texts are ASCII.
        utf16_lengths: Option<Vec<u32>>,
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
#[derive(Debug, Default, PartialEq)]
pub(super) struct EventBatch {
    runs: Vec<Run>,
    cursor: Option<i64>,
}

#[derive(Debug, PartialEq)]
enum Run {
    Output(OutputRun),
    Other(Vec<StreamEvent>, Vec<Option<i64>>),
}

#[derive(Debug, PartialEq)]
struct OutputRun {
    stream: OutputStream,
    turn: Option<i64>,
    ids: Vec<i64>,
    texts: String,
    lengths: Vec<u32>,
}

impl EventBatch {
    /// Returns the cursor after the last event.
    pub(super) fn cursor(&self) -> Option<i64> {
        self.cursor
    }

    /// Returns the events, grouped in runs.
    pub(super) fn into_runs(self) -> Vec<EventRun> {
        self.runs.into_iter().map(Into::into).collect()
    }

    /// Calls a function with each event, as the input of a transcript.
    pub(super) fn for_each<'b>(&'b self, mut call: impl FnMut(Event<'b>)) {
        for run in &self.runs {
            match run {
                Run::Output(run) => run.for_each(&mut call),
                Run::Other(events, _) => events.iter().map(Event::from).for_each(&mut call),
            }
        }
    }

    /// Adds a run, merging it into the last one if it continues that run.
    fn add(&mut self, run: Run) {
        match (self.runs.last_mut(), run) {
            (Some(Run::Output(last)), Run::Output(run))
                if last.continues(run.stream.as_str(), run.turn) =>
            {
                last.append(run);
            }
            (Some(Run::Other(events, cursors)), Run::Other(mut later, mut later_cursors)) => {
                events.append(&mut later);
                cursors.append(&mut later_cursors);
            }
            (_, run) => self.runs.push(run),
        }
    }
}

impl OutputRun {
    fn new(stream: &str, turn: Option<i64>) -> Self {
        Self {
            stream: stream.into(),
            turn,
            ids: Vec::new(),
            texts: String::new(),
            lengths: Vec::new(),
        }
    }

    /// Whether output of a channel and a turn belongs to this run.
    fn continues(&self, stream: &str, turn: Option<i64>) -> bool {
        self.stream.as_str() == stream && self.turn == turn
    }

    /// Adds an event whose text `append_text` writes, and returns the length of the text in bytes.
    fn push(&mut self, id: i64, append_text: impl FnOnce(&mut String)) -> usize {
        let start = self.texts.len();
        append_text(&mut self.texts);
        let length = self.texts.len() - start;
        self.ids.push(id);
        // An event is at most 16 MiB long.
        self.lengths.push(u32::try_from(length).unwrap_or(u32::MAX));
        length
    }

    fn append(&mut self, mut later: Self) {
        self.ids.append(&mut later.ids);
        self.texts.push_str(&later.texts);
        self.lengths.append(&mut later.lengths);
    }

    fn for_each<'r>(&'r self, call: &mut impl FnMut(Event<'r>)) {
        for (&id, text) in self.ids.iter().zip(self.texts()) {
            call(Event {
                input: self.stream.input(text),
                cursor: Some(id),
            });
        }
    }

    fn texts(&self) -> impl Iterator<Item = &str> {
        let mut rest = self.texts.as_str();
        self.lengths.iter().map(move |&length| {
            let (text, behind) = rest.split_at(length as usize);
            rest = behind;
            text
        })
    }

    fn utf16_lengths(&self) -> Option<Vec<u32>> {
        // A text has at most as many units as bytes.
        let length = |text: &str| u32::try_from(text.encode_utf16().count()).unwrap_or(u32::MAX);
        (!self.texts.is_ascii()).then(|| self.texts().map(length).collect())
    }
}

impl From<Run> for EventRun {
    fn from(run: Run) -> Self {
        match run {
            Run::Output(run) => Self::Output {
                utf16_lengths: run.utf16_lengths(),
                stream: run.stream,
                turn: run.turn,
                ids: run.ids,
                texts: run.texts,
                lengths: run.lengths,
            },
            Run::Other(events, cursors) => Self::Other { events, cursors },
        }
    }
}

impl Batch for EventBatch {
    type Event<'e> = LazyEvent<'e>;

    fn poll_next<T>(
        events: &mut EventStream,
        context: &mut Context<'_>,
        take: impl FnMut(LazyEvent<'_>) -> T,
    ) -> Poll<Option<aod::Result<T>>> {
        events.poll_lazy(context, take)
    }

    fn push(&mut self, event: LazyEvent<'_>) -> usize {
        self.cursor = event.cursor();
        let has_cursor = |id: Option<i64>| id.filter(|_| id == self.cursor);
        if let Some(output) = event.output()
            && let Some(id) = has_cursor(output.id)
        {
            let append_text = |texts: &mut String| output.push_text(texts);
            let length = match self.runs.last_mut() {
                Some(Run::Output(last)) if last.continues(output.stream, output.turn) => {
                    last.push(id, append_text)
                }
                _ => {
                    let mut run = OutputRun::new(output.stream, output.turn);
                    let length = run.push(id, append_text);
                    self.runs.push(Run::Output(run));
                    length
                }
            };
            return length + output.stream.len();
        }
        let event = event.into_event();
        let size = size(&event);
        self.add(Run::Other(vec![event], vec![self.cursor]));
        size
    }

    fn append(&mut self, later: Self) {
        self.cursor = later.cursor;
        for run in later.runs {
            self.add(run);
        }
    }
}

/// Returns the approximate size of an event in bytes.
fn size(event: &StreamEvent) -> usize {
    let (text, extra) = match event {
        StreamEvent::Start(event) => (
            length(event.runtime.as_ref()) + length(event.provider.as_ref()),
            &event.extra,
        ),
        StreamEvent::Stage(event) => (
            length(Some(&event.stage))
                + length(Some(&event.state))
                + length(event.message.as_ref()),
            &event.extra,
        ),
        StreamEvent::TurnStart(event) => (0, &event.extra),
        StreamEvent::Output(event) => {
            (length(Some(&event.stream)) + event.data.len(), &event.extra)
        }
        StreamEvent::Exit(event) => (0, &event.extra),
        StreamEvent::Error(event) => (length(event.message.as_ref()), &event.extra),
        StreamEvent::Terminated(event) => (length(event.message.as_ref()), &event.extra),
        StreamEvent::Stale(event) => (length(event.message.as_ref()), &event.extra),
        StreamEvent::Unknown(event) => return event.raw.len(),
    };
    let extra = extra
        .iter()
        .map(|(name, value)| name.len() + value.to_string().len());
    text + extra.sum::<usize>()
}

fn length(text: Option<&impl AsRef<str>>) -> usize {
    text.map_or(0, |text| text.as_ref().len())
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::task::Waker;

    use futures::stream;

    use super::*;

    /// Writes an event as the server does.
    fn frame(json: &str) -> String {
        let id = StreamEvent::from_json(json).id();
        let id = id.map_or(String::new(), |id| format!("id: {id}\n"));
        format!("{id}data: {json}\n\n")
    }

    /// Calls a function with each event of a stream, which ends with its body.
    fn read(body: String, mut take: impl FnMut(LazyEvent<'_>)) {
        let mut events = EventStream::new(stream::iter([Ok::<_, io::Error>(body.into())]));
        let mut context = Context::from_waker(Waker::noop());
        while let Poll::Ready(Some(Ok(()))) =
            EventBatch::poll_next(&mut events, &mut context, &mut take)
        {}
    }

    /// Pushes events into one batch, which is the same as appending a batch of each.
    fn batch(events: &[&str]) -> EventBatch {
        let body = || events.iter().map(|json| frame(json)).collect();
        let (mut pushed, mut appended) = (EventBatch::default(), EventBatch::default());
        read(body(), |event| {
            let mut batch = EventBatch::default();
            batch.push(event);
            appended.append(batch);
        });
        read(body(), |event| {
            pushed.push(event);
        });
        assert_eq!(appended, pushed);
        pushed
    }

    fn texts(run: &EventRun) -> &str {
        match run {
            EventRun::Output { texts, .. } => texts,
            EventRun::Other { .. } => "",
        }
    }

    const FIRST: &str =
        r#"{"type": "output", "id": 3, "stream": "stdout", "data": "a", "turn": 1}"#;
    const SECOND: &str =
        r#"{"type": "output", "id": 7, "stream": "stdout", "data": "\u20ac\n", "turn": 1}"#;
    const EXIT: &str = r#"{"type": "exit", "id": 9, "code": 0}"#;

    #[test]
    fn output_that_differs_in_its_text_is_a_run() {
        let run = EventRun::Output {
            stream: OutputStream::Stdout,
            turn: Some(1),
            ids: vec![3, 7],
            texts: "a\u{20ac}\n".into(),
            lengths: vec![1, 4],
            utf16_lengths: Some(vec![1, 2]),
        };
        let batch = batch(&[FIRST, SECOND]);
        assert_eq!(batch.cursor(), Some(7));
        assert_eq!(batch.into_runs(), [run]);
    }

    #[test]
    fn the_lengths_of_ascii_are_passed_once() {
        let runs = batch(&[FIRST]).into_runs();
        assert!(matches!(
            &runs[..],
            [EventRun::Output {
                utf16_lengths: None,
                ..
            }]
        ));
    }

    #[test]
    fn output_of_another_channel_or_turn_is_another_run() {
        let runs = batch(&[
            FIRST,
            r#"{"type": "output", "id": 4, "stream": "stderr", "data": "b", "turn": 1}"#,
            r#"{"type": "output", "id": 5, "stream": "stderr", "data": "c", "turn": 2}"#,
            r#"{"type": "output", "id": 6, "stream": "stdin", "data": "d", "turn": 2}"#,
        ])
        .into_runs();
        assert_eq!(
            runs.iter().map(texts).collect::<Vec<_>>(),
            ["a", "b", "c", "d"]
        );
    }

    #[test]
    fn an_event_that_a_run_of_output_cannot_describe_is_passed_whole() {
        let whole = [
            r#"{"type": "turn_start", "id": 1, "turn": 1}"#,
            r#"{"type": "output", "stream": "stdout", "data": "", "turn": 1}"#,
            r#"{"type": "output", "id": null, "stream": "stdout", "data": "", "turn": 1}"#,
            r#"{"type": "output", "id": 2, "stream": "stdout", "data": "", "turn": 1, "x": 1}"#,
            r#"{"type": "news", "id": 3}"#,
            EXIT,
        ];
        let runs = batch(&whole).into_runs();
        let events = whole
            .iter()
            .map(|json| StreamEvent::from_json(json))
            .collect();
        let cursors = vec![None, None, None, Some(2), Some(2), Some(3)];
        assert_eq!(runs, [EventRun::Other { events, cursors }]);
    }

    #[test]
    fn output_with_another_cursor_than_its_id_is_passed_whole() {
        let body = format!(
            "{}data: {SECOND}\n\nid: 8\ndata: {SECOND}\n\n",
            frame(FIRST)
        );
        let mut batch = EventBatch::default();
        read(body, |event| {
            batch.push(event);
        });
        let runs = batch.into_runs();
        assert_eq!(texts(&runs[0]), "a");
        assert!(matches!(&runs[1..], [EventRun::Other { .. }]), "{runs:?}");
    }

    #[test]
    fn the_size_of_an_event_is_that_of_its_texts() {
        let long = "x".repeat(1_000);
        for json in [
            format!(
                r#"{{"type": "output", "id": 1, "stream": "stdout", "data": "{long}", "turn": 1}}"#
            ),
            format!(r#"{{"type": "output", "id": 1, "stream": "{long}", "data": "", "turn": 1}}"#),
            format!(r#"{{"type": "output", "stream": "{long}", "data": ""}}"#),
            format!(r#"{{"type": "output", "stream": "stdout", "data": "{long}"}}"#),
            format!(r#"{{"type": "output", "stream": "stdout", "data": "", "x": ["{long}"]}}"#),
            format!(r#"{{"type": "start", "runtime": "{long}"}}"#),
            format!(r#"{{"type": "start", "provider": "{long}"}}"#),
            format!(r#"{{"type": "stage", "stage": "{long}", "state": "done"}}"#),
            format!(r#"{{"type": "stage", "stage": "skills", "state": "{long}"}}"#),
            format!(
                r#"{{"type": "stage", "stage": "skills", "state": "done", "message": "{long}"}}"#
            ),
            format!(r#"{{"type": "error", "message": "{long}"}}"#),
            format!(r#"{{"type": "news", "text": "{long}"}}"#),
        ] {
            let mut size = 0;
            read(frame(&json), |event| {
                size += EventBatch::default().push(event);
            });
            assert!((1_000..1_100).contains(&size), "{size}: {json}");
        }
    }

    #[test]
    fn runs_keep_the_order_of_the_events() {
        let news = r#"{"type": "news"}"#;
        let runs = batch(&[FIRST, news, news, SECOND, EXIT]).into_runs();
        assert_eq!(
            runs.iter().map(texts).collect::<Vec<_>>(),
            ["a", "", "\u{20ac}\n", ""]
        );
        assert!(matches!(&runs[1], EventRun::Other { events, .. } if events.len() == 2));
    }

    #[test]
    fn a_transcript_reads_the_same_from_a_run_as_from_the_events() {
        let stderr = r#"{"type": "output", "id": 8, "stream": "stderr", "data": "c", "turn": 1}"#;
        let input = r#"{"type": "output", "id": 9, "stream": "stdin", "data": "d", "turn": 1}"#;
        let all = [
            FIRST,
            SECOND,
            stderr,
            input,
            r#"{"type": "news", "id": 10}"#,
            EXIT,
        ];
        let events: Vec<_> = all
            .iter()
            .map(|json| StreamEvent::from_json(json))
            .collect();
        let batch = batch(&all);
        let mut found = Vec::new();
        batch.for_each(|event| found.push(event));
        assert_eq!(found, events.iter().map(Event::from).collect::<Vec<_>>());
    }
}
