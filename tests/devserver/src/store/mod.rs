//! The in-memory data of the server: accounts, keys, agents, environments and sessions.

mod account;
mod agent;
mod environment;
mod session;
mod versioned;

pub(crate) use account::{Account, AccountId, Key};
pub(crate) use agent::{Agent, AgentFields};
pub(crate) use environment::{Environment, EnvironmentFields};
pub use session::Status;
pub(crate) use session::{
    Content, NewSession, Resource, Row, Sandbox, Session, StageOutcome, StagePlan,
};

use std::collections::HashMap;

use uuid::Uuid;

use crate::{clock::Time, generation::Generation};

/// The default limit of pending and running sessions of an account.
pub(crate) const DEFAULT_SESSION_LIMIT: i64 = 100;

/// All rows of the server.
pub(crate) struct Store {
    pub(crate) accounts: Vec<Account>,
    pub(crate) keys: HashMap<String, Key>,
    pub(crate) agents: Vec<Agent>,
    pub(crate) environments: Vec<Environment>,
    pub(crate) sessions: Vec<Session>,
    /// The ID of the next log row, shared by all sessions.
    pub(crate) next_log_id: i64,
}

impl Store {
    /// Creates a store with one account, which has all credentials, and its key.
    pub(crate) fn new(token: &str) -> Self {
        let mut keys = HashMap::new();
        keys.insert(token.to_owned(), Key::active(AccountId(0)));
        Self {
            accounts: vec![Account::full("main")],
            keys,
            agents: Vec::new(),
            environments: Vec::new(),
            sessions: Vec::new(),
            next_log_id: 1,
        }
    }

    pub(crate) fn account(&self, id: AccountId) -> &Account {
        &self.accounts[id.0]
    }

    pub(crate) fn account_named(&mut self, name: &str) -> Option<&mut Account> {
        self.accounts
            .iter_mut()
            .find(|account| account.name == name)
    }

    pub(crate) fn agent(&mut self, owner: AccountId, id: Uuid) -> Option<&mut Agent> {
        self.agents
            .iter_mut()
            .find(|agent| agent.id == id && agent.owner == owner)
    }

    pub(crate) fn environment(&mut self, owner: AccountId, id: Uuid) -> Option<&mut Environment> {
        self.environments
            .iter_mut()
            .find(|environment| environment.id == id && environment.owner == owner)
    }

    /// Returns whether there is an active environment with this name other than `except`.
    pub(crate) fn environment_name_taken(
        &self,
        owner: AccountId,
        name: &str,
        except: Option<Uuid>,
    ) -> bool {
        self.environments.iter().any(|environment| {
            environment.owner == owner
                && environment.archived_at.is_none()
                && environment.fields.name == name
                && Some(environment.id) != except
        })
    }

    /// Removes an environment and all references to it in agents and their snapshots.
    pub(crate) fn remove_environment(&mut self, id: Uuid) {
        self.environments.retain(|environment| environment.id != id);
        for agent in &mut self.agents {
            agent.forget_environment(id);
        }
    }

    pub(crate) fn session(&mut self, owner: AccountId, id: Uuid) -> Option<&mut Session> {
        self.sessions
            .iter_mut()
            .find(|session| session.id == id && session.owner == owner)
    }

    /// Returns the session with this ID, of any account.
    pub(crate) fn any_session(&mut self, id: Uuid) -> Option<&mut Session> {
        self.sessions.iter_mut().find(|session| session.id == id)
    }

    /// Returns the number of pending and running sessions of an account.
    pub(crate) fn active_sessions(&self, owner: AccountId) -> i64 {
        let active = self
            .sessions
            .iter()
            .filter(|session| session.owner == owner && session.status.is_active())
            .count();
        i64::try_from(active).unwrap_or(i64::MAX)
    }

    /// Returns the provider without credentials, if any. Since 2026-06-25, missing credentials are an error only when
    /// the agent starts.
    pub(crate) fn missing_credentials(&self, id: Uuid, generation: Generation) -> Option<String> {
        let session = self.sessions.iter().find(|session| session.id == id)?;
        (generation == Generation::June25 && !self.account(session.owner).model_key)
            .then(|| session.engine.clone())
    }

    /// Appends a log row to a session, with the given or the next ID. IDs never decrease.
    pub(crate) fn append(&mut self, session: Uuid, id: Option<i64>, content: Content, now: Time) {
        let id = id.unwrap_or(self.next_log_id);
        if let Some(session) = self.sessions.iter_mut().find(|row| row.id == session) {
            session.log.push(Row { id, content });
            session.last_row_at = now;
            session.announce();
            self.next_log_id = id.saturating_add(1);
        }
    }
}
