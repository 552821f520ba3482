//! What ends work early.

use std::future::{Future, pending};
use std::pin::pin;

use futures::future::{Either, select};
pub use tokio_util::sync::CancellationToken;

use crate::error::{ErrorInfo, Result};

/// What ends work before its outcome: its own cancellation, or the closing of its client. By default, nothing.
#[derive(Debug, Default)]
pub struct CancelScope {
    cancelled: Option<CancellationToken>,
    closed: CancellationToken,
}

impl CancelScope {
    /// Creates the scope of some work of the client that `closed` belongs to.
    pub fn new(cancelled: Option<CancellationToken>, closed: &CancellationToken) -> Self {
        Self {
            cancelled,
            closed: closed.clone(),
        }
    }

    /// Does the work unless it is cancelled, or the client is closed, first.
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
