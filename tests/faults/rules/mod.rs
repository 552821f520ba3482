//! The rules of event streams and of resuming, each with a misbehaving server on a real socket.

mod adversarial;
mod cancelling;
mod connecting;
mod ending;
mod history;
mod network;
mod opening;
mod reading;
mod resuming;
mod sources;
mod states;
mod waiting;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use aod::ConnectionState;
use aod::models::event::StreamEvent;
use aod::sse::Reconnect;
use aod::{Client, EventStream, Result, RetryPolicy, StreamRequest};
use aod_test_support::{Received, ScriptedServer};
use futures::{Stream, StreamExt};
use tokio::sync::watch;
use uuid::Uuid;

const START: &str = "data: {\"type\": \"start\", \"runtime\": \"claude\"}\n\n";

/// Returns an output row.
fn row(id: i64) -> String {
    let data = format!(
        r#"{{"type": "output", "id": {id}, "stream": "stdout", "data": "<{id}>", "turn": 1}}"#
    );
    format!("id: {id}\ndata: {data}\n\n")
}

fn rows(ids: impl IntoIterator<Item = i64>) -> String {
    ids.into_iter().map(row).collect()
}

fn exit(id: i64) -> String {
    format!("id: {id}\ndata: {{\"type\": \"exit\", \"id\": {id}, \"code\": 0}}\n\n")
}

/// Returns a client that does not retry to open a stream, so that each request belongs to the stream.
fn client(server: &ScriptedServer) -> Client {
    client_of(&server.url())
}

fn client_of(url: &str) -> Client {
    let builder = Client::builder().base_url(url).token("aod_test");
    builder
        .retry(RetryPolicy::none())
        .build()
        .expect("the client is configured")
}

/// Returns a policy with short delays, for rules that are not about delays.
fn fast_retry() -> Reconnect {
    Reconnect::new()
        .max_attempts(10)
        .base_delay(Duration::from_millis(1))
        .max_delay(Duration::from_millis(3))
}

fn request(client: &Client) -> StreamRequest<'_> {
    client
        .sessions()
        .stream(Uuid::nil())
        .reconnect(fast_retry())
}

async fn open(client: &Client) -> EventStream {
    request(client).await.expect("the stream opens")
}

/// Reads a stream to its end. Returns the type and ID of each event, and the kind of an error.
async fn outline(mut events: EventStream) -> Vec<String> {
    let mut outline = Vec::new();
    while let Some(event) = events.next().await {
        outline.push(shown(&event));
    }
    outline
}

fn shown(event: &Result<StreamEvent>) -> String {
    match event {
        Ok(event) => match event.id() {
            Some(id) => format!("{} {id}", event.event_type()),
            None => event.event_type().to_owned(),
        },
        Err(error) => format!("{:?}", error.kind()),
    }
}

/// Starts a server with a running session. It sends one of these bodies per stream, repeats the last one, and closes
/// each connection.
async fn bodies<B: Into<String>>(bodies: impl IntoIterator<Item = B>) -> ScriptedServer {
    bodies_of("running", bodies).await
}

/// Like [`bodies`], with a session of this status; the status is a number if the response is an error.
async fn bodies_of<B: Into<String>>(
    status: &'static str,
    bodies: impl IntoIterator<Item = B>,
) -> ScriptedServer {
    let bodies: Vec<String> = bodies.into_iter().map(Into::into).collect();
    let streams = AtomicUsize::new(0);
    ScriptedServer::start(move |_, mut exchange| {
        let streams = is_stream(&exchange.request).then(|| streams.fetch_add(1, Ordering::Relaxed));
        let body = streams.map(|number| bodies[number.min(bodies.len() - 1)].clone());
        async move {
            let Some(body) = body else {
                let session = format!("{{\"status\": \"{status}\"}}");
                return exchange
                    .respond_json(status.parse().unwrap_or(200), &session)
                    .await;
            };
            exchange.start_stream().await;
            exchange.send(body).await;
            exchange.close().await;
        }
    })
    .await
}

fn is_stream(request: &Received) -> bool {
    request.header("accept") == Some("text/event-stream")
}

/// Returns the `Last-Event-ID` of each request for a stream so far.
fn resumed_after(server: &ScriptedServer) -> Vec<Option<String>> {
    let ids = server.received();
    ids.iter()
        .filter(|request| is_stream(request))
        .map(|request| request.header("last-event-id").map(str::to_owned))
        .collect()
}

/// The connection states of a stream, in a comparable form.
#[derive(Clone, Default)]
struct States(Arc<watch::Sender<Vec<ConnectionState>>>);

impl States {
    fn observer(&self) -> impl Fn(ConnectionState) + Send + Sync + use<> {
        let states = Arc::clone(&self.0);
        move |state| states.send_modify(|states| states.push(state))
    }

    fn all(&self) -> Vec<ConnectionState> {
        self.0.borrow().clone()
    }

    fn names(&self) -> Vec<String> {
        let name = |state: &ConnectionState| match state {
            ConnectionState::Connecting => "connecting".to_owned(),
            ConnectionState::Live => "live".to_owned(),
            ConnectionState::Resuming { attempt, cause, .. } => {
                format!("resuming {attempt} {:?}", cause.kind())
            }
            ConnectionState::WaitingForNetwork => "waiting for network".to_owned(),
            ConnectionState::HistoryReset => "history reset".to_owned(),
            ConnectionState::Closed => "closed".to_owned(),
        };
        self.all().iter().map(name).collect()
    }

    /// Waits until the latest state is one of the given ones.
    async fn reached(&self, wanted: impl Fn(&ConnectionState) -> bool) {
        let mut states = self.0.subscribe();
        let reached = states.wait_for(|states| states.last().is_some_and(&wanted));
        reached.await.expect("the sender is here");
    }

    /// Polls a stream that yields nothing more until it waits to reconnect.
    async fn reached_delay<T>(&self, mut stream: impl Stream<Item = T> + Unpin) {
        tokio::select! {
            _ = stream.next() => panic!("the stream continues"),
            () = self.reached(|state| matches!(state, ConnectionState::Resuming { .. })) => {}
        }
    }

    /// Returns the delays before the attempts so far.
    fn delays(&self) -> Vec<Duration> {
        let delay = |state: &ConnectionState| match state {
            ConnectionState::Resuming { delay, .. } => Some(*delay),
            _ => None,
        };
        self.all().iter().filter_map(delay).collect()
    }
}
