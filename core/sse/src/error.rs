//! Why a source loses its connection, or ends.

use std::borrow::Cow;
use std::time::Duration;

use thiserror::Error;

use super::DecodeError;

/// Why a source lost its connection, or ended.
///
/// It is also an error for connectors that have none of their own: an HTTP client's failure is [`Error::connection`], an
/// unwanted status [`Error::status`], and a response that is not an event stream [`Error::protocol`].
///
/// ```
/// use std::time::Duration;
/// use aod_sse::{ConnectError, Error};
///
/// assert!(Error::status(503, Some(Duration::from_secs(2))).is_retryable());
/// assert!(!Error::status(404, None).is_retryable());
/// assert!(Error::connection(std::io::Error::other("reset by peer")).is_retryable());
/// ```
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// The body ended, and nothing said that the stream is complete.
    #[error("the stream ended before its last event")]
    Ended,
    /// No byte came within the idle timeout.
    #[error("the stream was silent for too long")]
    IdleTimeout,
    /// The deadline of the whole source passed.
    #[error("the stream's deadline passed")]
    DeadlineExceeded,
    /// The body cannot be decoded.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// No connection was made, or it broke.
    #[error("the connection broke")]
    Connection(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The server answered with a status that is not a success.
    #[error("the server answered with status {status}")]
    Status {
        /// The HTTP status.
        status: u16,
        /// How long the server asks to wait (`Retry-After`).
        retry_after: Option<Duration>,
    },
    /// The response is not an event stream, or breaks another rule.
    #[error("{0}")]
    Protocol(Cow<'static, str>),
}

impl Error {
    /// Creates the error of an HTTP client's failure.
    pub fn connection(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Connection(source.into())
    }

    /// Creates the error of a status that is not a success, with the server's `Retry-After`.
    pub fn status(status: u16, retry_after: Option<Duration>) -> Self {
        Self::Status {
            status,
            retry_after,
        }
    }

    /// Creates an error that is never retried.
    pub fn protocol(reason: impl Into<Cow<'static, str>>) -> Self {
        Self::Protocol(reason.into())
    }
}

/// What a source asks of the errors of its connector.
pub trait ConnectError: From<Error> + Send + Sync + 'static {
    /// Whether another attempt may succeed. An error for which this is false ends the source.
    fn is_retryable(&self) -> bool;

    /// How long the server asks to wait before the next attempt.
    fn retry_after(&self) -> Option<Duration> {
        None
    }

    /// Notes how many attempts in a row failed, in the error that ends the source.
    #[must_use]
    fn with_attempts(self, _attempts: u32) -> Self {
        self
    }
}

impl ConnectError for Error {
    /// Returns true for lost connections, idle timeouts and the statuses 408, 429 and 5xx.
    fn is_retryable(&self) -> bool {
        match self {
            Self::Ended | Self::IdleTimeout | Self::Connection(_) => true,
            Self::Status { status, .. } => matches!(status, 408 | 429 | 500..),
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
