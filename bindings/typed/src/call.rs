//! Calls: where they run, and what ends them early.

use std::future::Future;
use std::sync::Arc;

use aod_bridge::call;
use aod_bridge::cancel;
use aod_bridge::error as bridge;
use aod_bridge::runtime::SharedRuntime;

use super::error::CallError;

/// At least two workers: a hostile connection can occupy one.
pub(super) static RUNTIME: SharedRuntime = SharedRuntime::new(2);

/// Cancels calls from elsewhere, for languages whose own cancellation does not reach here. One may serve many calls.
#[derive(Debug, uniffi::Object)]
pub struct CancellationToken(pub(super) cancel::CancellationToken);

#[uniffi::export]
impl CancellationToken {
    /// A token that is not cancelled.
    #[uniffi::constructor]
    pub fn new() -> Arc<Self> {
        Arc::new(Self(cancel::CancellationToken::new()))
    }

    /// Ends every call that was given this, and every later one at once, with an error of kind cancelled.
    pub fn cancel(&self) {
        self.0.cancel();
    }
}

/// Runs work on the runtime from a future that another executor polls. Dropping the future stops the work.
pub(super) async fn run<T: Send + 'static>(
    work: impl Future<Output = bridge::Result<T>> + Send + 'static,
) -> Result<T, CallError> {
    Ok(call::run(&RUNTIME, work).await?)
}

/// Counts the calls and connections of this library that are under way: for tests, and to look for leaks.
#[uniffi::export]
pub fn active_tasks() -> u32 {
    RUNTIME.active_tasks().try_into().unwrap_or(u32::MAX)
}
