//! Streams that are pushed to a listener.

use std::panic::{AssertUnwindSafe, catch_unwind};

use aod::ConnectionState;
use futures::FutureExt as _;
use tokio::sync::{Semaphore, watch};
use tokio::task::{block_in_place, yield_now};

use crate::cancel::{CancelScope, CancellationToken};
use crate::error::{ErrorInfo, ErrorKind, Result};
use crate::prefetch::{Batch, Item, Prefetcher};
use crate::runtime::SharedRuntime;

/// Receives the events of a stream on a thread of the runtime, in calls that never overlap.
///
/// `on_batch` and `on_state` come any number of times, then `on_end` once, and nothing after it. The calls may block: a
/// slow listener applies backpressure instead of buffering, and does not delay other streams.
pub trait Listener<B>: Send + Sync + 'static {
    /// Takes the next events. On failure, with the reason, the stream ends with an error of kind listener.
    fn on_batch(&self, batch: B) -> std::result::Result<(), String>;

    /// Takes a connection state, in order with the events; `Closed` before `on_end`.
    fn on_state(&self, state: ConnectionState);

    /// Takes the outcome. A stream that was cancelled succeeded.
    fn on_end(&self, outcome: Result<()>);
}

/// How many listeners may work at the same time; others wait. Each holds a thread, of which the runtime has a limited
/// number.
static CALLBACK_PERMITS: Semaphore = Semaphore::const_new(256);

/// Calls a listener, while the other tasks of this thread continue elsewhere. A panic becomes an error.
async fn invoke_blocking<T>(work: impl FnOnce() -> T) -> Result<T> {
    // Never closed.
    let _permit = CALLBACK_PERMITS.acquire().await;
    catch_unwind(AssertUnwindSafe(|| block_in_place(work))).map_err(|_| ErrorInfo::panicked())
}

/// A stream that a listener receives. Dropping it leaves the stream running.
#[derive(Debug)]
pub struct Subscription {
    cancelled: CancellationToken,
    finished: watch::Receiver<bool>,
}

impl Subscription {
    /// Passes a stream on to a listener, until the stream ends, this is cancelled, or the client is closed.
    pub fn spawn<B: Batch>(
        runtime: &SharedRuntime,
        closed: &CancellationToken,
        events: Prefetcher<B>,
        listener: impl Listener<B>,
    ) -> Result<Self> {
        let cancelled = CancellationToken::new();
        let scope = CancelScope::new(Some(cancelled.clone()), closed);
        let (done, finished) = watch::channel(false);
        let driver = ListenerDriver(listener);
        runtime.handle()?.spawn(async move {
            let outcome = AssertUnwindSafe(scope.run(driver.run(events)))
                .catch_unwind()
                .await
                .unwrap_or_else(|_| Err(ErrorInfo::panicked()));
            driver.finish(outcome).await;
            done.send_replace(true);
        });
        Ok(Self {
            cancelled,
            finished,
        })
    }

    /// Ends the stream and closes its connection. A call of the listener that is running is not interrupted.
    pub fn cancel(&self) {
        self.cancelled.cancel();
    }

    /// Returns whether the listener's last call has returned.
    pub fn is_finished(&self) -> bool {
        *self.finished.borrow()
    }

    /// Waits until the listener's last call has returned.
    pub async fn join(&self) {
        // A sender that is gone without a word means the same: nothing more is called.
        let _ = self.finished.clone().wait_for(|finished| *finished).await;
    }
}

struct ListenerDriver<L>(L);

impl<L> ListenerDriver<L> {
    /// Passes on every event and state, up to the end or the first failure.
    async fn run<B: Batch>(&self, events: Prefetcher<B>) -> Result<()>
    where
        L: Listener<B>,
    {
        while let Some(item) = events.take().await? {
            match item {
                Item::State(state) => self.report_state(state).await,
                Item::Batch(batch) => {
                    let taken = invoke_blocking(|| self.0.on_batch(batch)).await?;
                    taken.map_err(|reason| {
                        let text = format!("the listener failed: {reason}");
                        ErrorInfo::new(ErrorKind::Listener, text)
                    })?;
                }
            }
            // Lets a cancel be seen between two batches, even if the stream is never idle.
            yield_now().await;
        }
        Ok(())
    }

    /// Failures of an observer are ignored, and the stream continues.
    async fn report_state<B>(&self, state: ConnectionState)
    where
        L: Listener<B>,
    {
        let _ = invoke_blocking(|| self.0.on_state(state)).await;
    }

    /// Tells the listener that the stream is closed, and how it ended.
    async fn finish<B>(self, outcome: Result<()>)
    where
        L: Listener<B>,
    {
        let outcome = match outcome {
            Err(error) if error.kind == ErrorKind::Cancelled => Ok(()),
            outcome => outcome,
        };
        self.report_state(ConnectionState::Closed).await;
        // Its failure has nobody left to be reported to.
        let _ = invoke_blocking(|| self.0.on_end(outcome)).await;
    }
}

#[cfg(test)]
mod tests;
