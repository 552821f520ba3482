//! Cancelling and dropping at every await, with a count of connections and tasks.

use std::pin::pin;
use std::time::Duration;

use aod::sse::{CancelHandle, ConnectionState, EventSource, HttpConnect, Reconnect};
use aod_test_support::ScriptedServer;
use futures::{Stream, StreamExt};
use tokio::runtime::Handle;
use tokio::task::yield_now;

use super::{States, client, fast_retry, request, row};

/// What the consumer is waiting for when it stops.
#[derive(Debug, Clone, Copy)]
enum WaitPoint {
    FirstHead,
    LaterHead,
    Delay,
    Quiet,
    Flood,
}

/// How the consumer stops.
#[derive(Debug, Clone, Copy)]
enum Exit {
    Drop,
    /// Cancels with the handle, without a poll.
    Cancel,
    /// Cancels with the handle while a task waits for the next event.
    CancelWhileWaiting,
    /// Aborts the task that waits for the next event.
    Abort,
}

const EXITS: [Exit; 4] = [
    Exit::Drop,
    Exit::Cancel,
    Exit::CancelWhileWaiting,
    Exit::Abort,
];

/// A server that keeps the consumer at a point, and its counters.
struct Setup {
    at: WaitPoint,
    server: ScriptedServer,
    states: States,
}

impl Setup {
    async fn new(at: WaitPoint) -> Self {
        let server = ScriptedServer::start(move |number, mut exchange| async move {
            if !matches!(
                (at, number),
                (WaitPoint::FirstHead, _) | (WaitPoint::LaterHead, 1..)
            ) {
                exchange.start_stream().await;
                exchange.send(row(1)).await;
            }
            match (at, number) {
                (WaitPoint::Delay, _) | (WaitPoint::LaterHead, 0) => exchange.close().await,
                (WaitPoint::Flood, _) => while exchange.try_send(": flood\n").await.is_ok() {},
                _ => exchange.until_closed().await,
            }
        })
        .await;
        Self {
            at,
            server,
            states: States::default(),
        }
    }

    fn policy(&self) -> Reconnect {
        let hour = Duration::from_secs(3600);
        match self.at {
            WaitPoint::Delay => Reconnect::new().base_delay(hour).max_delay(hour),
            _ => fast_retry(),
        }
    }

    /// Waits until the consumer is at the point.
    async fn reached(&self) {
        match self.at {
            WaitPoint::FirstHead => self.server.arrived(1).await,
            WaitPoint::LaterHead => self.server.arrived(2).await,
            WaitPoint::Delay => {
                let delayed = |state: &_| matches!(state, ConnectionState::Resuming { .. });
                self.states.reached(delayed).await;
            }
            WaitPoint::Quiet | WaitPoint::Flood => {
                let live = |state: &_| matches!(state, ConnectionState::Live);
                self.states.reached(live).await;
            }
        }
    }

    /// Brings a stream to the point and stops it there. What remains of it is already closed.
    async fn leave<S>(&self, mut stream: S, handle: CancelHandle, by: Exit) -> Option<S>
    where
        S: Stream<Item: Send> + Unpin + Send + 'static,
    {
        if matches!(by, Exit::CancelWhileWaiting | Exit::Abort) {
            let reading = tokio::spawn(async move { while stream.next().await.is_some() {} });
            self.reached().await;
            if matches!(by, Exit::Abort) {
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
        if matches!(by, Exit::Drop) {
            return None;
        }
        tokio::spawn(async move { handle.cancel() }).await.unwrap();
        Some(stream)
    }

    /// Asserts that only the listening task is left and that there was no further connection.
    async fn assert_idle(&self, how: &str) {
        // There is no notification of the end of a task.
        while Handle::current().metrics().num_alive_tasks() > 1 {
            yield_now().await;
        }
        let connected = if matches!(self.at, WaitPoint::LaterHead) {
            2
        } else {
            1
        };
        assert_eq!(self.server.received().len(), connected, "{how}");
    }
}

#[tokio::test]
async fn a_session_stream_can_be_dropped_at_every_await_without_leaks() {
    for at in [
        WaitPoint::LaterHead,
        WaitPoint::Delay,
        WaitPoint::Quiet,
        WaitPoint::Flood,
    ] {
        for by in EXITS {
            let how = format!("{by:?} at {at:?}");
            let place = Setup::new(at).await;
            let client = client(&place.server);
            let request = request(&client).reconnect(place.policy());
            let events = request.on_state(place.states.observer()).await.unwrap();
            let handle = events.cancel_handle();
            let kept = place.leave(events, handle.clone(), by).await;
            place.server.all_closed().await;
            if let Some(mut events) = kept {
                assert!(events.next().await.is_none(), "{how}");
            }
            place.assert_idle(&how).await;
            // Has no effect if the stream has been dropped.
            handle.cancel();
            assert!(handle.is_cancelled(), "{how}");
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
async fn an_event_source_can_be_dropped_at_every_await_without_leaks() {
    for at in [
        WaitPoint::FirstHead,
        WaitPoint::LaterHead,
        WaitPoint::Delay,
        WaitPoint::Quiet,
        WaitPoint::Flood,
    ] {
        for by in EXITS {
            let how = format!("{by:?} at {at:?}");
            let place = Setup::new(at).await;
            let source = EventSource::new(HttpConnect::new(&place.server.url()).unwrap())
                .reconnect(place.policy())
                .on_state(place.states.observer());
            let handle = source.cancel_handle();
            let kept = place.leave(source, handle, by).await;
            place.server.all_closed().await;
            if let Some(mut source) = kept {
                assert!(source.next().await.is_none(), "{how}");
            }
            place.assert_idle(&how).await;
        }
    }
}

#[tokio::test]
async fn a_session_stream_can_be_dropped_while_it_is_opened() {
    let place = Setup::new(WaitPoint::FirstHead).await;
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
    place.server.all_closed().await;
    place.assert_idle("dropped").await;
    assert_eq!(place.states.names(), ["connecting", "closed"]);
}
