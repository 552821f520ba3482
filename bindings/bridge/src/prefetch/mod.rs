//! The events of a session, read ahead by a task and taken in batches.
//!
//! A connection yields events one by one, and a call across languages costs many times what an event does. So a task
//! reads what is ready, a bounded number of events and bytes ahead, and a consumer takes all of it at once. Each side
//! locks the queue once per batch.
//!
//! The contract:
//!
//! - Events come in order, each once. A quiet event is never held back to fill a batch.
//! - Connection states, if asked for, come in order with the events, and count as one each.
//! - The end is told once: `None`, or the error. After that the stream stays at its end.
//! - A full queue stops the reader, and so the server. An event larger than the byte limit passes alone.
//! - [`cancel`](Prefetcher::cancel) discards what was read and ends the stream without an error.
//! - What ends its [`CancelScope`] discards what was read and ends the stream with that error.
//! - A reader that is dropped, because it panicked or its runtime was shut down, ends the stream with an error.
//! - Dropping the [`Prefetcher`] closes the connection.

mod queue;
mod reader;

use std::future::{Future, poll_fn};
use std::sync::{Arc, mpsc};
use std::task::{Context, Poll};
use std::time::Duration;

use aod::ConnectionState;
use aod::EventStream;
use tokio::task::AbortHandle;

use crate::block;
use crate::cancel::CancelScope;
use crate::error::Result;
use crate::runtime::SharedRuntime;
use queue::Queue;
use reader::Reader;

/// Events in the form in which a language takes them.
pub trait Batch: Default + Send + 'static {
    /// One event as it comes from the stream.
    type Event<'e>;

    /// Polls the stream for an event and returns what `take` makes of it.
    fn poll_next<T>(
        events: &mut EventStream,
        context: &mut Context<'_>,
        take: impl FnMut(Self::Event<'_>) -> T,
    ) -> Poll<Option<aod::Result<T>>>;

    /// Adds an event and returns about how many bytes it holds.
    fn push(&mut self, event: Self::Event<'_>) -> usize;

    /// Adds the events of a later batch.
    fn append(&mut self, later: Self);
}

/// What a consumer takes at once.
#[derive(Debug)]
pub enum Item<B> {
    /// Some events; at least one.
    Batch(B),
    /// The connection state changed. Never [`Closed`](ConnectionState::Closed): the end says that.
    State(ConnectionState),
}

/// How much is read ahead: reading stops at as many events or bytes.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The number of events and states.
    pub events: usize,
    /// Their bytes. The event that exceeds them still comes.
    pub bytes: usize,
}

/// The connection states of a stream, on their way to its [`Prefetcher`].
#[derive(Debug)]
pub struct States(mpsc::Receiver<ConnectionState>);

/// Returns an observer for [`StreamRequest::on_state`](aod::StreamRequest::on_state), and the states that it is told.
pub fn states() -> (impl Fn(ConnectionState) + Send + Sync + 'static, States) {
    let (sender, states) = mpsc::channel();
    let observe = move |state| {
        if !matches!(state, ConnectionState::Closed) {
            // Fails when the reader is gone.
            let _ = sender.send(state);
        }
    };
    (observe, States(states))
}

/// A stream that is read ahead.
///
/// It has one consumer at a time: only the latest waker is woken. Concurrent [`take`](Self::take) calls wait in turn.
#[derive(Debug)]
pub struct Prefetcher<B> {
    queue: Arc<Queue<B>>,
    task: AbortHandle,
    /// Held by the call that takes.
    turn: tokio::sync::Mutex<()>,
}

impl<B: Batch> Prefetcher<B> {
    /// Opens a stream on the runtime and reads it to its end, unless its scope ends first.
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

    /// Waits for something, and takes what is there. `None` at the end. Dropping the future loses nothing.
    pub async fn take(&self) -> Result<Option<Item<B>>> {
        let _turn = self.turn.lock().await;
        poll_fn(|context| self.queue.poll_take(context)).await
    }

    /// Takes what is there, without waiting.
    pub fn try_take(&self) -> Poll<Result<Option<Item<B>>>> {
        self.queue.try_take()
    }

    /// Blocks until there is something, this long at most, and takes what is there.
    pub fn wait(&self, limit: Duration) -> Poll<Result<Option<Item<B>>>> {
        block::wait(limit, |context| self.queue.poll_take(context))
    }

    /// Returns whether there is something to take; if not, the context's waker is woken once there is.
    pub fn poll_ready(&self, context: &mut Context<'_>) -> Poll<()> {
        self.queue.poll_ready(context)
    }

    /// Ends the stream without an error, wakes the consumer and closes the connection. What was read is gone.
    pub fn cancel(&self) {
        // First, as the reader ends the stream with an error when it is aborted.
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
