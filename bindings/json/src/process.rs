//! The runtime of the process, and what becomes of it at a fork and at the end.

use std::time::Duration;

use aod_bridge::runtime::SharedRuntime;

/// What all calls and streams run on. Two workers are enough: the interpreter's own work is done elsewhere.
pub(crate) static RUNTIME: SharedRuntime = SharedRuntime::new(2);

/// How long the threads may take to end.
const SHUTDOWN_LIMIT: Duration = Duration::from_secs(1);

/// Gives the child of a fork a runtime of its own. Call it first in the child.
#[uniffi::export]
pub fn after_fork_in_child() {
    RUNTIME.after_fork_in_child();
}

/// Ends all calls and streams of this process. To be called when the interpreter is about to exit.
#[uniffi::export]
pub fn shut_down() {
    RUNTIME.shut_down(SHUTDOWN_LIMIT);
}

/// Counts the calls and connections that are under way: for tests, and to look for leaks.
#[uniffi::export]
pub fn active_tasks() -> u32 {
    RUNTIME.active_tasks().try_into().unwrap_or(u32::MAX)
}
