//! Event streams with a listener: the callback form.

use std::sync::Arc;

use aod::models::SessionAck;
use aod::models::event::StreamEvent;
use aod::transcript::Change;
use aod_bridge::error as bridge;
use aod_bridge::listener;
use uuid::Uuid;

use super::batch::{EventBatch, EventRun};
use super::call::RUNTIME;
use super::client::NativeClient;
use super::error::{CallError, ErrorInfo};
use super::stream::{ConnectionState, StreamOptions, open};

/// Receives the events of a stream. The methods are called on a thread of the native library, one at a time.
///
/// `on_events` and `on_state` are called any number of times, in the order of the stream. Then exactly one of
/// `on_closed` and `on_error` is called, and nothing after it. The methods may block: a slow listener applies
/// backpressure to the server instead of buffering, and does not delay other streams. At most 256 listener calls run at
/// the same time; further calls wait.
#[uniffi::export(rust, foreign)]
pub trait BatchListener: Send + Sync {
    /// Receives the next events, at least one, and the cursor after them: a stream with this cursor as `since`
    /// continues there. Until an event has an ID, it is the `since` of the stream. If the listener throws, the stream
    /// ends, and `on_error` receives an error of kind `Listener`.
    fn on_events(&self, runs: Vec<EventRun>, cursor: Option<i64>) -> Result<(), ListenerError>;

    /// Receives a change of the connection state. Errors that it throws are ignored.
    fn on_state(&self, state: ConnectionState) -> Result<(), ListenerError>;

    /// Called when the stream has ended after its last event, or because it was cancelled.
    fn on_closed(&self) -> Result<(), ListenerError>;

    /// Called when the stream has failed or could not be opened. If it throws, because the error cannot be decoded, it
    /// is called again, with an error of kind `Other`.
    fn on_error(&self, info: ErrorInfo) -> Result<(), ListenerError>;
}

/// Receives the session that a call creates.
#[uniffi::export(foreign)]
pub trait RunListener: Send + Sync {
    /// Receives the acknowledgement, on a thread of the library and before the first event of the session is read. If
    /// it throws, the call ends with an error of kind `Listener`.
    fn on_created(&self, ack: SessionAck) -> Result<(), ListenerError>;
}

/// Receives what happens in a turn while a call follows it.
#[uniffi::export(foreign)]
pub trait TurnListener: Send + Sync {
    /// Receives the next updates, at least one, in order, on a thread of the library. It may block. If it throws, the
    /// call ends with an error of kind `Listener`.
    fn on_updates(&self, updates: Vec<TurnUpdate>) -> Result<(), ListenerError>;
}

/// An update of a turn.
#[derive(uniffi::Enum)]
#[expect(
    clippy::large_enum_variant,
    reason = "each update is written to a buffer at once"
)]
pub enum TurnUpdate {
    /// An event of the turn arrived.
    Received {
        /// The event.
        event: StreamEvent,
    },
    /// The transcript of the turn changed. The event that made the change, if any, comes before it.
    Changed {
        /// The change.
        change: Change,
    },
}

/// A listener of a turn, and what it receives.
#[derive(uniffi::Record)]
pub struct TurnObserver {
    /// The listener.
    pub listener: Arc<dyn TurnListener>,
    /// Whether it receives the events.
    pub events: bool,
    /// Whether it receives the changes of the transcript.
    pub changes: bool,
}

/// An error thrown by a listener.
#[derive(Debug, thiserror::Error, uniffi::Error)]
pub enum ListenerError {
    /// The only case.
    #[error("{reason}")]
    Threw {
        /// A description of what was thrown.
        reason: String,
    },
}

impl From<uniffi::UnexpectedUniFFICallbackError> for ListenerError {
    fn from(_: uniffi::UnexpectedUniFFICallbackError) -> Self {
        // The reason is left out: it is the text of what was thrown, which may contain anything.
        Self::Threw {
            reason: "it threw an unexpected error".to_owned(),
        }
    }
}

struct Forwarder(Arc<dyn BatchListener>);

impl listener::Listener<EventBatch> for Forwarder {
    fn on_batch(&self, batch: EventBatch) -> Result<(), String> {
        let cursor = batch.cursor();
        self.0
            .on_events(batch.into_runs(), cursor)
            .map_err(|error| error.to_string())
    }

    fn on_state(&self, state: aod::ConnectionState) {
        let _ = self.0.on_state(state.into());
    }

    fn on_end(&self, outcome: bridge::Result<()>) {
        let unreadable = || {
            let text = "internal error: the error of the stream cannot be read";
            bridge::ErrorInfo::new(bridge::ErrorKind::Other, text)
        };
        // An error that is left cannot be reported: this is the listener's last call.
        let _ = match outcome {
            Ok(()) => self.0.on_closed(),
            Err(error) => self
                .0
                .on_error(error.into())
                .or_else(|_| self.0.on_error(unreadable().into())),
        };
    }
}

/// A handle for a stream whose events a listener receives. The stream continues if the handle is dropped.
#[derive(uniffi::Object)]
#[uniffi(name = "NativeSubscription")]
pub struct Subscription(listener::Subscription);

#[uniffi::export(name = "NativeSubscription")]
impl Subscription {
    /// Ends the stream and closes its connection. `on_closed` is called, unless the stream has already ended. A running
    /// call of the listener is not interrupted.
    pub fn cancel(&self) {
        self.0.cancel();
    }

    /// Returns whether the stream has ended and the listener's last call has returned.
    pub fn is_finished(&self) -> bool {
        self.0.is_finished()
    }

    /// Waits until the stream has ended and the listener's last call has returned.
    pub async fn join(&self) {
        self.0.join().await;
    }
}

#[uniffi::export]
impl NativeClient {
    /// Opens the event stream of a session and passes its events to a listener (`GET /sessions/{id}/stream`). Returns
    /// before the stream is connected; if the server responds with an error, such as 404, `on_error` receives it.
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

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use aod_bridge::listener::Listener as _;

    use super::*;
    use crate::error::ErrorKind;

    /// Records its last calls. It cannot read errors of some kinds.
    #[derive(Default)]
    struct Recorder {
        unreadable: Vec<ErrorKind>,
        received: Mutex<Vec<Option<ErrorKind>>>,
    }

    impl BatchListener for Recorder {
        fn on_events(&self, _: Vec<EventRun>, _: Option<i64>) -> Result<(), ListenerError> {
            Ok(())
        }

        fn on_state(&self, _: ConnectionState) -> Result<(), ListenerError> {
            Ok(())
        }

        fn on_closed(&self) -> Result<(), ListenerError> {
            self.received.lock().unwrap().push(None);
            Ok(())
        }

        fn on_error(&self, info: ErrorInfo) -> Result<(), ListenerError> {
            if self.unreadable.contains(&info.kind) {
                let reason = "unreadable".to_owned();
                return Err(ListenerError::Threw { reason });
            }
            self.received.lock().unwrap().push(Some(info.kind));
            Ok(())
        }
    }

    fn last_calls(unreadable: Vec<ErrorKind>, end: bridge::Result<()>) -> Vec<Option<ErrorKind>> {
        let recorder = Arc::new(Recorder {
            unreadable,
            ..Recorder::default()
        });
        Forwarder(Arc::clone(&recorder) as Arc<dyn BatchListener>).on_end(end);
        std::mem::take(&mut recorder.received.lock().unwrap())
    }

    #[test]
    fn a_listener_that_cannot_read_the_error_gets_its_last_call() {
        let failure = || Err(bridge::ErrorInfo::listener("planted"));
        assert_eq!(last_calls(vec![], Ok(())), [None]);
        assert_eq!(last_calls(vec![], failure()), [Some(ErrorKind::Listener)]);
        assert_eq!(
            last_calls(vec![ErrorKind::Listener], failure()),
            [Some(ErrorKind::Other)]
        );
        let all = vec![ErrorKind::Listener, ErrorKind::Other];
        assert_eq!(last_calls(all, failure()), []);
    }
}
