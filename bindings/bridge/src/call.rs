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
///
/// The outcome is returned once; a call must not be asked again after that.
#[derive(Debug)]
pub struct Call<T> {
    task: JoinHandle<Result<T>>,
    /// Until it is taken.
    outcome: Option<Result<T>>,
}

impl<T: Send + 'static> Call<T> {
    /// Starts the work.
    pub fn spawn(
        runtime: &SharedRuntime,
        work: impl Future<Output = Result<T>> + Send + 'static,
    ) -> Result<Self> {
        Ok(Self {
            task: runtime.handle()?.spawn(work),
            outcome: None,
        })
    }

    /// Blocks until the work is done, this long at most.
    pub fn wait(&mut self, limit: Duration) -> Poll<Result<T>> {
        block::wait(limit, |context| Pin::new(&mut *self).poll(context))
    }

    /// Returns whether the work is done; if not, the context's waker is woken once it is.
    pub fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if self.outcome.is_none() {
            let joined = ready!(Pin::new(&mut self.task).poll(context));
            self.outcome = Some(joined.unwrap_or_else(|error| Err(unfinished(&error))));
        }
        Poll::Ready(())
    }
}

impl<T: Send + 'static> Future for Call<T> {
    type Output = Result<T>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        ready!(self.poll_ready(context));
        self.outcome.take().map_or(Poll::Pending, Poll::Ready)
    }
}

/// Nothing refers to itself.
impl<T> Unpin for Call<T> {}

impl<T> Drop for Call<T> {
    fn drop(&mut self) {
        self.task.abort();
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
