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
enum At {
    FirstHead,
    LaterHead,
    Delay,
    Quiet,
    Flood,
}

/// How the consumer stops.
#[derive(Debug, Clone, Copy)]
enum By {
    Drop,
    /// Cancels with the handle, without a poll.
    Cancel,
    /// Cancels with the handle while a task waits for the next event.
    CancelUnderway,
    /// Aborts the task that waits for the next event.
    Abort,
}

const EVERY_WAY: [By; 4] = [By::Drop, By::Cancel, By::CancelUnderway, By::Abort];

/// A server that keeps the consumer at a point, and its counters.
struct Place {
    at: At,
    server: ScriptedServer,
    states: States,
}

impl Place {
    async fn new(at: At) -> Self {
        let server = ScriptedServer::start(move |number, mut exchange| async move {
            if !matches!((at, number), (At::FirstHead, _) | (At::LaterHead, 1..)) {
                exchange.start_stream().await;
                exchange.send(row(1)).await;
            }
            match (at, number) {
                (At::Delay, _) | (At::LaterHead, 0) => exchange.close().await,
                (At::Flood, _) => while exchange.try_send(": flood\n").await.is_ok() {},
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
            At::Delay => Reconnect::new().base_delay(hour).max_delay(hour),
            _ => fast_retry(),
        }
    }

    /// Waits until the consumer is at the point.
    async fn reached(&self) {
        match self.at {
            At::FirstHead => self.server.arrived(1).await,
            At::LaterHead => self.server.arrived(2).await,
            At::Delay => {
                let delayed = |state: &_| matches!(state, ConnectionState::Resuming { .. });
                self.states.reached(delayed).await;
            }
            At::Quiet | At::Flood => {
                let live = |state: &_| matches!(state, ConnectionState::Live);
                self.states.reached(live).await;
            }
        }
    }

    /// Brings a stream to the point and stops it there. What remains of it is already closed.
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

    /// Asserts that only the listening task is left and that there was no further connection.
    async fn nothing_left(&self, how: &str) {
        // There is no notification of the end of a task.
        while Handle::current().metrics().num_alive_tasks() > 1 {
            yield_now().await;
        }
        let connected = if matches!(self.at, At::LaterHead) {
            2
        } else {
            1
        };
        assert_eq!(self.server.received().len(), connected, "{how}");
    }
}

#[tokio::test]
async fn a_session_stream_can_be_dropped_at_every_await_without_leaks() {
    for at in [At::LaterHead, At::Delay, At::Quiet, At::Flood] {
        for by in EVERY_WAY {
            let how = format!("{by:?} at {at:?}");
            let place = Place::new(at).await;
            let client = client(&place.server);
            let request = request(&client).reconnect(place.policy());
            let events = request.on_state(place.states.observer()).await.unwrap();
            let handle = events.cancel_handle();
            let kept = place.leave(events, handle.clone(), by).await;
            place.server.all_closed().await;
            if let Some(mut events) = kept {
                assert!(events.next().await.is_none(), "{how}");
            }
            place.nothing_left(&how).await;
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
            place.server.all_closed().await;
            if let Some(mut source) = kept {
                assert!(source.next().await.is_none(), "{how}");
            }
            place.nothing_left(&how).await;
        }
    }
}

#[tokio::test]
async fn a_session_stream_can_be_dropped_while_it_is_opened() {
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
    place.server.all_closed().await;
    place.nothing_left("dropped").await;
    assert_eq!(place.states.names(), ["connecting", "closed"]);
}
