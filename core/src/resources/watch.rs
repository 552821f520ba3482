//! The events of several sessions in one stream.

use std::collections::HashSet;
use std::fmt;
use std::future::IntoFuture as _;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures::future::{self, FutureExt as _};
use futures::stream::{self, BoxStream, SelectAll, Stream, StreamExt as _};
use uuid::Uuid;

use crate::error::Result;
use crate::models::event::StreamEvent;
use crate::stream::StreamRequest;
use crate::transport::Transport;

/// An event of one of several sessions, from [`WatchStream`].
#[derive(Debug)]
pub struct SessionEvent {
    /// The id of the session.
    pub session_id: Uuid,
    /// The event, or the error that ended the stream of this session.
    pub event: Result<StreamEvent>,
}

/// The events of several sessions in the order in which they arrive, from
/// [`Sessions::watch`](super::Sessions::watch).
///
/// The stream of each session is an [`EventStream`](crate::EventStream) with a connection of its own, which is opened
/// when this stream is first polled: it delivers each event exactly once and in order, reconnects, and resumes after
/// `stale`. A session that fails, for example because it does not exist, has one last item with the error, and does not
/// affect the others. This stream ends when the streams of all sessions have ended. It spawns no task, and dropping it
/// closes all connections.
///
/// See [Several sessions](https://ravi-hq.github.io/agent-on-demand/latest/guide/streaming/#several-sessions).
#[must_use = "streams do nothing unless polled"]
pub struct WatchStream<'a> {
    transport: &'a Transport,
    /// The sessions that are not polled yet, and their cursors.
    new: Vec<(Uuid, Option<i64>)>,
    opened: SelectAll<BoxStream<'a, SessionEvent>>,
}

impl<'a> WatchStream<'a> {
    pub(super) fn new(transport: &'a Transport, ids: impl IntoIterator<Item = Uuid>) -> Self {
        let mut seen = HashSet::new();
        let ids = ids.into_iter().filter(|id| seen.insert(*id));
        Self {
            transport,
            new: ids.map(|id| (id, None)).collect(),
            opened: SelectAll::new(),
        }
    }

    /// Skips the `stage` and `output` events of the session `id` up to and including the event whose id is `cursor`,
    /// usually the [`cursor`](StreamEvent::cursor) of the last event that was processed. Some other events arrive
    /// again, as [`StreamRequest::since`](crate::StreamRequest::since) describes. A session that is not watched is
    /// ignored. Has no effect after the first poll. Default: no event is skipped.
    pub fn since(mut self, id: Uuid, cursor: i64) -> Self {
        if let Some((_, since)) = self.new.iter_mut().find(|(new, _)| *new == id) {
            *since = Some(cursor);
        }
        self
    }
}

fn events(transport: &Transport, id: Uuid, since: Option<i64>) -> BoxStream<'_, SessionEvent> {
    let mut request = StreamRequest::new(transport, id.into()).resume_stale(true);
    if let Some(since) = since {
        request = request.since(since);
    }
    let events = request.into_future().map(|opened| match opened {
        Ok(events) => events.left_stream(),
        Err(error) => stream::once(future::ready(Err(error))).right_stream(),
    });
    let of_session = move |event: Result<StreamEvent>| SessionEvent {
        session_id: id,
        event: event.map_err(|error| error.with_session(id)),
    };
    events.flatten_stream().map(of_session).boxed()
}

impl Stream for WatchStream<'_> {
    type Item = SessionEvent;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        for (id, since) in this.new.drain(..) {
            this.opened.push(events(this.transport, id, since));
        }
        this.opened.poll_next_unpin(context)
    }
}

impl fmt::Debug for WatchStream<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WatchStream")
            .field("new", &self.new)
            .field("opened", &self.opened.len())
            .finish()
    }
}
