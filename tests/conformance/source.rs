//! Every case of `data/vectors/sse.json` with the public event source over a real socket.

use aod::sse::{EventSource, HttpConnect, Reconnect};
use aod_test_support::ScriptedServer;
use futures::StreamExt;

use crate::cases::{Case, Event, reconnection_time};

/// Serves the case in chunks, each sent separately, and checks the result.
async fn check(case: &Case, pieces: Vec<Vec<u8>>) {
    let server = ScriptedServer::start(move |_, mut exchange| {
        let pieces = pieces.clone();
        async move {
            exchange.start_stream().await;
            for piece in pieces {
                exchange.send(piece).await;
            }
            exchange.close().await;
        }
    })
    .await;
    let mut source = EventSource::new(HttpConnect::new(&server.url()).unwrap())
        .resume_after(case.initial_last_event_id.as_str())
        .reconnect(Reconnect::new().max_attempts(0));
    let mut events = Vec::new();
    while let Some(Ok(event)) = source.next().await {
        let (r#type, data, id) = (event.event, event.data, event.id);
        events.push(Event { r#type, data, id });
    }
    let what = format!("{} ({})", case.id, case.what);
    assert_eq!(events, case.expect.events, "{what}");
    assert_eq!(source.last_event_id(), case.expect.last_event_id, "{what}");
    assert_eq!(
        source.retry(),
        case.expect.retry.as_ref().map(reconnection_time),
        "{what}"
    );
}

#[tokio::test]
async fn a_source_yields_every_case_in_the_given_chunks() {
    for case in Case::all() {
        check(&case, case.chunks()).await;
    }
}

#[tokio::test]
async fn a_source_yields_every_case_byte_by_byte() {
    for case in Case::all() {
        let bytes = case
            .chunks()
            .concat()
            .iter()
            .map(|byte| vec![*byte])
            .collect();
        check(&case, bytes).await;
    }
}
