//! Calls from other executors and from threads that block.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::task::{JoinError, JoinHandle};

use crate::block;
use crate::error::{ErrorInfo, Result};
use crate::runtime::SharedRuntime;

/// Work on the runtime, to be awaited on any executor or waited for on any thread. Dropping it stops the work.
#[derive(Debug)]
pub struct Call<T>(JoinHandle<Result<T>>);

impl<T: Send + 'static> Call<T> {
    /// Starts the work.
    pub fn spawn(
        runtime: &SharedRuntime,
        work: impl Future<Output = Result<T>> + Send + 'static,
    ) -> Result<Self> {
        Ok(Self(runtime.handle()?.spawn(work)))
    }

    /// Blocks until the work is done, this long at most. Must not be called again once it returned the outcome.
    pub fn wait(&mut self, limit: Duration) -> Poll<Result<T>> {
        block::wait(limit, |context| Pin::new(&mut *self).poll(context))
    }
}

impl<T> Future for Call<T> {
    type Output = Result<T>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let joined = ready!(Pin::new(&mut self.0).poll(context));
        Poll::Ready(joined.unwrap_or_else(|error| Err(unfinished(&error))))
    }
}

impl<T> Drop for Call<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Runs work on the runtime. Dropping the future stops the work.
pub async fn run<T: Send + 'static>(
    runtime: &SharedRuntime,
    work: impl Future<Output = Result<T>> + Send + 'static,
) -> Result<T> {
    Call::spawn(runtime, work)?.await
}

/// The error of a task without an outcome: it panicked, or the runtime was shut down.
fn unfinished(error: &JoinError) -> ErrorInfo {
    if error.is_panic() {
        ErrorInfo::panicked()
    } else {
        ErrorInfo::cancelled()
    }
}

#[cfg(test)]
mod tests;
