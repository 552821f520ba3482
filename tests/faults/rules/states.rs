//! The connection states that an observer receives.

use std::future::IntoFuture as _;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicUsize, Ordering};

use aod::ConnectionState;
use aod::ErrorKind;
use aod_test_support::ScriptedServer;
use futures::{FutureExt as _, StreamExt};

use super::{START, States, bodies, client, exit, outline, request, row};

#[tokio::test]
async fn states_are_reported_in_order_and_closed_once() {
    let server = ScriptedServer::start(|number, mut exchange| async move {
        if number == 1 {
            return exchange.respond(503, &[], "").await;
        }
        exchange.start_stream().await;
        exchange
            .send(if number == 0 { row(7) } else { exit(7) })
            .await;
    })
    .await;
    let states = States::default();
    let client = client(&server);
    outline(request(&client).on_state(states.observer()).await.unwrap()).await;
    let expected = [
        "connecting",
        "live",
        "resuming 1 Connection",
        "resuming 2 Server",
        "live",
        "closed",
    ];
    assert_eq!(states.names(), expected);
    let ConnectionState::Resuming { cause, .. } = &states.all()[3] else {
        panic!("{:?}", states.all())
    };
    assert_eq!(
        (cause.kind(), cause.status()),
        (ErrorKind::Server, Some(503))
    );
}

#[tokio::test]
async fn a_dropped_or_cancelled_stream_reports_closed_once() {
    let server = ScriptedServer::start(|_, mut exchange| async move {
        exchange.start_stream().await;
        exchange.send(START).await;
        exchange.until_closed().await;
    })
    .await;
    let client = client(&server);
    for cancel in [false, true] {
        let states = States::default();
        let mut events = request(&client).on_state(states.observer()).await.unwrap();
        events.next().await.unwrap().unwrap();
        if cancel {
            events.cancel_handle().cancel();
            assert!(events.next().await.is_none());
        }
        drop(events);
        assert_eq!(states.names(), ["connecting", "live", "closed"]);
    }
}

#[tokio::test]
async fn an_observer_that_panics_is_not_called_again() {
    let server = bodies([START.to_owned()]).await;
    let client = client(&server);
    for call in 0..2 {
        let calls = AtomicUsize::new(0);
        let opening = request(&client).on_state(move |_| {
            assert!(calls.fetch_add(1, Ordering::Relaxed) != call, "it panics");
        });
        let opened = AssertUnwindSafe(opening.into_future()).catch_unwind().await;
        assert!(opened.is_err());
    }
}

#[tokio::test]
async fn a_stream_that_cannot_be_opened_reports_closed() {
    let server = ScriptedServer::start(|_, exchange| exchange.respond(404, &[], "")).await;
    let states = States::default();
    let client = client(&server);
    request(&client)
        .on_state(states.observer())
        .await
        .unwrap_err();
    assert_eq!(states.names(), ["connecting", "closed"]);
}

#[tokio::test]
async fn the_attempt_count_restarts_after_progress() {
    let first = format!("{START}{}", row(1));
    let server = bodies([first, START.to_owned(), row(2), exit(2)]).await;
    let states = States::default();
    let client = client(&server);
    outline(request(&client).on_state(states.observer()).await.unwrap()).await;
    let resuming: Vec<_> = states
        .names()
        .into_iter()
        .filter(|name| name.starts_with("resuming"))
        .collect();
    assert_eq!(
        resuming,
        [
            "resuming 1 Connection",
            "resuming 2 Connection",
            "resuming 1 Connection"
        ]
    );
}
