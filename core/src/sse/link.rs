//! The connection of a source, shared with the handles that can cut it from elsewhere.

use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use bytes::Bytes;
use futures::future::BoxFuture;
use futures::stream::BoxStream;
use futures::task::AtomicWaker;
use tokio::time::Sleep;

use super::Connection;
use crate::error::Result;

/// What a source is doing to have bytes.
#[derive(Default)]
pub(super) enum Phase {
    /// Nothing yet.
    #[default]
    Idle,
    /// Waiting before the next attempt.
    Waiting(Pin<Box<Sleep>>),
    /// An attempt is under way.
    Connecting(BoxFuture<'static, Result<Connection>>),
    /// Bytes come from here.
    Live(BoxStream<'static, Result<Bytes>>),
    /// For good.
    Ended,
    /// Out of here for the moment: the source is working on it.
    Taken,
}

#[derive(Default)]
struct Shared {
    phase: Mutex<Phase>,
    cancelled: AtomicBool,
    waker: AtomicWaker,
}

/// The source's end.
#[derive(Default)]
pub(super) struct Link(Arc<Shared>);

impl Link {
    pub(super) fn connected(connection: Connection) -> Self {
        let link = Self::default();
        link.set(match connection {
            Connection::Body(body) => Phase::Live(body),
            Connection::NoContent => Phase::Ended,
        });
        link
    }

    /// Takes the phase out to work on it, with nothing locked: what it polls is the caller's code, which may cancel
    /// from within. A cancel meanwhile is seen when it is put back.
    pub(super) fn take(&self) -> Phase {
        std::mem::replace(&mut lock(&self.0), Phase::Taken)
    }

    /// Goes on to another phase, unless the source has been cancelled; then it is dropped.
    pub(super) fn set(&self, next: Phase) {
        let mut phase = lock(&self.0);
        if !self.is_cancelled() {
            // What is replaced is dropped after the lock is let go.
            let replaced = std::mem::replace(&mut *phase, next);
            drop(phase);
            drop(replaced);
        }
    }

    pub(super) fn is_cancelled(&self) -> bool {
        self.0.cancelled.load(Ordering::Acquire)
    }

    /// Has a cancel wake this task.
    pub(super) fn register(&self, waker: &Waker) {
        self.0.waker.register(waker);
    }

    pub(super) fn handle(&self) -> CancelHandle {
        CancelHandle(Arc::clone(&self.0))
    }
}

/// Ends a source from elsewhere.
///
/// Cheap to clone, and harmless when it outlives the source. Dropping it cancels nothing.
#[derive(Clone)]
pub struct CancelHandle(Arc<Shared>);

impl CancelHandle {
    /// Closes the connection at once, whether or not anybody is polling, and ends the stream: it yields nothing
    /// more. A task that is polling at this very moment closes it instead, when it is done. Never waits for one.
    /// Further calls do nothing.
    pub fn cancel(&self) {
        self.0.cancelled.store(true, Ordering::Release);
        let mut phase = lock(&self.0);
        let cut = std::mem::replace(&mut *phase, Phase::Ended);
        drop(phase);
        drop(cut);
        self.0.waker.wake();
    }

    /// Whether it was cancelled.
    pub fn is_cancelled(&self) -> bool {
        self.0.cancelled.load(Ordering::Acquire)
    }
}

impl std::fmt::Debug for CancelHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CancelHandle")
            .field("cancelled", &self.is_cancelled())
            .finish()
    }
}

/// Nothing under the lock can panic and leave it half done, so poisoning is passed over.
fn lock(shared: &Shared) -> MutexGuard<'_, Phase> {
    shared.phase.lock().unwrap_or_else(PoisonError::into_inner)
}
