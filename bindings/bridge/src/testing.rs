//! Test utilities: a runtime for each test, a server on a real socket, and futures that are dropped before they finish.

use std::future::Future;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::pin::pin;
use std::sync::mpsc;
use std::task::{Context, Poll};
use std::thread;
use std::time::{Duration, Instant};

use aod::EventStream;
use uuid::Uuid;

use crate::block;
use crate::error::Result;
use crate::prefetch::{Batch, Limits};
use crate::runtime::SharedRuntime;

/// The time limit of every wait in a test.
pub(crate) const LIMIT: Duration = Duration::from_secs(30);

pub(crate) const ROOMY: Limits = Limits {
    events: 1000,
    bytes: 1024 * 1024,
};

pub(crate) fn runtime() -> &'static SharedRuntime {
    Box::leak(Box::new(SharedRuntime::new(2)))
}

/// Runs a future on this thread, outside a runtime.
pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    poll_at_most(usize::MAX, future).expect("the future is done")
}

/// Polls a future when it is woken, at most `times` times, and drops it.
pub(crate) fn poll_at_most<F: Future>(times: usize, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut polls = 0;
    let polled = block::wait(LIMIT, |context: &mut Context<'_>| {
        if polls == times {
            return Poll::Ready(None);
        }
        polls += 1;
        let polled = future.as_mut().poll(context).map(Some);
        if polls == times {
            return Poll::Ready(match polled {
                Poll::Ready(output) => output,
                Poll::Pending => None,
            });
        }
        polled
    });
    match polled {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("not woken within {LIMIT:?}"),
    }
}

/// Waits until the runtime has no tasks.
pub(crate) fn assert_idle(runtime: &SharedRuntime) {
    let begun = Instant::now();
    while runtime.active_tasks() > 0 {
        assert!(begun.elapsed() < LIMIT, "a task is left");
        thread::yield_now();
    }
}

/// The events of a batch: their texts, and the cursors after them.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Texts(pub(crate) Vec<(String, Option<i64>)>);

impl Batch for Texts {
    type Event<'e> = (String, Option<i64>);

    fn poll_next<T>(
        events: &mut EventStream,
        context: &mut Context<'_>,
        mut take: impl FnMut(Self::Event<'_>) -> T,
    ) -> Poll<Option<aod::Result<T>>> {
        use futures::StreamExt as _;
        events.poll_next_unpin(context).map(|event| {
            event.map(|event| {
                let text = event?.text().unwrap_or("-").to_owned();
                assert_ne!(text, "panic", "asked to");
                Ok(take((text, events.cursor())))
            })
        })
    }

    fn push(&mut self, event: Self::Event<'_>) -> usize {
        let bytes = event.0.len();
        self.0.push(event);
        bytes
    }

    fn append(&mut self, later: Self) {
        self.0.extend(later.0);
    }
}

/// A server that handles one connection at a time.
pub(crate) struct Server {
    url: String,
    more: mpsc::Sender<Vec<u8>>,
}

/// Returns a response with events. The connection is closed after it.
pub(crate) fn answer(events: &str) -> Vec<u8> {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n";
    format!("{head}{events}").into_bytes()
}

/// Returns output events with these IDs, and the IDs as texts.
pub(crate) fn outputs(ids: impl IntoIterator<Item = i64>) -> String {
    ids.into_iter()
        .map(|id| output(id, &id.to_string()))
        .collect()
}

pub(crate) fn output(id: i64, text: &str) -> String {
    format!(
        "id: {id}\ndata: {{\"type\":\"output\",\"id\":{id},\"stream\":\"stdout\",\"data\":\"{text}\",\"turn\":1}}\n\n"
    )
}

pub(crate) const EXIT: &str = "data: {\"type\":\"exit\",\"code\":0}\n\n";

impl Server {
    /// Starts a server with the response of each connection. [`send`](Self::send) appends to the last one.
    pub(crate) fn start(answers: Vec<Vec<u8>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let (more, rest) = mpsc::channel::<Vec<u8>>();
        thread::spawn(move || {
            let mut answers = answers.into_iter().peekable();
            while let Some(answer) = answers.next() {
                let Ok((mut connection, _)) = listener.accept() else {
                    return;
                };
                let mut head = [0; 4096];
                // Fails if the client has disconnected, which is not an error here.
                let _ = connection.read(&mut head);
                let _ = connection.write_all(&answer);
                if answers.peek().is_none() {
                    while let Ok(bytes) = rest.recv() {
                        let _ = connection.write_all(&bytes);
                    }
                }
            }
        });
        Self { url, more }
    }

    /// Writes to the last connection, which is closed when the server is dropped.
    pub(crate) fn send(&self, events: &str) {
        self.more
            .send(events.as_bytes().to_vec())
            .expect("the server is there");
    }

    /// Opens the stream of a session. `observe` receives its connection states.
    pub(crate) fn open(
        &self,
        observe: impl Fn(aod::ConnectionState) + Send + Sync + 'static,
    ) -> impl Future<Output = Result<EventStream>> + Send + 'static {
        let client = aod::Client::builder()
            .base_url(self.url.clone())
            .token("test")
            .build();
        async move {
            let client = client?;
            let sessions = client.sessions();
            let policy = aod::sse::Reconnect::new()
                .max_attempts(1000)
                .max_delay(Duration::from_millis(1));
            let request = sessions.stream(Uuid::nil()).reconnect(policy);
            Ok(request.on_state(observe).await?)
        }
    }
}
