use std::future::{poll_fn, ready};
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::Instant;

use aod::ConnectionState;
use aod::EventStream;
use bytes::Bytes;
use futures::channel::mpsc;

use super::{Item, Limits, Prefetcher, States, states};
use crate::block;
use crate::cancel::{CancelScope, CancellationToken};
use crate::error::{ErrorInfo, ErrorKind, Result};
use crate::runtime::SharedRuntime;
use crate::testing::{
    EXIT, LIMIT, ROOMY, Server, Texts, answer, assert_idle, block_on, output, outputs,
    poll_at_most, runtime,
};

/// A response body that a test writes to. Dropping it ends the body.
type Body = mpsc::UnboundedSender<io::Result<Bytes>>;

fn body() -> (Body, EventStream) {
    let (sender, body) = mpsc::unbounded();
    (sender, EventStream::new(body))
}

fn write(body: &Body, events: &str) {
    body.unbounded_send(Ok(events.to_owned().into())).unwrap();
}

fn read(runtime: &SharedRuntime, limits: Limits, events: EventStream) -> Prefetcher<Texts> {
    Prefetcher::spawn(
        runtime,
        limits,
        CancelScope::default(),
        ready(Ok(events)),
        None,
    )
    .unwrap()
}

/// Takes all items and returns the texts and the result.
fn drain(events: &Prefetcher<Texts>) -> (Vec<String>, Result<()>) {
    let mut texts = Vec::new();
    loop {
        match block_on(events.take()) {
            Ok(Some(Item::Batch(batch))) => texts.extend(batch.0.into_iter().map(|(text, _)| text)),
            Ok(Some(Item::State(_))) => {}
            Ok(None) => return (texts, Ok(())),
            Err(error) => return (texts, Err(error)),
        }
    }
}

fn numbers(ids: std::ops::RangeInclusive<i64>) -> Vec<String> {
    ids.map(|id| id.to_string())
        .chain(["-".to_owned()])
        .collect()
}

struct Count(AtomicUsize);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[test]
fn returns_the_available_events_at_once_with_their_cursors() {
    let runtime = runtime();
    let (body, events) = body();
    write(&body, &outputs(1..=3));
    let events = read(runtime, ROOMY, events);
    let Ok(Some(Item::Batch(batch))) = block_on(events.take()) else {
        panic!("no batch");
    };
    let expected = [1, 2, 3].map(|id: i64| (id.to_string(), Some(id)));
    assert_eq!(batch.0, expected);
    assert!(events.try_take().is_pending());
    write(&body, &output(4, "quiet"));
    let Ok(Some(Item::Batch(batch))) = block_on(events.take()) else {
        panic!("no batch");
    };
    assert_eq!(batch.0, [("quiet".to_owned(), Some(4))]);
}

#[test]
fn returns_at_once_what_a_connection_has_in_several_chunks() {
    // Two chunks for each event, each after a poll without one, as a connection has them.
    let text = outputs(1..=20)
        .replace("id: ", "\0id: ")
        .replace("data: ", "\0data: ");
    let chunks: Vec<String> = text.split_terminator('\0').map(str::to_owned).collect();
    let mut chunks = chunks.into_iter();
    let mut is_next = false;
    let body = futures::stream::poll_fn(move |context| {
        is_next = !is_next;
        if is_next && !chunks.as_slice().is_empty() {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        match chunks.next() {
            Some(chunk) => Poll::Ready(Some(io::Result::Ok(Bytes::from(chunk)))),
            None => Poll::Pending,
        }
    });
    let events = read(runtime(), ROOMY, EventStream::new(body));
    let Ok(Some(Item::Batch(batch))) = block_on(events.take()) else {
        panic!("no batch");
    };
    assert_eq!(batch.0.len(), 20);
}

#[test]
fn reports_the_end_once_and_stays_ended() {
    let runtime = runtime();
    let (body, events) = body();
    write(&body, &(outputs(1..=2) + EXIT));
    let events = read(runtime, ROOMY, events);
    let (texts, outcome) = drain(&events);
    assert_eq!(texts, numbers(1..=2));
    outcome.unwrap();
    assert!(matches!(events.try_take(), Poll::Ready(Ok(None))));
    assert!(matches!(
        block::wait(LIMIT, |context| events.poll_take(context)),
        Poll::Ready(Ok(None))
    ));
    assert_idle(runtime);
}

#[test]
fn reports_an_error_once_after_the_events_before_it() {
    let runtime = runtime();
    let (body, events) = body();
    write(&body, &outputs(1..=1));
    body.unbounded_send(Err(io::Error::other("torn"))).unwrap();
    let events = read(runtime, ROOMY, events);
    let (texts, outcome) = drain(&events);
    assert_eq!(texts, ["1"]);
    let kind = outcome.unwrap_err().kind;
    assert_eq!(kind, ErrorKind::Core(aod::ErrorKind::Connection));
    assert!(matches!(events.try_take(), Poll::Ready(Ok(None))));
    assert_idle(runtime);
}

#[test]
fn an_opening_that_fails_is_the_error_of_the_first_take() {
    let failed = ready(Err(ErrorInfo::new(ErrorKind::Closed, "closed")));
    let runtime = runtime();
    let events =
        Prefetcher::<Texts>::spawn(runtime, ROOMY, CancelScope::default(), failed, None).unwrap();
    assert_eq!(block_on(events.take()).unwrap_err().kind, ErrorKind::Closed);
    assert!(matches!(block_on(events.take()), Ok(None)));
    assert_idle(runtime);
}

/// An endless stream of events of this many bytes, and a counter of the events that it has yielded.
fn endless(bytes: usize) -> (EventStream, Arc<AtomicUsize>) {
    let given = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&given);
    let text = "x".repeat(bytes);
    let chunk = move || {
        let id = counter.fetch_add(1, Ordering::SeqCst) + 1;
        io::Result::Ok(Bytes::from(output(i64::try_from(id).unwrap(), &text)))
    };
    let body = futures::stream::repeat_with(chunk);
    (EventStream::new(body), given)
}

/// Waits until the reader waits for room.
fn stalled(events: &Prefetcher<Texts>) {
    let begun = Instant::now();
    while !events.queue.is_stalled() {
        assert!(begun.elapsed() < LIMIT, "the reader continues");
        thread::yield_now();
    }
}

#[test]
fn reads_ahead_up_to_either_limit_and_continues_when_all_is_taken() {
    for (events, bytes, size, ahead) in [(4, 1000, 1, 4), (1000, 30, 10, 3), (1000, 30, 11, 3)] {
        let runtime = runtime();
        let (stream, given) = endless(size);
        let prefetcher = read(runtime, Limits { events, bytes }, stream);
        for round in 1..=5 {
            stalled(&prefetcher);
            assert_eq!(given.load(Ordering::SeqCst), ahead * round);
            let Poll::Ready(Ok(Some(Item::Batch(batch)))) = prefetcher.try_take() else {
                panic!("nothing to take");
            };
            assert_eq!(batch.0.len(), ahead);
        }
        drop(prefetcher);
        assert_idle(runtime);
    }
}

#[test]
fn an_event_above_the_byte_limit_passes_alone() {
    let runtime = runtime();
    let (stream, given) = endless(5000);
    let limits = Limits {
        events: 100,
        bytes: 1000,
    };
    let prefetcher = read(runtime, limits, stream);
    for round in 1..=3 {
        stalled(&prefetcher);
        assert_eq!(given.load(Ordering::SeqCst), round);
        let Poll::Ready(Ok(Some(Item::Batch(batch)))) = prefetcher.try_take() else {
            panic!("nothing to take");
        };
        assert_eq!(batch.0.len(), 1);
    }
}

#[test]
fn loses_and_repeats_nothing_when_a_take_is_dropped_at_any_poll() {
    let count = 200;
    for polls in 0..4 {
        let runtime = runtime();
        let (body, events) = body();
        let limits = Limits {
            events: 3,
            bytes: 1000,
        };
        let events = read(runtime, limits, events);
        let writer = thread::spawn(move || {
            for id in 1..=count {
                write(&body, &outputs([id]));
                thread::yield_now();
            }
            write(&body, EXIT);
        });
        let mut texts = Vec::new();
        loop {
            let taken = poll_at_most(polls, events.take());
            match taken.unwrap_or_else(|| block_on(events.take())).unwrap() {
                Some(Item::Batch(batch)) => texts.extend(batch.0.into_iter().map(|(text, _)| text)),
                Some(Item::State(state)) => panic!("{state:?}"),
                None => break,
            }
        }
        assert_eq!(texts, numbers(1..=count));
        writer.join().unwrap();
        assert_idle(runtime);
    }
}

#[test]
fn closes_the_connection_when_dropped_at_any_point() {
    for taken in 0..4 {
        let runtime = runtime();
        let (body, events) = body();
        let events = read(runtime, ROOMY, events);
        for id in 0..taken {
            write(&body, &outputs([id]));
            assert!(matches!(block_on(events.take()), Ok(Some(Item::Batch(_)))));
        }
        assert!(poll_at_most(1, events.take()).is_none());
        drop(events);
        assert_idle(runtime);
        assert!(body.is_closed());
    }
}

#[test]
fn opening_is_reported_before_the_first_event() {
    let runtime = runtime();
    let (body, events) = body();
    let events = read(runtime, ROOMY, events);
    let opened = block::wait(LIMIT, |context| events.poll_opened(context));
    assert!(opened.is_ready());
    assert!(events.try_take().is_pending());
    write(&body, EXIT);
    drain(&events).1.unwrap();
    let opened = block::wait(LIMIT, |context| events.poll_opened(context));
    assert!(opened.is_ready());
}

#[test]
fn an_opening_that_fails_is_reported_once() {
    let failed = ready(Err(ErrorInfo::new(ErrorKind::Closed, "closed")));
    let scope = CancelScope::default();
    let events = Prefetcher::<Texts>::spawn(runtime(), ROOMY, scope, failed, None).unwrap();
    let ended = block::wait(LIMIT, |context| events.poll_opened(context));
    assert!(ended.is_ready());
    let Err(error) = block_on(events.take()) else {
        panic!("it opened");
    };
    assert_eq!(error.kind, ErrorKind::Closed);
    assert!(matches!(block_on(events.take()), Ok(None)));
}

#[test]
fn closes_what_is_still_being_opened() {
    let runtime = runtime();
    let (alive, opening) = tokio::sync::oneshot::channel::<EventStream>();
    let opening = async { opening.await.map_err(|_| ErrorInfo::cancelled()) };
    let events =
        Prefetcher::<Texts>::spawn(runtime, ROOMY, CancelScope::default(), opening, None).unwrap();
    assert!(poll_at_most(1, events.take()).is_none());
    drop(events);
    assert_idle(runtime);
    assert!(alive.is_closed());
}

#[test]
fn cancel_wakes_the_consumer() {
    let runtime = runtime();
    let (body, events) = body();
    let events = read(runtime, ROOMY, events);
    thread::scope(|scope| {
        let taker = scope.spawn(|| block_on(events.take()));
        events.cancel();
        assert!(matches!(taker.join().unwrap(), Ok(None)));
    });
    assert_idle(runtime);
    assert!(body.is_closed());
}

#[test]
fn cancel_discards_what_was_read_and_is_not_an_error() {
    let runtime = runtime();
    let (stream, _) = endless(1);
    let events = read(
        runtime,
        Limits {
            events: 4,
            bytes: 1000,
        },
        stream,
    );
    stalled(&events);
    events.cancel();
    events.cancel();
    assert!(matches!(events.try_take(), Poll::Ready(Ok(None))));
    assert!(matches!(
        block::wait(LIMIT, |context| events.poll_take(context)),
        Poll::Ready(Ok(None))
    ));
    assert_idle(runtime);
}

#[test]
fn closing_the_client_discards_what_was_read_and_closes_the_connection() {
    let runtime = runtime();
    let (body, events) = body();
    write(&body, &outputs(1..=2));
    let closed = CancellationToken::new();
    let scope = CancelScope::new(None, &closed);
    let events =
        Prefetcher::<Texts>::spawn(runtime, ROOMY, scope, ready(Ok(events)), None).unwrap();
    let ready = poll_fn(|context| events.poll_ready(context));
    block_on(ready);
    closed.cancel();
    assert_idle(runtime);
    assert!(body.is_closed());
    assert_eq!(block_on(events.take()).unwrap_err().kind, ErrorKind::Closed);
    assert!(matches!(block_on(events.take()), Ok(None)));
}

#[test]
fn closing_the_client_of_a_stream_that_has_ended_changes_nothing() {
    let runtime = runtime();
    let (body, events) = body();
    write(&body, &(outputs(1..=1) + EXIT));
    let closed = CancellationToken::new();
    let scope = CancelScope::new(None, &closed);
    let events =
        Prefetcher::<Texts>::spawn(runtime, ROOMY, scope, ready(Ok(events)), None).unwrap();
    drain(&events).1.unwrap();
    closed.cancel();
    assert!(matches!(block_on(events.take()), Ok(None)));
}

#[test]
fn states_that_nobody_takes_stop_the_reader() {
    let runtime = runtime();
    let observed = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&observed);
    let (observe, states) = states();
    // After its only connection, every further attempt is refused.
    let server = Server::start(vec![answer(&outputs(1..=1))]);
    let opening = server.open(move |state| {
        counter.fetch_add(1, Ordering::SeqCst);
        observe(state);
    });
    let limits = Limits {
        events: 5,
        bytes: 1000,
    };
    let scope = CancelScope::default();
    let events = Prefetcher::<Texts>::spawn(runtime, limits, scope, opening, Some(states)).unwrap();
    drop(server);
    stalled(&events);
    assert!(observed.load(Ordering::SeqCst) < 100);
    drop(events);
    assert_idle(runtime);
}

#[test]
fn a_runtime_that_is_shut_down_notifies_the_waiter() {
    let runtime = runtime();
    let (_body, events) = body();
    let events = read(runtime, ROOMY, events);
    thread::scope(|scope| {
        let taker = scope.spawn(|| block_on(events.take()));
        runtime.shut_down(LIMIT);
        let error = taker.join().unwrap().unwrap_err();
        assert_eq!(error.kind, ErrorKind::Cancelled);
    });
    assert!(matches!(events.try_take(), Poll::Ready(Ok(None))));
}

#[test]
fn a_reader_that_panics_notifies_the_waiter() {
    let runtime = runtime();
    let (body, events) = body();
    write(&body, &(outputs(1..=2) + &output(3, "panic")));
    let events = read(runtime, ROOMY, events);
    let (texts, outcome) = drain(&events);
    assert!(texts.len() <= 2, "{texts:?}");
    assert_eq!(outcome.unwrap_err().kind, ErrorKind::Other);
    assert_idle(runtime);
}

#[test]
fn wakes_an_event_loop_once_there_is_something() {
    let runtime = runtime();
    let (body, events) = body();
    let events = read(runtime, ROOMY, events);
    let woken = Arc::new(Count(AtomicUsize::new(0)));
    let waker = Waker::from(Arc::clone(&woken));
    let mut context = Context::from_waker(&waker);
    assert!(events.poll_ready(&mut context).is_pending());
    write(&body, &outputs(1..=2));
    let begun = Instant::now();
    while woken.0.load(Ordering::SeqCst) == 0 {
        assert!(begun.elapsed() < LIMIT, "not woken");
        thread::yield_now();
    }
    assert!(events.poll_ready(&mut context).is_ready());
    assert!(events.try_take().is_ready());
    assert!(events.poll_ready(&mut context).is_pending());
    assert_eq!(woken.0.load(Ordering::SeqCst), 1);
}

#[test]
fn takes_of_several_tasks_queue_up() {
    let runtime = runtime();
    let (body, events) = body();
    let limits = Limits {
        events: 1,
        bytes: 1000,
    };
    let events = read(runtime, limits, events);
    write(&body, &(outputs(1..=50) + EXIT));
    let texts = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| texts.lock().unwrap().extend(drain(&events).0));
        }
    });
    let mut texts = texts.into_inner().unwrap();
    let mut expected = numbers(1..=50);
    texts.sort();
    expected.sort();
    assert_eq!(texts, expected);
}

#[test]
fn states_come_in_order_with_the_events() {
    let runtime = runtime();
    // The first connection drops after two events; the second delivers the others.
    let server = Server::start(vec![
        answer(&outputs(1..=2)),
        answer(&(outputs(3..=4) + EXIT)),
    ]);
    let (observe, states) = states();
    let events = Prefetcher::<Texts>::spawn(
        runtime,
        ROOMY,
        CancelScope::default(),
        server.open(observe),
        Some(states),
    );
    let events = events.unwrap();
    drop(server);
    let mut told = Vec::new();
    while let Some(item) = block_on(events.take()).unwrap() {
        match item {
            Item::Batch(batch) => told.extend(batch.0.into_iter().map(|(text, _)| text)),
            Item::State(ConnectionState::Resuming { attempt, .. }) => {
                told.push(format!("resuming {attempt}"));
            }
            Item::State(state) => told.push(format!("{state:?}").to_lowercase()),
        }
    }
    let expected = [
        "connecting",
        "live",
        "1",
        "2",
        "resuming 1",
        "live",
        "3",
        "4",
        "-",
    ];
    assert_eq!(told, expected);
    assert_idle(runtime);
}

#[test]
fn states_of_a_stream_that_is_still_being_opened_are_reported_at_once() {
    let (observe, told) = states();
    let states: Option<States> = Some(told);
    let (open, opening) = tokio::sync::oneshot::channel::<EventStream>();
    let opening = async move {
        observe(ConnectionState::Connecting);
        opening.await.map_err(|_| ErrorInfo::cancelled())
    };
    let runtime = runtime();
    let events =
        Prefetcher::<Texts>::spawn(runtime, ROOMY, CancelScope::default(), opening, states)
            .unwrap();
    let first = block_on(events.take()).unwrap();
    assert!(matches!(
        first,
        Some(Item::State(ConnectionState::Connecting))
    ));
    drop(open);
    assert_eq!(drain(&events).1.unwrap_err().kind, ErrorKind::Cancelled);
}
