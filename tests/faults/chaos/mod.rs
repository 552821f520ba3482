//! Each event is delivered once and in order, whatever happens to the connections: random cuts by a proxy, a cut at
//! every byte, outages, rows after the terminal event, and cancellation at random points.
//!
//! | Variable | |
//! |---|---|
//! | `AOD_SEEDS` | the number of seeds; default 300 |
//! | `AOD_SEED` | a single seed, to reproduce a failure |
//! | `AOD_EVERY_CUT` | if set, recordings above 100 KB are cut at every byte too, which takes hours |

#![allow(
    clippy::print_stdout,
    reason = "the figures are for the reader of a run"
)]

mod cancels;
mod every_cut;
mod log;
mod log_server;
mod outages;
mod random_cuts;

use std::fmt::Display;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use aod::ConnectionState;
use aod::sse::Reconnect;
use aod::{Client, StreamRequest};
use futures::StreamExt;
use serde_json::Value;
use tokio::sync::{Mutex, MutexGuard};
use uuid::Uuid;

/// The time limit of a wait, after which it is considered endless.
const HANGS: Duration = Duration::from_secs(20 * 60);

/// Runs the tests of a process one after another, because each uses all cores and one counts the file descriptors of
/// the process.
async fn alone() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::const_new(());
    TURN.lock().await
}

fn client(url: &str, idle_timeout: Duration) -> Client {
    let client = Client::builder().base_url(url).token("aod_test").no_proxy();
    client
        .stream_idle_timeout(idle_timeout)
        .build()
        .expect("the settings are valid")
}

/// Reads a session to its end and asserts that the events are as expected.
///
/// Returns the number of reconnects.
async fn assert_read(
    request: StreamRequest<'_>,
    expected: &[Value],
    context: &impl Display,
) -> usize {
    let reconnects = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&reconnects);
    let request = request
        // Delays and limits have separate tests. Here, a server that replays everything can be cut many times before it
        // makes progress.
        .reconnect(
            Reconnect::new()
                .max_attempts(10_000)
                .base_delay(Duration::from_millis(1))
                .max_delay(Duration::from_millis(20)),
        )
        // Much longer than a run on a loaded machine takes, so that a hang is reported.
        .deadline(HANGS)
        .on_state(move |state| {
            if matches!(state, ConnectionState::Resuming { .. }) {
                counter.fetch_add(1, Ordering::Relaxed);
            }
        });
    assert_events(request, expected, context).await;
    reconnects.load(Ordering::Relaxed)
}

/// Opens a stream, reads it to its end and asserts that the events are as expected.
async fn assert_events(request: StreamRequest<'_>, expected: &[Value], context: &impl Display) {
    let opened = request.await;
    let mut events = opened.unwrap_or_else(|error| panic!("{context}: not opened: {error:?}"));
    let mut read = 0;
    while let Some(event) = events.next().await {
        let event =
            event.unwrap_or_else(|error| panic!("{context}: after {read} events: {error:?}"));
        let event = serde_json::to_value(&event).expect("every event is written");
        assert_eq!(Some(&event), expected.get(read), "{context}: event {read}");
        read += 1;
    }
    assert_eq!(read, expected.len(), "{context}: the stream ended early");
    assert!(
        events.next().await.is_none(),
        "{context}: an event follows the terminal event"
    );
}

/// Returns the seeds of a test: as many as `AOD_SEEDS`, or only `AOD_SEED`.
fn seeds() -> Vec<u64> {
    let variable = |name| {
        let value = std::env::var(name).ok()?;
        Some(
            value
                .parse()
                .unwrap_or_else(|_| panic!("{name} is a number")),
        )
    };
    match variable("AOD_SEED") {
        Some(seed) => vec![seed],
        None => (0..variable("AOD_SEEDS").unwrap_or(300)).collect(),
    }
}

/// Returns the session of a test's n-th stream.
fn session(number: u64) -> Uuid {
    Uuid::from_u128(u128::from(number) + 1)
}

/// Returns the number of the session in a path.
fn number(path: &str) -> u64 {
    let id = path.split('/').find_map(|part| part.parse::<Uuid>().ok());
    let number = id.map(|id| id.as_u128() - 1);
    u64::try_from(number.expect("a session's path")).expect("a session of a test")
}
