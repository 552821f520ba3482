//! What the program knows about the network, for its sources.

use std::fmt;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::Notify;

/// What a program knows about the network: whether there is one, and when its path changes.
///
/// [Sources](super::EventSource::network) drop dead connections at once, and make no attempts while there is no network.
/// Cloning is cheap; clones are the same network.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), aod_sse::Error> {
/// use aod_sse::{Attempt, Connection, Error, EventSource, Network};
/// use futures::TryStreamExt;
///
/// let connect = |_: Attempt<'_>| async {
///     Ok::<_, Error>(Connection::body(futures::stream::iter([Ok("data: hello\n\n".into())])))
/// };
/// let network = Network::new();
/// network.offline();
/// let mut events = EventSource::new(connect).network(network.clone());
/// tokio::spawn(async move { network.online() });
/// assert_eq!(events.try_next().await?.unwrap().data, "hello");
/// # Ok(()) }
/// ```
#[derive(Clone, Default)]
pub struct Network(Arc<Inner>);

#[derive(Default)]
struct Inner {
    state: Mutex<State>,
    /// Wakes the calls that wait for the network.
    restored: Arc<Notify>,
}

#[derive(Default)]
struct State {
    condition: Condition,
    sources: Vec<Weak<dyn Interrupt>>,
}

/// Returns the delay of an attempt after a report: everything that uses the network receives the report at the same
/// time.
pub(super) fn jitter() -> Duration {
    const MAX: Duration = Duration::from_millis(250);
    MAX.mul_f64(fastrand::f64())
}

/// The condition of a network at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Condition {
    offline: bool,
    suspended: bool,
    /// The number of changes that connections do not survive.
    pub(super) path: u64,
}

impl Condition {
    pub(super) fn is_available(self) -> bool {
        !self.offline && !self.suspended
    }
}

/// The connection of a source.
pub(super) trait Interrupt: Send + Sync {
    /// Makes the source look at the network, and closes its connection first if `close` is set.
    fn interrupt(&self, close: bool);
}

impl Network {
    /// Creates a network that is available.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reports that there is no network. Sources close their connections and make no attempt until
    /// [`online`](Self::online). Time limits still apply.
    pub fn offline(&self) {
        self.update(|condition| condition.offline = true);
    }

    /// Reports that there is a network. Sources that wait for it, or for the next attempt, connect within 250 ms, at
    /// random times. Open connections are kept.
    pub fn online(&self) {
        self.update(|condition| {
            condition.path += u64::from(condition.offline);
            condition.offline = false;
        });
    }

    /// Reports that the network has changed, for example from Wi-Fi to cellular. Sources close their connections and
    /// connect again within 250 ms, at random times.
    pub fn changed(&self) {
        self.update(|condition| condition.path += 1);
    }

    /// Closes the connections of all sources until [`resume`](Self::resume), as in an app in the background. Time limits
    /// still apply.
    pub fn suspend(&self) {
        self.update(|condition| condition.suspended = true);
    }

    /// Lets the sources connect after [`suspend`](Self::suspend): within 250 ms, at random times, unless the network is
    /// reported as offline.
    pub fn resume(&self) {
        self.update(|condition| {
            condition.path += u64::from(condition.suspended);
            condition.suspended = false;
        });
    }

    /// Returns whether the network is neither offline nor suspended.
    pub fn is_available(&self) -> bool {
        self.condition().is_available()
    }

    /// Returns the number of the current path. It increases with [`changed`](Self::changed), with [`online`](Self::online)
    /// after [`offline`](Self::offline), and with [`resume`](Self::resume) after [`suspend`](Self::suspend). Do not reuse a
    /// connection that was opened under a lower number.
    pub fn path(&self) -> u64 {
        self.condition().path
    }

    /// Waits for the next report, made after this call, that leaves the network available, and then for a random time of
    /// up to 250 ms.
    pub fn restored(&self) -> impl Future<Output = ()> + Send + 'static + use<> {
        let report = Arc::clone(&self.0.restored).notified_owned();
        async move {
            report.await;
            tokio::time::sleep(jitter()).await;
        }
    }

    pub(super) fn condition(&self) -> Condition {
        self.lock().condition
    }

    /// Adds the connection of a source, which is dropped with the source.
    pub(super) fn add(&self, source: Weak<dyn Interrupt>) {
        let sources = &mut self.lock().sources;
        if sources.len() == sources.capacity() {
            sources.retain(|source| source.strong_count() > 0);
        }
        sources.push(source);
    }

    fn update(&self, change: impl FnOnce(&mut Condition)) {
        let mut state = self.lock();
        let before = state.condition;
        change(&mut state.condition);
        let after = state.condition;
        let sources = state.sources.clone();
        drop(state);
        tracing::debug!(
            available = after.is_available(),
            path = after.path,
            "network"
        );
        // Without the lock: closing a connection runs code of the connector.
        for source in sources.iter().filter_map(Weak::upgrade) {
            source.interrupt(!after.is_available() || after.path != before.path);
        }
        if after.is_available() {
            self.0.restored.notify_waiters();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Network")
            .field("available", &self.is_available())
            .field("path", &self.path())
            .finish_non_exhaustive()
    }
}
