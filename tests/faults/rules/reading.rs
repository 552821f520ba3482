//! Invalid and unknown events.

use aod::models::event::StreamEvent;
use futures::{StreamExt, TryStreamExt};

use super::{bodies, client, exit, open, outline, row};

#[tokio::test]
async fn malformed_json_becomes_an_unknown_event_and_the_stream_continues() {
    let server = bodies([format!(
        "{}data: {{\"type\": \"outp\n\n{}{}",
        row(7),
        row(8),
        exit(8)
    )])
    .await;
    let events: Vec<_> = open(&client(&server)).await.try_collect().await.unwrap();
    let StreamEvent::Unknown(unknown) = &events[1] else {
        panic!("{:?}", events[1])
    };
    assert_eq!(unknown.raw, "{\"type\": \"outp");
    assert_eq!(events.len(), 4);
}

#[tokio::test]
async fn unknown_types_and_fields_are_kept_and_missing_fields_have_defaults() {
    let body = concat!(
        "id: 5\ndata: {\"type\": \"usage\", \"id\": 5, \"tokens\": 3}\n\n",
        "id: 6\ndata: {\"type\": \"output\", \"id\": 6, \"data\": \"x\", \"colour\": \"red\"}\n\n",
        "id: 7\ndata: {\"type\": \"stage\", \"id\": 7}\n\n",
    );
    let server = bodies([format!("{body}{}", exit(7))]).await;
    let mut events = open(&client(&server)).await;
    let StreamEvent::Unknown(usage) = events.next().await.unwrap().unwrap() else {
        panic!("a known event")
    };
    assert!(usage.raw.contains("tokens"));
    let StreamEvent::Output(output) = events.next().await.unwrap().unwrap() else {
        panic!("no output")
    };
    assert_eq!(
        (output.turn, output.extra["colour"].as_str()),
        (None, Some("red"))
    );
    let StreamEvent::Stage(stage) = events.next().await.unwrap().unwrap() else {
        panic!("no stage")
    };
    assert_eq!((stage.stage.as_str(), stage.duration_ms), ("", None));
    assert_eq!(outline(events).await, ["exit 7"]);
}

#[tokio::test]
async fn an_event_above_the_limit_ends_the_stream_and_is_not_requested_again() {
    let server = bodies([format!("{}data: {}", row(7), "x".repeat(17 << 20))]).await;
    assert_eq!(
        outline(open(&client(&server)).await).await,
        ["output 7", "Protocol"]
    );
    assert_eq!(server.received().len(), 1);
}
