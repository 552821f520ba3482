use std::future::poll_fn;
use std::io;

use aod_transcript::{Change, Outcome};
use futures::{TryStreamExt as _, stream};

use super::*;

const BODY: &str = concat!(
    "data: {\"type\": \"start\", \"runtime\": \"claude\"}\n\n",
    "id: 2\ndata: {\"type\": \"stage\", \"id\": 2, \"stage\": \"env_file\", \"state\": \"done\"}\n\n",
    "id: 4\ndata: {\"type\": \"turn_start\", \"id\": 4, \"turn\": 1}\n\n",
    "id: 4\ndata: {\"type\": \"output\", \"id\": 4, \"stream\": \"stdout\", \"data\": \"a\", \"turn\": 1}\n\n",
    "id: 5\ndata: {\"type\": \"output\", \"id\": 5, \"stream\": \"stderr\", \"data\": \"b\", \"turn\": 1}\n\n",
    ": heartbeat\n\n",
    "id: 7\ndata: {\"type\": \"turn_start\", \"id\": 7, \"turn\": 2}\n\n",
    "id: 7\ndata: {\"type\": \"output\", \"id\": 7, \"stream\": \"stdout\", \"data\": \"c\", \"turn\": 2}\n\n",
    "id: 7\ndata: {\"type\": \"exit\", \"id\": 7, \"code\": 3}\n\n",
);

/// The types of the events in [`BODY`].
const TYPES: [&str; 8] = [
    "start",
    "stage",
    "turn_start",
    "output",
    "output",
    "turn_start",
    "output",
    "exit",
];

fn events(chunks: Vec<io::Result<&'static str>>) -> EventStream {
    EventStream::new(stream::iter(chunks).map(|chunk| chunk.map(Bytes::from)))
}

/// The types of the events, and the texts of the errors.
async fn outline(events: EventStream) -> Vec<String> {
    events
        .map(|event| {
            event.map_or_else(
                |error| error.to_string(),
                |event| event.event_type().to_owned(),
            )
        })
        .collect()
        .await
}

#[tokio::test]
async fn yields_every_event_in_order_and_ends_after_the_terminal_event() {
    assert_eq!(outline(events(vec![Ok(BODY)])).await, TYPES);

    let pieces = BODY
        .as_bytes()
        .chunks(1)
        .map(|piece| Ok(std::str::from_utf8(piece).unwrap()))
        .collect();
    assert_eq!(outline(events(pieces)).await, TYPES);
}

#[tokio::test]
async fn ignores_everything_after_the_terminal_event() {
    let mut events = events(vec![
        Ok("data: {\"type\": \"stale\"}\n\ndata: {\"type\": \"output\"}\n\n"),
        Ok("data: {}\n\n"),
    ]);
    assert_eq!(events.next().await.unwrap().unwrap().event_type(), "stale");
    assert!(events.next().await.is_none());
    assert!(events.next().await.is_none());
}

#[tokio::test]
async fn drops_the_body_with_the_terminal_event() {
    let (held, mut watched) = tokio::sync::oneshot::channel::<()>();
    let body =
        stream::once(async { Ok::<_, io::Error>(Bytes::from("data: {\"type\": \"exit\"}\n\n")) });
    let mut events = EventStream::new(body.chain(stream::pending()).map(move |chunk| {
        let _ = &held;
        chunk
    }));
    events.next().await.unwrap().unwrap();
    assert_eq!(
        watched.try_recv(),
        Err(tokio::sync::oneshot::error::TryRecvError::Closed)
    );
}

#[tokio::test]
async fn a_broken_connection_ends_the_stream_with_one_error_and_its_source() {
    let broken = io::Error::new(io::ErrorKind::ConnectionReset, "reset by peer");
    let mut events = events(vec![
        Ok("data: {\"type\": \"start\"}\n\ndata: {\"ty"),
        Err(broken),
        Ok(BODY),
    ]);
    events.next().await.unwrap().unwrap();
    let error = events.next().await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connection);
    assert_eq!(error.source().unwrap().to_string(), "reset by peer");
    assert!(events.next().await.is_none());
}

#[tokio::test]
async fn an_error_of_this_crate_is_passed_unchanged() {
    let body = stream::iter([Err::<Bytes, _>(Error::new(ErrorKind::Timeout, "idle"))]);
    let error = EventStream::new(body).next().await.unwrap().unwrap_err();
    assert_eq!(
        (error.kind(), error.to_string().as_str()),
        (ErrorKind::Timeout, "idle")
    );
}

#[tokio::test]
async fn a_body_that_ends_without_a_terminal_event_ends_in_an_error() {
    let mut events = events(vec![Ok("data: {\"type\": \"start\"}\n\n")]);
    events.next().await.unwrap().unwrap();
    let error = events.next().await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connection);
    assert!(error.is_retryable());
    assert!(events.next().await.is_none());
}

#[tokio::test]
async fn an_event_over_the_limit_ends_in_an_error() {
    let big = Bytes::from(vec![b'x'; 1 << 20]);
    let body = stream::iter([Bytes::from("data: ")])
        .chain(stream::repeat(big))
        .map(Ok::<_, io::Error>);
    let mut events = EventStream::new(body);
    assert_eq!(
        events.next().await.unwrap().unwrap_err().kind(),
        ErrorKind::Protocol
    );
    assert!(events.next().await.is_none());
}

#[tokio::test]
async fn an_unparsable_event_does_not_end_the_stream() {
    let body =
        "data: {\"type\": \"outp\n\ndata: {\"type\": \"news\"}\n\ndata: {\"type\": \"exit\"}\n\n";
    assert_eq!(outline(events(vec![Ok(body)])).await, ["", "news", "exit"]);
}

#[tokio::test]
async fn a_turn_contains_its_start_its_output_and_the_terminal_event() {
    let turn = events(vec![Ok(BODY)]).turn(2);
    assert_eq!(
        outline(turn).await,
        ["start", "turn_start", "output", "exit"]
    );
    assert_eq!(
        outline(events(vec![Ok(BODY)]).turn(9)).await,
        ["start", "exit"]
    );
}

#[tokio::test]
async fn the_stream_of_a_turn_ends_when_a_later_turn_starts() {
    let mut turn = events(vec![Ok(BODY)]).turn(1);
    let mut last = None;
    while let Some(event) = turn.next().await {
        last = Some(event.unwrap());
    }
    assert!(matches!(last, Some(StreamEvent::TurnStart(start)) if start.turn == Some(2)));
    let unfiltered = outline(events(vec![Ok(BODY)]).until_turn(1)).await;
    assert_eq!(unfiltered, TYPES[..6], "up to the second turn_start");
    let mut pretty = events(vec![Ok(BODY)]).turn(1).pretty();
    while pretty.next().await.is_some() {}
    assert_eq!(pretty.exit_code(), None, "that of the last turn");
}

#[tokio::test]
async fn the_transcript_of_a_turn_ends_with_this_turn() {
    let failed = Outcome::Failed {
        reason: "exit code 3".to_owned(),
    };
    for (turn, outcome) in [(1, Outcome::Unknown), (2, failed.clone()), (9, failed)] {
        let changes = events(vec![Ok(BODY)]).turn(turn).transcript();
        let changes: Vec<_> = changes.try_collect().await.unwrap();
        let numbers: Vec<_> = changes
            .iter()
            .filter_map(|change| match change {
                Change::TurnStarted { turn } => Some((*turn, None)),
                Change::TurnEnded { turn, outcome, .. } => Some((*turn, Some(outcome.clone()))),
                _ => None,
            })
            .collect();
        assert_eq!(numbers, [(turn, None), (turn, Some(outcome))]);
    }
}

#[tokio::test]
async fn lazy_events_equal_the_typed_events() {
    let lone_surrogate = "id: 8\ndata: {\"type\": \"output\", \"id\": 8, \"stream\": \"stdout\", \"data\": \"\\ud800\", \"turn\": 2}\n\n";
    let news = "id: 9\ndata: {\"type\": \"news\", \"id\": 9, \"deep\": [[1]]}\n\ndata: [[[\n\n";
    let body = Box::leak(
        format!("{}{lone_surrogate}{news}{}", &BODY[..300], &BODY[300..]).into_boxed_str(),
    );
    for turn in [None, Some(1), Some(2)] {
        let open = || match turn {
            Some(turn) => events(vec![Ok(&*body)]).turn(turn),
            None => events(vec![Ok(&*body)]),
        };
        let mut expected: Vec<(StreamEvent, serde_json::Value, Option<i64>)> = Vec::new();
        let mut typed = open();
        while let Some(event) = typed.next().await {
            let event = event.unwrap();
            let json = serde_json::to_value(&event).unwrap();
            expected.push((event, json, typed.cursor()));
        }
        let mut found = Vec::new();
        let mut lazy = open();
        let read = |event: LazyEvent<'_>| {
            let (json, cursor) = (event.json().into_owned(), event.cursor());
            (event.into_event(), json, cursor)
        };
        while let Some(event) = poll_fn(|context| lazy.poll_lazy(context, read)).await {
            let (event, json, cursor) = event.unwrap();
            found.push((event, serde_json::from_str(&json).unwrap(), cursor));
        }
        assert_eq!(found, expected);
        assert!(!found.is_empty());
    }
}

#[tokio::test]
async fn collects_stdout_of_all_turns_or_of_one() {
    assert_eq!(events(vec![Ok(BODY)]).collect_stdout().await.unwrap(), "ac");
    assert_eq!(
        events(vec![Ok(BODY)])
            .turn(1)
            .collect_stdout()
            .await
            .unwrap(),
        "a"
    );
    assert!(
        events(vec![Ok(&BODY[..300])])
            .collect_stdout()
            .await
            .is_err()
    );
}
