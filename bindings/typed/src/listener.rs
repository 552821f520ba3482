//! The events of a session, pushed to a listener.

use std::sync::Arc;

use aod::models::event::StreamEvent;
use aod_bridge::error as bridge;
use aod_bridge::listener;
use uuid::Uuid;

use super::call::RUNTIME;
use super::client::NativeClient;
use super::error::{CallError, ErrorInfo};
use super::stream::{ConnectionState, EventBatch, StreamOptions, open};

/// Receives the events of a stream, on a thread of the library, in calls that never overlap.
///
/// `on_events` and `on_state` come any number of times, in order. Then comes exactly one of `on_closed` and `on_error`,
/// and nothing after it. Few events are read ahead while a call runs: a slow listener applies backpressure instead of
/// buffering, and does not delay other streams, unless 256 listeners run at once.
#[uniffi::export(rust, foreign)]
pub trait BatchListener: Send + Sync {
    /// Takes the next events; at least one. If it throws, the stream ends with `on_error` of kind listener.
    fn on_events(&self, events: Vec<StreamEvent>) -> Result<(), ListenerError>;

    /// The connection state changed. What this throws is ignored.
    fn on_state(&self, state: ConnectionState) -> Result<(), ListenerError>;

    /// The stream has ended: after its terminal event, or because it was cancelled.
    fn on_closed(&self) -> Result<(), ListenerError>;

    /// The stream has failed, or could not be opened.
    fn on_error(&self, info: ErrorInfo) -> Result<(), ListenerError>;
}

/// A failure of a listener.
#[derive(Debug, thiserror::Error, uniffi::Error)]
pub enum ListenerError {
    /// It threw.
    #[error("{reason}")]
    Threw {
        /// What it threw.
        reason: String,
    },
}

impl From<uniffi::UnexpectedUniFFICallbackError> for ListenerError {
    fn from(error: uniffi::UnexpectedUniFFICallbackError) -> Self {
        Self::Threw {
            reason: error.reason,
        }
    }
}

struct Forwarder(Arc<dyn BatchListener>);

impl listener::Listener<EventBatch> for Forwarder {
    fn on_batch(&self, batch: EventBatch) -> Result<(), String> {
        self.0
            .on_events(batch.events)
            .map_err(|error| error.to_string())
    }

    fn on_state(&self, state: aod::ConnectionState) {
        let _ = self.0.on_state(state.into());
    }

    fn on_end(&self, outcome: bridge::Result<()>) {
        // Its failure at its last call has nobody left to be reported to.
        let _ = match outcome {
            Ok(()) => self.0.on_closed(),
            Err(error) => self.0.on_error(error.into()),
        };
    }
}

/// A stream that a listener receives. Dropping it leaves the stream running.
#[derive(uniffi::Object)]
#[uniffi(name = "NativeSubscription")]
pub struct Subscription(listener::Subscription);

#[uniffi::export(name = "NativeSubscription")]
impl Subscription {
    /// Ends the stream and closes its connection. The listener is told `on_closed`, unless it has been told its end.
    /// A call of the listener that is running is not interrupted.
    pub fn cancel(&self) {
        self.0.cancel();
    }

    /// Whether the listener's last call has returned.
    pub fn is_finished(&self) -> bool {
        self.0.is_finished()
    }

    /// Waits until the listener's last call has returned.
    pub async fn join(&self) {
        self.0.join().await;
    }
}

#[uniffi::export]
impl NativeClient {
    /// Opens the event stream of a session (`GET /sessions/{id}/stream`) and passes it on to a listener.
    pub fn listen(
        &self,
        id: Uuid,
        options: StreamOptions,
        listener: Arc<dyn BatchListener>,
    ) -> Result<Arc<Subscription>, CallError> {
        let events = open(self, id, options)?;
        let subscription =
            listener::Subscription::spawn(&RUNTIME, &self.closed, events, Forwarder(listener))?;
        Ok(Arc::new(Subscription(subscription)))
    }
}
