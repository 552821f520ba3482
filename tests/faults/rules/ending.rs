//! The end of a stream: by the terminal event, by `stale`, or by cancellation.

use std::sync::Arc;
use std::time::Duration;

use aod::sse::{Attempt, Connection, EventSource};
use aod_test_support::{ScriptedServer, elapse};
use futures::StreamExt;

use super::{
    START, States, bodies, bodies_of, client, exit, is_stream, open, outline, request, row,
};

#[tokio::test]
async fn stale_ends_the_stream_unless_resume_stale_is_set() {
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
    let client = super::client(&server);
    let events = request(&client).resume_stale(true).await.unwrap();
    assert_eq!(
        outline(events).await,
        ["start", "output 7", "output 8", "exit 8"]
    );
    assert_eq!(server.received()[1].header("last-event-id"), Some("7"));
}

/// A source polls a body that the caller provides; that code may cancel the source.
#[tokio::test]
async fn a_body_can_cancel_the_source_that_reads_it() {
    let handle = Arc::new(std::sync::OnceLock::<aod::sse::CancelHandle>::new());
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

/// The server reads the rows of a session before its status: rows that are written in between are sent on the next
/// connection.
#[tokio::test]
async fn rows_after_the_terminal_event_are_delivered_before_it() {
    let server = bodies([
        format!("{START}{}{}", row(7), exit(7)),
        format!("{START}{}{}{}", row(8), row(9), exit(9)),
        format!("{START}{}{}", row(10), exit(10)),
        format!("{START}{}", exit(10)),
    ])
    .await;
    let shown = outline(open(&client(&server)).await).await;
    assert_eq!(
        shown,
        [
            "start",
            "output 7",
            "output 8",
            "output 9",
            "output 10",
            "exit 10"
        ]
    );
    let cursors = super::resumed_after(&server);
    let expected = [None, Some("7"), Some("9"), Some("10")];
    assert_eq!(cursors, expected.map(|cursor| cursor.map(str::to_owned)));
}

/// Returns the path of each request: of the stream, or of the session.
fn paths(server: &ScriptedServer) -> Vec<&'static str> {
    let received = server.received();
    let path = |request| {
        if is_stream(request) {
            "stream"
        } else {
            "session"
        }
    };
    received.iter().map(path).collect()
}

#[tokio::test]
async fn bodies_without_a_terminal_event_end_the_stream_if_the_session_is_not_active() {
    for status in ["completed", "archived", "404", "405", "410", "501"] {
        let server = bodies_of(status, [format!("{START}{}", row(7))]).await;
        let shown = outline(open(&client(&server)).await).await;
        assert_eq!(shown, ["start", "output 7"], "{status}");
        let requests = ["stream", "stream", "session", "stream"];
        assert_eq!(paths(&server), requests, "{status}");
    }
}

#[tokio::test]
async fn bodies_without_a_terminal_event_do_not_end_the_stream_of_an_active_session() {
    for status in ["pending", "running", "401", "500", "503"] {
        let first = format!("{START}{}", row(7));
        let last = format!("{START}{}{}", row(8), exit(8));
        let all = [first.clone(), first.clone(), first.clone(), first, last];
        let server = bodies_of(status, all).await;
        let shown = outline(open(&client(&server)).await).await;
        assert_eq!(
            shown,
            ["start", "output 7", "output 8", "exit 8"],
            "{status}"
        );
    }
}

/// Rows that are written before the session ends may follow after the body that made the stream ask.
#[tokio::test]
async fn rows_of_a_session_that_is_not_active_are_read_to_the_last_one() {
    let first = format!("{START}{}", row(7));
    let cut = format!(
        "{START}{}",
        "id: 8\ndata: {\"type\": \"output\", \"id\": 8,"
    );
    let all = [
        first.clone(),
        first,
        cut,
        format!("{START}{}", row(8)),
        format!("{START}{}{}", row(9), exit(9)),
    ];
    let server = bodies_of("completed", all).await;
    let shown = outline(open(&client(&server)).await).await;
    assert_eq!(
        shown,
        ["start", "output 7", "output 8", "output 9", "exit 9"]
    );
}

#[tokio::test]
async fn a_later_turn_does_not_delay_the_terminal_event() {
    let turn =
        |turn| format!("data: {{\"type\": \"turn_start\", \"id\": 8, \"turn\": {turn}}}\n\n");
    let server = bodies([
        format!("{START}{}{}{}", turn(1), row(7), exit(7)),
        format!("{START}{}{}{}", turn(2), row(8), exit(8)),
    ])
    .await;
    let shown = outline(open(&client(&server)).await).await;
    assert_eq!(shown, ["start", "turn_start 8", "output 7", "exit 7"]);
    assert_eq!(server.received().len(), 2);
}

/// After a cursor, a stream does not know to which turn the terminal event belongs.
#[tokio::test]
async fn a_turn_that_starts_while_the_terminal_event_is_confirmed_is_read_to_its_end() {
    let turn = "data: {\"type\": \"turn_start\", \"id\": 8, \"turn\": 2}\n\n";
    let server = bodies([
        format!("{START}{}", exit(7)),
        format!("{START}{turn}{}", row(8)),
        format!("{START}{turn}{}{}", row(9), exit(9)),
        format!("{START}{}", exit(9)),
    ])
    .await;
    let client = client(&server);
    let shown = outline(request(&client).since(7).await.unwrap()).await;
    assert_eq!(
        shown,
        ["start", "turn_start 8", "output 8", "output 9", "exit 9"]
    );
    assert_eq!(server.received().len(), 4);
}

#[tokio::test]
async fn a_terminal_event_of_another_history_does_not_end_the_stream() {
    let server = bodies([
        format!("{START}{}{}", row(7), exit(7)),
        format!("{START}{}", row(3)),
        format!("{START}{}{}", row(4), exit(4)),
        format!("{START}{}", exit(4)),
    ])
    .await;
    let shown = outline(open(&client(&server)).await).await;
    assert_eq!(
        shown,
        ["start", "output 7", "output 3", "output 4", "exit 4"]
    );
    assert_eq!(server.received().len(), 4);
}

#[tokio::test]
async fn the_stream_of_a_turn_without_output_ends_with_its_terminal_event() {
    let later = "data: {\"type\": \"turn_start\", \"id\": 8, \"turn\": 2}\n\n";
    for is_filtered in [false, true] {
        let server = bodies([
            format!("{START}{}", exit(7)),
            format!("{START}{later}{}", row(8)),
        ])
        .await;
        let events = open(&client(&server)).await;
        let events = if is_filtered {
            events.turn(1)
        } else {
            events.until_turn(1)
        };
        assert_eq!(outline(events).await, ["start", "exit 7"]);
    }
}

/// The server reads the rows of the earlier turn before the turn runs, and its status after the turn has ended.
#[tokio::test]
async fn the_terminal_event_after_an_earlier_turn_does_not_end_the_turn_that_is_read() {
    let start = |turn, id| {
        format!("data: {{\"type\": \"turn_start\", \"id\": {id}, \"turn\": {turn}}}\n\n")
    };
    let second = row(8).replace("\"turn\": 1", "\"turn\": 2");
    for is_filtered in [false, true] {
        let server = bodies([
            format!("{START}{}{}{}", start(1, 7), row(7), exit(7)),
            format!("{START}{}{second}{}", start(2, 8), exit(8)),
            format!("{START}{}", exit(8)),
        ])
        .await;
        let events = open(&client(&server)).await;
        let (events, earlier) = if is_filtered {
            (events.turn(2), &[][..])
        } else {
            (events.until_turn(2), &["turn_start 7", "output 7"][..])
        };
        let shown = outline(events).await;
        assert_eq!(shown[0], "start");
        assert_eq!(shown[1..=earlier.len()], *earlier);
        assert_eq!(
            shown[1 + earlier.len()..],
            ["turn_start 8", "output 8", "exit 8"]
        );
    }
}

/// A turn that prints nothing has no `turn_start`, but the stage in which its agent starts.
#[tokio::test]
async fn a_later_turn_without_output_does_not_replace_the_terminal_event() {
    let turn = "data: {\"type\": \"turn_start\", \"id\": 7, \"turn\": 1}\n\n";
    let stage = "id: 8\ndata: {\"type\": \"stage\", \"id\": 8, \"stage\": \"runtime_start\", \"state\": \"started\"}\n\n";
    for limit in [None, Some(1)] {
        let server = bodies([
            format!("{START}{turn}{}{}", row(7), exit(7)),
            format!("{START}{stage}{}", exit(8)),
        ])
        .await;
        let mut events = open(&client(&server)).await;
        if let Some(limit) = limit {
            events = events.until_turn(limit);
        }
        let shown = outline(events).await;
        assert_eq!(shown, ["start", "turn_start 7", "output 7", "exit 7"]);
        assert_eq!(server.received().len(), 2);
    }
}

/// Events of unknown types that change with each connection are no progress, unless their ids ascend.
#[tokio::test]
async fn unknown_events_that_change_do_not_delay_the_end() {
    let stats =
        |number| format!("data: {{\"type\": \"stats\", \"id\": 7, \"elapsed\": {number}}}\n\n");
    let server = bodies([
        format!("{START}{}{}{}", row(7), stats(1), exit(7)),
        format!("{START}{}{}", stats(2), exit(7)),
    ])
    .await;
    let shown = outline(open(&client(&server)).await).await;
    assert_eq!(shown, ["start", "output 7", "stats 7", "stats 7", "exit 7"]);
    assert_eq!(server.received().len(), 2);

    let all: Vec<_> = (1..=9)
        .map(|number| format!("{START}{}", stats(number)))
        .collect();
    let server = bodies_of("completed", all).await;
    let shown = outline(open(&client(&server)).await).await;
    assert_eq!(shown[..2], ["start", "stats 7"]);
    assert_eq!(
        paths(&server),
        ["stream", "stream", "session", "stream"],
        "{shown:?}"
    );
}

#[tokio::test]
async fn the_terminal_event_is_delivered_when_its_confirmation_fails() {
    for how in 0..5 {
        let server = ScriptedServer::start(move |number, mut exchange| async move {
            if number == 0 {
                exchange.start_stream().await;
                exchange.send(format!("{START}{}{}", row(7), exit(7))).await;
                return;
            }
            match how {
                0 => exchange.reset(),
                1 => exchange.respond(404, &[], "").await,
                2 => exchange.respond(204, &[], "").await,
                3 => {
                    exchange.start_stream().await;
                    exchange.send(format!("{START}{}", row(8))).await;
                }
                _ => {
                    exchange
                        .respond(200, &[("content-type", "text/html")], "")
                        .await;
                }
            }
        })
        .await;
        let states = States::default();
        let client = client(&server);
        let events = request(&client).on_state(states.observer()).await.unwrap();
        let mut shown = vec!["start", "output 7"];
        shown.extend((how == 3).then_some("output 8"));
        shown.push("exit 7");
        assert_eq!(outline(events).await, shown);
        assert_eq!(server.received().len(), 2);
        assert_eq!(states.names(), ["connecting", "live", "closed"]);
    }
}

#[tokio::test(start_paused = true)]
async fn the_confirmation_of_a_terminal_event_has_a_time_limit() {
    let server = ScriptedServer::start(move |number, mut exchange| async move {
        if number == 0 {
            exchange.start_stream().await;
            exchange.send(format!("{START}{}{}", row(7), exit(7))).await;
        } else {
            exchange.until_closed().await;
        }
    })
    .await;
    let events = open(&client(&server)).await;
    assert_eq!(outline(events).await, ["start", "output 7", "exit 7"]);
    assert_eq!(server.received().len(), 2);
}

#[tokio::test]
async fn a_stream_cancelled_during_the_confirmation_yields_nothing_more() {
    let server = ScriptedServer::start(move |number, mut exchange| async move {
        if number == 0 {
            exchange.start_stream().await;
            exchange.send(format!("{START}{}{}", row(7), exit(7))).await;
        } else {
            exchange.until_closed().await;
        }
    })
    .await;
    let mut events = open(&client(&server)).await;
    for shown in ["start", "output 7"] {
        assert_eq!(super::shown(&events.next().await.unwrap()), shown);
    }
    let handle = events.cancel_handle();
    let cancel = async {
        server.arrived(2).await;
        handle.cancel();
    };
    let (next, ()) = tokio::join!(events.next(), cancel);
    assert!(next.is_none());
}

/// The time that a consumer spends between two events is not part of the limit.
#[tokio::test]
async fn a_slow_consumer_loses_no_row_while_the_end_is_confirmed() {
    let server = ScriptedServer::start(move |number, mut exchange| async move {
        exchange.start_stream().await;
        let rows = match number {
            0 => row(7) + &exit(7),
            1 => row(8) + &row(9) + &exit(9),
            _ => exit(9),
        };
        exchange.send(format!("{START}{rows}")).await;
    })
    .await;
    let mut events = open(&client(&server)).await;
    for shown in ["start", "output 7", "output 8"] {
        assert_eq!(super::shown(&events.next().await.unwrap()), shown);
    }
    elapse(Duration::from_secs(600)).await;
    assert_eq!(outline(events).await, ["output 9", "exit 9"]);
}

#[tokio::test]
async fn a_server_without_ids_is_asked_again_and_nothing_is_repeated() {
    let body = "data: {\"type\": \"output\", \"data\": \"x\"}\n\ndata: {\"type\": \"exit\", \"code\": 0}\n\n";
    let server = bodies([body]).await;
    let text = open(&client(&server)).await;
    let shown = outline(text).await;
    assert_eq!(shown.len(), 2, "{shown:?}");
    assert_eq!(server.received().len(), 2);
}

#[tokio::test]
async fn a_stale_that_follows_new_rows_is_the_only_terminal_event() {
    let stale = "id: 8\ndata: {\"type\": \"stale\", \"id\": 8}\n\n";
    let server = bodies([
        format!("{START}{}{}", row(7), exit(7)),
        format!("{START}{}{stale}", row(8)),
    ])
    .await;
    let shown = outline(open(&client(&server)).await).await;
    assert_eq!(shown, ["start", "output 7", "output 8", "stale 8"]);
}
