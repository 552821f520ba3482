//! The endpoints under `/sessions`.

use std::time::Duration;

use futures::TryStreamExt as _;
use uuid::Uuid;

use super::follow::{AskRequest, FollowRequest, RunRequest};
use super::run_all::RunAllRequest;
use super::watch::WatchStream;
use crate::error::{ConflictReason, Result};
use crate::models::{CreateSession, Prompt, Session, SessionAck, SessionTurn};
use crate::stream::StreamRequest;
use crate::transport::{Operation, RecordId, Request, Transport};

/// The first delays between the requests of the session by [`Sessions::wait_for_completion`].
pub(super) const POLL_BACKOFF: [Duration; 4] = [
    Duration::ZERO,
    Duration::from_millis(50),
    Duration::from_millis(200),
    Duration::from_millis(800),
];
/// The delay after the first ones.
pub(super) const MAX_POLL_INTERVAL: Duration = Duration::from_secs(3);

/// The endpoints under `/sessions`, from [`Client::sessions`](crate::Client::sessions).
///
/// See [Sessions and turns](https://ravi-hq.github.io/agent-on-demand/latest/guide/concepts/#sessions-and-turns).
///
/// # Examples
///
/// ```no_run
/// # async fn demo(client: aod::Client, agent_id: uuid::Uuid) -> aod::Result<()> {
/// use aod::models::CreateSession;
/// use futures::TryStreamExt;
///
/// let session = client.sessions().create(CreateSession::new(agent_id, "Fix the failing test")).await?;
/// let mut lines = client.sessions().stream(session.id).await?.pretty();
/// while let Some(line) = lines.try_next().await? {
///     println!("{line}");
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Sessions<'a> {
    transport: &'a Transport,
}

impl<'a> Sessions<'a> {
    pub(crate) fn new(transport: &'a Transport) -> Self {
        Self { transport }
    }

    /// Lists all sessions, ended ones included, newest first (`GET /sessions`).
    ///
    /// The list is not paginated. A record that cannot be decoded is logged and left out; if no record can be decoded,
    /// the call fails.
    ///
    /// # Errors
    ///
    /// Fails with [the errors of every call](crate::Error#errors-of-every-call) only.
    pub async fn list(&self) -> Result<Vec<Session>> {
        self.transport
            .call_list(Request::new(Operation::ListSessions))
            .await
    }

    /// Creates a session with its first prompt (`POST /sessions`).
    ///
    /// The server responds as soon as it has accepted the session; it provisions the sandbox and runs the prompt
    /// afterwards. Follow the session with [`stream`](Self::stream) or
    /// [`wait_for_completion`](Self::wait_for_completion).
    ///
    /// # Errors
    ///
    /// - [`InvalidRequest`](crate::ErrorKind::InvalidRequest) or [`Validation`](crate::ErrorKind::Validation) for
    ///   invalid fields;
    /// - [`RateLimit`](crate::ErrorKind::RateLimit) if too many sessions are active; see
    ///   [`Error::quota`](crate::Error::quota);
    /// - [`NotFound`](crate::ErrorKind::NotFound) if the agent or the environment does not exist;
    /// - [`Conflict`](crate::ErrorKind::Conflict) with [`Archived`](crate::ConflictReason::Archived) if the agent or
    ///   the environment is archived;
    /// - [`BadRequest`](crate::ErrorKind::BadRequest) if a credential of the model provider is missing (servers before
    ///   2026-06-25);
    /// - [the errors of every call](crate::Error#errors-of-every-call).
    pub async fn create(&self, request: CreateSession) -> Result<SessionAck> {
        self.transport
            .send_checked(Request::new(Operation::CreateSession), &request)
            .await
    }

    /// Retrieves a session (`GET /sessions/{id}`).
    ///
    /// # Errors
    ///
    /// - [`NotFound`](crate::ErrorKind::NotFound) if the session does not exist;
    /// - [the errors of every call](crate::Error#errors-of-every-call).
    pub async fn get(&self, id: Uuid) -> Result<Session> {
        self.transport
            .call(Request::new(Operation::GetSession).id(id))
            .await
    }

    /// Sends the next prompt to a session and returns an acknowledgement (`POST /sessions/{id}/prompt`).
    ///
    /// The prompt starts another turn, whose number is `current_turn` of the acknowledgement. Pass it to
    /// [`EventStream::turn`](crate::EventStream::turn) to read the output of that turn only.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn demo(client: aod::Client, id: uuid::Uuid) -> aod::Result<()> {
    /// let ack = client.sessions().prompt(id, "Now add a test").await?;
    /// let events = client.sessions().stream(id).await?;
    /// let answer = events.turn(ack.current_turn.unwrap_or(1)).collect_stdout().await?;
    /// # let _ = answer;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// - [`Conflict`](crate::ErrorKind::Conflict): [`Running`](crate::ConflictReason::Running),
    ///   [`Pending`](crate::ConflictReason::Pending), [`Failed`](crate::ConflictReason::Failed),
    ///   [`Terminated`](crate::ConflictReason::Terminated) or [`BackendGone`](crate::ConflictReason::BackendGone);
    /// - [`InvalidRequest`](crate::ErrorKind::InvalidRequest) or [`Validation`](crate::ErrorKind::Validation) for a
    ///   timeout outside of the limits;
    /// - [`NotFound`](crate::ErrorKind::NotFound) if the session does not exist, or its sandbox does not exist (servers
    ///   before 2026-04-30);
    /// - [the errors of every call](crate::Error#errors-of-every-call).
    pub async fn prompt(&self, id: Uuid, prompt: impl Into<Prompt>) -> Result<SessionAck> {
        let request = prompt.into();
        self.transport
            .send_checked(Request::new(Operation::PromptSession).id(id), &request)
            .await
    }

    /// Lists the turns of a session, in ascending order (`GET /sessions/{id}/turns`).
    ///
    /// # Errors
    ///
    /// - [`NotFound`](crate::ErrorKind::NotFound) if the session does not exist;
    /// - [the errors of every call](crate::Error#errors-of-every-call).
    pub async fn turns(&self, id: Uuid) -> Result<Vec<SessionTurn>> {
        self.transport
            .call_list(Request::new(Operation::ListSessionTurns).id(id))
            .await
    }

    /// Terminates a session permanently, destroys its sandbox, and returns an acknowledgement
    /// (`POST /sessions/{id}/terminate`).
    ///
    /// # Errors
    ///
    /// - [`Conflict`](crate::ErrorKind::Conflict) with [`AlreadyTerminated`](crate::ConflictReason::AlreadyTerminated)
    ///   if the session is already terminated;
    /// - [`NotFound`](crate::ErrorKind::NotFound) if the session does not exist;
    /// - [the errors of every call](crate::Error#errors-of-every-call).
    pub async fn terminate(&self, id: Uuid) -> Result<SessionAck> {
        self.transport
            .call(Request::new(Operation::TerminateSession).id(id))
            .await
    }

    /// Terminates a session like [`terminate`](Self::terminate), and retrieves it (`GET /sessions/{id}`). A session
    /// that is already terminated is not an error.
    ///
    /// # Errors
    ///
    /// - [`NotFound`](crate::ErrorKind::NotFound) if the session does not exist;
    /// - [the errors of every call](crate::Error#errors-of-every-call).
    pub async fn ensure_terminated(&self, id: Uuid) -> Result<Session> {
        match self.terminate(id).await {
            Err(error) if error.conflict() != Some(ConflictReason::AlreadyTerminated) => Err(error),
            _ => self.get(id).await,
        }
    }

    /// Interrupts the queued or running turn and keeps the sandbox (`POST /sessions/{id}/interrupt`).
    ///
    /// Returns an acknowledgement with the previous status of the session. Requires a server since 2026-06-25.
    ///
    /// # Errors
    ///
    /// - [`Conflict`](crate::ErrorKind::Conflict): [`NoActiveTurn`](crate::ConflictReason::NoActiveTurn),
    ///   [`Failed`](crate::ConflictReason::Failed) or [`Terminated`](crate::ConflictReason::Terminated);
    /// - [`NotFound`](crate::ErrorKind::NotFound) if the session does not exist;
    /// - [`Unsupported`](crate::ErrorKind::Unsupported) if the server does not have the endpoint;
    /// - [the errors of every call](crate::Error#errors-of-every-call).
    pub async fn interrupt(&self, id: Uuid) -> Result<SessionAck> {
        self.transport
            .call(Request::new(Operation::InterruptSession).id(id))
            .await
    }

    /// Deletes a session with its turns and its event log (`DELETE /sessions/{id}/delete`).
    ///
    /// # Errors
    ///
    /// - [`Conflict`](crate::ErrorKind::Conflict) with [`Running`](crate::ConflictReason::Running) while a turn is
    ///   running or, on servers since 2026-04-30, queued;
    /// - [`NotFound`](crate::ErrorKind::NotFound) if the session does not exist;
    /// - [the errors of every call](crate::Error#errors-of-every-call).
    pub async fn delete(&self, id: Uuid) -> Result<()> {
        self.transport
            .send_no_content(Request::new(Operation::DeleteSession).id(id))
            .await
    }

    /// Returns a request for the event stream of a session, which opens it when awaited (`GET /sessions/{id}/stream`).
    ///
    /// The stream delivers each event once and in order, from the first event to the terminal one, and reconnects
    /// automatically. See [`EventStream`](crate::EventStream) for the contract and [`StreamRequest`] for the options.
    ///
    /// # Errors
    ///
    /// Awaiting the request fails with:
    ///
    /// - [`NotFound`](crate::ErrorKind::NotFound) if the session does not exist;
    /// - [the errors of every call](crate::Error#errors-of-every-call).
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn demo(client: aod::Client, id: uuid::Uuid) -> aod::Result<()> {
    /// use futures::TryStreamExt;
    ///
    /// let mut events = client.sessions().stream(id).await?;
    /// while let Some(event) = events.try_next().await? {
    ///     if let Some(text) = event.text() {
    ///         print!("{text}");
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn stream(&self, id: impl Into<RecordId>) -> StreamRequest<'a> {
        StreamRequest::new(self.transport, id.into())
    }

    /// Returns a request that creates a session, follows its first turn to the end, and returns the session, the answer
    /// and the agent's stdout (`POST /sessions`, `GET /sessions/{id}/stream`, `GET /sessions/{id}`).
    ///
    /// A failed turn is not an error: check the [outcome](crate::transcript::Turn::outcome) of the turn. The stdout is
    /// raw: the agents of all known runtimes print one JSON object per line. There is no time limit besides that of the
    /// turn: the stream reconnects after `stale`, which the server sends after ten minutes without output.
    ///
    /// By default the session continues if the call fails or its future is dropped; see [`RunRequest::on_abandon`].
    ///
    /// # Errors
    ///
    /// Awaiting the request fails with the errors of [`create`](Self::create), [`stream`](Self::stream),
    /// [`EventStream`](crate::EventStream) and [`get`](Self::get). Once the session has been created,
    /// [`Error::session_id`](crate::Error::session_id) is its id.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn demo(client: aod::Client, agent: uuid::Uuid) -> aod::Result<()> {
    /// use std::time::Duration;
    /// use aod::OnAbandon;
    /// use aod::models::CreateSession;
    ///
    /// let run = client
    ///     .sessions()
    ///     .run(CreateSession::new(agent, "Count the tests"))
    ///     .on_created(|ack| println!("session {}", ack.id))
    ///     .on_abandon(OnAbandon::Terminate);
    /// match tokio::time::timeout(Duration::from_secs(900), run.into_future()).await {
    ///     Ok(run) => println!("{}", run?.stdout),
    ///     Err(_) => println!("took too long, and is terminated"),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn run(&self, request: CreateSession) -> RunRequest<'a> {
        RunRequest::new(self.transport, request)
    }

    /// Returns a request that runs many prompts, each like [`run`](Self::run) in a session of its own, and returns all
    /// results in the order of the requests.
    ///
    /// At most [`max_concurrent`](RunAllRequest::max_concurrent) of the sessions run at the same time. While the quota
    /// of the server is exceeded, a prompt waits; see [`RunRequest::wait_for_quota`].
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn demo(client: aod::Client, agent: uuid::Uuid) -> aod::Result<()> {
    /// use aod::models::CreateSession;
    ///
    /// let prompts = ["Fix the typos in README.md", "List the public functions", "Run the tests"];
    /// let requests = prompts.map(|prompt| CreateSession::new(agent, prompt));
    /// let results = client.sessions().run_all(requests).max_concurrent(2).await;
    /// for (prompt, result) in prompts.iter().zip(results) {
    ///     match result {
    ///         Ok(run) => println!("{prompt}: {}", run.text.unwrap_or_default()),
    ///         Err(error) => println!("{prompt}: {error}"),
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn run_all(&self, requests: impl IntoIterator<Item = CreateSession>) -> RunAllRequest<'a> {
        RunAllRequest::new(self.transport, requests.into_iter().collect())
    }

    /// Returns the events of several sessions in one stream, in the order in which they arrive
    /// (`GET /sessions/{id}/stream` for each).
    ///
    /// An id that is repeated is watched once. See [`WatchStream`] for the contract, and [`WatchStream::since`] to
    /// resume.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn demo(client: aod::Client) -> aod::Result<()> {
    /// use futures::StreamExt;
    ///
    /// let active = client.sessions().list().await?.into_iter().filter(|session| session.status.is_active());
    /// let mut events = client.sessions().watch(active.map(|session| session.id));
    /// while let Some(item) = events.next().await {
    ///     match item.event {
    ///         Ok(event) => println!("{}: {}", item.session_id, event.event_type()),
    ///         Err(error) => println!("{}: {error}", item.session_id),
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn watch(&self, ids: impl IntoIterator<Item = Uuid>) -> WatchStream<'a> {
        WatchStream::new(self.transport, ids)
    }

    /// Returns a request that sends a prompt to a session, follows its turn to the end, and returns the answer
    /// (`POST /sessions/{id}/prompt`, `GET /sessions/{id}/stream`, `GET /sessions/{id}`).
    ///
    /// It behaves like [`run`](Self::run), for the next turn of an existing session. By default, it fails with a
    /// conflict while a turn is queued or running; see [`AskRequest::wait`].
    ///
    /// # Errors
    ///
    /// Awaiting the request fails with the errors of [`prompt`](Self::prompt), [`stream`](Self::stream),
    /// [`EventStream`](crate::EventStream) and [`get`](Self::get). Once the prompt has been accepted,
    /// [`Error::session_id`](crate::Error::session_id) is the id of the session.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn demo(client: aod::Client, id: uuid::Uuid) -> aod::Result<()> {
    /// let answer = client.sessions().ask(id, "Which test failed?").wait(true).await?;
    /// println!("{}", answer.text.unwrap_or_default());
    /// println!("{:?}: {:?}", answer.turn.outcome, answer.turn.usage);
    /// # Ok(())
    /// # }
    /// ```
    pub fn ask(&self, id: Uuid, prompt: impl Into<Prompt>) -> AskRequest<'a> {
        AskRequest::new(self.transport, id, prompt.into())
    }

    /// Returns a request that follows to its end the turn that [`create`](Self::create) or [`prompt`](Self::prompt)
    /// started, and returns the session, the answer and the agent's stdout in this turn (`GET /sessions/{id}/stream`,
    /// `GET /sessions/{id}`).
    ///
    /// It behaves like [`run`](Self::run). If the acknowledgement has no `current_turn`, `stdout` is the output of all
    /// turns, and `text` is the answer in the last turn.
    ///
    /// # Errors
    ///
    /// Awaiting the request fails with the errors of [`stream`](Self::stream), [`EventStream`](crate::EventStream) and
    /// [`get`](Self::get). [`Error::session_id`](crate::Error::session_id) is the id of the session.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn demo(client: aod::Client, id: uuid::Uuid) -> aod::Result<()> {
    /// let ack = client.sessions().prompt(id, "Now update the docs").await?;
    /// println!("{}", client.sessions().follow(&ack).await?.stdout);
    /// # Ok(())
    /// # }
    /// ```
    pub fn follow(&self, ack: &SessionAck) -> FollowRequest<'a> {
        FollowRequest::new(self.transport, ack)
    }

    /// Waits until no turn of a session is queued or running, and returns the session (`GET /sessions/{id}`,
    /// `GET /sessions/{id}/stream`).
    ///
    /// The delays between requests grow from 0 to 3 s. There is no time limit: if the server process that runs a
    /// session dies, the session stays active. Wrap the call in a timeout, and terminate the session when the timeout
    /// expires.
    ///
    /// # Errors
    ///
    /// - [`NotFound`](crate::ErrorKind::NotFound) if the session does not exist or is deleted while waiting;
    /// - the errors of [`EventStream`](crate::EventStream) and [of every call](crate::Error#errors-of-every-call).
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn demo(client: aod::Client, id: uuid::Uuid) -> aod::Result<()> {
    /// use std::time::Duration;
    ///
    /// let sessions = client.sessions();
    /// match tokio::time::timeout(Duration::from_secs(900), sessions.wait_for_completion(id)).await {
    ///     Ok(session) => println!("{}", session?.status),
    ///     Err(_) => println!("terminated: {}", sessions.terminate(id).await?.status),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn wait_for_completion(&self, id: Uuid) -> Result<Session> {
        let mut backoff = POLL_BACKOFF.into_iter();
        loop {
            let session = self.get(id).await?;
            if !session.status.is_active() {
                return Ok(session);
            }
            // The stream may end shortly before the status of the session changes, or repeatedly with `stale`.
            tokio::time::sleep(backoff.next().unwrap_or(MAX_POLL_INTERVAL)).await;
            // With a cursor beyond every event, the stream has only `start` and the terminal event.
            let mut events = self.stream(id).since(i64::MAX).await?;
            while events.try_next().await?.is_some() {}
        }
    }
}
