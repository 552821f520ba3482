use std::future::{pending, ready};
use std::sync::{Arc, Mutex};
use std::thread;

use aod::ConnectionState;
use aod::EventStream;

use super::{Listener, ListenerDriver, Subscription};
use crate::cancel::{CancelScope, CancellationToken};
use crate::error::{ErrorInfo, ErrorKind, Result};
use crate::prefetch::{Limits, Prefetcher, states};
use crate::runtime::SharedRuntime;
use crate::testing::{
    EXIT, ROOMY, Server, Texts, answer, assert_idle, block_on, outputs, poll_at_most, runtime,
};

type OnText = dyn Fn(&str) -> Outcome + Send + Sync;
type Outcome = std::result::Result<(), String>;

/// Records the calls of its methods.
#[derive(Clone, Default)]
struct Recorder {
    received: Arc<Mutex<Vec<String>>>,
    /// Called with each text before it is recorded.
    on_text: Option<Arc<OnText>>,
}

impl Recorder {
    fn calling(on_text: impl Fn(&str) -> Outcome + Send + Sync + 'static) -> Self {
        Self {
            on_text: Some(Arc::new(on_text)),
            ..Self::default()
        }
    }

    fn received(&self) -> Vec<String> {
        self.received.lock().unwrap().clone()
    }

    fn record(&self, text: String) {
        self.received.lock().unwrap().push(text);
    }
}

impl Listener<Texts> for Recorder {
    fn on_batch(&self, batch: Texts) -> Outcome {
        for (text, _) in batch.0 {
            if let Some(on_text) = &self.on_text {
                on_text(&text)?;
            }
            self.record(text);
        }
        Ok(())
    }

    fn on_state(&self, state: ConnectionState) {
        self.record(match state {
            ConnectionState::Resuming { .. } => "resuming".to_owned(),
            state => format!("{state:?}").to_lowercase(),
        });
    }

    fn on_end(&self, outcome: Result<()>) {
        self.record(match outcome {
            Ok(()) => "end".to_owned(),
            Err(error) => error.kind.as_str().to_owned(),
        });
    }
}

/// A stream of these events. It ends after a terminal event, else it waits.
fn stream(runtime: &SharedRuntime, limits: Limits, text: String) -> Prefetcher<Texts> {
    use futures::StreamExt as _;
    let body = futures::stream::iter([std::io::Result::Ok(text.into())]);
    let events = EventStream::new(body.chain(futures::stream::pending()));
    Prefetcher::spawn(
        runtime,
        limits,
        CancelScope::default(),
        ready(Ok(events)),
        None,
    )
    .unwrap()
}

#[test]
fn reports_states_and_events_in_order_and_the_end_last() {
    let runtime = runtime();
    let server = Server::start(vec![
        answer(&outputs(1..=2)),
        answer(&(outputs(3..=3) + EXIT)),
    ]);
    let (observe, states) = states();
    let events = Prefetcher::spawn(
        runtime,
        ROOMY,
        CancelScope::default(),
        server.open(observe),
        Some(states),
    )
    .unwrap();
    let recorder = Recorder::default();
    let closed = CancellationToken::new();
    let handle = Subscription::spawn(runtime, &closed, events, recorder.clone()).unwrap();
    drop(server);
    block_on(handle.join());
    assert!(handle.is_finished());
    let expected = [
        "connecting",
        "live",
        "1",
        "2",
        "resuming",
        "live",
        "3",
        "-",
        "closed",
        "end",
    ];
    assert_eq!(recorder.received(), expected);
    assert_idle(runtime);
}

#[test]
fn cancelling_at_any_event_reports_the_end_once() {
    for stop_at in 1..=6 {
        let runtime = runtime();
        let cancelled = CancellationToken::new();
        let token = cancelled.clone();
        let recorder = Recorder::calling(move |text| {
            if text == stop_at.to_string() {
                token.cancel();
            }
            Ok(())
        });
        // Each event is one batch.
        let limits = Limits {
            events: 1,
            bytes: 100,
        };
        let events = stream(runtime, limits, outputs(1..=5));
        // Uses the client's token, because the subscription's does not exist before the first call.
        let handle = Subscription::spawn(runtime, &cancelled, events, recorder.clone()).unwrap();
        if stop_at == 6 {
            handle.cancel();
        }
        block_on(handle.join());
        let received = recorder.received();
        let end = if stop_at == 6 { "end" } else { "closed" };
        assert_eq!(
            received.last().map(String::as_str),
            Some(end),
            "{received:?}"
        );
        let texts: Vec<_> = (1..=5)
            .take(received.len() - 2)
            .map(|id: i64| id.to_string())
            .collect();
        assert_eq!(received[..received.len() - 2], texts);
        assert!(stop_at == 6 || texts.len() == stop_at);
        assert_idle(runtime);
    }
}

#[test]
fn a_driver_that_is_dropped_at_any_await_leaves_nothing_and_skips_nothing() {
    for polls in 0..12 {
        let runtime = runtime();
        let limits = Limits {
            events: 1,
            bytes: 100,
        };
        let events = stream(runtime, limits, outputs(1..=5) + EXIT);
        let recorder = Recorder::default();
        let driver = ListenerDriver(recorder.clone());
        let outcome = poll_at_most(polls, driver.run(events));
        let mut expected: Vec<_> = (1..=5).map(|id: i64| id.to_string()).collect();
        expected.push("-".to_owned());
        let received = recorder.received();
        assert!(received.len() <= polls);
        assert_eq!(received, expected[..received.len()]);
        if let Some(outcome) = outcome {
            outcome.unwrap();
            assert_eq!(received.len(), expected.len());
        }
        assert_idle(runtime);
    }
}

#[test]
fn a_join_that_is_dropped_can_be_repeated() {
    let runtime = runtime();
    let events = stream(runtime, ROOMY, outputs(1..=1));
    let closed = CancellationToken::new();
    let handle = Subscription::spawn(runtime, &closed, events, Recorder::default()).unwrap();
    assert!(poll_at_most(1, handle.join()).is_none());
    assert!(!handle.is_finished());
    handle.cancel();
    block_on(handle.join());
    block_on(handle.join());
    assert_idle(runtime);
}

#[test]
fn dropping_the_handle_leaves_the_stream_running() {
    let runtime = runtime();
    let (done, finished) = std::sync::mpsc::channel();
    let done = Mutex::new(done);
    let recorder = Recorder::calling(move |text| {
        if text == "-" {
            done.lock().unwrap().send(()).unwrap();
        }
        Ok(())
    });
    let server = Server::start(vec![answer("")]);
    let events = Prefetcher::spawn(
        runtime,
        ROOMY,
        CancelScope::default(),
        server.open(|_| {}),
        None,
    )
    .unwrap();
    let closed = CancellationToken::new();
    drop(Subscription::spawn(runtime, &closed, events, recorder.clone()).unwrap());
    server.send(&(outputs(1..=1) + EXIT));
    finished.recv_timeout(crate::testing::LIMIT).unwrap();
    assert_idle(runtime);
    assert_eq!(recorder.received(), ["1", "-", "closed", "end"]);
}

#[test]
fn a_listener_that_fails_or_panics_ends_the_stream() {
    type Failing = fn(&str) -> Outcome;
    let cases: [(Failing, &str); 2] = [
        (|_| Err("full".to_owned()), "listener"),
        (|_| panic!("a secret"), "other"),
    ];
    for (failing, kind) in cases {
        let runtime = runtime();
        let events = stream(runtime, ROOMY, outputs(1..=3));
        let recorder = Recorder::calling(failing);
        let closed = CancellationToken::new();
        let handle = Subscription::spawn(runtime, &closed, events, recorder.clone()).unwrap();
        block_on(handle.join());
        assert_eq!(recorder.received(), ["closed", kind]);
        assert_idle(runtime);
    }
}

#[test]
fn an_opening_that_fails_is_the_end() {
    let runtime = runtime();
    let opening = ready(Err(ErrorInfo::configuration("no")));
    let events =
        Prefetcher::<Texts>::spawn(runtime, ROOMY, CancelScope::default(), opening, None).unwrap();
    let recorder = Recorder::default();
    let closed = CancellationToken::new();
    let handle = Subscription::spawn(runtime, &closed, events, recorder.clone()).unwrap();
    block_on(handle.join());
    assert_eq!(recorder.received(), ["closed", "configuration"]);
}

#[test]
fn closing_the_client_is_an_error_of_kind_closed() {
    let runtime = runtime();
    let events =
        Prefetcher::<Texts>::spawn(runtime, ROOMY, CancelScope::default(), pending(), None)
            .unwrap();
    let recorder = Recorder::default();
    let closed = CancellationToken::new();
    let handle = Subscription::spawn(runtime, &closed, events, recorder.clone()).unwrap();
    closed.cancel();
    block_on(handle.join());
    let kind = ErrorKind::Closed.as_str();
    assert_eq!(recorder.received(), ["closed", kind]);
    assert_idle(runtime);
}

#[test]
fn listeners_that_block_do_not_delay_another_stream() {
    let runtime = runtime();
    let (release, released) = std::sync::mpsc::channel::<()>();
    let released = Arc::new(Mutex::new(released));
    let closed = CancellationToken::new();
    // One more than there are workers.
    let blocked: Vec<_> = (0..3)
        .map(|_| {
            let released = Arc::clone(&released);
            let recorder = Recorder::calling(move |_| {
                let _ = released.lock().unwrap().recv();
                Ok(())
            });
            let events = stream(runtime, ROOMY, outputs(1..=1) + EXIT);
            Subscription::spawn(runtime, &closed, events, recorder).unwrap()
        })
        .collect();
    let recorder = Recorder::default();
    let events = stream(runtime, ROOMY, outputs(1..=3) + EXIT);
    let free = Subscription::spawn(runtime, &closed, events, recorder.clone()).unwrap();
    block_on(free.join());
    assert_eq!(recorder.received(), ["1", "2", "3", "-", "closed", "end"]);
    assert!(blocked.iter().all(|handle| !handle.is_finished()));
    drop(release);
    for handle in &blocked {
        block_on(handle.join());
    }
    thread::yield_now();
    assert_idle(runtime);
}
