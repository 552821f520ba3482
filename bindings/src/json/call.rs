//! Calls that are waited for in slices, so that the caller can look up in between.

use std::future::Future;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::task::{AbortHandle, JoinHandle};

use super::client::unusable;
use super::error::CallError;
use crate::runtime;

/// Something under way on our runtime. Dropping it gives it up.
pub(super) struct Pending<T> {
    outcome: Mutex<Receiver<Result<T, CallError>>>,
    task: AbortHandle,
}

impl<T: Send + 'static> Pending<T> {
    pub(super) fn start<F>(work: F) -> Result<Self, CallError>
    where
        F: Future<Output = Result<T, CallError>> + Send + 'static,
    {
        let (sender, outcome) = sync_channel(1);
        let task = runtime::handle().map_err(unusable)?.spawn(async move {
            // Nobody waits any more when this fails.
            let _ = sender.send(work.await);
        });
        Ok(Self {
            outcome: Mutex::new(outcome),
            task: task.abort_handle(),
        })
    }

    pub(super) fn wait(&self, milliseconds: u32) -> Result<Option<T>, CallError> {
        let outcome = self.outcome.lock().unwrap_or_else(PoisonError::into_inner);
        match outcome.recv_timeout(Duration::from_millis(milliseconds.into())) {
            Ok(outcome) => outcome.map(Some),
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Err(RecvTimeoutError::Disconnected) => Err(given_up()),
        }
    }
}

impl<T> Drop for Pending<T> {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A call under way. Dropping it gives it up and closes its connection.
#[derive(uniffi::Object)]
pub struct Call(pub(super) Pending<Vec<u8>>);

#[uniffi::export]
impl Call {
    /// Waits this many milliseconds at most; nothing when there is no answer yet. The answer is given once.
    pub fn wait(&self, milliseconds: u32) -> Result<Option<Vec<u8>>, CallError> {
        self.0.wait(milliseconds)
    }
}

/// Runs something on our runtime from a future that another executor polls; dropping the future gives it up.
pub(super) async fn run<T: Send + 'static>(
    work: impl Future<Output = Result<T, CallError>> + Send + 'static,
) -> Result<T, CallError> {
    struct Abort<T>(JoinHandle<T>);
    impl<T> Drop for Abort<T> {
        fn drop(&mut self) {
            self.0.abort();
        }
    }
    let mut task = Abort(runtime::handle().map_err(unusable)?.spawn(work));
    (&mut task.0).await.unwrap_or_else(|_| Err(given_up()))
}

fn given_up() -> CallError {
    CallError::of_kind("connection", "the call was given up")
}
