use std::time::Duration;

use tokio::time::{advance, pause, resume};

/// Advances the time of a single-threaded runtime at once.
///
/// Afterwards the clock runs normally, so that timers do not fire while a socket is waited for.
///
/// # Panics
///
/// Panics if the runtime has several threads.
pub async fn elapse(time: Duration) {
    pause();
    advance(time).await;
    resume();
}
