//! Calls from other executors and from blocking threads.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::task::{JoinError, JoinHandle};

use crate::error::{ErrorInfo, Result};
use crate::runtime::SharedRuntime;

/// A task on the runtime, which can be awaited on any executor. Dropping it aborts the
/// task.
///
/// The result is returned once. The call must not be polled after that.
#[derive(Debug)]
pub struct Call<T> {
    task: JoinHandle<Result<T>>,
    /// The result, until it is taken.
    outcome: Option<Result<T>>,
}

impl<T: Send + 'static> Call<T> {
    /// Spawns the work on the runtime.
    pub fn spawn(
        runtime: &SharedRuntime,
        work: impl Future<Output = Result<T>> + Send + 'static,
    ) -> Result<Self> {
        Ok(Self {
            task: runtime.handle()?.spawn(work),
            outcome: None,
        })
    }

    /// Returns whether the work is done. If it is not, the waker of the context is woken when it is.
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

/// No field is self-referential.
impl<T> Unpin for Call<T> {}

impl<T> Drop for Call<T> {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Runs work on the runtime. Dropping the future aborts the work.
pub async fn run<T: Send + 'static>(
    runtime: &SharedRuntime,
    work: impl Future<Output = Result<T>> + Send + 'static,
) -> Result<T> {
    Call::spawn(runtime, work)?.await
}

/// Returns the error of a task without a result: it panicked, or the runtime was shut down.
fn unfinished(error: &JoinError) -> ErrorInfo {
    if error.is_panic() {
        ErrorInfo::panicked()
    } else {
        ErrorInfo::cancelled()
    }
}

#[cfg(test)]
mod tests;
