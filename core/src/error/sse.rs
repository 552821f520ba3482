//! Conversion of event source errors to errors of this crate.

use std::time::Duration;

use aod_sse::ConnectError;

use super::{Error, ErrorKind};

impl From<aod_sse::Error> for Error {
    fn from(error: aod_sse::Error) -> Self {
        use aod_sse::Error as Sse;
        let kind = match &error {
            Sse::Ended | Sse::NetworkChanged | Sse::Connection(_) => ErrorKind::Connection,
            Sse::IdleTimeout | Sse::DeadlineExceeded => ErrorKind::Timeout,
            Sse::Status { status, .. } => ErrorKind::of_status(*status),
            _ => ErrorKind::Protocol,
        };
        let failure = Self::new(kind, error.to_string());
        match error {
            Sse::Connection(source) => failure.with_source(source),
            Sse::Status {
                status,
                retry_after,
                retryable,
            } => failure
                .with_status(status)
                .with_retry_after(retry_after)
                .retryable(retryable),
            _ => failure,
        }
    }
}

impl ConnectError for Error {
    fn is_retryable(&self) -> bool {
        self.is_retryable()
    }

    fn retry_after(&self) -> Option<Duration> {
        self.retry_after()
    }

    fn with_attempts(self, attempts: u32) -> Self {
        let attempts = attempts.max(self.attempts());
        Self::with_attempts(self, attempts)
    }
}
