//! The runtime of the process, and its behaviour at a fork and at exit.

use std::time::Duration;

use aod_bridge::log;
use aod_bridge::runtime::{SharedRuntime, WORKERS};

/// The runtime of all calls and streams.
pub(crate) static RUNTIME: SharedRuntime = SharedRuntime::new(WORKERS);

/// How long `shut_down` waits for the threads.
const SHUTDOWN_LIMIT: Duration = Duration::from_secs(1);

/// Gives the child of a fork its own runtime and log. Must be the first call in the child.
#[uniffi::export]
pub fn after_fork_in_child() {
    RUNTIME.after_fork_in_child();
    log::after_fork_in_child();
}

/// Ends all calls and streams of this process. Called when the interpreter exits.
#[uniffi::export]
pub fn shut_down() {
    RUNTIME.shut_down(SHUTDOWN_LIMIT);
}

/// Returns the number of active calls and connections, for tests and to find leaks.
#[uniffi::export]
pub fn active_tasks() -> u32 {
    RUNTIME.active_tasks().try_into().unwrap_or(u32::MAX)
}
