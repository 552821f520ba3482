//! The connection state of a source and its observer.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::error::Error;

/// The connection state of a source, for display or logging.
///
/// See [Connection states](https://ravi-hq.github.io/agent-on-demand/latest/stream-rules/#connection-states).
#[derive(Debug)]
pub enum ConnectionState<E = Error> {
    /// The first connection is being established.
    Connecting,
    /// Connected; events arrive as the server sends them.
    Live,
    /// The connection dropped, or an attempt failed. The next attempt starts after the delay.
    Resuming {
        /// The 1-based count of consecutive attempts since the last healthy connection.
        attempt: u32,
        /// The delay before the attempt starts.
        delay: Duration,
        /// The error of the dropped connection or of the failed attempt; after a report about the network,
        /// [`Error::NetworkChanged`].
        cause: Arc<E>,
    },
    /// The [network](super::Network) is offline or suspended. The source makes no attempt until the network is
    /// available again.
    WaitingForNetwork,
    /// The ids of the events have started again at a lower number: the next event was not delivered before, although its
    /// id is not above that of the last one. An [`EventSource`](super::EventSource) does not compare ids; a protocol on
    /// top of it reports this state. The connection does not change.
    HistoryReset,
    /// The source has ended: after its last event, with an error, after a 204 response, by cancellation, or because it
    /// was dropped.
    Closed,
}

impl<E> Clone for ConnectionState<E> {
    fn clone(&self) -> Self {
        match self {
            Self::Connecting => Self::Connecting,
            Self::Live => Self::Live,
            Self::Resuming {
                attempt,
                delay,
                cause,
            } => Self::Resuming {
                attempt: *attempt,
                delay: *delay,
                cause: Arc::clone(cause),
            },
            Self::WaitingForNetwork => Self::WaitingForNetwork,
            Self::HistoryReset => Self::HistoryReset,
            Self::Closed => Self::Closed,
        }
    }
}

/// The ready state of the standard's `EventSource`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReadyState {
    /// Not connected yet, or reconnecting.
    Connecting,
    /// Connected.
    Open,
    /// The source has ended.
    Closed,
}

/// A callback that receives each change of the connection state, in order, from the task that polls the source. It must
/// not block. Cloning is cheap.
pub struct Observer<E = Error>(Arc<dyn Fn(ConnectionState<E>) + Send + Sync>);

impl<E> Observer<E> {
    /// Creates an observer from a function.
    pub fn new(observe: impl Fn(ConnectionState<E>) + Send + Sync + 'static) -> Self {
        Self(Arc::new(observe))
    }

    /// Calls the callback with a state.
    pub fn notify(&self, state: ConnectionState<E>) {
        (self.0)(state);
    }
}

impl<E> Clone for Observer<E> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<E> fmt::Debug for Observer<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Observer(..)")
    }
}
