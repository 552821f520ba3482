//! An event source over a custom connector, without an HTTP client.

use std::collections::VecDeque;
use std::io;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, mpsc};
use std::task::Poll;
use std::time::Duration;

use aod_sse::{
    Attempt, Connection, ConnectionState, Disposition, Error, EventSource, Frame, ReadyState,
    Reconnect,
};
use bytes::Bytes;
use futures::stream::{self, BoxStream};
use futures::{FutureExt as _, StreamExt as _, TryStreamExt as _};

type Body = BoxStream<'static, Result<Bytes, Error>>;

/// The outcome of one attempt of the connector.
enum Step {
    /// A body that ends after these chunks.
    Ends(&'static [&'static str]),
    /// A body that breaks after these chunks.
    Breaks(&'static [&'static str]),
    /// A body that sends nothing after these chunks.
    Stalls(&'static [&'static str]),
    Fails(Error),
    NoContent,
}

/// The attempts that the connector received: last event id and number.
type Attempts = Arc<Mutex<Vec<(String, u32)>>>;

fn chunks(texts: &'static [&'static str]) -> Body {
    stream::iter(texts.iter().map(|text| Ok(Bytes::from(*text)))).boxed()
}

fn connector(
    steps: impl IntoIterator<Item = Step>,
) -> (impl aod_sse::Connect<Error = Error> + Unpin, Attempts) {
    let attempts = Attempts::default();
    let seen = Arc::clone(&attempts);
    let mut steps: VecDeque<_> = steps.into_iter().collect();
    let connect = move |attempt: Attempt<'_>| {
        let received = (attempt.last_event_id.to_owned(), attempt.number);
        seen.lock().unwrap().push(received);
        let outcome = match steps.pop_front().unwrap_or(Step::NoContent) {
            Step::Ends(texts) => Ok(Connection::body(chunks(texts))),
            Step::Breaks(texts) => {
                let broken = Err(Error::connection(io::Error::from(
                    io::ErrorKind::ConnectionReset,
                )));
                Ok(Connection::body(
                    chunks(texts).chain(stream::iter([broken])),
                ))
            }
            Step::Stalls(texts) => Ok(Connection::body(chunks(texts).chain(stream::pending()))),
            Step::Fails(error) => Err(error),
            Step::NoContent => Ok(Connection::no_content()),
        };
        std::future::ready(outcome)
    };
    (connect, attempts)
}

#[tokio::test(start_paused = true)]
async fn resumes_after_the_last_event_and_passes_the_attempt_number() {
    let (connect, attempts) = connector([
        Step::Ends(&["id: 1\ndata: a\n\n", "id: 2\nda"]),
        Step::Fails(Error::status(503, None).retryable()),
        Step::Breaks(&["id: 3\ndata: b\n\n"]),
    ]);
    let data: Vec<_> = EventSource::new(connect)
        .map_ok(|event| event.data)
        .try_collect()
        .await
        .unwrap();
    assert_eq!(data, ["a", "b"]);
    let expected = [("", 0), ("1", 1), ("1", 2), ("3", 1)];
    let expected = expected.map(|(id, number)| (id.to_owned(), number));
    assert_eq!(*attempts.lock().unwrap(), expected);
}

#[tokio::test(start_paused = true)]
async fn ends_with_the_error_of_the_last_attempt() {
    let (connect, attempts) =
        connector((0..9).map(|_| Step::Fails(Error::status(503, None).retryable())));
    let mut source = EventSource::new(connect).reconnect(Reconnect::new().max_attempts(2));
    let error = source.next().await.unwrap().unwrap_err();
    assert!(
        matches!(error, Error::Status { status: 503, .. }),
        "{error}"
    );
    assert!(source.next().await.is_none());
    assert_eq!(attempts.lock().unwrap().len(), 3);
}

/// A connection that stays open for 10 s is healthy, which is not progress.
#[tokio::test(start_paused = true)]
async fn the_ends_of_healthy_connections_without_an_event_are_counted() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let attempts = Arc::clone(&seen);
    let connect = move |attempt: Attempt<'_>| {
        let mut attempts = attempts.lock().unwrap();
        attempts.push((attempt.number, attempt.ends));
        let is_last = attempts.len() == 4;
        async move {
            if is_last {
                return Ok(Connection::no_content());
            }
            let heartbeat =
                tokio::time::sleep(Duration::from_secs(15)).map(|()| Ok(": \n\n".into()));
            Ok::<_, Error>(Connection::body(heartbeat.into_stream()))
        }
    };
    let events: Vec<_> = EventSource::new(connect).collect().await;
    assert_eq!(events.len(), 0);
    assert_eq!(*seen.lock().unwrap(), [(0, 0), (1, 1), (1, 2), (1, 3)]);
}

#[tokio::test(start_paused = true)]
async fn a_non_retryable_error_ends_the_source_immediately() {
    for error in [
        Error::status(404, None),
        Error::status(503, None),
        Error::protocol("a page"),
    ] {
        let expected = error.to_string();
        let (connect, attempts) = connector([Step::Fails(error)]);
        let mut source = EventSource::new(connect);
        assert_eq!(
            source.next().await.unwrap().unwrap_err().to_string(),
            expected
        );
        assert!(source.next().await.is_none());
        assert_eq!(attempts.lock().unwrap().len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_retry_after_beyond_the_policy_ends_the_source() {
    let hour = Some(Duration::from_secs(3600));
    let (connect, _) = connector([Step::Fails(Error::status(503, hour).retryable())]);
    let error = EventSource::new(connect).next().await.unwrap().unwrap_err();
    assert!(matches!(error, Error::Status { retry_after, .. } if retry_after == hour));
}

#[tokio::test(start_paused = true)]
async fn reconnects_after_the_idle_timeout() {
    let (connect, attempts) =
        connector([Step::Stalls(&["data: a\n\n"]), Step::Ends(&["data: b\n\n"])]);
    let (sender, states) = mpsc::channel();
    let source = EventSource::new(connect)
        .idle_timeout(Duration::from_secs(45))
        .on_state(move |state| sender.send(state).unwrap());
    let data: Vec<_> = source
        .map_ok(|event| event.data)
        .try_collect()
        .await
        .unwrap();
    assert_eq!(data, ["a", "b"]);
    assert_eq!(attempts.lock().unwrap().len(), 3);
    let causes: Vec<_> = states
        .iter()
        .filter_map(|state| match state {
            ConnectionState::Resuming { cause, .. } => Some(cause.to_string()),
            _ => None,
        })
        .collect();
    assert_eq!(
        causes,
        [Error::IdleTimeout.to_string(), Error::Ended.to_string()]
    );
}

#[tokio::test(start_paused = true)]
async fn the_deadline_holds_while_waiting_for_the_next_attempt() {
    let (connect, _) =
        connector((0..99).map(|_| Step::Fails(Error::status(500, None).retryable())));
    let mut source = EventSource::new(connect)
        .reconnect(Reconnect::new().max_attempts(u32::MAX))
        .deadline(Duration::from_secs(5));
    let error = source.next().await.unwrap().unwrap_err();
    assert!(matches!(error, Error::DeadlineExceeded), "{error}");
}

#[tokio::test(start_paused = true)]
async fn an_event_over_the_limit_is_a_decode_error() {
    let (connect, _) = connector([Step::Ends(&["data: abcdefghi\n\n"])]);
    let error = EventSource::new(connect)
        .max_event_size(8)
        .next()
        .await
        .unwrap()
        .unwrap_err();
    assert!(matches!(error, Error::Decode(_)), "{error}");
}

#[tokio::test(start_paused = true)]
async fn shows_its_ready_state_and_the_head_of_the_response() {
    let connect = |attempt: Attempt<'_>| {
        let number = attempt.number;
        async move {
            let response = http::Response::builder().header("x-server", number);
            let head = response.body(()).expect("it is valid").into_parts().0;
            let body = stream::iter([Ok("data: a\n\n".into())]);
            Ok::<_, Error>(Connection::body(body).with_response(head))
        }
    };
    let mut source = EventSource::new(connect);
    assert_eq!(source.ready_state(), ReadyState::Connecting);
    assert!(source.response().is_none());
    for number in ["0", "1"] {
        source.next().await.unwrap().unwrap();
        assert_eq!(source.ready_state(), ReadyState::Open);
        assert_eq!(source.response().unwrap().headers["x-server"], number);
    }
    assert!(
        source.next().now_or_never().is_none(),
        "waits before it reconnects"
    );
    assert_eq!(source.ready_state(), ReadyState::Connecting);
    assert!(source.response().is_none());
    source.cancel_handle().cancel();
    assert_eq!(source.ready_state(), ReadyState::Closed);
    assert!(source.next().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn reports_the_comments_of_every_connection() {
    let (connect, _) = connector([
        Step::Ends(&[": one\n", "data: a\n\n: two\n"]),
        Step::Ends(&[": three\n\n"]),
    ]);
    let (sender, comments) = mpsc::channel();
    let source =
        EventSource::new(connect).on_comment(move |text| sender.send(text.to_owned()).unwrap());
    assert_eq!(source.count().await, 1);
    assert_eq!(comments.iter().collect::<Vec<_>>(), ["one", "two", "three"]);
}

/// A protocol on top decides which frames are progress, which is the last, and when to reconnect.
#[tokio::test(start_paused = true)]
async fn a_protocol_decides_about_each_frame() {
    let (connect, attempts) = connector([
        Step::Stalls(&["data: skip\n\ndata: ignore\n\ndata: unsure\n\ndata: reconnect\n\n"]),
        Step::Stalls(&["data: new\n\ndata: end\n\ndata: never\n\n"]),
    ]);
    let mut source = EventSource::new(connect);
    let mut delivered = Vec::new();
    let dispose = |_: &mut _, frame: Frame<'_>| match frame.data {
        "skip" => Disposition::Skip,
        "ignore" => Disposition::Ignore,
        "unsure" => Disposition::DeliverWithoutProgress("unsure"),
        "reconnect" => Disposition::Reconnect(Error::Ended),
        "new" => Disposition::Deliver("new"),
        _ => Disposition::End("end"),
    };
    while let Some(item) = std::future::poll_fn(|context| source.poll_with(context, dispose)).await
    {
        delivered.push(item.unwrap());
    }
    assert_eq!(delivered, ["unsure", "new", "end"]);
    assert_eq!(attempts.lock().unwrap().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn the_time_limit_of_the_last_connection_does_not_include_the_time_of_the_consumer() {
    let (connect, _) = connector([
        Step::Stalls(&["data: confirm\n\n"]),
        Step::Stalls(&["data: new\n\n", "data: unsure\n\n", "data: end\n\n"]),
    ]);
    let mut source = EventSource::new(connect);
    let dispose = |_: &mut _, frame: Frame<'_>| match frame.data {
        "confirm" => Disposition::Confirm(Duration::from_secs(5)),
        "new" => Disposition::Deliver("new"),
        "unsure" => Disposition::DeliverWithoutProgress("unsure"),
        _ => Disposition::End("end"),
    };
    for expected in ["new", "unsure", "end"] {
        let item = std::future::poll_fn(|context| source.poll_with(context, dispose)).await;
        assert_eq!(item.unwrap().unwrap(), expected);
        tokio::time::advance(Duration::from_secs(3600)).await;
    }
}

/// The attempts after it follow the policy, and the next confirmation has a time limit of its own.
#[tokio::test(start_paused = true)]
async fn a_protocol_can_end_the_confirmation() {
    let (connect, attempts) = connector([
        Step::Stalls(&["data: confirm\n\n"]),
        Step::Ends(&["data: silent\n\n", "data: more\n\n"]),
        Step::Fails(Error::status(503, None).retryable()),
        Step::Stalls(&["data: new\n\n", "data: confirm\n\n"]),
        Step::Stalls(&["data: end\n\n"]),
    ]);
    let mut source = EventSource::new(connect);
    let dispose = |_: &mut _, frame: Frame<'_>| match frame.data {
        "confirm" => Disposition::Confirm(Duration::from_secs(5)),
        "silent" => Disposition::Continue(None),
        "more" => Disposition::Continue(Some("more")),
        "new" => Disposition::Deliver("new"),
        _ => Disposition::End("end"),
    };
    for expected in ["more", "new", "end"] {
        let item = std::future::poll_fn(|context| source.poll_with(context, dispose)).await;
        assert_eq!(item.unwrap().unwrap(), expected);
        tokio::time::advance(Duration::from_secs(3600)).await;
    }
    let numbers: Vec<_> = attempts.lock().unwrap().iter().map(|seen| seen.1).collect();
    assert_eq!(numbers, [0, 0, 1, 2, 0]);
}

#[tokio::test(start_paused = true)]
async fn accepts_an_established_first_connection() {
    let (connect, attempts) = connector([]);
    let body = stream::iter([Ok("id: 9\ndata: a\n\n".into())]);
    let mut source = EventSource::with_connection(connect, Connection::body(body));
    assert_eq!(source.ready_state(), ReadyState::Open);
    assert_eq!(source.next().await.unwrap().unwrap().data, "a");
    assert!(source.next().await.is_none());
    assert_eq!(*attempts.lock().unwrap(), [("9".to_owned(), 1)]);

    let (connect, _) = connector([]);
    let mut source = EventSource::with_connection(connect, Connection::no_content());
    assert_eq!(
        source.next().now_or_never().map(|event| event.is_none()),
        Some(true)
    );
}

#[tokio::test(start_paused = true)]
async fn cancellation_ends_a_pending_source() {
    let (connect, _) = connector([Step::Stalls(&[])]);
    let mut source = EventSource::new(connect);
    let handle = source.cancel_handle();
    let next = std::future::poll_fn(|context| {
        let polled = source.poll_next_unpin(context);
        if polled.is_pending() {
            handle.cancel();
        }
        match polled {
            Poll::Ready(event) => Poll::Ready(event.is_none()),
            Poll::Pending => Poll::Pending,
        }
    });
    assert!(next.await);
}

/// A second panic during unwinding would abort the process.
#[tokio::test(start_paused = true)]
async fn an_observer_that_always_panics_causes_a_single_panic() {
    let (connect, _) = connector([Step::Ends(&["data: a\n\n"])]);
    let mut source = EventSource::new(connect).on_state(|state| panic!("{state:?}"));
    let outcome = AssertUnwindSafe(async move { source.next().await })
        .catch_unwind()
        .await;
    assert!(outcome.is_err());
}
