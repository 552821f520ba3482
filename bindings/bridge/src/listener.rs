//! Streams with a listener: the callback form.

use std::panic::{AssertUnwindSafe, catch_unwind};

use aod::ConnectionState;
use futures::FutureExt as _;
use tokio::sync::{Semaphore, watch};
use tokio::task::{block_in_place, yield_now};

use crate::cancel::{CancelScope, CancellationToken};
use crate::error::{ErrorInfo, ErrorKind, Result};
use crate::prefetch::{Batch, Item, Prefetcher};
use crate::runtime::SharedRuntime;

/// Receives the events of a stream. The methods are called on a thread of the runtime, one at a time.
///
/// `on_batch` and `on_state` are called any number of times, then `on_end` once, and nothing after it. The methods may
/// block: a slow listener applies backpressure instead of buffering, and does not delay other streams.
pub trait Listener<B>: Send + Sync + 'static {
    /// Receives the next events. If it fails, the stream ends with an error of kind `Listener` that has the reason.
    fn on_batch(&self, batch: B) -> std::result::Result<(), String>;

    /// Receives a connection state, in order with the events. `Closed` is the last one, before `on_end`.
    fn on_state(&self, state: ConnectionState);

    /// Receives the result of the stream. A cancelled stream is a success.
    fn on_end(&self, outcome: Result<()>);
}

/// Limits the listeners that run at the same time, because each blocks one of the runtime's limited number of threads.
static CALLBACK_PERMITS: Semaphore = Semaphore::const_new(256);

/// Calls a listener; other tasks of this worker move to another thread meanwhile. A panic is returned as an error.
pub(crate) async fn invoke_blocking<T>(work: impl FnOnce() -> T) -> Result<T> {
    // The semaphore is never closed.
    let _permit = CALLBACK_PERMITS.acquire().await;
    catch_unwind(AssertUnwindSafe(|| block_in_place(work))).map_err(|_| ErrorInfo::panicked())
}

/// The handle of a stream that a listener receives. The stream continues if the handle is dropped.
#[derive(Debug)]
pub struct Subscription {
    cancelled: CancellationToken,
    finished: watch::Receiver<bool>,
}

impl Subscription {
    /// Passes a stream to a listener until the stream ends, the subscription is cancelled, or the client is closed.
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

    /// Ends the stream and closes its connection. A running call of the listener is not interrupted.
    pub fn cancel(&self) {
        self.cancelled.cancel();
    }

    /// Returns whether the listener's last call has returned.
    pub fn is_finished(&self) -> bool {
        *self.finished.borrow()
    }

    /// Waits until the listener's last call has returned.
    pub async fn join(&self) {
        // If the sender was dropped, the listener is not called any more either.
        let _ = self.finished.clone().wait_for(|finished| *finished).await;
    }
}

struct ListenerDriver<L>(L);

impl<L> ListenerDriver<L> {
    /// Passes on every event and state until the end or the first failure.
    async fn run<B: Batch>(&self, events: Prefetcher<B>) -> Result<()>
    where
        L: Listener<B>,
    {
        while let Some(item) = events.take().await? {
            match item {
                Item::State(state) => self.report_state(state).await,
                Item::Batch(batch) => {
                    let taken = invoke_blocking(|| self.0.on_batch(batch)).await?;
                    taken.map_err(ErrorInfo::listener)?;
                }
            }
            // Checks for cancellation between batches, even if the stream is never idle.
            yield_now().await;
        }
        Ok(())
    }

    /// Passes on a state. Errors of the listener are ignored, and the stream continues.
    async fn report_state<B>(&self, state: ConnectionState)
    where
        L: Listener<B>,
    {
        let _ = invoke_blocking(|| self.0.on_state(state)).await;
    }

    /// Passes on the `Closed` state and the result.
    async fn finish<B>(self, outcome: Result<()>)
    where
        L: Listener<B>,
    {
        let outcome = match outcome {
            Err(error) if error.kind == ErrorKind::Cancelled => Ok(()),
            outcome => outcome,
        };
        self.report_state(ConnectionState::Closed).await;
        // A panic here cannot be reported: this is the listener's last call.
        let _ = invoke_blocking(|| self.0.on_end(outcome)).await;
    }
}

#[cfg(test)]
mod tests;
