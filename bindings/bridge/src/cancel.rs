//! Cancellation of calls and streams.

use std::future::{Future, pending};
use std::pin::pin;

use futures::future::{Either, select};
pub use tokio_util::sync::CancellationToken;

use crate::error::{ErrorInfo, Result};

/// Cancels work when its token is cancelled or its client is closed. The default scope cancels nothing.
#[derive(Debug, Default)]
pub struct CancelScope {
    cancelled: Option<CancellationToken>,
    closed: CancellationToken,
}

impl CancelScope {
    /// Creates a scope for work of a client; `closed` is cancelled when the client is closed.
    pub fn new(cancelled: Option<CancellationToken>, closed: &CancellationToken) -> Self {
        Self {
            cancelled,
            closed: closed.clone(),
        }
    }

    /// Runs the work until it completes, it is cancelled, or the client is closed.
    pub async fn run<T>(self, work: impl Future<Output = Result<T>>) -> Result<T> {
        let cancelled = async {
            match &self.cancelled {
                Some(token) => token.cancelled().await,
                None => pending().await,
            }
        };
        let ended = async {
            match select(pin!(self.closed.cancelled()), pin!(cancelled)).await {
                Either::Left(_) => ErrorInfo::closed(),
                Either::Right(_) => ErrorInfo::cancelled(),
            }
        };
        match select(pin!(ended), pin!(work)).await {
            Either::Left((error, _)) => Err(error),
            Either::Right((outcome, _)) => outcome,
        }
    }
}

#[cfg(test)]
mod tests;
