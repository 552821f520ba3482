//! Calls: where they run, and what ends them early.

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};

use futures::future::{Either, select};
use tokio::runtime::Handle;
use tokio::task::{JoinError, JoinHandle};
use tokio_util::sync::CancellationToken;

use super::error::{CallError, ErrorKind};
use aod_bridge::runtime::SharedRuntime;

/// What all calls and streams run on.
static RUNTIME: SharedRuntime = SharedRuntime::new(2);

/// Ends calls from elsewhere, for languages whose own cancellation does not reach here. One may serve many calls.
#[derive(Debug, uniffi::Object)]
pub struct Cancellation(pub(super) CancellationToken);

#[uniffi::export]
impl Cancellation {
    /// One that has not been used yet.
    #[uniffi::constructor]
    pub fn new() -> Arc<Self> {
        Arc::new(Self(CancellationToken::new()))
    }

    /// Ends every call that was given this, and every later one at once, with an error of kind cancelled.
    pub fn cancel(&self) {
        self.0.cancel();
    }

    /// Whether it was cancelled.
    pub fn is_cancelled(&self) -> bool {
        self.0.is_cancelled()
    }
}

/// What ends a call before its answer: its own cancellation, or the closing of its client.
pub(super) struct Ends {
    cancelled: Option<CancellationToken>,
    closed: CancellationToken,
}

impl Ends {
    pub(super) fn new(cancelled: Option<CancellationToken>, closed: &CancellationToken) -> Self {
        Self {
            cancelled,
            closed: closed.clone(),
        }
    }

    /// Does the work unless one of them comes first.
    pub(super) async fn or<T>(
        self,
        work: impl Future<Output = Result<T, CallError>>,
    ) -> Result<T, CallError> {
        let cancelled = async {
            match &self.cancelled {
                Some(cancellation) => cancellation.cancelled().await,
                None => std::future::pending().await,
            }
        };
        let end = async {
            match select(pin!(self.closed.cancelled()), pin!(cancelled)).await {
                Either::Left(_) => CallError::of_kind(ErrorKind::Closed, "the client was closed"),
                Either::Right(_) => {
                    CallError::of_kind(ErrorKind::Cancelled, "the call was cancelled")
                }
            }
        };
        match select(pin!(end), pin!(work)).await {
            Either::Left((end, _)) => Err(end),
            Either::Right((outcome, _)) => outcome,
        }
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
    let mut task = Abort(handle()?.spawn(work));
    (&mut task.0)
        .await
        .unwrap_or_else(|error| Err(unfinished(&error)))
}

/// The failure of a task that gave no outcome.
fn unfinished(error: &JoinError) -> CallError {
    if error.is_panic() {
        panicked()
    } else {
        CallError::of_kind(ErrorKind::Cancelled, "the call was given up")
    }
}

/// The failure of work that panicked. What it said may hold anything, and is not passed on.
pub(super) fn panicked() -> CallError {
    CallError::of_kind(ErrorKind::Other, "a defect of the library: it panicked")
}

/// Polls something where it is, with our runtime's timers and I/O; what is ready at once costs no change of thread.
pub(super) struct OnRuntime<F> {
    handle: Handle,
    work: Pin<Box<F>>,
}

impl<F: Future> OnRuntime<F> {
    pub(super) fn new(work: F) -> Result<Self, CallError> {
        Ok(Self {
            handle: handle()?,
            work: Box::pin(work),
        })
    }
}

impl<F: Future> Future for OnRuntime<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = &mut *self;
        let _guard = this.handle.enter();
        this.work.as_mut().poll(context)
    }
}

/// The runtime, or an error for the caller.
pub(super) fn handle() -> Result<Handle, CallError> {
    RUNTIME
        .handle()
        .map_err(|error| CallError::of_kind(ErrorKind::Configuration, error.text))
}

/// How many calls and connections this library has under way: for tests, and to look for leaks.
#[uniffi::export]
pub fn active_tasks() -> u32 {
    RUNTIME.active_tasks().try_into().unwrap_or(u32::MAX)
}
