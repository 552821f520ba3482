//! Servers whose ids start again at a lower number.

use aod::ConnectionState;
use aod::sse::Reconnect;
use futures::StreamExt;

use super::{
    START, States, bodies, client, exit, open, outline, request, resumed_after, row, rows,
};

/// Returns an output row of another history.
fn other(id: i64) -> String {
    row(id).replace('<', "other <")
}

fn others(ids: impl IntoIterator<Item = i64>) -> String {
    ids.into_iter().map(other).collect()
}

fn turn(id: i64, turn: i64) -> String {
    format!("data: {{\"type\": \"turn_start\", \"id\": {id}, \"turn\": {turn}}}\n\n")
}

fn names(kind: &str, ids: impl IntoIterator<Item = i64>) -> Vec<String> {
    ids.into_iter().map(|id| format!("{kind} {id}")).collect()
}

#[tokio::test]
async fn ids_that_start_again_after_a_reconnect_are_delivered_after_a_state() {
    let server = bodies([
        format!("{START}{}", rows(1..=50)),
        format!("{START}{}", others(1..=20)),
        format!("{START}{}{}", others(15..=30), exit(30)),
    ])
    .await;
    let states = States::default();
    let client = client(&server);
    let events = request(&client).on_state(states.observer()).await.unwrap();
    let expected = [
        vec!["start".to_owned()],
        names("output", 1..=50),
        names("output", 1..=30),
        vec!["exit 30".to_owned()],
    ];
    assert_eq!(outline(events).await, expected.concat());
    let ids = ["", "50", "20", "30"];
    let sent: Vec<_> = resumed_after(&server)
        .into_iter()
        .map(Option::unwrap_or_default)
        .collect();
    assert_eq!(sent, ids, "the cursor is that of the new history");
    let expected = [
        "connecting",
        "live",
        "resuming 1 Connection",
        "live",
        "history reset",
        "resuming 1 Connection",
        "live",
        "closed",
    ];
    assert_eq!(states.names(), expected);
}

#[tokio::test]
async fn a_restored_database_repeats_its_rows_before_it_continues_differently() {
    let restored = format!("{START}{}{}{}", rows(1..=30), others(31..=40), exit(40));
    let server = bodies([format!("{START}{}", rows(1..=50)), restored]).await;
    let expected = [
        vec!["start".to_owned()],
        names("output", 1..=50),
        names("output", 31..=40),
        vec!["exit 40".to_owned()],
    ];
    let client = client(&server);
    assert_eq!(outline(open(&client).await).await, expected.concat());
}

#[tokio::test]
async fn ids_that_go_backwards_within_one_connection_are_delivered_after_a_state() {
    let body = format!("{START}{}{}{}", rows([7, 8, 9]), others([3, 4, 8]), exit(8));
    let server = bodies([body]).await;
    let states = States::default();
    let client = client(&server);
    let events = request(&client).on_state(states.observer()).await.unwrap();
    let expected = [
        vec!["start".to_owned()],
        names("output", [7, 8, 9, 3, 4, 8]),
        vec!["exit 8".to_owned()],
    ];
    assert_eq!(outline(events).await, expected.concat());
    assert_eq!(
        states.names(),
        ["connecting", "live", "history reset", "closed"]
    );
}

#[tokio::test]
async fn the_state_comes_between_the_rows_of_the_histories() {
    let server = bodies([format!("{}{}{}", row(7), other(3), exit(3))]).await;
    let states = States::default();
    let client = client(&server);
    let mut events = request(&client).on_state(states.observer()).await.unwrap();
    let is_reset = |states: &States| {
        let reset = |state: &ConnectionState| matches!(state, ConnectionState::HistoryReset);
        states.all().iter().any(reset)
    };
    events.next().await.unwrap().unwrap();
    assert!(!is_reset(&states) && events.cursor() == Some(7));
    events.next().await.unwrap().unwrap();
    assert!(is_reset(&states) && events.cursor() == Some(3));
}

#[tokio::test]
async fn the_turns_of_the_new_history_start_too() {
    let first = [
        START.to_owned(),
        turn(4, 1),
        rows([4, 5]),
        turn(7, 2),
        row(7),
    ]
    .concat();
    let second = [
        turn(4, 1),
        others([4, 5]),
        turn(7, 2),
        others([7, 8]),
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
        "turn_start 4",
        "output 4",
        "output 5",
        "turn_start 7",
        "output 7",
        "output 8",
        "exit 8",
    ];
    let server = bodies([first, second]).await;
    let mut events = open(&client(&server)).await;
    let mut cursors = Vec::new();
    let mut shown = Vec::new();
    while let Some(event) = events.next().await {
        shown.push(super::shown(&event));
        cursors.push(events.cursor());
    }
    assert_eq!(shown, expected);
    // A stream from the cursor after the repeated `turn_start` would not miss its output.
    assert_eq!(cursors[5..9], [Some(7), None, Some(4), Some(5)]);
}

#[tokio::test]
async fn a_server_that_always_replays_a_long_history_repeats_nothing() {
    let long = 2000;
    let until = |last: i64| format!("{START}{}", rows(1..=last));
    let whole = until(long) + &exit(long);
    let server = bodies([until(700), until(1500), until(1501), whole]).await;
    let states = States::default();
    let client = client(&server);
    let events = request(&client)
        .reconnect(Reconnect::new().base_delay(std::time::Duration::ZERO))
        .on_state(states.observer())
        .await
        .unwrap();
    let expected = [
        vec!["start".to_owned()],
        names("output", 1..=long),
        vec![format!("exit {long}")],
    ];
    assert_eq!(outline(events).await, expected.concat());
    assert!(!states.names().contains(&"history reset".to_owned()));
}

#[tokio::test]
async fn events_without_ids_do_not_reset_the_history() {
    let plain = "data: {\"type\": \"output\", \"stream\": \"stdout\", \"data\": \"a\"}\n\n";
    let server = bodies([
        format!("{START}{}{plain}", row(7)),
        format!("{START}{plain}{}{}", row(8), exit(8)),
    ])
    .await;
    let states = States::default();
    let client = client(&server);
    let events = request(&client).on_state(states.observer()).await.unwrap();
    let expected = [
        "start", "output 7", "output", "output", "output 8", "exit 8",
    ];
    assert_eq!(outline(events).await, expected);
    assert!(!states.names().contains(&"history reset".to_owned()));
}
