//! The errors of a source and of its connector.

use std::borrow::Cow;
use std::time::Duration;

use thiserror::Error;

use super::DecodeError;

/// The reason why a source lost its connection, or ended.
///
/// Connectors without their own error type use it too: [`Error::connection`] for a failure of the HTTP client,
/// [`Error::status`] for an unexpected status, and [`Error::protocol`] for a response that is not an event stream.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use aod_sse::{ConnectError, Error};
///
/// assert!(!Error::status(503, None).is_retryable());
/// assert!(Error::status(503, Some(Duration::from_secs(2))).retryable().is_retryable());
/// assert!(Error::connection(std::io::Error::other("reset by peer")).is_retryable());
/// ```
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// The body ended. Servers keep event streams open, so the source reconnects.
    #[error("the stream ended before its last event")]
    Ended,
    /// No byte arrived within the idle timeout.
    #[error("the stream was idle for too long")]
    IdleTimeout,
    /// A report about the [network](super::Network) closed the connection: `changed`, `online` after `offline`, or `resume`
    /// after `suspend`.
    #[error("the network changed")]
    NetworkChanged,
    /// The [deadline](super::EventSource::deadline) of the source, or the time limit of
    /// [`Disposition::Confirm`](super::Disposition::Confirm), passed.
    #[error("the stream's deadline passed")]
    DeadlineExceeded,
    /// The body cannot be decoded.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// The connection could not be established, or it broke.
    #[error("the connection broke")]
    Connection(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The response has a status that is not a success.
    #[error("the server answered with status {status}")]
    Status {
        /// The HTTP status.
        status: u16,
        /// The `Retry-After` delay of the response.
        retry_after: Option<Duration>,
        /// Whether the source reconnects; see [`Error::retryable`].
        retryable: bool,
    },
    /// The response is not an event stream, or violates the protocol in another way.
    #[error("{0}")]
    Protocol(Cow<'static, str>),
}

impl Error {
    /// Creates an error for a failure of the HTTP client, which is retryable.
    pub fn connection(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Connection(source.into())
    }

    /// Creates an error for a status that is not a success, with the `Retry-After` of the response. It ends the source,
    /// as the standard requires, unless it is made [`retryable`](Self::retryable).
    pub fn status(status: u16, retry_after: Option<Duration>) -> Self {
        Self::Status {
            status,
            retry_after,
            retryable: false,
        }
    }

    /// Makes the source reconnect after this status, for example 503. Other errors do not change.
    #[must_use]
    pub fn retryable(mut self) -> Self {
        if let Self::Status { retryable, .. } = &mut self {
            *retryable = true;
        }
        self
    }

    /// Creates an error that is never retried.
    pub fn protocol(reason: impl Into<Cow<'static, str>>) -> Self {
        Self::Protocol(reason.into())
    }
}

/// The interface between a source and the error type of its connector.
pub trait ConnectError: From<Error> + Send + Sync + 'static {
    /// Returns whether another attempt may succeed. If false, the error ends the source.
    fn is_retryable(&self) -> bool;

    /// Returns how long the server asks to wait before the next attempt. Default: `None`.
    fn retry_after(&self) -> Option<Duration> {
        None
    }

    /// Records the number of consecutive failed attempts in the error that ends the source. Default: the number is
    /// ignored.
    #[must_use]
    fn with_attempts(self, _attempts: u32) -> Self {
        self
    }
}

impl ConnectError for Error {
    /// Returns true for lost connections, idle timeouts, and statuses that were made [`retryable`](Error::retryable).
    fn is_retryable(&self) -> bool {
        match self {
            Self::Ended | Self::IdleTimeout | Self::NetworkChanged | Self::Connection(_) => true,
            Self::Status { retryable, .. } => *retryable,
            Self::DeadlineExceeded | Self::Decode(_) | Self::Protocol(_) => false,
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Status { retry_after, .. } => *retry_after,
            _ => None,
        }
    }
}
