//! Events as JSON text, for callers with their own models.

use std::task::{Context, Poll};

use super::{EventStream, take_queued, take_unconfirmed, with_request_context};
use crate::error::Result;
use crate::models::event::{OutputFields, PlainOutput, StreamEvent};

/// One event of a stream as JSON text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct JsonEvent<'a> {
    /// The event's JSON object, or a JSON string with the text of an unknown event that is not a JSON object. It is
    /// valid, without lone surrogates, and nested less than 128 levels deep.
    pub json: &'a str,
    /// The cursor after the event, as [`EventStream::cursor`] returns it once the event is delivered.
    pub cursor: Option<i64>,
    /// The fields of the event, if it is an `output` event as known servers write it.
    pub output: Option<OutputFields<'a>>,
}

impl EventStream {
    /// Polls for the next event as JSON text, and returns the result of `read`.
    ///
    /// The events are the same as those of the [`Stream`](futures::Stream) implementation, and both can be used
    /// alternately. The text of a well-formed `output` event is that of the server; every other event is serialized from
    /// [`StreamEvent`](crate::models::event::StreamEvent).
    ///
    /// # Errors
    ///
    /// Yields one error and then ends, as described for [`EventStream`].
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> aod::Result<()> {
    /// use std::future::poll_fn;
    ///
    /// let body = "data: {\"type\": \"exit\", \"code\": 0}\n\n";
    /// let mut events = aod::EventStream::new(futures::stream::iter([Ok::<_, std::io::Error>(body.into())]));
    /// let read = |event: aod::JsonEvent<'_>| event.json.to_owned();
    /// while let Some(json) = poll_fn(|context| events.poll_json(context, read)).await {
    ///     assert_eq!(json?, r#"{"type":"exit","code":0}"#);
    /// }
    /// # Ok(()) }
    /// ```
    pub fn poll_json<T>(
        &mut self,
        context: &mut Context<'_>,
        mut read: impl FnMut(JsonEvent<'_>) -> T,
    ) -> Poll<Option<Result<T>>> {
        let Self { source, selection } = self;
        if let Some(row) = take_queued(source) {
            let cursor = source.connector().position.cursor();
            return Poll::Ready(Some(Ok(read_serialized(&row, cursor, &mut read))));
        }
        let polled = source.poll_with(context, |log, frame| {
            let json = frame.data;
            // A dropped `turn_start` may have to be delivered before this event.
            let plain = (!log.position.has_dropped_turn()).then(|| PlainOutput::read(json));
            match plain.flatten() {
                Some(output) => selection.dispose_plain(log, frame, output, |cursor| {
                    read(JsonEvent {
                        json,
                        cursor,
                        output: output.fields,
                    })
                }),
                None => selection.dispose(log, frame, |event, cursor| {
                    read_serialized(&event, cursor, &mut read)
                }),
            }
        });
        match take_unconfirmed(source, &polled) {
            Some(event) => {
                let cursor = source.connector().position.cursor();
                Poll::Ready(Some(Ok(read_serialized(&event, cursor, &mut read))))
            }
            None => with_request_context(source, polled),
        }
    }
}

fn read_serialized<T>(
    event: &StreamEvent,
    cursor: Option<i64>,
    read: &mut impl FnMut(JsonEvent<'_>) -> T,
) -> T {
    // Writing an event to memory cannot fail: its keys are strings.
    let json = serde_json::to_string(event).unwrap_or_default();
    read(JsonEvent {
        json: &json,
        cursor,
        output: None,
    })
}
