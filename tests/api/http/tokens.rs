//! Tokens that expire.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aod::models::{CreateEnvironment, Secret};
use aod::{Client, ClientBuilder, ErrorKind};
use aod_test_support::ScriptedServer;
use futures::{FutureExt as _, StreamExt as _, future};
use tokio::sync::watch;
use uuid::Uuid;

use super::{AGENTS, builder};

/// Accepts only the token with this number, and answers others with 401 and the token.
async fn accepting(number: usize) -> ScriptedServer {
    ScriptedServer::start(move |_, exchange| async move {
        let sent = exchange.request.header("authorization").unwrap().to_owned();
        if sent == format!("Bearer hunter2-{number}") {
            exchange.respond_json(200, AGENTS).await;
        } else {
            let detail = format!(r#"{{"detail": "{sent} has expired"}}"#);
            exchange.respond_json(401, &detail).await;
        }
    })
    .await
}

/// Returns a client whose tokens are numbered from 1, and how many there were.
fn numbered(builder: ClientBuilder) -> (Client, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&asked);
    let provider = move |rejected: Option<Secret>| {
        let number = counter.fetch_add(1, Ordering::Relaxed) + 1;
        let expected = (number > 1).then(|| Secret::from(format!("hunter2-{}", number - 1)));
        assert_eq!(rejected, expected);
        future::ready(Ok::<_, io::Error>(Secret::from(format!(
            "hunter2-{number}"
        ))))
    };
    let client = builder.token_provider(provider).build().unwrap();
    (client, asked)
}

#[tokio::test]
async fn the_provider_is_called_before_the_first_request_and_after_a_401() {
    let server = accepting(2).await;
    let (client, asked) = numbered(builder(&server.url()));
    assert_eq!(asked.load(Ordering::Relaxed), 0);
    client.agents().list().await.unwrap();
    assert_eq!(
        (asked.load(Ordering::Relaxed), server.received().len()),
        (2, 2)
    );
    client.agents().list().await.unwrap();
    assert_eq!(
        (asked.load(Ordering::Relaxed), server.received().len()),
        (2, 3)
    );
}

#[tokio::test]
async fn a_rejected_write_is_sent_again_with_its_body() {
    let server = accepting(2).await;
    let (client, _) = numbered(builder(&server.url()));
    let request = CreateEnvironment::new("ci");
    // The response is not an environment.
    let error = client.environments().create(request).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    let received = server.received();
    assert_eq!(received.len(), 2);
    assert_eq!(received[0].body, received[1].body);
}

#[tokio::test]
async fn a_second_rejection_is_the_error_of_the_call_without_the_tokens() {
    let server = accepting(9).await;
    let (client, asked) = numbered(builder(&server.url()));
    let error = client.agents().list().await.unwrap_err();
    assert_eq!((error.kind(), error.status()), (ErrorKind::Auth, Some(401)));
    assert_eq!(
        (asked.load(Ordering::Relaxed), server.received().len()),
        (2, 2)
    );
    let shown = format!("{error} {error:?}");
    assert!(!shown.contains("hunter2"), "{shown}");
}

#[tokio::test]
async fn requests_that_need_a_token_at_the_same_time_wait_for_the_same_one() {
    let server = accepting(1).await;
    let asked = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&asked);
    let (release, held) = watch::channel(false);
    let provider = move |_| {
        counter.fetch_add(1, Ordering::Relaxed);
        let mut held = held.clone();
        async move {
            held.wait_for(|released| *released).await?;
            Ok::<_, watch::error::RecvError>(Secret::from("hunter2-1"))
        }
    };
    let client = builder(&server.url())
        .token_provider(provider)
        .build()
        .unwrap();
    let agents = client.agents();
    let mut calls: Vec<_> = (0..20).map(|_| agents.list().boxed()).collect();
    for call in &mut calls {
        assert!(call.now_or_never().is_none());
    }
    // The first one leaves; the others still receive the token.
    drop(calls.remove(0));
    release.send(true).unwrap();
    for listed in future::join_all(calls).await {
        listed.unwrap();
    }
    assert_eq!(asked.load(Ordering::Relaxed), 1);
}

#[derive(Debug, thiserror::Error)]
#[error("hunter2 is not signed in")]
struct SignedOut;

#[tokio::test]
async fn a_token_that_arrives_while_no_request_waits_is_kept_and_a_failure_is_not() {
    for (succeeds, expected) in [(true, 1), (false, 2)] {
        let server = accepting(1).await;
        let asked = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&asked);
        let (release, held) = watch::channel(false);
        let provider = move |_| {
            let is_first = counter.fetch_add(1, Ordering::Relaxed) == 0;
            let mut held = held.clone();
            async move {
                held.wait_for(|released| *released).await.unwrap();
                if is_first && !succeeds {
                    return Err(SignedOut);
                }
                Ok(Secret::from("hunter2-1"))
            }
        };
        let client = builder(&server.url())
            .token_provider(provider)
            .build()
            .unwrap();
        let agents = client.agents();
        // The request leaves before the provider answers.
        assert!(agents.list().now_or_never().is_none());
        release.send(true).unwrap();
        agents.list().await.unwrap();
        assert_eq!(asked.load(Ordering::Relaxed), expected);
    }
}

#[tokio::test]
async fn a_failure_of_the_provider_is_the_source_of_the_error() {
    let server = accepting(1).await;
    let asked = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&asked);
    let provider = move |_| {
        counter.fetch_add(1, Ordering::Relaxed);
        future::ready(Err::<Secret, _>(SignedOut))
    };
    let client = builder(&server.url())
        .token_provider(provider)
        .build()
        .unwrap();
    let opened = client.sessions().stream(Uuid::nil()).await.map(drop);
    let listed = client.agents().list().await.map(drop);
    for outcome in [opened, listed] {
        let error = outcome.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::Auth, 1));
        assert!(error.is_unsent() && !error.is_retryable());
        let source = std::error::Error::source(&error).unwrap();
        assert!(source.is::<SignedOut>(), "{source}");
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains("hunter2"), "{shown}");
    }
    assert_eq!(
        (asked.load(Ordering::Relaxed), server.received().len()),
        (2, 0)
    );
}

#[tokio::test]
async fn an_invalid_token_is_not_sent() {
    let server = accepting(1).await;
    let provider = |_| future::ready(Ok::<_, io::Error>(Secret::from("hunter2 hunter2")));
    let client = builder(&server.url())
        .token_provider(provider)
        .build()
        .unwrap();
    let error = client.agents().list().await.unwrap_err();
    assert_eq!(
        (error.kind(), error.attempts()),
        (ErrorKind::Configuration, 1)
    );
    assert!(!error.to_string().contains("hunter2"), "{error}");
    assert!(server.received().is_empty());
}

#[tokio::test]
async fn a_stream_continues_with_a_new_token_even_if_the_provider_fails_once() {
    let server = ScriptedServer::start(|number, mut exchange| async move {
        let token = exchange.request.header("authorization").unwrap().to_owned();
        let valid = if number == 0 { "Bearer hunter2-1" } else { "Bearer hunter2-2" };
        if token != valid {
            return exchange.respond(401, &[], "").await;
        }
        exchange.start_stream().await;
        let id = if number == 0 { 1 } else { 2 };
        exchange.send(format!("id: {id}\ndata: {{\"type\": \"output\", \"id\": {id}, \"stream\": \"stdout\", \"data\": \"{id}\"}}\n\n")).await;
        exchange.close().await;
    })
    .await;
    let asked = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&asked);
    let provider = move |_| {
        let number = counter.fetch_add(1, Ordering::Relaxed);
        let tokens = [Ok("hunter2-1"), Err(SignedOut), Ok("hunter2-2")];
        future::ready(tokens.into_iter().nth(number).unwrap().map(Secret::from))
    };
    let client = builder(&server.url())
        .token_provider(provider)
        .build()
        .unwrap();
    let mut events = client.sessions().stream(Uuid::nil()).await.unwrap();
    for id in [1, 2] {
        assert_eq!(events.next().await.unwrap().unwrap().id(), Some(id));
    }
    assert_eq!(asked.load(Ordering::Relaxed), 3);
    let after: Vec<_> = server.received()[..4]
        .iter()
        .map(|request| request.header("last-event-id").map(str::to_owned))
        .collect();
    let resumed = Some("1".to_owned());
    assert_eq!(after, [None, resumed.clone(), resumed.clone(), resumed]);
}

#[tokio::test]
async fn a_provider_that_panicked_is_called_again() {
    let server = accepting(1).await;
    let panicked = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&panicked);
    let provider = move |_| {
        assert_ne!(counter.fetch_add(1, Ordering::Relaxed), 0, "planned");
        future::ready(Ok::<_, io::Error>(Secret::from("hunter2-1")))
    };
    let client = builder(&server.url())
        .token_provider(provider)
        .build()
        .unwrap();
    let error = client.agents().list().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Auth);
    client.agents().list().await.unwrap();
}

#[tokio::test]
async fn a_request_during_a_refresh_waits_for_the_new_token() {
    let server = accepting(2).await;
    let (release, held) = watch::channel(false);
    let asked = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&asked);
    let provider = move |rejected: Option<Secret>| {
        counter.fetch_add(1, Ordering::Relaxed);
        let mut held = held.clone();
        async move {
            if rejected.is_some() {
                held.wait_for(|released| *released).await?;
                return Ok(Secret::from("hunter2-2"));
            }
            Ok::<_, watch::error::RecvError>(Secret::from("hunter2-1"))
        }
    };
    let client = builder(&server.url())
        .token_provider(provider)
        .build()
        .unwrap();
    let agents = client.agents();
    let mut first = agents.list().boxed();
    tokio::select! {
        _ = &mut first => panic!("the token is rejected"),
        () = async {
            while asked.load(Ordering::Relaxed) < 2 {
                tokio::task::yield_now().await;
            }
        } => {}
    }
    let mut second = agents.list().boxed();
    assert!((&mut second).now_or_never().is_none());
    release.send(true).unwrap();
    first.await.unwrap();
    second.await.unwrap();
    // Only the first request was sent with the rejected token.
    assert_eq!(server.received().len(), 3);
}
