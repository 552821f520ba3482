//! The cursor of the next connection, and the events that are new on it.

use aod::sse::{Event, EventSource, HttpConnect};
use aod_test_support::ScriptedServer;
use futures::{StreamExt, TryStreamExt};

use super::{
    START, bodies, client, exit, fast_retry, open, outline, request, resumed_after, row, rows,
};

fn ids(ids: &[&str]) -> Vec<Option<String>> {
    ids.iter()
        .map(|id| Some((*id).to_owned()).filter(|id| !id.is_empty()))
        .collect()
}

#[tokio::test]
async fn resumes_from_the_last_id() {
    let server = bodies([format!("{START}{}", row(7)), format!("{START}{}", exit(7))]).await;
    assert_eq!(
        outline(open(&client(&server)).await).await,
        ["start", "output 7", "exit 7"]
    );
    assert_eq!(resumed_after(&server), ids(&["", "7", "7"]));
    assert!(server.received()[1].target.ends_with("?since=7"));
}

#[tokio::test]
async fn an_event_without_an_id_does_not_change_the_cursor() {
    let without = "data: {\"type\": \"note\"}\n\n";
    let server = bodies([row(7), without.to_owned(), exit(7)]).await;
    assert_eq!(
        outline(open(&client(&server)).await).await,
        ["output 7", "note", "exit 7"]
    );
    assert_eq!(resumed_after(&server), ids(&["", "7", "7", "7"]));
}

#[tokio::test]
async fn a_block_with_only_an_id_advances_the_cursor() {
    let server = bodies([format!("{}id: 9\n\n", row(7)), exit(9)]).await;
    assert_eq!(
        outline(open(&client(&server)).await).await,
        ["output 7", "exit 9"]
    );
    assert_eq!(resumed_after(&server), ids(&["", "9", "9"]));
}

#[tokio::test]
async fn an_empty_id_removes_the_cursor() {
    let server = bodies([
        format!("{}id:\n\n", row(7)),
        format!("{}{}", row(7), exit(7)),
    ])
    .await;
    assert_eq!(
        outline(open(&client(&server)).await).await,
        ["output 7", "exit 7"]
    );
    assert_eq!(resumed_after(&server), ids(&["", "", ""]));
    assert!(!server.received()[1].target.contains("since"));
}

/// The same rules for any event source.
#[tokio::test]
async fn the_cursor_rules_apply_to_any_event_source() {
    let first = [
        "id: 7\ndata: a\n\n",
        "data: b\n\n",
        "id: x y\n\n",
        "id\n\n",
        "data: c\n\n",
    ];
    let server = ScriptedServer::start(move |number, mut exchange| async move {
        match first.get(number) {
            Some(body) => {
                exchange.start_stream().await;
                exchange.send(body).await;
            }
            None => exchange.respond(204, &[], "").await,
        }
    })
    .await;
    let source = EventSource::new(HttpConnect::new(&server.url()).unwrap()).reconnect(fast_retry());
    let events: Vec<Event> = source.try_collect().await.unwrap();
    let seen: Vec<_> = events
        .iter()
        .map(|event| (event.data.as_str(), event.id.as_str()))
        .collect();
    assert_eq!(seen, [("a", "7"), ("b", "7"), ("c", "")]);
    assert_eq!(resumed_after(&server), ids(&["", "7", "7", "x y", "", ""]));
}

#[tokio::test]
async fn a_cut_event_is_discarded() {
    let whole = row(8);
    for cut in 1..whole.len() {
        let server = bodies([
            format!("{}{}", row(7), &whole[..cut]),
            format!("{}{}", row(8), exit(8)),
        ])
        .await;
        assert_eq!(
            outline(open(&client(&server)).await).await,
            ["output 7", "output 8", "exit 8"],
            "{cut}"
        );
        assert_eq!(resumed_after(&server), ids(&["", "7", "8"]), "{cut}");
    }
}

#[tokio::test]
async fn a_cut_inside_a_character_a_line_ending_or_a_chunk_header_has_no_effect() {
    let text = "data: {\"type\": \"output\", \"id\": 8, \"stream\": \"stdout\", \"data\": \"é日😀\", \"turn\": 1}\r\n\r\n";
    let event = format!("id: 8\r\n{text}");
    let chunked = format!("{:x}\r\n{event}\r\n0\r\n\r\n", event.len()).into_bytes();
    for cut in 1..chunked.len() {
        let (piece, rest) = (chunked[..cut].to_vec(), event.clone() + &exit(8));
        let server = ScriptedServer::start(move |number, mut exchange| {
            let (piece, rest) = (piece.clone(), rest.clone());
            async move {
                if number == 0 {
                    exchange
                        .send("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n")
                        .await;
                    exchange.send(piece).await;
                } else {
                    exchange.start_stream().await;
                    exchange.send(rest).await;
                }
            }
        })
        .await;
        let text = open(&client(&server)).await.collect_stdout().await.unwrap();
        assert_eq!(text, "é日😀", "{cut}");
    }
}

#[tokio::test]
async fn fifty_consecutive_cuts_lose_and_repeat_nothing() {
    let log: Vec<String> = (1..=50).map(row).chain([exit(50)]).collect();
    let server = bodies(log.into_iter().map(|body| format!("{START}{body}"))).await;
    let expected: Vec<String> = ["start".to_owned()]
        .into_iter()
        .chain((1..=50).map(|id| format!("output {id}")))
        .chain(["exit 50".to_owned()])
        .collect();
    let client = client(&server);
    let events = request(&client)
        .reconnect(fast_retry().max_attempts(1))
        .await
        .unwrap();
    assert_eq!(outline(events).await, expected);
    assert_eq!(server.received().len(), 52);
}

#[tokio::test]
async fn events_repeated_by_the_server_are_dropped() {
    let turn = |id: i64, turn: i64| {
        format!("id: {id}\ndata: {{\"type\": \"turn_start\", \"id\": {id}, \"turn\": {turn}}}\n\n")
    };
    let whole = [
        START.to_owned(),
        turn(4, 1),
        rows([4, 5]),
        turn(7, 2),
        rows([7, 8]),
        exit(8),
    ]
    .concat();
    let expected = [
        "start",
        "turn_start 4",
        "output 4",
        "output 5",
        "turn_start 7",
        "output 7",
        "output 8",
        "exit 8",
    ];
    let until = |end: &str| whole[..whole.find(end).unwrap() + end.len()].to_owned();
    for end in [
        START.to_owned(),
        turn(4, 1),
        row(4),
        row(5),
        turn(7, 2),
        row(7),
        row(8),
    ] {
        // Replays everything, repeats the row at the cursor, or sends every event twice.
        let repeated = format!(
            "{START}{}{}",
            row(5),
            &whole[whole.find(&turn(7, 2)).unwrap()..]
        );
        let twice: String = whole
            .split_inclusive("\n\n")
            .filter(|event| !event.contains("exit"))
            .map(|event| event.repeat(2))
            .collect();
        let mut seconds = vec![whole.clone(), twice + &exit(8)];
        if whole.find(&end) > whole.find(&row(4)) {
            seconds.push(repeated);
        }
        for second in seconds {
            let server = bodies([until(&end), second]).await;
            assert_eq!(
                outline(open(&client(&server)).await).await,
                expected,
                "cut after {end}"
            );
        }
    }
}

#[tokio::test]
async fn the_row_at_the_given_cursor_is_dropped() {
    let server = bodies([format!("{START}{}{}", rows([3, 4, 5]), exit(5))]).await;
    let client = client(&server);
    let events = request(&client).since(4).await.unwrap();
    assert_eq!(outline(events).await, ["start", "output 5", "exit 5"]);
}

#[tokio::test]
async fn a_turn_start_never_advances_the_cursor() {
    // Servers of 2026-04-21 send the ID of the output that follows, later ones no `id:` line.
    for line in ["id: 8\n", ""] {
        let turn = format!("{line}data: {{\"type\": \"turn_start\", \"id\": 8, \"turn\": 2}}\n\n");
        let server = bodies([
            format!("{}{turn}", row(7)),
            format!("{turn}{}{}", row(8), exit(8)),
        ])
        .await;
        let mut events = open(&client(&server)).await;
        for shown in ["output 7", "turn_start 8"] {
            assert_eq!(super::shown(&events.next().await.unwrap()), shown);
        }
        assert_eq!(events.cursor(), Some(7));
        assert_eq!(outline(events).await, ["output 8", "exit 8"]);
        assert_eq!(resumed_after(&server), ids(&["", "7", "8"]));
    }
}

#[tokio::test]
async fn a_stream_can_resume_in_another_process() {
    // Servers of 2026-04-21 send an `id:` line with a `turn_start`, later ones do not.
    for has_line in [true, false] {
        // As a server does: each connection has `start`, and a `turn_start` before its first output.
        let turn = |id: i64| {
            let line = if has_line {
                format!("id: {id}\n")
            } else {
                String::new()
            };
            format!("{line}data: {{\"type\": \"turn_start\", \"id\": {id}, \"turn\": 1}}\n\n")
        };
        let server = bodies([
            format!("{START}{}{}", turn(1), rows([1, 2, 3])),
            format!("{START}{}{}{}", turn(3), rows([3, 4]), exit(4)),
            format!("{START}{}", exit(4)),
        ])
        .await;
        let first = client(&server);
        let mut events = open(&first).await;
        for expected in ["start", "turn_start 1", "output 1", "output 2"] {
            assert_eq!(super::shown(&events.next().await.unwrap()), expected);
        }
        let cursor = events.cursor().unwrap();
        drop(events);

        let second = client(&server);
        let mut events = request(&second).since(cursor).await.unwrap();
        for expected in ["start", "turn_start 3", "output 3", "output 4", "exit 4"] {
            assert_eq!(super::shown(&events.next().await.unwrap()), expected);
        }
        assert!(events.next().await.is_none());
        let cursor = events.cursor().unwrap();

        let third = client(&server);
        let events = request(&third).since(cursor).await.unwrap();
        assert_eq!(outline(events).await, ["start", "exit 4"]);
        assert_eq!(resumed_after(&server), ids(&["", "2", "4", "4", "4"]));
    }
}

#[tokio::test]
async fn without_reconnecting_events_are_delivered_verbatim() {
    let server = bodies([format!("{START}{START}{}{}", row(7), row(7))]).await;
    let client = client(&server);
    let events = request(&client).no_reconnect().await.unwrap();
    assert_eq!(
        outline(events).await,
        ["start", "start", "output 7", "output 7", "Connection"]
    );
    assert_eq!(server.received().len(), 1);
}
