//! Events whose parsing is deferred where possible.

use std::borrow::Cow;
use std::task::{Context, Poll};

use super::{EventStream, take_queued, take_unconfirmed, with_request_context};
use crate::error::Result;
use crate::models::event::{OutputFields, PlainOutput, StreamEvent};

/// One event of a stream, parsed no further than was necessary to deliver it.
///
/// [`EventStream::poll_lazy`] passes it to programs with models of their own, such as the bindings of other languages.
#[derive(Debug, Clone)]
pub struct LazyEvent<'a> {
    content: Content<'a>,
    cursor: Option<i64>,
}

#[derive(Debug, Clone)]
enum Content<'a> {
    Plain {
        json: &'a str,
        output: Option<OutputFields<'a>>,
    },
    Parsed(StreamEvent),
}

impl<'a> LazyEvent<'a> {
    fn parsed(event: StreamEvent, cursor: Option<i64>) -> Self {
        Self {
            content: Content::Parsed(event),
            cursor,
        }
    }

    /// Returns the cursor after the event, as [`EventStream::cursor`] returns it once the event is delivered.
    pub fn cursor(&self) -> Option<i64> {
        self.cursor
    }

    /// Returns the fields of the event, if they were found without parsing it. `None` does not mean that the event is not
    /// an `output`.
    pub fn output(&self) -> Option<OutputFields<'a>> {
        match &self.content {
            Content::Plain { output, .. } => *output,
            Content::Parsed(_) => None,
        }
    }

    /// Returns the event as JSON: an object, or a string with the text of an unknown event that is not an object.
    ///
    /// The JSON is valid, without lone surrogates, and nested less than 128 levels deep. Most `output` events are returned
    /// exactly as the server wrote them; other events are serialized again.
    pub fn json(&self) -> Cow<'a, str> {
        match &self.content {
            Content::Plain { json, .. } => Cow::Borrowed(json),
            // Writing an event to memory cannot fail: its keys are strings.
            Content::Parsed(event) => Cow::Owned(serde_json::to_string(event).unwrap_or_default()),
        }
    }

    /// Converts into a [`StreamEvent`], and parses the JSON if that has not been done yet.
    pub fn into_event(self) -> StreamEvent {
        match self.content {
            Content::Plain {
                output: Some(output),
                ..
            } => StreamEvent::Output(output.to_event()),
            Content::Plain { json, .. } => StreamEvent::from_json(json),
            Content::Parsed(event) => event,
        }
    }
}

impl EventStream {
    /// Polls for the next event, and returns the result of `read`.
    ///
    /// The events are the same as those of the [`Stream`](futures::Stream) implementation, and both can be used
    /// alternately. Most `output` events are passed to `read` as borrowed text, and copied only when it asks for them.
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
    /// let read = |event: aod::LazyEvent<'_>| event.json().into_owned();
    /// while let Some(json) = poll_fn(|context| events.poll_lazy(context, read)).await {
    ///     assert_eq!(json?, r#"{"type":"exit","code":0}"#);
    /// }
    /// # Ok(()) }
    /// ```
    pub fn poll_lazy<T>(
        &mut self,
        context: &mut Context<'_>,
        mut read: impl FnMut(LazyEvent<'_>) -> T,
    ) -> Poll<Option<Result<T>>> {
        let Self { source, selection } = self;
        if let Some(row) = take_queued(source) {
            let cursor = source.connector().position.cursor();
            return Poll::Ready(Some(Ok(read(LazyEvent::parsed(row, cursor)))));
        }
        let polled = source.poll_with(context, |log, frame| {
            let json = frame.data;
            // A dropped `turn_start` may have to be delivered before this event.
            let plain = (!log.position.has_dropped_turn()).then(|| PlainOutput::read(json));
            match plain.flatten() {
                Some(plain) => selection.dispose_plain(log, frame, plain, |cursor| {
                    let output = plain.fields;
                    read(LazyEvent {
                        content: Content::Plain { json, output },
                        cursor,
                    })
                }),
                None => selection.dispose(log, frame, |event, cursor| {
                    read(LazyEvent::parsed(event, cursor))
                }),
            }
        });
        match take_unconfirmed(source, &polled) {
            Some(event) => {
                let cursor = source.connector().position.cursor();
                Poll::Ready(Some(Ok(read(LazyEvent::parsed(event, cursor)))))
            }
            None => with_request_context(source, polled),
        }
    }
}
