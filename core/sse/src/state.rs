//! What a source reports about its connection.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::error::Error;

/// The connection state of a source, for display or logging.
#[derive(Debug)]
pub enum ConnectionState<E = Error> {
    /// The first connection is being made.
    Connecting,
    /// A connection is there, and events come as the server sends them.
    Live,
    /// The connection dropped, or an attempt to make one failed; the next attempt starts after the delay.
    Resuming {
        /// How many attempts in a row this is, from 1, since the last healthy connection.
        attempt: u32,
        /// How long until it starts.
        delay: Duration,
        /// Why it is needed.
        cause: Arc<E>,
    },
    /// The source has ended: by its last event, an error, a cancel, or because it was dropped.
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
            Self::Closed => Self::Closed,
        }
    }
}

/// The ready state of the standard's `EventSource`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReadyState {
    /// There is no connection yet, or it was lost and another follows.
    Connecting,
    /// The connection is open.
    Open,
    /// The source has ended.
    Closed,
}

/// Called with each change of state, in order, from the task that polls the source; it must not block.
pub struct Observer<E = Error>(Arc<dyn Fn(ConnectionState<E>) + Send + Sync>);

impl<E> Observer<E> {
    /// Creates an observer from a function.
    pub fn new(observe: impl Fn(ConnectionState<E>) + Send + Sync + 'static) -> Self {
        Self(Arc::new(observe))
    }

    /// Reports a state.
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
