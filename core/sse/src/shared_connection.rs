//! The connection of a source, shared with the handles that can close it from elsewhere.

use std::fmt;
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

/// What a source does to get bytes.
pub(super) enum Phase<E> {
    /// Nothing yet.
    Idle,
    /// Waiting before the next attempt.
    Waiting(Pin<Box<Sleep>>),
    /// An attempt is under way.
    Connecting(BoxFuture<'static, Result<Connection<E>, E>>),
    /// Bytes come from here.
    Live(BoxStream<'static, Result<Bytes, E>>),
    /// Permanently closed.
    Ended,
    /// The source has taken the phase out to work on it.
    Borrowed,
}

struct Shared<E> {
    phase: Mutex<Phase<E>>,
    cancelled: AtomicBool,
    waker: AtomicWaker,
}

/// The source's end.
pub(super) struct SharedConnection<E>(Arc<Shared<E>>);

impl<E: 'static> SharedConnection<E> {
    pub(super) fn new() -> Self {
        Self(Arc::new(Shared {
            phase: Mutex::new(Phase::Idle),
            cancelled: AtomicBool::new(false),
            waker: AtomicWaker::new(),
        }))
    }

    /// Takes the phase out to work on it, with nothing locked: what the source polls is the caller's code, which may
    /// cancel from within. A cancel meanwhile is seen when the phase is put back.
    pub(super) fn take(&self) -> Phase<E> {
        std::mem::replace(&mut self.0.lock(), Phase::Borrowed)
    }

    /// Goes on to another phase, unless the source has been cancelled; then the phase is dropped.
    pub(super) fn set(&self, next: Phase<E>) {
        let mut phase = self.0.lock();
        if !self.is_cancelled() {
            // The previous phase is dropped after the lock is released.
            let previous = std::mem::replace(&mut *phase, next);
            drop(phase);
            drop(previous);
        }
    }

    pub(super) fn is_cancelled(&self) -> bool {
        self.0.is_cancelled()
    }

    pub(super) fn is_live(&self) -> bool {
        matches!(*self.0.lock(), Phase::Live(_))
    }

    /// Has a cancel wake this task.
    pub(super) fn register(&self, waker: &Waker) {
        self.0.waker.register(waker);
    }

    pub(super) fn handle(&self) -> CancelHandle {
        CancelHandle(Arc::<Shared<E>>::clone(&self.0))
    }
}

impl<E> Shared<E> {
    /// Nothing under the lock can panic and leave it half done, so poisoning is ignored.
    fn lock(&self) -> MutexGuard<'_, Phase<E>> {
        self.phase.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a handle can do, whatever the error type of its source.
trait Cancel: Send + Sync {
    fn cancel(&self);
    fn is_cancelled(&self) -> bool;
}

impl<E> Cancel for Shared<E> {
    fn cancel(&self) {
        self.cancelled.store(true, Ordering::Release);
        let mut phase = self.lock();
        let closed = std::mem::replace(&mut *phase, Phase::Ended);
        drop(phase);
        drop(closed);
        self.waker.wake();
    }

    fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Acquire)
    }
}

/// Ends a source from elsewhere.
///
/// Cheap to clone, and harmless when it outlives the source. Dropping it cancels nothing.
#[derive(Clone)]
pub struct CancelHandle(Arc<dyn Cancel>);

impl CancelHandle {
    /// Closes the connection at once, whether or not a task polls the source, and ends the source: it yields nothing
    /// more. A task that polls at this very moment closes the connection instead when it is done. Never blocks on one.
    /// Further calls do nothing.
    pub fn cancel(&self) {
        self.0.cancel();
    }

    /// Returns whether it was cancelled.
    pub fn is_cancelled(&self) -> bool {
        self.0.is_cancelled()
    }
}

impl fmt::Debug for CancelHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CancelHandle")
            .field("cancelled", &self.is_cancelled())
            .finish()
    }
}
