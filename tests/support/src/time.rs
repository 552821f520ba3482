use std::time::Duration;

use tokio::time::{advance, pause, resume};

/// Lets this much time pass at once, for every timer of a runtime with one thread.
///
/// The clock runs again afterwards, so that what waits for a socket is not hurried.
///
/// # Panics
///
/// If the runtime has several threads.
pub async fn elapse(time: Duration) {
    pause();
    advance(time).await;
    resume();
}
