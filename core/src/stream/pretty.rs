//! The event stream of a session as human-readable lines.

use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use aod_transcript::pretty::{Formatter, Options, SessionFormatter, TurnFormatter};
use futures::stream::{Stream, StreamExt as _};

use super::EventStream;
use crate::error::{Error, Result};
use crate::models::event::StreamEvent;

/// The output of a session's agent as human-readable lines: a stream of the strings that a [`Formatter`] returns.
/// Created by [`EventStream::pretty`].
///
/// The runtime in the `start` event of the session selects the formatter, unless one is set with
/// [`formatter`](Self::formatter). The formatter is flushed when a further turn starts, whose output comes from another
/// process, and when the stream ends; if the stream fails, before its error. The selected formatter also shows a turn
/// that was interrupted before the agent started, and a session that failed or was terminated without output; see
/// [`SessionFormatter`]. Otherwise the stream behaves like [`EventStream`].
///
/// See [Transcripts](https://ravi-hq.github.io/agent-on-demand/latest/guide/transcripts/#lines-for-a-terminal).
///
/// # Examples
///
/// ```no_run
/// # async fn demo(client: aod::Client, id: uuid::Uuid) -> aod::Result<()> {
/// use futures::TryStreamExt;
///
/// let mut lines = client.sessions().stream(id).await?.pretty();
/// while let Some(line) = lines.try_next().await? {
///     println!("{line}");
/// }
/// println!("exit code {:?}", lines.exit_code());
/// # Ok(())
/// # }
/// ```
#[must_use = "a stream does nothing unless it is polled"]
pub struct PrettyStream {
    events: EventStream,
    options: Options,
    formatter: Option<TurnFormatter<Box<dyn Formatter>>>,
    /// Lines that are not delivered yet.
    ready: VecDeque<Result<String>>,
    ended: bool,
    exit_code: Option<i64>,
}

impl PrettyStream {
    pub(crate) fn new(events: EventStream) -> Self {
        Self {
            events,
            options: Options::new(),
            formatter: None,
            ready: VecDeque::new(),
            ended: false,
            exit_code: None,
        }
    }

    /// Sets the options of the formatter that the `start` event selects. Call it before the stream is polled.
    pub fn options(mut self, options: Options) -> Self {
        self.options = options;
        self
    }

    /// Sets the formatter to use, regardless of the `start` event.
    pub fn formatter(mut self, formatter: impl Formatter + 'static) -> Self {
        self.formatter = Some(TurnFormatter::new(Box::new(formatter)));
        self
    }

    /// Returns the underlying stream, for its [`cursor`](EventStream::cursor) and
    /// [`cancel_handle`](EventStream::cancel_handle).
    pub fn events(&self) -> &EventStream {
        &self.events
    }

    /// Returns the exit code of the agent, once the `exit` event has arrived.
    pub fn exit_code(&self) -> Option<i64> {
        self.exit_code
    }

    fn take(&mut self, event: &StreamEvent) {
        self.exit_code = event.exit_code().or(self.exit_code);
        let options = &self.options;
        let formatter = self.formatter.get_or_insert_with(|| {
            TurnFormatter::new(Box::new(SessionFormatter::with_options(options.clone())))
        });
        self.ready
            .extend(formatter.consume(event.into()).into_iter().map(Ok));
    }

    fn end(&mut self, error: Option<Error>) {
        self.ended = true;
        let left = self.formatter.as_mut().map(Formatter::flush);
        self.ready.extend(left.into_iter().flatten().map(Ok));
        self.ready.extend(error.map(Err));
    }
}

impl Stream for PrettyStream {
    type Item = Result<String>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        loop {
            if let Some(line) = this.ready.pop_front() {
                return Poll::Ready(Some(line));
            }
            if this.ended {
                return Poll::Ready(None);
            }
            match ready!(this.events.poll_next_unpin(context)) {
                Some(Ok(event)) => this.take(&event),
                Some(Err(error)) => this.end(Some(error)),
                None => this.end(None),
            }
        }
    }
}

impl fmt::Debug for PrettyStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PrettyStream")
            .field("events", &self.events)
            .field("ended", &self.ended)
            .finish_non_exhaustive()
    }
}
