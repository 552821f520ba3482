//! Streams that are cancelled at any point leak nothing.

use std::fs;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use aod::sse::{CancelHandle, Reconnect};
use aod::{Client, EventStream};
use aod_devserver::{ConnectionPlan, Cut, CutBy, CuttingProxy};
use futures::StreamExt;
use tokio::runtime::Handle;
use tokio::sync::{oneshot, watch};
use tokio::task::yield_now;
use tokio::time::timeout;

use super::log::{Format, Log, ResumeMode, Wire};
use super::log_server::{Ending, LogServer, Session};
use super::{HANGS, alone, client, number, session};

const CANCELS: usize = 2000;
/// The number of concurrent streams.
const CONCURRENCY: usize = 32;

/// Reads until the stream ends, and counts events and connection states.
async fn read(
    client: Client,
    number: u64,
    progress: Arc<watch::Sender<usize>>,
    opened: oneshot::Sender<CancelHandle>,
) {
    let counted = Arc::clone(&progress);
    let request = client
        .sessions()
        .stream(session(number))
        .reconnect(Reconnect::new().base_delay(Duration::from_millis(2)))
        .on_state(move |_| counted.send_modify(|count| *count += 1));
    let mut events: EventStream = request.await.expect("the server responds");
    let _ = opened.send(events.cancel_handle());
    while let Some(event) = events.next().await {
        event.expect("a cancelled stream ends without an error");
        progress.send_modify(|count| *count += 1);
    }
}

/// Ends an endless stream in one of three ways at a random point: while it connects, reads, or waits to reconnect.
async fn cancel(seed: u64, client: Client, points: usize) {
    let mut random = fastrand::Rng::with_seed(seed);
    let (point, yields) = (random.usize(..points), random.usize(..16));
    let (progress, mut watched) = watch::channel(0);
    let (opened, handle) = oneshot::channel();
    let reading = read(client, seed, Arc::new(progress), opened);
    let reached = async move {
        let reached = watched.wait_for(|count| *count >= point).await;
        drop(reached.expect("the stream never ends"));
        for _ in 0..yields {
            yield_now().await;
        }
    };
    match seed % 3 {
        0 => {
            let reading = pin!(reading);
            tokio::select! {
                biased;
                () = reading => panic!("the stream never ends"),
                () = reached => {}
            }
        }
        1 => {
            let reading = tokio::spawn(reading);
            let handle = handle.await.expect("the stream opens");
            reached.await;
            handle.cancel();
            reading.await.expect("a cancelled stream ends");
        }
        _ => {
            let reading = tokio::spawn(reading);
            reached.await;
            reading.abort();
            assert!(reading.await.is_err_and(|error| error.is_cancelled()));
        }
    }
}

/// Returns the number of open file descriptors.
fn descriptors() -> usize {
    fs::read_dir("/proc/self/fd")
        .expect("a Linux process")
        .count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cancelling_at_random_points_leaks_no_task_and_no_descriptor() {
    let _alone = alone().await;
    let mut random = fastrand::Rng::with_seed(1);
    let log = Log::drawn(&mut random, 10);
    let wire = Arc::new(Wire::new(&log, Format::PLAIN));
    let server = LogServer::start(1).await;
    // The first connections are cut, so that some streams are cancelled between two connections.
    let proxy = CuttingProxy::start(&server.urls()[0], |path, connection| {
        let drawn = ConnectionPlan::drawn(number(path), connection, 1000);
        let stalls = drawn.cut.is_some_and(|cut| cut.by == CutBy::Stall);
        let cut = drawn.cut.filter(|_| connection % 4 != 3 && !stalls);
        // Cuts must be after the head.
        let cut = cut.map(|cut| Cut {
            after: 200 + cut.after / 4,
            ..cut
        });
        ConnectionPlan { cut, slice: None }
    })
    .await
    .expect("loopback has a free port");
    // A stream at the end of its log waits.
    let client = client(proxy.url(), Duration::from_secs(600));
    for number in 0..CANCELS as u64 {
        server.add(
            session(number),
            Session {
                wire: Arc::clone(&wire),
                resumes: ResumeMode::FromStart,
                ending: Box::new(|_| Ending::Drip),
            },
        );
    }
    // The minimum: the log without its end. The reader also counts connections.
    let points = log.events().len();
    let metrics = Handle::current().metrics();
    let (tasks, open) = (metrics.num_alive_tasks(), descriptors());

    let cancels = (0..CANCELS as u64).map(|seed| cancel(seed, client.clone(), points));
    futures::stream::iter(cancels)
        .buffer_unordered(CONCURRENCY)
        .collect::<()>()
        .await;

    let settled = timeout(HANGS, async {
        server.all_closed().await;
        // The last task of a connection may still be ending.
        while metrics.num_alive_tasks() > tasks || descriptors() > open {
            yield_now().await;
        }
    });
    let settled = settled.await.is_ok();
    println!(
        "{CANCELS} cancels, {} connections at the server, {:?}",
        server.accepted(),
        proxy.cuts()
    );
    assert_eq!(
        (metrics.num_alive_tasks(), descriptors(), settled),
        (tasks, open, true),
        "tasks, descriptors"
    );
    let (accepted, cut) = (server.accepted(), proxy.cuts().total());
    assert!(
        accepted > CANCELS / 2 && cut > CANCELS / 4,
        "too few were cancelled while they read, or between two connections"
    );
}
