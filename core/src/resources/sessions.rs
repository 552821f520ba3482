//! `/sessions`.

use std::time::Duration;

use futures::TryStreamExt as _;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::error::Result;
use crate::models::{CreateSession, Prompt, Session, SessionAck, SessionTurn};
use crate::stream::StreamRequest;
use crate::transport::{Operation, Request, Transport};

/// How long [`Sessions::wait_for_completion`] pauses before it checks again.
const POLL_BACKOFF: [Duration; 4] = [
    Duration::ZERO,
    Duration::from_millis(50),
    Duration::from_millis(200),
    Duration::from_millis(800),
];
const MAX_POLL_INTERVAL: Duration = Duration::from_secs(3);

/// The calls under `/sessions`.
#[derive(Debug, Clone, Copy)]
pub struct Sessions<'a> {
    transport: &'a Transport,
}

impl<'a> Sessions<'a> {
    pub(crate) fn new(transport: &'a Transport) -> Self {
        Self { transport }
    }

    /// All sessions, ended ones too, newest first (`GET /sessions`).
    pub async fn list(&self) -> Result<Vec<Session>> {
        self.transport
            .call_list(Request::new(Operation::ListSessions))
            .await
    }

    /// Accepts a session with its first prompt (`POST /sessions`); it is set up and run after this returns.
    pub async fn create(&self, request: CreateSession) -> Result<SessionAck> {
        self.transport
            .send_checked(Request::new(Operation::CreateSession), &request)
            .await
    }

    /// One session (`GET /sessions/{id}`).
    pub async fn get(&self, id: Uuid) -> Result<Session> {
        self.transport
            .call(Request::new(Operation::GetSession).id(id))
            .await
    }

    /// Gives a session its next prompt (`POST /sessions/{id}/prompt`); the acknowledgement names the turn.
    pub async fn prompt(&self, id: Uuid, prompt: impl Into<Prompt>) -> Result<SessionAck> {
        let request = prompt.into();
        self.transport
            .send_checked(Request::new(Operation::PromptSession).id(id), &request)
            .await
    }

    /// All turns of a session, in order (`GET /sessions/{id}/turns`).
    pub async fn turns(&self, id: Uuid) -> Result<Vec<SessionTurn>> {
        self.transport
            .call_list(Request::new(Operation::ListSessionTurns).id(id))
            .await
    }

    /// Ends a session permanently and destroys its sandbox (`POST /sessions/{id}/terminate`).
    pub async fn terminate(&self, id: Uuid) -> Result<SessionAck> {
        self.transport
            .call(Request::new(Operation::TerminateSession).id(id))
            .await
    }

    /// Stops the running turn and keeps the sandbox (`POST /sessions/{id}/interrupt`, S2 servers; others answer
    /// 404). The acknowledgement has the status of before.
    pub async fn interrupt(&self, id: Uuid) -> Result<SessionAck> {
        self.transport
            .call(Request::new(Operation::InterruptSession).id(id))
            .await
    }

    /// Deletes a session with its turns and its log (`DELETE /sessions/{id}/delete`). Refused while it runs.
    pub async fn delete(&self, id: Uuid) -> Result<()> {
        self.transport
            .send_no_content(Request::new(Operation::DeleteSession).id(id))
            .await
    }

    /// The events of a session, from its first to the terminal one (`GET /sessions/{id}/stream`): await the request to
    /// open it. What the server answers to the request itself, such as 404, is an error of that await.
    ///
    /// The stream outlives its connections: one that drops is followed by another, and each event still comes once, in
    /// order. See [`EventStream`](crate::EventStream) for the whole contract, [`StreamRequest`] for the options.
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
    pub fn stream(&self, id: Uuid) -> StreamRequest<'a> {
        StreamRequest::new(self.transport, id)
    }

    /// Starts a session and stays with it: `POST /sessions`, its stream to the end of the first turn, then the
    /// session as it ended.
    ///
    /// How the turn went is in [`Session::status`] and [`Session::exit_code`]; a turn that failed is no error here.
    ///
    /// ```no_run
    /// # async fn demo(client: aod::Client, agent: uuid::Uuid) -> aod::Result<()> {
    /// use aod::models::CreateSession;
    ///
    /// let run = client.sessions().run(CreateSession::new(agent, "Count the tests")).await?;
    /// println!("{} {:?}\n{}", run.session.status, run.session.exit_code, run.stdout);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn run(&self, request: CreateSession) -> Result<RunResult> {
        let ack = self.create(request).await?;
        let stdout = self.stream(ack.id).await?.collect_stdout().await?;
        let session = self.get(ack.id).await?;
        Ok(RunResult { session, stdout })
    }

    /// Waits until no turn of a session is queued or running, and returns the session as it is then.
    ///
    /// It waits as long as the session takes. A session whose worker died stays active forever, so put a deadline
    /// around it, and terminate the session when the deadline passes.
    pub async fn wait_for_completion(&self, id: Uuid) -> Result<Session> {
        let mut backoff = POLL_BACKOFF.into_iter();
        loop {
            let session = self.get(id).await?;
            if !session.status.is_active() {
                return Ok(session);
            }
            // A stream may end a moment before the session does, or tell that it is stale again and again.
            tokio::time::sleep(backoff.next().unwrap_or(MAX_POLL_INTERVAL)).await;
            // A cursor beyond every event leaves `start` and the terminal event.
            let mut events = self.stream(id).since(i64::MAX).await?;
            while events.try_next().await?.is_some() {}
        }
    }
}

/// A finished [`Sessions::run`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunResult {
    /// The session after its turn.
    pub session: Session,
    /// All that the agent printed on stdout.
    pub stdout: String,
}
