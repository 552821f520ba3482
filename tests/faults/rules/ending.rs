//! Ends by the terminal event, by `stale`, and by the consumer.

use std::sync::Arc;

use aod::sse::{Attempt, Connection, EventSource};
use futures::StreamExt;

use super::{START, bodies, client, exit, open, outline, request, row};

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

/// A source polls code of its caller, which can cancel the source.
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
