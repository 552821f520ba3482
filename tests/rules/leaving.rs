//! Leaving at every await, with the connections and the tasks counted.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use aod::sse::{CancelHandle, EventSource, HttpConnect, Reconnect};
use aod_tests::ScriptedServer;
use futures::{Stream, StreamExt};
use tokio::runtime::Handle;
use tokio::time::{sleep, timeout};

use crate::{States, client, hasty, request, row};

/// How long a socket may stay open behind a consumer that has left.
const AT_ONCE: Duration = Duration::from_millis(100);

/// What the consumer is waiting for when it leaves.
#[derive(Debug, Clone, Copy)]
enum At {
    FirstHead,
    LaterHead,
    Delay,
    Quiet,
    Flood,
}

/// How it leaves.
#[derive(Debug, Clone, Copy)]
enum By {
    Drop,
    /// By the handle, with nobody polling.
    Cancel,
    /// By the handle, while a task waits for the next event.
    CancelUnderway,
    /// By aborting the task that waits for the next event.
    Abort,
}

const EVERY_WAY: [By; 4] = [By::Drop, By::Cancel, By::CancelUnderway, By::Abort];

/// A server that is at that point for ever, and what to count on it.
struct Place {
    at: At,
    server: ScriptedServer,
    connections: Arc<AtomicUsize>,
    states: States,
}

impl Place {
    async fn new(at: At) -> Self {
        let connections = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&connections);
        let server = ScriptedServer::start(move |number, mut exchange| {
            let connections = Arc::clone(&counted);
            async move {
                connections.fetch_add(1, Ordering::SeqCst);
                if !matches!((at, number), (At::FirstHead, _) | (At::LaterHead, 1..)) {
                    exchange.start_stream().await;
                    exchange.send(row(1)).await;
                }
                match (at, number) {
                    (At::Delay, _) | (At::LaterHead, 0) => exchange.close().await,
                    (At::Flood, _) => while exchange.try_send(": flood\n").await.is_ok() {},
                    _ => exchange.until_closed().await,
                }
                connections.fetch_sub(1, Ordering::SeqCst);
            }
        })
        .await;
        Self {
            at,
            server,
            connections,
            states: States::default(),
        }
    }

    fn policy(&self) -> Reconnect {
        let hour = Duration::from_secs(3600);
        match self.at {
            At::Delay => Reconnect::new().base_delay(hour).max_delay(hour),
            _ => hasty(),
        }
    }

    /// Waits until the consumer is at the point.
    async fn reached(&self) {
        let there = || match self.at {
            At::FirstHead => self.server.received().len() == 1,
            At::LaterHead => self.server.received().len() == 2,
            At::Delay => !self.states.delays().is_empty(),
            At::Quiet | At::Flood => self
                .states
                .names()
                .last()
                .is_some_and(|name| name == "live"),
        };
        until(there).await;
    }

    /// Brings a stream to the point and leaves it there; what is kept of it is closed already.
    async fn leave<S>(&self, mut stream: S, handle: CancelHandle, by: By) -> Option<S>
    where
        S: Stream<Item: Send> + Unpin + Send + 'static,
    {
        if matches!(by, By::CancelUnderway | By::Abort) {
            let reading = tokio::spawn(async move { while stream.next().await.is_some() {} });
            self.reached().await;
            if matches!(by, By::Abort) {
                reading.abort();
                assert!(reading.await.unwrap_err().is_cancelled());
            } else {
                handle.cancel();
                reading.await.unwrap();
            }
            return None;
        }
        {
            let reading = pin!(async { while stream.next().await.is_some() {} });
            let reached = pin!(self.reached());
            let first = futures::future::select(reading, reached).await;
            assert!(
                matches!(first, futures::future::Either::Right(_)),
                "it ended"
            );
        }
        if matches!(by, By::Drop) {
            return None;
        }
        tokio::spawn(async move { handle.cancel() }).await.unwrap();
        Some(stream)
    }

    /// Checks that the connections are closed at once.
    async fn closed(&self, how: &str) {
        let none = || self.connections.load(Ordering::SeqCst) == 0;
        let closed = timeout(AT_ONCE, until(none)).await;
        assert!(closed.is_ok(), "{how}: a connection is open");
    }

    /// Checks that no task is left but the one that listens, and that nobody connected again.
    async fn nothing_left(&self, how: &str) {
        let gone = timeout(Duration::from_secs(10), until(|| tasks() == 1)).await;
        assert!(gone.is_ok(), "{how}: {} tasks", tasks());
        let connected = if matches!(self.at, At::LaterHead) {
            2
        } else {
            1
        };
        assert_eq!(self.server.received().len(), connected, "{how}");
    }
}

fn tasks() -> usize {
    Handle::current().metrics().num_alive_tasks()
}

/// Waits for what nothing announces.
async fn until(there: impl Fn() -> bool) {
    while !there() {
        sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test]
async fn r27_a_session_stream_is_left_at_every_await_without_a_trace() {
    for at in [At::LaterHead, At::Delay, At::Quiet, At::Flood] {
        for by in EVERY_WAY {
            let how = format!("{by:?} at {at:?}");
            let place = Place::new(at).await;
            let client = client(&place.server);
            let request = request(&client).reconnect(place.policy());
            let events = request.on_state(place.states.observer()).await.unwrap();
            let handle = events.cancel_handle();
            let kept = place.leave(events, handle, by).await;
            place.closed(&how).await;
            if let Some(mut events) = kept {
                assert!(events.next().await.is_none(), "{how}");
            }
            place.nothing_left(&how).await;
            let names = place.states.names();
            let ends = names.iter().filter(|name| *name == "closed").count();
            assert_eq!(
                (ends, names.last().unwrap().as_str()),
                (1, "closed"),
                "{how}"
            );
        }
    }
}

#[tokio::test]
async fn r27_an_event_source_is_left_at_every_await_without_a_trace() {
    for at in [
        At::FirstHead,
        At::LaterHead,
        At::Delay,
        At::Quiet,
        At::Flood,
    ] {
        for by in EVERY_WAY {
            let how = format!("{by:?} at {at:?}");
            let place = Place::new(at).await;
            let source = EventSource::new(HttpConnect::new(&place.server.url()).unwrap())
                .reconnect(place.policy())
                .on_state(place.states.observer());
            let handle = source.cancel_handle();
            let kept = place.leave(source, handle, by).await;
            place.closed(&how).await;
            if let Some(mut source) = kept {
                assert!(source.next().await.is_none(), "{how}");
            }
            place.nothing_left(&how).await;
        }
    }
}

#[tokio::test]
async fn r27_a_session_stream_is_left_while_it_is_opened() {
    let place = Place::new(At::FirstHead).await;
    let client = client(&place.server);
    {
        let request = request(&client).on_state(place.states.observer());
        let opening = pin!(request.into_future());
        let reached = pin!(place.reached());
        let first = futures::future::select(opening, reached).await;
        assert!(
            matches!(first, futures::future::Either::Right(_)),
            "it opened"
        );
    }
    place.closed("dropped").await;
    place.nothing_left("dropped").await;
    assert_eq!(place.states.names(), ["connecting", "closed"]);
}
