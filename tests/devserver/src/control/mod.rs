//! The control interface: everything a test can arrange behind the API's back.

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
/// Everything here exists over HTTP as well, see the [crate's page](crate).
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

    /// Back to an empty server: rows, scripts, faults, holds and remembered requests go; the clock keeps its time and
    /// counters go on.
    pub fn reset(&self) {
        *self.shared.store() = Store::new(&self.shared.token);
        self.clear_scripts();
        self.clear_faults();
        self.shared.gates.close_all();
        self.forget_requests();
    }

    /// The script of sessions that have no other, from their next turn on.
    pub fn set_script(&self, script: Script) {
        self.shared.scripts().default = Some(script);
    }

    /// The script of turns whose prompt contains `text`; the first that fits wins.
    pub fn set_script_for_prompt(&self, text: impl Into<String>, script: Script) {
        self.shared.scripts().by_prompt.push((text.into(), script));
    }

    /// The script of one session, from its next turn on.
    ///
    /// # Errors
    ///
    /// There is no such session.
    pub fn set_script_for_session(
        &self,
        session: Uuid,
        script: Script,
    ) -> Result<(), ControlError> {
        let mut store = self.shared.store();
        let session = store
            .any_session(session)
            .ok_or(ControlError::new("no such session"))?;
        session.script = Some(script);
        session.announce();
        Ok(())
    }

    /// Forgets all scripts but those of single sessions.
    pub fn clear_scripts(&self) {
        let mut scripts = self.shared.scripts();
        scripts.default = None;
        scripts.by_prompt.clear();
    }

    /// Lets scripts pass the hold of this name, now and later.
    pub fn release(&self, name: &str) {
        self.shared.gates.release(name);
    }

    /// Makes scripts wait at the hold of this name again.
    pub fn close_hold(&self, name: &str) {
        self.shared.gates.close(name);
    }

    /// Returns when a script waits at the hold of this name.
    pub async fn hold_reached(&self, name: &str) {
        self.shared.gates.reached(name).await;
    }

    /// Plans a fault.
    ///
    /// # Errors
    ///
    /// It has a status code or a header that HTTP does not know.
    pub fn plan_fault(&self, fault: Fault) -> Result<(), ControlError> {
        if !fault.effect.is_sendable() {
            return Err(ControlError::new("no such status code or header"));
        }
        self.shared.faults().add(fault);
        Ok(())
    }

    /// Forgets all planned faults; requests already hit stay so.
    pub fn clear_faults(&self) {
        self.shared.faults().clear();
    }

    /// Moves the clock forward; heartbeats, `stale` and delays that fall due happen. A jump is one look at the clock:
    /// at most one heartbeat a stream.
    pub fn advance(&self, by: Duration) {
        self.shared.clock.advance(by);
    }

    /// Stops the clock, so that only [`Control::advance`] moves it.
    pub fn freeze_clock(&self) {
        self.shared.clock.freeze();
    }

    /// Lets the clock run on from where it stands.
    pub fn run_clock(&self) {
        self.shared.clock.run();
    }

    /// The cap of concurrent sessions of an account (`main` unless others were added); `None` is the default of 100.
    ///
    /// # Errors
    ///
    /// There is no such account.
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
    /// There is one of that name.
    pub fn add_account(&self, account: NewAccount) -> Result<(), ControlError> {
        let mut store = self.shared.store();
        if store.account_named(&account.name).is_some() {
            return Err(ControlError::new("there is an account of that name"));
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
    /// There is no such account.
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

    /// The id of the next log row; ids go on from there.
    pub fn set_next_log_id(&self, id: i64) {
        self.shared.store().next_log_id = id;
    }

    /// Changes an agent's stored row without any check, as when a runtime or a model is retired.
    ///
    /// # Errors
    ///
    /// There is no such agent.
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

    /// Makes one of the worker's moves on a session, whatever its script does.
    ///
    /// # Errors
    ///
    /// There is no such session, or no such turn.
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

    /// The counters as they are now.
    pub fn stats(&self) -> Stats {
        self.shared.stats.snapshot()
    }

    /// The API requests received since the last [`Control::forget_requests`], oldest first; the last 10,000 are kept.
    pub fn requests(&self) -> Vec<SeenRequest> {
        self.shared.stats.requests()
    }

    /// Forgets the requests received so far.
    pub fn forget_requests(&self) {
        self.shared.stats.forget_requests();
    }

    /// Returns when exactly this many event streams are open.
    pub async fn streams_open(&self, wanted: usize) {
        self.shared.stats.streams_open(wanted).await;
    }

    /// Returns when at least this many API requests have been received; [`Control::stats`] tells how many there were.
    pub async fn requests_received(&self, wanted: u64) {
        self.shared.stats.requests_received(wanted).await;
    }

    /// Returns when exactly this many connections are open.
    pub async fn connections_open(&self, wanted: usize) {
        self.shared.stats.connections_open(wanted).await;
    }
}
