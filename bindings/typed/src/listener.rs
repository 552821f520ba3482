//! The events of a session, pushed to a listener.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use aod::models::event::StreamEvent;
use futures::FutureExt as _;
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::task::{block_in_place, yield_now};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::ahead::{ReadAhead, Taken};
use super::call::{Ends, handle, panicked};
use super::client::NativeClient;
use super::error::{CallError, ErrorFacts, ErrorKind};
use super::stream::{ConnectionObserver, ConnectionState, ListenerError, StreamOptions, open};

/// Told of the events of a stream, on a thread of the library, one call after another.
///
/// `on_events` comes any number of times, with what was ready at that moment, in order. Then comes exactly one of
/// `on_closed` and `on_failed`, and nothing after it. Few events are read ahead while `on_events` runs, so a slow
/// listener slows the server down and not the memory up; other streams are not held up by it, unless 256 listeners are at
/// work at once.
#[uniffi::export(rust, foreign)]
pub trait BatchListener: Send + Sync {
    /// Takes the next events; at least one. If it throws, the stream ends with `on_failed` of kind listener.
    fn on_events(&self, events: Vec<StreamEvent>) -> Result<(), ListenerError>;

    /// The stream has ended: after its terminal event, or because it was cancelled.
    fn on_closed(&self) -> Result<(), ListenerError>;

    /// The stream has failed, or could not be opened.
    fn on_failed(&self, facts: ErrorFacts) -> Result<(), ListenerError>;
}

/// How many listeners may be at work at the same time; others wait. Each holds a thread, of which the runtime has a
/// limited number, and needs some for other work.
static AT_WORK: Semaphore = Semaphore::const_new(256);

/// Does a listener's work, while the other tasks of this thread go on elsewhere. What panics gives an error.
async fn at_work<T>(work: impl FnOnce() -> T) -> Result<T, CallError> {
    // It is never closed.
    let _permit = AT_WORK.acquire().await;
    catch_unwind(AssertUnwindSafe(|| block_in_place(work))).map_err(|_| panicked())
}

/// A stream that a listener is told of. Dropping the handle leaves the stream running.
#[derive(uniffi::Object)]
pub struct ListenerHandle {
    cancellation: CancellationToken,
    finished: watch::Receiver<bool>,
}

#[uniffi::export]
impl ListenerHandle {
    /// Ends the stream and closes its connection. The listener is told `on_closed`, unless it has been told its end.
    /// A call of the listener that is running is not interrupted.
    pub fn cancel(&self) {
        self.cancellation.cancel();
    }

    /// Whether the listener's last call has returned.
    pub fn is_finished(&self) -> bool {
        *self.finished.borrow()
    }

    /// Waits until the listener's last call has returned.
    pub async fn join(&self) {
        let mut finished = self.finished.clone();
        // The sender gone without a word means the same: nothing more is called.
        let _ = finished.wait_for(|finished| *finished).await;
    }
}

#[uniffi::export]
impl NativeClient {
    /// Opens the event stream of a session (`GET /sessions/{id}/stream`) and tells a listener of it; the observer is
    /// called like the listener, between its calls, and before its last.
    #[uniffi::method(default(observer = None))]
    pub fn listen(
        &self,
        id: Uuid,
        options: StreamOptions,
        listener: Arc<dyn BatchListener>,
        observer: Option<Arc<dyn ConnectionObserver>>,
    ) -> Result<Arc<ListenerHandle>, CallError> {
        let cancellation = CancellationToken::new();
        let (done, finished) = watch::channel(false);
        let ends = Ends::new(Some(cancellation.clone()), &self.closed);
        let (told, states) = mpsc::unbounded_channel();
        let opening = open(
            self.client.clone(),
            id,
            options,
            Some(move |state| {
                // That it is closed comes with the last event, and is told behind it.
                if !matches!(state, ConnectionState::Closed) {
                    // Nobody is there any more, if this fails.
                    let _ = told.send(state);
                }
            }),
        );
        let audience = Audience { listener, observer };
        handle()?.spawn(async move {
            let outcome = ends.or(async {
                let read = ReadAhead::of(opening, Some(states))?;
                audience.follow(read).await
            });
            let outcome = AssertUnwindSafe(outcome)
                .catch_unwind()
                .await
                .unwrap_or_else(|_| Err(panicked()));
            audience.dismiss(outcome).await;
            done.send_replace(true);
        });
        Ok(Arc::new(ListenerHandle {
            cancellation,
            finished,
        }))
    }
}

/// Those who are told of a stream.
struct Audience {
    listener: Arc<dyn BatchListener>,
    observer: Option<Arc<dyn ConnectionObserver>>,
}

impl Audience {
    /// Tells of every event and state, up to the end or the first failure.
    async fn follow(&self, mut read: ReadAhead) -> Result<(), CallError> {
        while let Some(taken) = read.take(u32::MAX).await? {
            match taken {
                Taken::State(state) => self.tell(state).await,
                Taken::Events(batch) => {
                    let listener = &self.listener;
                    at_work(|| listener.on_events(batch.events))
                        .await?
                        .map_err(|error| {
                            let text = format!("the listener failed: {error}");
                            CallError::of_kind(ErrorKind::Listener, text)
                        })?;
                }
            }
            // Lets a cancel be seen before more is read, however much there is.
            yield_now().await;
        }
        Ok(())
    }

    async fn tell(&self, state: ConnectionState) {
        if let Some(observer) = &self.observer {
            // One that throws has itself to blame, and the stream goes on.
            let _ = at_work(|| observer.on_state(state)).await;
        }
    }

    /// Tells that the stream is closed, and how it ended. Nothing is told after that.
    async fn dismiss(self, outcome: Result<(), CallError>) {
        self.tell(ConnectionState::Closed).await;
        // Its own failure at its last call has nobody left to be told.
        let _ = at_work(|| match outcome.map_err(CallError::into_facts) {
            Ok(()) => self.listener.on_closed(),
            Err(facts) if facts.kind == ErrorKind::Cancelled => self.listener.on_closed(),
            Err(facts) => self.listener.on_failed(facts),
        })
        .await;
    }
}
