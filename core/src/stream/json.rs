//! Events as JSON text, for callers that have models of their own.

use std::task::{Context, Poll};

use super::{EventStream, with_request_context};
use crate::error::Result;
use crate::models::event::PlainOutput;

/// One event of a stream as JSON text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct JsonEvent<'a> {
    /// The event's JSON object: valid, without lone surrogates, and not nested too deeply for common parsers.
    pub json: &'a str,
    /// The cursor behind the event, as [`EventStream::cursor`] returns it once the event is delivered.
    pub cursor: Option<i64>,
    /// Whether the text is the server's own: an `output` event with `type` as its first field, and `id`, `stream`, `data`
    /// and `turn` once each.
    pub verbatim: bool,
}

impl EventStream {
    /// Polls for the next event as JSON text, and returns what `read` makes of it.
    ///
    /// The events are those of the [`Stream`](futures::Stream) implementation; the two can be mixed. A
    /// well-formed `output` event is passed on as it came (see [`JsonEvent::verbatim`]); every other event is serialized
    /// from [`StreamEvent`](crate::models::event::StreamEvent).
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
        let polled = source.poll_with(context, |log, frame| {
            let json = frame.data;
            match PlainOutput::read(json) {
                Some(output) => selection.dispose_plain(log, frame, output, |cursor| {
                    read(JsonEvent {
                        json,
                        cursor,
                        verbatim: true,
                    })
                }),
                None => selection.dispose(log, frame, |event, cursor| {
                    // Writing an event to memory cannot fail: its keys are strings.
                    let json = serde_json::to_string(&event).unwrap_or_default();
                    read(JsonEvent {
                        json: &json,
                        cursor,
                        verbatim: false,
                    })
                }),
            }
        });
        with_request_context(source, polled)
    }
}
