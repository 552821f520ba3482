//! The queue between the reader and the consumer.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use super::{Batch, Item, Limits};
use crate::error::{ErrorInfo, Result};

#[derive(Debug)]
pub(super) struct Queue<B> {
    limits: Limits,
    state: Mutex<State<B>>,
}

#[derive(Debug)]
struct State<B> {
    items: VecDeque<Item<B>>,
    opened: bool,
    /// The waker of a caller that waits for the stream to open.
    opener: Option<Waker>,
    /// How many events and bytes may be added until the consumer empties the queue.
    room: Limits,
    /// The result of the stream, which is success after an error has been returned.
    end: Option<Result<()>>,
    /// The waker of a waiting consumer.
    consumer: Option<Waker>,
    /// The waker of a reader that waits for room.
    reader: Option<Waker>,
}

type Locked<'q, B> = MutexGuard<'q, State<B>>;

impl<B: Batch> Queue<B> {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            limits,
            state: Mutex::new(State {
                items: VecDeque::new(),
                opened: false,
                opener: None,
                room: limits,
                end: None,
                consumer: None,
                reader: None,
            }),
        }
    }

    pub(super) fn try_take(&self) -> Poll<Result<Option<Item<B>>>> {
        let mut state = self.lock();
        let taken = state.take();
        self.refill(state);
        taken
    }

    pub(super) fn poll_take(&self, context: &mut Context<'_>) -> Poll<Result<Option<Item<B>>>> {
        let mut state = self.lock();
        let taken = state.take();
        if taken.is_pending() {
            register(state, context);
        } else {
            self.refill(state);
        }
        taken
    }

    pub(super) fn poll_ready(&self, context: &mut Context<'_>) -> Poll<()> {
        let state = self.lock();
        if state.items.is_empty() && state.end.is_none() {
            register(state, context);
            return Poll::Pending;
        }
        Poll::Ready(())
    }

    /// Waits until the stream is open or has ended.
    pub(super) fn poll_opened(&self, context: &mut Context<'_>) -> Poll<()> {
        let mut state = self.lock();
        if state.opened || state.end.is_some() {
            return Poll::Ready(());
        }
        let replaced = state.opener.replace(context.waker().clone());
        drop(state);
        drop(replaced);
        Poll::Pending
    }

    /// Records that the stream is open.
    pub(super) fn opened(&self) {
        let mut state = self.lock();
        state.opened = true;
        let opener = state.opener.take();
        drop(state);
        if let Some(opener) = opener {
            opener.wake();
        }
    }

    /// Waits until the queue has room, and returns how much.
    pub(super) fn poll_room(&self, context: &mut Context<'_>) -> Poll<Limits> {
        let mut state = self.lock();
        if state.room.is_spent() {
            state.reader = Some(context.waker().clone());
            return Poll::Pending;
        }
        Poll::Ready(state.room)
    }

    /// Adds items and returns the remaining room.
    pub(super) fn push(&self, items: impl Iterator<Item = Item<B>>, size: Limits) -> Limits {
        let mut state = self.lock();
        if state.end.is_none() {
            for item in items {
                match (state.items.back_mut(), item) {
                    (Some(Item::Batch(batch)), Item::Batch(later)) => batch.append(later),
                    (_, item) => state.items.push_back(item),
                }
            }
            state.room.spend(size);
        }
        let room = state.room;
        wake_consumer(state);
        room
    }

    /// Ends the stream, unless it has already ended.
    pub(super) fn finish(&self, outcome: Result<()>) {
        let mut state = self.lock();
        state.end.get_or_insert(outcome);
        wake_consumer(state);
    }

    /// Discards the queued items and ends the stream without an error.
    pub(super) fn cancel(&self) {
        self.discard(|end| *end = Some(Ok(())));
    }

    /// Discards the queued items and ends the stream with an error, unless it has ended.
    pub(super) fn fail(&self, error: ErrorInfo) {
        self.discard(|end| {
            end.get_or_insert(Err(error));
        });
    }

    fn discard(&self, end: impl FnOnce(&mut Option<Result<()>>)) {
        let mut state = self.lock();
        end(&mut state.end);
        let discarded = std::mem::take(&mut state.items);
        wake_consumer(state);
        drop(discarded);
    }

    /// Wakes the reader if everything has been taken.
    fn refill(&self, mut state: Locked<'_, B>) {
        if !state.items.is_empty() {
            return;
        }
        state.room = self.limits;
        let reader = state.reader.take();
        drop(state);
        if let Some(reader) = reader {
            reader.wake();
        }
    }

    #[cfg(test)]
    pub(super) fn is_stalled(&self) -> bool {
        self.lock().reader.is_some()
    }

    /// Locks the state. Poisoning is ignored, because no panic under the lock can leave the state inconsistent.
    fn lock(&self) -> Locked<'_, B> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<B> State<B> {
    fn take(&mut self) -> Poll<Result<Option<Item<B>>>> {
        if let Some(item) = self.items.pop_front() {
            return Poll::Ready(Ok(Some(item)));
        }
        match self.take_end() {
            Some(outcome) => Poll::Ready(outcome.map(|()| None)),
            None => Poll::Pending,
        }
    }

    fn take_end(&mut self) -> Option<Result<()>> {
        let end = self.end.as_mut()?;
        Some(std::mem::replace(end, Ok(())))
    }
}

impl Limits {
    pub(super) const NONE: Self = Self {
        events: 0,
        bytes: 0,
    };

    pub(super) fn is_spent(self) -> bool {
        self.events == 0 || self.bytes == 0
    }

    pub(super) fn spend(&mut self, size: Self) {
        self.events = self.events.saturating_sub(size.events);
        self.bytes = self.bytes.saturating_sub(size.bytes);
    }
}

/// Registers the consumer's waker. The replaced waker is dropped without the lock, because its drop runs foreign code.
fn register<B>(mut state: Locked<'_, B>, context: &mut Context<'_>) {
    let replaced = state.consumer.replace(context.waker().clone());
    drop(state);
    drop(replaced);
}

fn wake_consumer<B>(mut state: Locked<'_, B>) {
    let consumer = state.consumer.take();
    let has_ended = state.end.is_some();
    let opener = if has_ended { state.opener.take() } else { None };
    drop(state);
    for waker in [consumer, opener].into_iter().flatten() {
        waker.wake();
    }
}

/// Returns the error for a reader that was dropped before it finished.
pub(super) fn abandoned() -> ErrorInfo {
    if std::thread::panicking() {
        ErrorInfo::panicked()
    } else {
        ErrorInfo::cancelled()
    }
}
