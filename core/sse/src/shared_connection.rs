//! The connection of a source, shared with its cancel handles.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::Waker;

use bytes::Bytes;
use futures::future::BoxFuture;
use futures::stream::BoxStream;
use futures::task::AtomicWaker;

use super::Connection;
use super::clock::Timer;
use super::network::{Interrupt, Network};

/// The phase of a connection.
pub(super) enum Phase<E> {
    /// No attempt was made yet.
    Idle,
    /// The delay before the next attempt.
    Waiting(Timer),
    /// There is no network.
    Offline,
    /// The connection was closed by a report about the network.
    Interrupted,
    /// An attempt is in progress.
    Connecting(BoxFuture<'static, Result<Connection<E>, E>>),
    /// Connected; the body of the response.
    Live(BoxStream<'static, Result<Bytes, E>>),
    /// Permanently closed.
    Ended,
    /// The source has taken the phase to poll it.
    Borrowed,
}

impl<E> Phase<E> {
    fn is_connection(&self) -> bool {
        matches!(self, Self::Live(_) | Self::Connecting(_))
    }
}

struct Shared<E> {
    phase: Mutex<Phase<E>>,
    cancelled: AtomicBool,
    /// Whether there was a report about the network since the source looked.
    interrupted: AtomicBool,
    /// Whether the connection that the source has taken to poll it is to be closed. Changed under the lock of the phase.
    closing: AtomicBool,
    waker: AtomicWaker,
}

/// The source's handle to the shared connection.
pub(super) struct SharedConnection<E>(Arc<Shared<E>>);

impl<E: 'static> SharedConnection<E> {
    pub(super) fn new() -> Self {
        Self(Arc::new(Shared {
            phase: Mutex::new(Phase::Idle),
            cancelled: AtomicBool::new(false),
            interrupted: AtomicBool::new(false),
            closing: AtomicBool::new(false),
            waker: AtomicWaker::new(),
        }))
    }

    /// Takes the phase, so that it is polled without holding the lock: polling runs code of the caller, which may call
    /// [`CancelHandle::cancel`]. A concurrent cancellation takes effect when the phase is set again.
    pub(super) fn take(&self) -> Phase<E> {
        std::mem::replace(&mut self.0.lock(), Phase::Borrowed)
    }

    /// Sets the phase. If the source was cancelled, the phase is dropped instead.
    pub(super) fn set(&self, mut next: Phase<E>) {
        let mut closed = Phase::Interrupted;
        let mut phase = self.0.lock();
        // Written under the lock only.
        if self.0.closing.load(Ordering::Relaxed) {
            self.0.closing.store(false, Ordering::Relaxed);
            if next.is_connection() {
                std::mem::swap(&mut next, &mut closed);
            }
        }
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

    /// Follows the reports about a network.
    pub(super) fn follow(&self, network: &Network) {
        // The first report may have been made before.
        self.0.interrupted.store(true, Ordering::Release);
        let source: Weak<Shared<E>> = Arc::downgrade(&self.0);
        network.add(source);
    }

    /// Returns whether there was a report about the network since the last call.
    pub(super) fn take_interruption(&self) -> bool {
        self.0.interrupted.load(Ordering::Acquire)
            && self.0.interrupted.swap(false, Ordering::AcqRel)
    }

    /// Registers the task to wake on cancellation and on reports about the network.
    pub(super) fn register(&self, waker: &Waker) {
        self.0.waker.register(waker);
    }

    pub(super) fn handle(&self) -> CancelHandle {
        CancelHandle(Arc::<Shared<E>>::clone(&self.0))
    }
}

impl<E> Shared<E> {
    /// Ignores poisoning: no code that runs under the lock can panic halfway through a change.
    fn lock(&self) -> MutexGuard<'_, Phase<E>> {
        self.phase.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Cancellation without the error type of the source.
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

impl<E> Interrupt for Shared<E> {
    fn interrupt(&self, close: bool) {
        let mut phase = self.lock();
        let mut dropped = Phase::Interrupted;
        if close && phase.is_connection() {
            std::mem::swap(&mut *phase, &mut dropped);
        } else if close && matches!(*phase, Phase::Borrowed) {
            self.closing.store(true, Ordering::Relaxed);
        }
        // Not before: a source that takes the report first would wait for it forever in the phase `Interrupted`.
        self.interrupted.store(true, Ordering::Release);
        // The previous phase is dropped after the lock is released.
        drop(phase);
        drop(dropped);
        self.waker.wake();
    }
}

/// Cancels a source from another task or thread.
///
/// Cloning is cheap. A handle may outlive its source, and dropping a handle does not cancel.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// use aod_sse::{Attempt, Connection, Error, EventSource};
/// use futures::StreamExt;
///
/// let connect = |_: Attempt<'_>| async { Ok::<_, Error>(Connection::body(futures::stream::pending())) };
/// let mut events = EventSource::new(connect);
/// let handle = events.cancel_handle();
/// handle.cancel();
/// assert!(handle.is_cancelled());
/// assert!(events.next().await.is_none());
/// # }
/// ```
#[derive(Clone)]
pub struct CancelHandle(Arc<dyn Cancel>);

impl CancelHandle {
    /// Ends the source without an error and closes its connection immediately, even if no task polls the source.
    ///
    /// If a task is polling the source at the same time, the connection is closed at the end of that poll. This method
    /// does not wait for it. Further calls have no effect.
    pub fn cancel(&self) {
        self.0.cancel();
    }

    /// Returns whether [`cancel`](Self::cancel) was called on this handle or on one of its clones.
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
