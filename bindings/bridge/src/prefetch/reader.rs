//! The task that prefetches events.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use aod::EventStream;

use super::queue::{Queue, abandoned};
use super::{Batch, Item, Limits, States};
use crate::cancel::CancelScope;
use crate::error::Result;

/// How often the task yields without another event before it passes on what it has read. A connection is a task of its
/// own, which passes one chunk at a time. A server may write an event in two chunks, and one yield may be too early.
const YIELDS: u8 = 3;

/// The number of events from which the task passes on what it has read without yielding. Larger bursts would wake the
/// program hardly less often, and delay their first event.
const HELD: usize = 64;

/// Reads a stream into the queue. Dropping it ends the stream for the consumer.
pub(super) struct Reader<B: Batch> {
    queue: Arc<Queue<B>>,
    burst: Burst<B>,
    /// How much may be read before the queue is checked again.
    room: Limits,
}

/// The items that are not in the queue yet.
struct Burst<B> {
    states: Option<States>,
    items: Vec<Item<B>>,
    batch: B,
    size: Limits,
    /// The number of events in `batch`.
    batched: usize,
    /// The number of yields since the burst had `yielded_at` events.
    yields: u8,
    yielded_at: usize,
}

impl<B: Batch> Reader<B> {
    pub(super) fn new(queue: Arc<Queue<B>>, states: Option<States>) -> Self {
        Self {
            queue,
            burst: Burst {
                states,
                items: Vec::new(),
                batch: B::default(),
                size: Limits::NONE,
                batched: 0,
                yields: 0,
                yielded_at: 0,
            },
            room: Limits::NONE,
        }
    }

    /// Opens the stream and reads it until it ends.
    pub(super) async fn run(
        mut self,
        scope: CancelScope,
        opening: impl Future<Output = Result<EventStream>>,
    ) {
        let read = async { Ok(self.read(opening).await) };
        match scope.run(read).await {
            Ok(outcome) => self.queue.finish(outcome),
            Err(error) => self.queue.fail(error),
        }
    }

    async fn read(&mut self, opening: impl Future<Output = Result<EventStream>>) -> Result<()> {
        let mut opening = pin!(opening);
        let mut events = poll_fn(|context| {
            let polled = opening.as_mut().poll(context);
            self.flush();
            polled
        })
        .await?;
        self.queue.opened();
        loop {
            let read = poll_fn(|context| {
                let polled = self.poll_burst(&mut events, context);
                if polled.is_pending() && self.burst.may_grow() {
                    // Wakes this task when the connection has been polled. It is pending on its first poll.
                    let _ = pin!(tokio::task::yield_now()).poll(context);
                } else {
                    self.flush();
                }
                polled
            });
            match read.await {
                Some(Ok(())) => {}
                Some(Err(error)) => return Err(error.into()),
                None => return Ok(()),
            }
        }
    }

    /// Reads the events that are ready while there is room. Ready when there is no room or the stream has ended.
    fn poll_burst(
        &mut self,
        events: &mut EventStream,
        context: &mut Context<'_>,
    ) -> Poll<Option<aod::Result<()>>> {
        let Self { queue, burst, room } = self;
        if room.is_spent() {
            *room = ready!(queue.poll_room(context));
        }
        while burst.size.events < room.events && burst.size.bytes < room.bytes {
            let polled = B::poll_next(events, context, |event| burst.add(event));
            if !matches!(polled, Poll::Ready(Some(Ok(())))) {
                return polled;
            }
        }
        Poll::Ready(Some(Ok(())))
    }

    /// Moves the items into the queue.
    fn flush(&mut self) {
        let burst = &mut self.burst;
        burst.add_states();
        burst.end_batch();
        if !burst.items.is_empty() {
            let size = std::mem::replace(&mut burst.size, Limits::NONE);
            burst.yielded_at = 0;
            self.room = self.queue.push(burst.items.drain(..), size);
        }
    }
}

impl<B: Batch> Burst<B> {
    fn add(&mut self, event: B::Event<'_>) {
        // States that were reported during the poll precede the event that it returned.
        self.add_states();
        self.size.bytes += self.batch.push(event);
        self.size.events += 1;
        self.batched += 1;
    }

    /// Returns whether to yield and read on before the consumer is woken, because the connection may have more. Each
    /// further event allows `YIELDS` more polls, up to `HELD` events.
    fn may_grow(&mut self) -> bool {
        if self.size.events == 0 || self.size.events >= HELD {
            return false;
        }
        if self.yielded_at != self.size.events {
            self.yielded_at = self.size.events;
            self.yields = 0;
        }
        self.yields += 1;
        self.yields <= YIELDS
    }

    fn add_states(&mut self) {
        while let Some(Ok(state)) = self.states.as_ref().map(|states| states.0.try_recv()) {
            self.end_batch();
            self.items.push(Item::State(state));
            self.size.events += 1;
        }
    }

    fn end_batch(&mut self) {
        if std::mem::take(&mut self.batched) > 0 {
            self.items
                .push(Item::Batch(std::mem::take(&mut self.batch)));
        }
    }
}

impl<B: Batch> Drop for Reader<B> {
    fn drop(&mut self) {
        self.queue.finish(Err(abandoned()));
    }
}
