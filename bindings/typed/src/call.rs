//! Running calls on the runtime, and cancelling them.

use std::future::Future;
use std::sync::Arc;

use aod_bridge::call;
use aod_bridge::cancel;
use aod_bridge::error as bridge;
use aod_bridge::runtime::{SharedRuntime, WORKERS};

use super::error::CallError;

/// The runtime of all calls.
pub(super) static RUNTIME: SharedRuntime = SharedRuntime::new(WORKERS);

/// Cancels calls from another thread, for languages whose own cancellation does not reach the native library. One token
/// can cancel many calls.
#[derive(Debug, uniffi::Object)]
pub struct CancellationToken(pub(super) cancel::CancellationToken);

#[uniffi::export]
impl CancellationToken {
    /// Creates a token that is not cancelled.
    #[uniffi::constructor]
    pub fn new() -> Arc<Self> {
        Arc::new(Self(cancel::CancellationToken::new()))
    }

    /// Cancels every call that was started with this token. They fail with an error of kind `Cancelled`, and so do
    /// calls that are started with it later.
    pub fn cancel(&self) {
        self.0.cancel();
    }
}

/// Runs work on the runtime. The future can be polled by any executor; dropping it stops the work.
pub(super) async fn run<T: Send + 'static>(
    work: impl Future<Output = bridge::Result<T>> + Send + 'static,
) -> Result<T, CallError> {
    Ok(call::run(&RUNTIME, work).await?)
}

/// Returns the number of active background tasks of this library, such as calls and connections, for tests and to find
/// leaks.
#[uniffi::export]
pub fn active_tasks() -> u32 {
    RUNTIME.active_tasks().try_into().unwrap_or(u32::MAX)
}
