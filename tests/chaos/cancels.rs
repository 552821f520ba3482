//! What a stream leaves behind when its reader stops somewhere: nothing.

use std::fs;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use aod::sse::{CancelHandle, Reconnect};
use aod::{Client, EventStream};
use aod_devserver::{Cut, CutBy, CuttingProxy, Passage};
use futures::StreamExt;
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::task::yield_now;
use tokio::time::timeout;

use super::log::{Format, Log, Resumes, Wire};
use super::server::{Ending, LogServer, Session};
use super::{alone, client, number, session};

const CANCELS: u64 = 2000;
/// Streams at once.
const ABREAST: usize = 32;

/// Reads until the stream ends.
async fn read(client: Client, number: u64, opened: oneshot::Sender<CancelHandle>) {
    let request = client.sessions().stream(session(number));
    let request = request.reconnect(Reconnect::new().base_delay(Duration::from_millis(2)));
    let mut events: EventStream = request.await.expect("the server answers");
    let _ = opened.send(events.cancel_handle());
    while let Some(event) = events.next().await {
        event.expect("a cancel is no error");
    }
}

/// Ends a stream that never ends by itself, in one of three ways and at a random point.
async fn cancel(seed: u64, client: Client) {
    let mut random = fastrand::Rng::with_seed(seed);
    // Early ones as often as late ones.
    let longest = 1 << random.u8(2..15);
    let point = random.usize(..longest);
    let (opened, handle) = oneshot::channel();
    let reading = read(client, seed, opened);
    match seed % 3 {
        // Dropped after it has waited so many times: while connecting, reading, or between two connections.
        0 => {
            let mut reading = pin!(reading);
            let mut waits = 0;
            let some = poll_fn(|context| {
                waits += 1;
                assert!(
                    reading.as_mut().poll(context).is_pending(),
                    "the stream never ends"
                );
                if waits > point {
                    Poll::Ready(())
                } else {
                    Poll::Pending
                }
            });
            // The log may come in fewer pieces than that: then it is dropped while it waits for what never comes.
            let _ = timeout(Duration::from_millis(100), some).await;
        }
        1 => {
            let reading = tokio::spawn(reading);
            let handle = handle.await.expect("the stream opens");
            for _ in 0..point {
                yield_now().await;
            }
            handle.cancel();
            reading.await.expect("a cancelled stream ends");
        }
        _ => {
            let reading = tokio::spawn(reading);
            for _ in 0..point {
                yield_now().await;
            }
            reading.abort();
            assert!(reading.await.is_err_and(|error| error.is_cancelled()));
        }
    }
}

/// Descriptors of this process.
fn descriptors() -> usize {
    fs::read_dir("/proc/self/fd")
        .expect("a Linux process")
        .count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cancels_at_random_points_leave_no_task_and_no_descriptor() {
    let _alone = alone().await;
    let mut random = fastrand::Rng::with_seed(1);
    let log = Log::drawn(&mut random, 10);
    let wire = Arc::new(Wire::new(&log, Format::PLAIN));
    let server = LogServer::start(1).await;
    // The first connections are cut, so that some cancels find the stream between two.
    let proxy = CuttingProxy::start(&server.urls()[0], |path, connection| {
        let drawn = Passage::drawn(number(path), connection, 1000);
        let stalls = drawn.cut.is_some_and(|cut| cut.by == CutBy::Stall);
        let cut = drawn.cut.filter(|_| connection % 4 != 3 && !stalls);
        // What is cut before the head has no body to resume.
        let cut = cut.map(|cut| Cut {
            after: 200 + cut.after / 4,
            ..cut
        });
        Passage { cut, slice: None }
    })
    .await
    .expect("loopback has a free port");
    // What has come to the end of its log stays there.
    let client = client(proxy.url(), Duration::from_secs(600));
    for number in 0..CANCELS {
        server.add(
            session(number),
            Session {
                wire: Arc::clone(&wire),
                resumes: Resumes::FromStart,
                ending: Box::new(|_| Ending::Drip),
            },
        );
    }
    let metrics = Handle::current().metrics();
    let (tasks, open) = (metrics.num_alive_tasks(), descriptors());

    let cancels = (0..CANCELS).map(|seed| cancel(seed, client.clone()));
    futures::stream::iter(cancels)
        .buffer_unordered(ABREAST)
        .collect::<()>()
        .await;

    let settled = timeout(Duration::from_secs(30), async {
        server.all_closed().await;
        // The last task of a connection may be ending just now.
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
    assert!(
        server.accepted() > usize::try_from(CANCELS).expect("fits") / 2,
        "the streams never got to the server"
    );
}
