//! How a source gets its connections.

use std::future::Future;

use bytes::Bytes;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use futures::stream::{BoxStream, Stream, StreamExt as _};

use crate::error::Result;

/// Opens connections for an [`EventSource`](super::EventSource), one after another.
///
/// [`HttpConnect`](super::HttpConnect) does it over HTTP; a closure that returns a future is one too:
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> aod::Result<()> {
/// use aod::sse::{Connection, EventSource};
/// use futures::{StreamExt, TryStreamExt};
///
/// let mut bodies = vec!["id: 1\ndata: a\n\n", "id: 2\ndata: b\n\n"].into_iter();
/// let connect = move |last_event_id: &str| {
///     println!("resuming after {last_event_id:?}");
///     let body = bodies.next();
///     async move {
///         Ok(match body {
///             Some(body) => Connection::body(futures::stream::iter([Ok(body.into())])),
///             None => Connection::NoContent,
///         })
///     }
/// };
/// let events: Vec<_> = EventSource::new(connect).try_collect().await?;
/// assert_eq!(events.iter().map(|event| event.data.as_str()).collect::<String>(), "ab");
/// # Ok(()) }
/// ```
pub trait Connect: Send {
    /// Starts one attempt to connect, from after the event of that id; an empty one means from the start.
    ///
    /// An error that [may pass](crate::Error::is_retryable) is followed by another attempt; any other ends the
    /// source. The future must own what it needs, since it may outlive the next call.
    fn connect(&mut self, last_event_id: &str) -> BoxFuture<'static, Result<Connection>>;
}

impl<C, F> Connect for C
where
    C: FnMut(&str) -> F + Send,
    F: Future<Output = Result<Connection>> + Send + 'static,
{
    fn connect(&mut self, last_event_id: &str) -> BoxFuture<'static, Result<Connection>> {
        self(last_event_id).boxed()
    }
}

/// What an attempt to connect came to.
pub enum Connection {
    /// The body of an event stream, in chunks cut anywhere.
    Body(BoxStream<'static, Result<Bytes>>),
    /// The server has nothing more to say and does not want to be asked again (204).
    NoContent,
}

impl Connection {
    /// The body of an event stream.
    pub fn body(chunks: impl Stream<Item = Result<Bytes>> + Send + 'static) -> Self {
        Self::Body(chunks.boxed())
    }
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Body(_) => "Body(..)",
            Self::NoContent => "NoContent",
        })
    }
}
