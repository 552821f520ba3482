//! What a source tells of its connection.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::error::Error;

/// Where a source is with its connection, for a screen that says so.
#[derive(Debug, Clone)]
pub enum ConnectionState {
    /// The first connection is being made.
    Connecting,
    /// A connection is there, and events come as the server sends them.
    Live,
    /// The connection dropped, or an attempt to make one failed; the next is made after the delay.
    Resuming {
        /// How many attempts in a row this is, from 1, since the last healthy connection.
        attempt: u32,
        /// How long until it is made.
        delay: Duration,
        /// Why it is needed.
        cause: Arc<Error>,
    },
    /// The source has ended: by its last event, an error, a cancel, or because it was dropped.
    Closed,
}

/// Called with each change of state, in order, from whatever task polls the source; it must not block.
#[derive(Clone)]
pub(crate) struct Observer(Arc<dyn Fn(ConnectionState) + Send + Sync>);

impl Observer {
    pub(crate) fn new(observe: impl Fn(ConnectionState) + Send + Sync + 'static) -> Self {
        Self(Arc::new(observe))
    }

    pub(crate) fn tell(&self, state: ConnectionState) {
        (self.0)(state);
    }
}

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Observer(..)")
    }
}
