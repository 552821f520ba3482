//! How a source gets its connections.

use std::fmt;
use std::future::Future;

use bytes::Bytes;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use futures::stream::{BoxStream, Stream, StreamExt as _};
use http::response::Parts;

use super::error::{ConnectError, Error};

/// Opens connections for an [`EventSource`](super::EventSource), one after another.
///
/// A closure that returns a future is a connector:
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
    /// The error of a failed attempt or a broken body; use [`Error`] if you need none of your own.
    type Error: ConnectError;

    /// Starts one attempt to connect.
    ///
    /// A [retryable](ConnectError::is_retryable) error is followed by another attempt; any other ends the source. The
    /// future must own what it needs, since it may outlive the next call.
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
    /// The id of the event to resume after, to be sent as `Last-Event-ID`; empty means from the start.
    pub last_event_id: &'a str,
    /// How many attempts in a row this is since the last healthy connection: 0 for the first connection of a source,
    /// from 1 when it connects again.
    pub number: u32,
}

/// The result of a successful attempt.
pub struct Connection<E = Error> {
    pub(super) body: Option<BoxStream<'static, Result<Bytes, E>>>,
    pub(super) response: Option<Box<Parts>>,
}

impl<E> Connection<E> {
    /// Creates a connection with the body of an event stream, in chunks cut anywhere.
    pub fn body(chunks: impl Stream<Item = Result<Bytes, E>> + Send + 'static) -> Self {
        Self {
            body: Some(chunks.boxed()),
            response: None,
        }
    }

    /// Creates the result of a 204: the server has nothing more to send, and the source ends.
    #[must_use]
    pub fn no_content() -> Self {
        Self {
            body: None,
            response: None,
        }
    }

    /// Keeps the head of the response, for [`EventSource::response`](super::EventSource::response).
    #[must_use]
    pub fn with_response(mut self, head: Parts) -> Self {
        self.response = Some(Box::new(head));
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
