//! The control interface, with which tests change the state of the server.

mod messages;
mod routes;

pub use messages::{Action, AgentChange, ControlError, NewAccount, NewKey, StageState};
pub(crate) use routes::routes;

use std::{fmt, sync::Arc, time::Duration};

use uuid::Uuid;

use crate::{
    faults::Fault,
    script::{Script, StageFailure, worker},
    server::Shared,
    stats::{SeenRequest, Stats},
    store::{Account, AccountId, Content, Key, Sandbox, StageOutcome, Store},
};

/// The control interface of a server in the same process. Cheap to clone.
///
/// All methods are also available over HTTP; see the [crate documentation](crate).
///
/// ```
/// use aod_devserver::{DevServer, Script};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// let server = DevServer::builder().start().await?;
/// let control = server.control();
/// control.set_script(Script::new().stdout("before\n").hold("go").stdout("after\n"));
/// control.release("go");
/// assert_eq!(control.stats().requests, 0);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Control {
    shared: Arc<Shared>,
}

impl fmt::Debug for Control {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Control").finish_non_exhaustive()
    }
}

impl Control {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// Removes all agents, environments, sessions, added accounts and keys, scripts, faults and recorded requests, and
    /// makes scripts wait at all holds again. The clock and the counters do not change.
    pub fn reset(&self) {
        *self.shared.store() = Store::new(&self.shared.token);
        self.clear_scripts();
        self.clear_faults();
        self.shared.gates.close_all();
        self.forget_requests();
    }

    /// Sets the default script of sessions, from their next turn on, which plays its first turn.
    pub fn set_script(&self, script: impl Into<Script>) {
        self.shared.scripts().default = Some(Arc::new(script.into()));
    }

    /// Sets the script of turns whose prompt contains `text`. It replaces an earlier one for the same text. If several
    /// texts match, the script that was set first is used.
    pub fn set_script_for_prompt(&self, text: impl Into<String>, script: impl Into<Script>) {
        let (text, script) = (text.into(), Arc::new(script.into()));
        let mut scripts = self.shared.scripts();
        match scripts
            .by_prompt
            .iter_mut()
            .find(|(known, _)| *known == text)
        {
            Some((_, earlier)) => *earlier = script,
            None => scripts.by_prompt.push((text, script)),
        }
    }

    /// Sets the script of one session, from its next turn on, which plays its first turn.
    ///
    /// # Errors
    ///
    /// Fails if the session does not exist.
    pub fn set_script_for_session(
        &self,
        session: Uuid,
        script: impl Into<Script>,
    ) -> Result<(), ControlError> {
        let mut store = self.shared.store();
        let session = store
            .any_session(session)
            .ok_or(ControlError::new("no such session"))?;
        session.script = Some(Arc::new(script.into()));
        session.announce();
        Ok(())
    }

    /// Removes all scripts except those of single sessions.
    pub fn clear_scripts(&self) {
        let mut scripts = self.shared.scripts();
        scripts.default = None;
        scripts.by_prompt.clear();
    }

    /// Releases the hold with this name: scripts that wait at it continue, and scripts that reach it later do not wait.
    pub fn release(&self, name: &str) {
        self.shared.gates.release(name, self.shared.clock.now());
    }

    /// Makes scripts wait at the hold with this name again.
    pub fn close_hold(&self, name: &str) {
        self.shared.gates.close(name);
    }

    /// Waits until a script waits at the hold with this name.
    pub async fn hold_reached(&self, name: &str) {
        self.shared.gates.reached(name).await;
    }

    /// Adds a fault.
    ///
    /// # Errors
    ///
    /// Fails if the fault has an invalid status code or header, a header that frames the body, or a pattern of more
    /// than 1024 bytes.
    pub fn plan_fault(&self, fault: Fault) -> Result<(), ControlError> {
        if let Some(problem) = fault.problem() {
            return Err(ControlError::new(problem));
        }
        self.shared.faults().add(fault);
        Ok(())
    }

    /// Removes all pending faults. Faults in progress are not affected.
    pub fn clear_faults(&self) {
        self.shared.faults().clear();
    }

    /// Advances the clock. Heartbeats, `stale` events and delays that become due take effect. Each call causes at most
    /// one heartbeat per stream. The clock stops at the end of the year 9999.
    pub fn advance(&self, by: Duration) {
        self.shared.clock.advance(by);
    }

    /// Freezes the clock, so that only [`Control::advance`] changes it.
    pub fn freeze_clock(&self) {
        self.shared.clock.freeze();
    }

    /// Unfreezes the clock at its current time.
    pub fn run_clock(&self) {
        self.shared.clock.run();
    }

    /// Sets the limit of concurrent sessions of an account; `None` is the default of 100. The first account is `main`.
    ///
    /// # Errors
    ///
    /// Fails if the account does not exist.
    pub fn set_quota(&self, account: &str, limit: Option<i64>) -> Result<(), ControlError> {
        let mut store = self.shared.store();
        let account = store
            .account_named(account)
            .ok_or(ControlError::new("no such account"))?;
        account.session_limit = limit;
        Ok(())
    }

    /// Adds an account.
    ///
    /// # Errors
    ///
    /// Fails if the name is in use.
    pub fn add_account(&self, account: NewAccount) -> Result<(), ControlError> {
        let mut store = self.shared.store();
        if store.account_named(&account.name).is_some() {
            return Err(ControlError::new("the account exists already"));
        }
        store.accounts.push(Account {
            name: account.name,
            model_key: account.model_key,
            sandbox_key: account.sandbox_key,
            session_limit: account.session_limit,
        });
        Ok(())
    }

    /// Adds an API key to an account, or replaces it.
    ///
    /// # Errors
    ///
    /// Fails if the account does not exist.
    pub fn add_key(&self, key: NewKey) -> Result<(), ControlError> {
        let mut store = self.shared.store();
        let place = store
            .accounts
            .iter()
            .position(|account| account.name == key.account);
        let account = AccountId(place.ok_or(ControlError::new("no such account"))?);
        let row = Key {
            account,
            active: key.active,
            expired: key.expired,
        };
        store.keys.insert(key.token, row);
        Ok(())
    }

    /// Sets the ID of the next log row. Later IDs count up from it.
    ///
    /// # Errors
    ///
    /// Fails if the ID is not from 1 to 2^62.
    pub fn set_next_log_id(&self, id: i64) -> Result<(), ControlError> {
        check_log_id(id)?;
        self.shared.store().next_log_id = id;
        Ok(())
    }

    /// Changes the stored row of an agent without validation, for example for a retired runtime or model.
    ///
    /// # Errors
    ///
    /// Fails if the agent does not exist.
    pub fn change_agent(&self, agent: Uuid, change: AgentChange) -> Result<(), ControlError> {
        let mut store = self.shared.store();
        let row = store.agents.iter_mut().find(|row| row.id == agent);
        let fields = &mut row.ok_or(ControlError::new("no such agent"))?.fields;
        if let Some(engine) = change.runtime {
            fields.engine = engine;
        }
        if let Some(model) = change.model {
            fields.model = model;
        }
        Ok(())
    }

    /// Performs an action on a session, independent of its script.
    ///
    /// # Errors
    ///
    /// Fails if the session or turn does not exist, or the ID of a row is not from 1 to 2^62.
    pub fn act(&self, session: Uuid, action: Action) -> Result<(), ControlError> {
        let now = self.shared.clock.now();
        let mut store = self.shared.store();
        let row = store
            .any_session(session)
            .ok_or(ControlError::new("no such session"))?;
        if let Action::StartTurn { turn } | Action::FinishTurn { turn, .. } = action
            && row.turn(turn).is_none()
        {
            return Err(ControlError::new("no such turn"));
        }
        if let Action::Output { id: Some(id), .. } | Action::Stage { id: Some(id), .. } = action {
            check_log_id(id)?;
        }
        match action {
            Action::Provision {} => {
                worker::provision(&mut store, session, self.shared.generation, None, now);
            }
            Action::FailProvisioning { message } => {
                let stage = worker::stage_of_failure(&message).to_owned();
                let failure = Some(StageFailure { stage, message });
                worker::provision(
                    &mut store,
                    session,
                    self.shared.generation,
                    failure.as_ref(),
                    now,
                );
            }
            Action::StartTurn { turn } => worker::start_turn(&mut store, session, turn, now),
            Action::FinishTurn { turn, exit_code } => {
                worker::end_turn(&mut store, session, turn, exit_code, now);
            }
            Action::Output {
                stream,
                data,
                turn,
                id,
            } => {
                store.append(session, id, Content::Output { stream, data, turn }, now);
            }
            Action::Stage {
                stage,
                state,
                duration_ms,
                message,
                id,
            } => {
                let outcome = match state {
                    StageState::Started => StageOutcome::Started,
                    StageState::Done => StageOutcome::Done { duration_ms },
                    StageState::Failed => StageOutcome::Failed {
                        duration_ms,
                        message,
                    },
                };
                store.append(
                    session,
                    id,
                    Content::Stage {
                        name: stage,
                        outcome,
                    },
                    now,
                );
            }
            Action::LoseSandbox {} => {
                row.sandbox = Sandbox::Lost;
                row.announce();
            }
            Action::SetStatus { status, exit_code } => {
                row.status = status;
                row.exit_code = exit_code;
                row.touch(now);
            }
        }
        Ok(())
    }

    /// Returns the current counters.
    pub fn stats(&self) -> Stats {
        self.shared.stats.snapshot()
    }

    /// Returns the API requests since the last [`Control::forget_requests`], oldest first. The last 10,000 are kept.
    pub fn requests(&self) -> Vec<SeenRequest> {
        self.shared.stats.requests()
    }

    /// Removes the recorded requests.
    pub fn forget_requests(&self) {
        self.shared.stats.forget_requests();
    }

    /// Waits until exactly this many event streams are open.
    pub async fn streams_open(&self, wanted: usize) {
        self.shared.stats.streams_open(wanted).await;
    }

    /// Waits until at least this many API requests have been received, as counted by [`Control::stats`].
    pub async fn requests_received(&self, wanted: u64) {
        self.shared.stats.requests_received(wanted).await;
    }

    /// Waits until exactly this many connections are open.
    pub async fn connections_open(&self, wanted: usize) {
        self.shared.stats.connections_open(wanted).await;
    }
}

/// Leaves room for the rows that follow.
fn check_log_id(id: i64) -> Result<(), ControlError> {
    if (1..=1 << 62).contains(&id) {
        Ok(())
    } else {
        Err(ControlError::new("the ID of a row must be from 1 to 2^62"))
    }
}
