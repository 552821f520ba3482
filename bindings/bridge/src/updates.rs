//! Callbacks of a call, in batches.

use std::future::{Future, poll_fn};
use std::mem;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;

use tokio::task::yield_now;

use crate::error::{ErrorInfo, Result};
use crate::listener::invoke_blocking;

/// What a call has reported and its listener has not received yet, in order.
///
/// The callbacks of the call push updates; [`deliver`](Self::deliver) passes on all that are ready at once.
#[derive(Debug)]
pub struct Updates<T>(Arc<Mutex<State<T>>>);

#[derive(Debug)]
struct State<T> {
    ready: Vec<T>,
    failure: Option<String>,
}

impl<T> Updates<T> {
    /// Returns no updates.
    #[must_use]
    pub fn new() -> Self {
        Self(Arc::new(Mutex::new(State {
            ready: Vec::new(),
            failure: None,
        })))
    }

    /// Adds an update.
    pub fn push(&self, update: T) {
        self.state().ready.push(update);
    }

    /// Ends the call with an error of kind `Listener`, because a listener failed outside of `deliver`.
    pub fn fail(&self, reason: String) {
        self.state().failure = Some(reason);
    }

    /// Runs a call, and passes its updates to a listener, which may block: each time the call waits, and at its end. If
    /// the listener fails, the call is dropped, and ends with an error of kind `Listener` that has the reason.
    pub async fn deliver<R>(
        &self,
        call: impl Future<Output = aod::Result<R>>,
        listener: impl Fn(Vec<T>) -> std::result::Result<(), String>,
    ) -> Result<R> {
        let mut call = pin!(call);
        loop {
            let polled = poll_fn(|context| {
                let polled = call.as_mut().poll(context);
                if polled.is_pending() && self.is_empty() {
                    return Poll::Pending;
                }
                Poll::Ready(polled)
            });
            let polled = polled.await;
            let State { ready, failure } = self.take();
            if let Some(reason) = failure {
                return Err(ErrorInfo::listener(reason));
            }
            if !ready.is_empty() {
                let received = invoke_blocking(|| listener(ready)).await?;
                received.map_err(ErrorInfo::listener)?;
            }
            if let Poll::Ready(result) = polled {
                return Ok(result?);
            }
            // Checks for cancellation between batches, even if the call never waits for long.
            yield_now().await;
        }
    }

    fn is_empty(&self) -> bool {
        let state = self.state();
        state.ready.is_empty() && state.failure.is_none()
    }

    fn take(&self) -> State<T> {
        let mut state = self.state();
        State {
            ready: mem::take(&mut state.ready),
            failure: state.failure.take(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Default for Updates<T> {
    fn default() -> Self {
        Self::new()
    }
}

/// Both push to the same call.
impl<T> Clone for Updates<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

#[cfg(test)]
mod tests;
