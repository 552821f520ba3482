//! Prefetching of event streams: a task reads the events, and a consumer takes them in batches.
//!
//! A connection yields events one at a time, and a foreign call costs many times as much as an event. Therefore a task
//! prefetches what is ready, up to a bounded number of events and bytes, and a consumer takes all of it at once. Each
//! side locks the queue once per batch.
//!
//! Guarantees:
//!
//! - Events are delivered in order, each once. An event waits for others only while the connection passes them on, for a
//!   bounded number of polls.
//! - Connection states, if requested, are delivered in order with the events, and count as one event each.
//! - The end is `None` or an error. An error is returned once, and `None` after it.
//! - A full queue stops the reader and thereby applies backpressure to the server. An event above the byte limit is
//!   delivered alone.
//! - [`cancel`](Prefetcher::cancel) discards the prefetched events and ends the stream without an error.
//! - When the [`CancelScope`] is cancelled, the prefetched events are discarded and the stream ends with that error.
//! - A reader that panics, or whose runtime is shut down, ends the stream with an error.
//! - Dropping the [`Prefetcher`] closes the connection.

mod queue;
mod reader;

use std::future::{Future, poll_fn};
use std::sync::{Arc, mpsc};
use std::task::{Context, Poll};

use aod::ConnectionState;
use aod::EventStream;
use tokio::task::AbortHandle;

use crate::cancel::CancelScope;
use crate::error::Result;
use crate::runtime::SharedRuntime;
use queue::Queue;
use reader::Reader;

/// A batch of events in the representation of a language.
pub trait Batch: Default + Send + 'static {
    /// An event, as the stream yields it.
    type Event<'e>;

    /// Polls the stream for an event and returns the result of passing it to `take`.
    fn poll_next<T>(
        events: &mut EventStream,
        context: &mut Context<'_>,
        take: impl FnMut(Self::Event<'_>) -> T,
    ) -> Poll<Option<aod::Result<T>>>;

    /// Adds an event and returns its approximate size in bytes.
    fn push(&mut self, event: Self::Event<'_>) -> usize;

    /// Adds the events of a later batch.
    fn append(&mut self, later: Self);
}

/// An item that a consumer takes.
#[derive(Debug)]
pub enum Item<B> {
    /// A batch of at least one event.
    Batch(B),
    /// A change of the connection state. Never [`Closed`](ConnectionState::Closed), which the end implies.
    State(ConnectionState),
}

/// The limits of prefetching. Reading stops at either.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The number of events and states.
    pub events: usize,
    /// The size of the events in bytes. The event that exceeds it is still delivered.
    pub bytes: usize,
}

/// The receiver of the connection states of a stream, for its [`Prefetcher`].
#[derive(Debug)]
pub struct States(mpsc::Receiver<ConnectionState>);

/// Returns an observer for [`StreamRequest::on_state`](aod::StreamRequest::on_state) and the receiver of its states.
pub fn states() -> (impl Fn(ConnectionState) + Send + Sync + 'static, States) {
    let (sender, states) = mpsc::channel();
    let observe = move |state| {
        if !matches!(state, ConnectionState::Closed) {
            // Fails if the reader was dropped.
            let _ = sender.send(state);
        }
    };
    (observe, States(states))
}

/// A prefetched stream.
///
/// It has one consumer at a time: only the latest waker is woken. Concurrent [`take`](Self::take) calls wait for each
/// other.
#[derive(Debug)]
pub struct Prefetcher<B> {
    queue: Arc<Queue<B>>,
    task: AbortHandle,
    /// Locked by the call that takes.
    turn: tokio::sync::Mutex<()>,
}

impl<B: Batch> Prefetcher<B> {
    /// Opens a stream on the runtime and starts prefetching, until the scope is cancelled.
    pub fn spawn(
        runtime: &SharedRuntime,
        limits: Limits,
        scope: CancelScope,
        opening: impl Future<Output = Result<EventStream>> + Send + 'static,
        states: Option<States>,
    ) -> Result<Self> {
        let queue = Arc::new(Queue::new(limits));
        let reader = Reader::new(Arc::clone(&queue), states);
        let task = runtime.handle()?.spawn(reader.run(scope, opening));
        Ok(Self {
            queue,
            task: task.abort_handle(),
            turn: tokio::sync::Mutex::default(),
        })
    }

    /// Waits for an item and takes it. Returns `None` at the end. Cancel-safe: dropping the future loses no events.
    pub async fn take(&self) -> Result<Option<Item<B>>> {
        let _turn = self.turn.lock().await;
        poll_fn(|context| self.queue.poll_take(context)).await
    }

    /// Takes an item without waiting.
    pub fn try_take(&self) -> Poll<Result<Option<Item<B>>>> {
        self.queue.try_take()
    }

    /// Takes an item. If there is none, the waker of the context is woken when there is.
    pub fn poll_take(&self, context: &mut Context<'_>) -> Poll<Result<Option<Item<B>>>> {
        self.queue.poll_take(context)
    }

    /// Returns whether the stream is open or has ended. If not, the waker of the context is woken when it is.
    pub fn poll_opened(&self, context: &mut Context<'_>) -> Poll<()> {
        self.queue.poll_opened(context)
    }

    /// Returns whether there is an item. If there is none, the waker of the context is woken when there is.
    pub fn poll_ready(&self, context: &mut Context<'_>) -> Poll<()> {
        self.queue.poll_ready(context)
    }

    /// Ends the stream without an error, wakes the consumer and closes the connection. Prefetched events are discarded.
    pub fn cancel(&self) {
        // Before the abort, on which the reader would end the stream with an error.
        self.queue.cancel();
        self.task.abort();
    }
}

impl<B> Drop for Prefetcher<B> {
    fn drop(&mut self) {
        self.task.abort();
    }
}

#[cfg(test)]
mod tests;
