//! Calls that follow a turn to its end.

use std::future::IntoFuture;
use std::sync::Arc;

use aod::models::event::StreamEvent;
use aod::models::{CreateSession, Prompt, SessionAck};
use aod::transcript::Change;
use aod::{AskRequest, FollowRequest, OnAbandon, RunRequest, RunResult};
use aod_bridge::runtime::blocking;
use aod_bridge::updates::Updates;
use futures::FutureExt as _;
use uuid::Uuid;

use super::call::{CancellationToken, RUNTIME};
use super::client::NativeClient;
use super::config::set;
use super::error::CallError;
use super::listener::{RunListener, TurnObserver, TurnUpdate};

#[uniffi::export]
impl NativeClient {
    /// Creates a session, follows its first turn to the end, and retrieves the session. Returns the session, the
    /// answer, the turn, and everything that the agent printed on stdout. A failed turn is not an error. While too many
    /// sessions are active, the call fails, or waits if `wait_for_quota` is true. If a listener throws, the call ends
    /// with an error of kind `Listener`.
    #[uniffi::method(default(cancellation = None))]
    pub async fn run_session(
        &self,
        request: CreateSession,
        wait_for_quota: bool,
        on_abandon: OnAbandon,
        listener: Arc<dyn RunListener>,
        observer: Option<TurnObserver>,
        cancellation: Option<Arc<CancellationToken>>,
    ) -> Result<RunResult, CallError> {
        let updates = Updates::new();
        let failing = updates.clone();
        let on_created = move |ack: &SessionAck| {
            // The listener may block.
            if let Err(error) = blocking(|| listener.on_created(ack.clone())) {
                failing.fail(error.to_string());
            }
        };
        let client = self.client.clone();
        let work = async move {
            let sessions = client.sessions();
            let run = sessions
                .run(request)
                .wait_for_quota(wait_for_quota)
                .on_created(on_created)
                .on_abandon(on_abandon);
            let run = set(
                run,
                events(observer.as_ref(), &updates),
                RunRequest::on_event,
            );
            let run = set(
                run,
                changes(observer.as_ref(), &updates),
                RunRequest::on_change,
            );
            deliver(observer, &updates, run).await
        };
        self.run(cancellation, work.boxed()).await
    }

    /// Follows to its end the turn that `create` or `prompt` started, and retrieves the session. Returns the session,
    /// the answer, the turn, and everything that the agent printed on stdout in this turn. A failed turn is not an
    /// error. The stream reconnects after `stale`, which the server sends after ten minutes without output. If the
    /// listener throws, the call ends with an error of kind `Listener`.
    #[uniffi::method(default(cancellation = None))]
    pub async fn follow_session(
        &self,
        ack: SessionAck,
        on_abandon: OnAbandon,
        observer: Option<TurnObserver>,
        cancellation: Option<Arc<CancellationToken>>,
    ) -> Result<RunResult, CallError> {
        let unfollowed = Unfollowed {
            client: self.client.clone(),
            ack,
            on_abandon,
        };
        let work = async move {
            let updates = Updates::new();
            let (client, ack) = (unfollowed.client.clone(), unfollowed.ack.clone());
            let sessions = client.sessions();
            let follow = sessions.follow(&ack).on_abandon(on_abandon);
            let follow = set(
                follow,
                events(observer.as_ref(), &updates),
                FollowRequest::on_event,
            );
            let follow = set(
                follow,
                changes(observer.as_ref(), &updates),
                FollowRequest::on_change,
            );
            let follow = follow.into_future();
            unfollowed.disarm();
            deliver(observer, &updates, follow).await
        };
        self.run(cancellation, work.boxed()).await
    }

    /// Sends a prompt to a session, follows its turn to the end, and retrieves the session. Returns the session, the
    /// answer, the turn, and everything that the agent printed on stdout in this turn. While a turn is queued or
    /// running, the call fails with a conflict, or waits if `wait` is true. A failed turn is not an error. If the
    /// listener throws, the call ends with an error of kind `Listener`.
    #[uniffi::method(default(cancellation = None))]
    pub async fn ask_session(
        &self,
        id: Uuid,
        prompt: Prompt,
        wait: bool,
        on_abandon: OnAbandon,
        observer: Option<TurnObserver>,
        cancellation: Option<Arc<CancellationToken>>,
    ) -> Result<RunResult, CallError> {
        let client = self.client.clone();
        let work = async move {
            let updates = Updates::new();
            let sessions = client.sessions();
            let ask = sessions.ask(id, prompt).wait(wait).on_abandon(on_abandon);
            let ask = set(
                ask,
                events(observer.as_ref(), &updates),
                AskRequest::on_event,
            );
            let ask = set(
                ask,
                changes(observer.as_ref(), &updates),
                AskRequest::on_change,
            );
            deliver(observer, &updates, ask).await
        };
        self.run(cancellation, work.boxed()).await
    }
}

/// A turn that is not followed yet. Dropping it stops the session as dropping the request does: a call that is cancelled
/// early is dropped before it creates the request.
struct Unfollowed {
    client: aod::Client,
    ack: SessionAck,
    on_abandon: OnAbandon,
}

impl Unfollowed {
    /// Drops it without stopping the session.
    fn disarm(mut self) {
        self.on_abandon = OnAbandon::Continue;
    }
}

impl Drop for Unfollowed {
    fn drop(&mut self) {
        if self.on_abandon == OnAbandon::Continue {
            return;
        }
        if let Ok(runtime) = RUNTIME.handle() {
            let _entered = runtime.enter();
            let sessions = self.client.sessions();
            let request = sessions.follow(&self.ack).on_abandon(self.on_abandon);
            drop(request.into_future());
        }
    }
}

/// Returns a callback for the events, if the observer receives them.
fn events(
    observer: Option<&TurnObserver>,
    updates: &Updates<TurnUpdate>,
) -> Option<impl FnMut(&StreamEvent) + Send + use<>> {
    let updates = updates.clone();
    let is_wanted = observer.is_some_and(|observer| observer.events);
    is_wanted.then_some(move |event: &StreamEvent| {
        let event = event.clone();
        updates.push(TurnUpdate::Received { event });
    })
}

/// Returns a callback for the changes, if the observer receives them.
fn changes(
    observer: Option<&TurnObserver>,
    updates: &Updates<TurnUpdate>,
) -> Option<impl FnMut(&Change) + Send + use<>> {
    let updates = updates.clone();
    let is_wanted = observer.is_some_and(|observer| observer.changes);
    is_wanted.then_some(move |change: &Change| {
        let change = change.clone();
        updates.push(TurnUpdate::Changed { change });
    })
}

/// Awaits a request whose callbacks push updates, and passes them to the listener.
async fn deliver(
    observer: Option<TurnObserver>,
    updates: &Updates<TurnUpdate>,
    request: impl IntoFuture<Output = aod::Result<RunResult>>,
) -> aod_bridge::error::Result<RunResult> {
    let listener = observer.map(|observer| observer.listener);
    let pass_on = |updates| match &listener {
        Some(listener) => listener
            .on_updates(updates)
            .map_err(|error| error.to_string()),
        None => Ok(()),
    };
    updates.deliver(request.into_future(), pass_on).await
}
