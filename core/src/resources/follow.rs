//! Prompts in new and existing sessions, and following a turn to its end.

use std::fmt;
use std::future::IntoFuture;
use std::time::Duration;

use aod_transcript::{Change, Transcript, Turn};
use futures::TryStreamExt as _;
use futures::future::BoxFuture;
use serde::{Deserialize, Serialize};
use tokio::runtime::Handle;
use tracing::Instrument as _;
use uuid::Uuid;

use super::Sessions;
use super::observers::Observers;
use super::sessions::{MAX_POLL_INTERVAL, POLL_BACKOFF};
use super::spans::TurnSpans;
use crate::error::{ConflictReason, Result};
use crate::models::event::StreamEvent;
use crate::models::{CreateSession, Prompt, Session, SessionAck};
use crate::transport::{Transport, spawn_in_context};

/// The result of [`Sessions::run`], [`Sessions::ask`] and [`Sessions::follow`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunResult {
    /// The session, retrieved after the turn has ended.
    pub session: Session,
    /// The answer: the last message of the agent in the turn. `None` if the agent wrote no message, or if its runtime
    /// is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The turn as data: messages, tool calls and plans, how it ended, tokens and cost.
    pub turn: Turn,
    /// The complete stdout of the agent in this turn, verbatim. The agents of all known runtimes print one JSON object
    /// per line; [`pretty`](crate::pretty) formats it.
    pub stdout: String,
}

/// What happens to a session on the server if the call that follows its turn fails, or is dropped, before the turn has
/// ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum OnAbandon {
    /// The session continues.
    #[default]
    Continue,
    /// The turn is interrupted, as by [`Sessions::interrupt`]. Servers before 2026-06-25 cannot interrupt a turn: the
    /// session continues.
    Interrupt,
    /// The session is terminated, as by [`Sessions::terminate`].
    Terminate,
}

/// The first delays between the requests of [`RunRequest::wait_for_quota`].
const QUOTA_DELAYS: [Duration; 3] = [
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
];
/// The delay after the first ones.
const MAX_QUOTA_DELAY: Duration = Duration::from_secs(5);

type OnCreated = Box<dyn FnOnce(&SessionAck) + Send>;

/// A prompt to run in a new session, from [`Sessions::run`]. Await it to run the prompt.
///
/// See [Sessions and turns](https://ravi-hq.github.io/agent-on-demand/latest/guide/concepts/#sessions-and-turns).
///
/// # Errors
///
/// Fails with the errors of [`Sessions::create`] and of [`FollowRequest`]. Once the session has been created,
/// [`Error::session_id`](crate::Error::session_id) is its id.
#[must_use = "a prompt is run by awaiting the request"]
pub struct RunRequest<'a> {
    transport: &'a Transport,
    session: CreateSession,
    wait_for_quota: bool,
    on_created: Option<OnCreated>,
    on_abandon: OnAbandon,
    observers: Observers,
}

impl<'a> RunRequest<'a> {
    pub(super) fn new(transport: &'a Transport, session: CreateSession) -> Self {
        Self {
            transport,
            session,
            wait_for_quota: false,
            on_created: None,
            on_abandon: OnAbandon::Continue,
            observers: Observers::default(),
        }
    }

    /// Sets whether to wait while too many sessions are active ([`Error::quota`](crate::Error::quota)): the request
    /// that creates the session is repeated after 0.5 s, and then after delays of up to 5 s. There is no time limit:
    /// wrap the call in a timeout. Default: false, so that the call fails with
    /// [`ErrorKind::RateLimit`](crate::ErrorKind::RateLimit).
    pub fn wait_for_quota(mut self, wait: bool) -> Self {
        self.wait_for_quota = wait;
        self
    }

    /// Calls `observe` with the acknowledgement of the session, before its first event is read, from the task that
    /// polls the request. It must not block. Default: no call.
    pub fn on_created(mut self, observe: impl FnOnce(&SessionAck) + Send + 'static) -> Self {
        self.on_created = Some(Box::new(observe));
        self
    }

    /// Calls `observe` with each event of the turn; see [`FollowRequest::on_event`]. Default: no call.
    pub fn on_event(mut self, observe: impl FnMut(&StreamEvent) + Send + 'static) -> Self {
        self.observers.on_event = Some(Box::new(observe));
        self
    }

    /// Calls `observe` with each change of the transcript of the turn; see [`FollowRequest::on_change`]. Default: no
    /// call.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn run(client: &aod::Client, request: aod::models::CreateSession) -> aod::Result<()> {
    /// use aod::transcript::Change;
    ///
    /// let run = client.sessions().run(request).on_change(|change| {
    ///     if let Change::ItemAdded { item, .. } = change {
    ///         println!("{:?}", item.kind);
    ///     }
    /// });
    /// println!("{:?}", run.await?.turn.outcome);
    /// # Ok(()) }
    /// ```
    pub fn on_change(mut self, observe: impl FnMut(&Change) + Send + 'static) -> Self {
        self.observers.on_change = Some(Box::new(observe));
        self
    }

    /// Sets what happens to the session if this request fails, or its future is dropped, before the turn has ended; see
    /// [`FollowRequest::on_abandon`]. If the future is dropped while the session is being created, the `POST` that
    /// creates the session completes in the background, and the session is then interrupted or terminated. Default
    /// [`Continue`](OnAbandon::Continue).
    pub fn on_abandon(mut self, action: OnAbandon) -> Self {
        self.on_abandon = action;
        self
    }

    async fn run(self) -> Result<RunResult> {
        let mut delays = QUOTA_DELAYS.into_iter();
        let (ack, abandoned) = loop {
            let session = self.session.clone();
            let created = start_turn(self.transport, self.on_abandon, |transport| {
                Box::pin(async move { Sessions::new(&transport).create(session).await })
            });
            match created.await {
                Err(error) if self.wait_for_quota && error.quota().is_some() => {
                    tracing::debug!("the session quota is exceeded");
                    let delay = delays.next().unwrap_or(MAX_QUOTA_DELAY);
                    tokio::time::sleep(delay).await;
                }
                created => break created?,
            }
        };
        // Started before the callback, which may panic.
        let following = FollowRequest::new(self.transport, &ack)
            .observers(self.observers)
            .start(abandoned);
        if let Some(observe) = self.on_created {
            observe(&ack);
        }
        following.await
    }
}

impl<'a> IntoFuture for RunRequest<'a> {
    type Output = Result<RunResult>;
    type IntoFuture = BoxFuture<'a, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl fmt::Debug for RunRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunRequest")
            .field("session", &self.session)
            .field("wait_for_quota", &self.wait_for_quota)
            .field("on_abandon", &self.on_abandon)
            .finish_non_exhaustive()
    }
}

/// A turn to follow to its end, from [`Sessions::follow`]. Await it to follow the turn.
///
/// The turn ends with the terminal event, or when a later turn starts: the server sends no terminal event between turns
/// that it replays, or if the next prompt arrives early. The outcome is then what the agent reported, or
/// [`Unknown`](crate::transcript::Outcome::Unknown).
///
/// # Errors
///
/// Fails with the errors of [`Sessions::stream`], [`EventStream`](crate::EventStream) and [`Sessions::get`].
/// [`Error::session_id`](crate::Error::session_id) is the id of the session.
#[derive(Debug)]
#[must_use = "a turn is followed by awaiting the request"]
pub struct FollowRequest<'a> {
    transport: &'a Transport,
    id: Uuid,
    turn: Option<i64>,
    on_abandon: OnAbandon,
    observers: Observers,
}

impl<'a> FollowRequest<'a> {
    pub(super) fn new(transport: &'a Transport, ack: &SessionAck) -> Self {
        Self {
            transport,
            id: ack.id,
            turn: ack.current_turn,
            on_abandon: OnAbandon::Continue,
            observers: Observers::default(),
        }
    }

    /// Sets what happens to the session if this request fails, or its future is dropped, before the turn has ended.
    ///
    /// The request that interrupts the turn or terminates the session is sent in the background, with the timeout and
    /// the retries of the client. If it fails, a warning is logged. The request is not sent if the process or the tokio
    /// runtime ends first. Once the turn has ended, the session is neither interrupted nor terminated.
    /// Default [`Continue`](OnAbandon::Continue).
    pub fn on_abandon(mut self, action: OnAbandon) -> Self {
        self.on_abandon = action;
        self
    }

    /// Calls `observe` with each event of the turn, in order, from the task that polls the request. It must not block.
    /// Default: no call.
    ///
    /// Events without a turn number, such as `start` and the terminal event, are included; `stage` events only in the
    /// first turn, for which the sandbox is prepared. A panic of `observe` unwinds through the future, and counts as a
    /// failure of the request for [`on_abandon`](Self::on_abandon).
    pub fn on_event(mut self, observe: impl FnMut(&StreamEvent) + Send + 'static) -> Self {
        self.observers.on_event = Some(Box::new(observe));
        self
    }

    /// Calls `observe` with each change of the transcript of the turn, in order, from the task that polls the request.
    /// It must not block. Default: no call.
    ///
    /// The changes that an event makes follow the call of [`on_event`](Self::on_event) for this event. Changes of other
    /// turns are left out, but [`AgentUpdated`](Change::AgentUpdated) and [`HistoryReset`](Change::HistoryReset) are
    /// always included. The last change is [`TurnEnded`](Change::TurnEnded), unless the request fails. For a panic of
    /// `observe`, see [`on_event`](Self::on_event).
    pub fn on_change(mut self, observe: impl FnMut(&Change) + Send + 'static) -> Self {
        self.observers.on_change = Some(Box::new(observe));
        self
    }

    fn observers(mut self, observers: Observers) -> Self {
        self.observers = observers;
        self
    }

    /// Follows the turn. `abandoned` takes effect even if the future is dropped before it is polled.
    fn start(self, abandoned: Abandoned) -> BoxFuture<'a, Result<RunResult>> {
        let Self {
            transport,
            id,
            turn,
            observers,
            ..
        } = self;
        Box::pin(async move {
            let followed = follow(transport, id, turn, abandoned, observers).await;
            followed.map_err(|error| error.with_session(id))
        })
    }
}

/// Sends the request that starts a turn, and returns what stops the session if the turn is abandoned.
///
/// A turn to be stopped cannot be stopped before the server has accepted it: if this future is dropped, the request
/// completes in the background.
async fn start_turn(
    transport: &Transport,
    action: OnAbandon,
    send: impl FnOnce(Transport) -> BoxFuture<'static, Result<SessionAck>>,
) -> Result<(SessionAck, Abandoned)> {
    let sending = send(transport.clone());
    let transport = transport.clone();
    let starting: BoxFuture<'static, _> = Box::pin(async move {
        let ack = sending.await?;
        let id = ack.id;
        let abandoned = Abandoned::new(transport, id, action);
        Ok((ack, abandoned))
    });
    if action == OnAbandon::Continue {
        return starting.await;
    }
    match spawn_in_context(&Handle::current(), starting).await {
        Ok(started) => started,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // The runtime shuts down, and drops this future too.
            Err(_) => std::future::pending().await,
        },
    }
}

/// Reads a turn to its end, and returns its result.
async fn follow(
    transport: &Transport,
    id: Uuid,
    own_turn: Option<i64>,
    abandoned: Abandoned,
    observers: Observers,
) -> Result<RunResult> {
    let mut progress = Progress {
        own_turn,
        spans: TurnSpans::new(id),
        observers,
    };
    let turn = progress.spans.turn().clone();
    let followed = read_turn(transport, id, abandoned, &mut progress);
    let followed = followed.instrument(turn).await;
    if let Err(error) = &followed {
        progress.spans.record_failure(error);
    }
    followed
}

/// What observes a turn while it is read.
struct Progress {
    own_turn: Option<i64>,
    spans: TurnSpans,
    observers: Observers,
}

impl Progress {
    fn report_changes(&mut self, changes: &[Change]) {
        for change in changes {
            self.spans.record(change, self.own_turn);
            self.observers.change(change, self.own_turn);
        }
    }
}

async fn read_turn(
    transport: &Transport,
    id: Uuid,
    mut abandoned: Abandoned,
    progress: &mut Progress,
) -> Result<RunResult> {
    let own_turn = progress.own_turn;
    let sessions = Sessions::new(transport);
    let mut events = sessions.stream(id).resume_stale(true).await?;
    if let Some(own) = own_turn {
        events = events.until_turn(own);
    }
    let mut stdout = String::new();
    let mut transcript = Transcript::new();
    // Also the events of earlier turns: Codex reports the usage of all turns together.
    while let Some(event) = events.try_next().await? {
        let is_over =
            event.is_terminal() || own_turn.is_some_and(|own| event.starts_turn_after(own));
        if is_over {
            // Before the callbacks, which may panic.
            abandoned.action = OnAbandon::Continue;
        }
        progress.observers.event(&event, own_turn);
        let changes = transcript.apply_all(own_turn, [&event]);
        progress.report_changes(&changes);
        if changes.contains(&Change::HistoryReset) {
            stdout.clear();
        }
        let is_of_another =
            own_turn.is_some_and(|own| event.turn().is_some_and(|turn| turn != own));
        if !is_of_another {
            stdout.push_str(event.stdout().unwrap_or_default());
        }
        // A server that is always faster must not keep the callbacks of another language from being called.
        tokio::task::consume_budget().await;
    }
    // The stream has ended, with or without a terminal event.
    abandoned.action = OnAbandon::Continue;
    progress.report_changes(&transcript.finish_turn(own_turn));
    let session = sessions.get(id).await?;
    let is_own = |turn: &Turn| own_turn.is_none_or(|own| turn.number == own);
    let turn = transcript.into_turns().into_iter().rfind(is_own);
    let turn = turn.unwrap_or_else(|| Turn::new(own_turn.unwrap_or(1)));
    Ok(RunResult {
        session,
        text: turn.final_text().map(str::to_owned),
        turn,
        stdout,
    })
}

impl<'a> IntoFuture for FollowRequest<'a> {
    type Output = Result<RunResult>;
    type IntoFuture = BoxFuture<'a, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        let abandoned = Abandoned::new(self.transport.clone(), self.id, self.on_abandon);
        self.start(abandoned)
    }
}

/// A prompt to send to a session, from [`Sessions::ask`]. Await it to send the prompt and follow its turn.
///
/// # Errors
///
/// Fails with the errors of [`Sessions::prompt`] and of [`FollowRequest`]. A turn that is queued or running is a
/// conflict with the reason [`Pending`](ConflictReason::Pending) or [`Running`](ConflictReason::Running), unless
/// [`wait`](Self::wait) is set; the request then also fails with the errors of [`Sessions::wait_for_completion`]. Once
/// the prompt has been accepted, [`Error::session_id`](crate::Error::session_id) is the id of the session.
#[derive(Debug)]
#[must_use = "a prompt is sent by awaiting the request"]
pub struct AskRequest<'a> {
    transport: &'a Transport,
    id: Uuid,
    prompt: Prompt,
    wait: bool,
    on_abandon: OnAbandon,
    observers: Observers,
}

impl<'a> AskRequest<'a> {
    pub(super) fn new(transport: &'a Transport, id: Uuid, prompt: Prompt) -> Self {
        Self {
            transport,
            id,
            prompt,
            wait: false,
            on_abandon: OnAbandon::Continue,
            observers: Observers::default(),
        }
    }

    /// Sets whether to wait while a turn is queued or running, and then send the prompt. There is no time limit: wrap
    /// the request in a timeout. If several programs wait for the same session, their prompts are sent in any order.
    /// By default, such a turn is a conflict.
    pub fn wait(mut self, wait: bool) -> Self {
        self.wait = wait;
        self
    }

    /// Sets what happens to the session if this request fails, or its future is dropped, after the prompt was accepted
    /// and before its turn has ended; see [`FollowRequest::on_abandon`]. If the future is dropped while the prompt is
    /// being sent, the `POST` of the prompt completes in the background, and the session is then interrupted or
    /// terminated if the prompt was accepted. Default [`Continue`](OnAbandon::Continue).
    pub fn on_abandon(mut self, action: OnAbandon) -> Self {
        self.on_abandon = action;
        self
    }

    /// Calls `observe` with each event of the turn; see [`FollowRequest::on_event`]. Default: no call.
    pub fn on_event(mut self, observe: impl FnMut(&StreamEvent) + Send + 'static) -> Self {
        self.observers.on_event = Some(Box::new(observe));
        self
    }

    /// Calls `observe` with each change of the transcript of the turn; see [`FollowRequest::on_change`]. Default: no
    /// call.
    pub fn on_change(mut self, observe: impl FnMut(&Change) + Send + 'static) -> Self {
        self.observers.on_change = Some(Box::new(observe));
        self
    }

    async fn ask(self) -> Result<RunResult> {
        let id = self.id;
        let mut backoff = POLL_BACKOFF.into_iter();
        let (ack, abandoned) = loop {
            let prompt = self.prompt.clone();
            let accepted = start_turn(self.transport, self.on_abandon, |transport| {
                Box::pin(async move { Sessions::new(&transport).prompt(id, prompt).await })
            });
            match accepted.await {
                Err(error) if self.wait && is_active(error.conflict().as_ref()) => {
                    // Another program may send its prompt first, or the status may lag behind.
                    tokio::time::sleep(backoff.next().unwrap_or(MAX_POLL_INTERVAL)).await;
                    Sessions::new(self.transport)
                        .wait_for_completion(id)
                        .await?;
                }
                accepted => break accepted?,
            }
        };
        FollowRequest::new(self.transport, &ack)
            .observers(self.observers)
            .start(abandoned)
            .await
    }
}

/// Returns whether a prompt was refused because a turn is queued or running.
fn is_active(conflict: Option<&ConflictReason>) -> bool {
    matches!(
        conflict,
        Some(ConflictReason::Pending | ConflictReason::Running)
    )
}

impl<'a> IntoFuture for AskRequest<'a> {
    type Output = Result<RunResult>;
    type IntoFuture = BoxFuture<'a, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.ask())
    }
}

/// Interrupts or terminates the session when it is dropped.
struct Abandoned {
    transport: Transport,
    id: Uuid,
    action: OnAbandon,
    /// The runtime in which this was created, because the drop can take place outside of it.
    runtime: Option<Handle>,
}

impl Abandoned {
    fn new(transport: Transport, id: Uuid, action: OnAbandon) -> Self {
        Self {
            transport,
            id,
            action,
            runtime: Handle::try_current().ok(),
        }
    }
}

impl Drop for Abandoned {
    fn drop(&mut self) {
        let (id, action) = (self.id, self.action);
        if action == OnAbandon::Continue {
            return;
        }
        let current = Handle::try_current().ok();
        let Some(runtime) = current.or_else(|| self.runtime.take()) else {
            tracing::warn!(session = %id, ?action, "cannot stop an abandoned session: no tokio runtime");
            return;
        };
        let transport = self.transport.clone();
        let stopping = async move {
            let sessions = Sessions::new(&transport);
            let stopped = match action {
                OnAbandon::Interrupt => sessions.interrupt(id).await,
                OnAbandon::Terminate | OnAbandon::Continue => sessions.terminate(id).await,
            };
            match stopped {
                Ok(_) => tracing::debug!(session = %id, ?action, "stopped an abandoned session"),
                Err(error) => {
                    tracing::warn!(session = %id, ?action, %error, "cannot stop an abandoned session");
                }
            }
        };
        drop(spawn_in_context(&runtime, stopping));
    }
}
