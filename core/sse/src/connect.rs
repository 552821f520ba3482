//! The connector trait of a source and the types it exchanges.

use std::fmt;
use std::future::Future;
use std::time::Duration;

use bytes::Bytes;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use futures::stream::{BoxStream, Stream, StreamExt as _};
use http::response::Parts;

use super::error::{ConnectError, Error};

/// Opens connections for an [`EventSource`](super::EventSource), one after another.
///
/// Closures that take an [`Attempt`] and return a future implement this trait.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), aod_sse::Error> {
/// use aod_sse::{Attempt, Connection, Error, EventSource};
/// use futures::TryStreamExt;
///
/// let mut bodies = vec!["id: 1\ndata: a\n\n", "id: 2\ndata: b\n\n"].into_iter();
/// let connect = move |attempt: Attempt<'_>| {
///     println!("resuming after {:?}", attempt.last_event_id);
///     let body = bodies.next();
///     async move {
///         Ok::<_, Error>(match body {
///             Some(body) => Connection::body(futures::stream::iter([Ok(body.into())])),
///             None => Connection::no_content(),
///         })
///     }
/// };
/// let events: Vec<_> = EventSource::new(connect).try_collect().await?;
/// assert_eq!(events.iter().map(|event| event.data.as_str()).collect::<String>(), "ab");
/// # Ok(()) }
/// ```
pub trait Connect: Send {
    /// The error type of a failed attempt or a broken body; [`Error`] fits most connectors.
    type Error: ConnectError;

    /// Starts one attempt to connect and returns its future, which owns everything it needs.
    ///
    /// The source polls one future at a time and drops it when the source is cancelled or dropped.
    ///
    /// # Errors
    ///
    /// A [retryable](ConnectError::is_retryable) error leads to another attempt; any other error ends the source.
    fn connect(
        &mut self,
        attempt: Attempt<'_>,
    ) -> BoxFuture<'static, Result<Connection<Self::Error>, Self::Error>>;
}

impl<C, F, E> Connect for C
where
    C: FnMut(Attempt<'_>) -> F + Send,
    F: Future<Output = Result<Connection<E>, E>> + Send + 'static,
    E: ConnectError,
{
    type Error = E;

    fn connect(&mut self, attempt: Attempt<'_>) -> BoxFuture<'static, Result<Connection<E>, E>> {
        self(attempt).boxed()
    }
}

/// Describes one attempt to connect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Attempt<'a> {
    /// The id of the event to resume after, to send as `Last-Event-ID`; empty to start from the beginning.
    pub last_event_id: &'a str,
    /// The number of consecutive attempts since the last healthy connection: 0 for the first attempt of a source and
    /// for [`Disposition::Confirm`](super::Disposition::Confirm), 1 and up for attempts to reconnect.
    pub number: u32,
    /// The reconnection time that the server requested last (`retry`), if any. The source has already waited for it.
    pub retry: Option<Duration>,
    /// The number of connections since the last progress whose bodies ended without an error, and not within an event.
    /// A server that ends bodies again and again may have nothing more to send; see [`Connection::last`].
    pub ends: u32,
    /// The [path](super::Network::path) of the network; 0 for a source without a network. A connector that keeps
    /// connections for reuse discards those of another path.
    pub path: u64,
}

/// The result of a successful attempt.
pub struct Connection<E = Error> {
    pub(super) body: Option<BoxStream<'static, Result<Bytes, E>>>,
    pub(super) response: Option<Box<Parts>>,
    pub(super) is_last: bool,
}

impl<E> Connection<E> {
    /// Creates a connection from the body of an event stream. Chunks may be split at any byte.
    pub fn body(chunks: impl Stream<Item = Result<Bytes, E>> + Send + 'static) -> Self {
        Self {
            body: Some(chunks.boxed()),
            response: None,
            is_last: false,
        }
    }

    /// Creates the result of a 204 response: the server has no more events, and the source ends without an error.
    #[must_use]
    pub fn no_content() -> Self {
        Self {
            body: None,
            response: None,
            is_last: false,
        }
    }

    /// Attaches the head of the response (status and headers), which
    /// [`EventSource::response`](super::EventSource::response) returns.
    #[must_use]
    pub fn with_response(mut self, head: Parts) -> Self {
        self.response = Some(Box::new(head));
        self
    }

    /// Marks the connection as the last one: when its body ends without progress, the source ends without an error. If
    /// the connection breaks, or its body ends within an event or after progress, the source reconnects.
    #[must_use]
    pub fn last(mut self) -> Self {
        self.is_last = true;
        self
    }
}

impl<E> fmt::Debug for Connection<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("has_body", &self.body.is_some())
            .finish_non_exhaustive()
    }
}
