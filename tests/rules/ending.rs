//! Ends: by the terminal event, by `stale`, and by the consumer.

use std::sync::Arc;
use std::time::{Duration, Instant};

use aod::sse::{Attempt, CancelHandle, Connection, EventSource, HttpConnect, Reconnect};
use aod_tests::ScriptedServer;
use futures::StreamExt;
use tokio::sync::Notify;

use crate::{START, bodies, client, exit, hasty, open, outline, request, row};

#[tokio::test]
async fn r29_stale_ends_the_stream_unless_asked_to_go_on() {
    let stale =
        "id: 7\ndata: {\"type\": \"stale\", \"id\": 7, \"message\": \"No output for 600s\"}\n\n";
    let server = bodies([
        format!("{START}{}{stale}", row(7)),
        format!("{START}{}{}", row(8), exit(8)),
    ])
    .await;
    let client = client(&server);
    assert_eq!(
        outline(open(&client).await).await,
        ["start", "output 7", "stale 7"]
    );
    assert_eq!(server.received().len(), 1);

    let server = bodies([
        format!("{START}{}{stale}", row(7)),
        format!("{START}{}{}", row(8), exit(8)),
    ])
    .await;
    let client = crate::client(&server);
    let events = request(&client).resume_stale(true).await.unwrap();
    assert_eq!(
        outline(events).await,
        ["start", "output 7", "output 8", "exit 8"]
    );
    assert_eq!(server.received()[1].header("last-event-id"), Some("7"));
}

/// Where a consumer may leave.
#[derive(Debug, Clone, Copy)]
enum At {
    Quiet,
    Flooding,
    Connecting,
    Waiting,
}

/// A server that is at that point for ever, and says when the client has closed.
async fn forever(at: At, closed: Arc<Notify>) -> ScriptedServer {
    ScriptedServer::start(move |number, mut exchange| {
        let closed = Arc::clone(&closed);
        async move {
            if number > 0 {
                // The second connection, where the point is to be without one.
                exchange.until_closed().await;
                closed.notify_one();
                return;
            }
            exchange.start_stream().await;
            exchange.send(row(1)).await;
            match at {
                At::Quiet => exchange.until_closed().await,
                At::Flooding => while exchange.try_send(row(1)).await.is_ok() {},
                At::Connecting | At::Waiting => return,
            }
            closed.notify_one();
        }
    })
    .await
}

#[tokio::test]
async fn r27_leaving_at_any_point_closes_the_socket_at_once_and_leaves_no_task() {
    for at in [At::Quiet, At::Flooding, At::Connecting, At::Waiting] {
        for by_handle in [false, true] {
            let closed = Arc::new(Notify::new());
            let server = forever(at, Arc::clone(&closed)).await;
            let client = client(&server);
            let delay = match at {
                At::Waiting => Reconnect::new()
                    .base_delay(Duration::from_secs(3600))
                    .max_delay(Duration::from_secs(3600)),
                _ => hasty(),
            };
            let mut events = request(&client).reconnect(delay).await.unwrap();
            events.next().await.unwrap().unwrap();
            // To the point, with nobody polling afterwards.
            assert!(
                tokio::time::timeout(Duration::from_millis(50), events.next())
                    .await
                    .is_err(),
                "{at:?}"
            );

            let left = Instant::now();
            let handle = events.cancel_handle();
            let kept = if by_handle {
                let cancelling = handle.clone();
                tokio::spawn(async move { cancelling.cancel() })
                    .await
                    .unwrap();
                Some(events)
            } else {
                drop(events);
                None
            };
            if !matches!(at, At::Waiting) {
                closed.notified().await;
                assert!(
                    left.elapsed() < Duration::from_millis(100),
                    "{at:?}: {:?}",
                    left.elapsed()
                );
            }
            if let Some(mut events) = kept {
                assert!(events.next().await.is_none(), "{at:?}");
            }
            // Harmless when the stream has gone.
            handle.cancel();
            assert!(handle.is_cancelled());
        }
    }
}

#[tokio::test]
async fn r27_a_cancel_wakes_the_task_that_waits() {
    let closed = Arc::new(Notify::new());
    let server = forever(At::Quiet, Arc::clone(&closed)).await;
    let mut events = open(&client(&server)).await;
    let handle = events.cancel_handle();
    events.next().await.unwrap().unwrap();
    let waiting = tokio::spawn(async move { events.next().await.is_none() });
    tokio::task::yield_now().await;
    handle.cancel();
    assert!(waiting.await.unwrap());
    closed.notified().await;
}

#[tokio::test]
async fn r27_an_event_source_is_left_in_the_same_way() {
    let closed = Arc::new(Notify::new());
    let server = forever(At::Quiet, Arc::clone(&closed)).await;
    let mut source = EventSource::new(HttpConnect::new(&server.url()).unwrap());
    source.next().await.unwrap().unwrap();
    source.cancel_handle().cancel();
    closed.notified().await;
    assert!(source.next().await.is_none());
}

/// What a source polls is its caller's code, which may well cancel the source.
#[tokio::test]
async fn r27_a_body_may_cancel_the_source_that_reads_it() {
    let handle = Arc::new(std::sync::OnceLock::<CancelHandle>::new());
    let within = Arc::clone(&handle);
    let body = futures::stream::poll_fn(move |_| {
        if let Some(handle) = within.get() {
            handle.cancel();
        }
        std::task::Poll::<Option<aod::Result<bytes::Bytes>>>::Pending
    });
    let mut body = Some(body);
    let connect = move |_: Attempt<'_>| {
        let body = body.take();
        async move { Ok(body.map_or_else(Connection::no_content, Connection::body)) }
    };
    let mut source = EventSource::new(connect);
    handle.set(source.cancel_handle()).unwrap();
    assert!(source.next().await.is_none());
}
