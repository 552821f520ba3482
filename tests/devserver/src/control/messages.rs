//! The messages of the control interface.

use std::{error::Error, fmt};

use serde::{Deserialize, Serialize};

use crate::{script::Source, store::Status};

/// A failed control call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ControlError(&'static str);

impl ControlError {
    pub(super) fn new(text: &'static str) -> Self {
        Self(text)
    }
}

impl fmt::Display for ControlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl Error for ControlError {}

/// A user of the server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewAccount {
    /// The name, which is used only by the control interface.
    pub name: String,
    /// Whether the account has credentials for the model providers. Default true.
    #[serde(default = "yes")]
    pub model_key: bool,
    /// Whether the account has credentials for the sandbox. Default true.
    #[serde(default = "yes")]
    pub sandbox_key: bool,
    /// The limit of concurrent sessions. Default 100.
    #[serde(default)]
    pub session_limit: Option<i64>,
}

impl NewAccount {
    /// Creates an account with all credentials and the default limit.
    #[must_use]
    pub fn named(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            model_key: true,
            sandbox_key: true,
            session_limit: None,
        }
    }
}

/// An API key of an account.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewKey {
    /// The token, without `Bearer `.
    pub token: String,
    /// The name of the account that the key belongs to. Default `main`.
    #[serde(default = "main_account")]
    pub account: String,
    /// Whether the key is active. Default true.
    #[serde(default = "yes")]
    pub active: bool,
    /// Whether the key has expired. Default false.
    #[serde(default)]
    pub expired: bool,
}

impl NewKey {
    /// Creates an active key of the main account.
    #[must_use]
    pub fn new(token: impl Into<String>) -> Self {
        Self {
            token: token.into(),
            account: main_account(),
            active: true,
            expired: false,
        }
    }

    /// Sets the account of the key.
    #[must_use]
    pub fn account(mut self, name: impl Into<String>) -> Self {
        self.account = name.into();
        self
    }
}

impl fmt::Debug for NewKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewKey")
            .field("account", &self.account)
            .field("active", &self.active)
            .field("expired", &self.expired)
            .finish_non_exhaustive()
    }
}

pub(super) fn yes() -> bool {
    true
}

pub(super) fn main_account() -> String {
    "main".to_owned()
}

/// A change of the stored row of an agent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AgentChange {
    /// The runtime, or the provider since 2026-06-25.
    #[serde(alias = "provider")]
    pub runtime: Option<String>,
    /// The model.
    pub model: Option<String>,
}

/// An action on a session, such as starting a turn, that a worker process of a real server performs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Action {
    /// Runs all provisioning stages. The sandbox then exists, and the session remains pending.
    Provision {},
    /// Fails the provisioning stage that matches the beginning of the message, and the session.
    FailProvisioning {
        /// The message, such as `Failed to create Sprite: no capacity`.
        message: String,
    },
    /// Starts a turn. The session is then running.
    StartTurn {
        /// The number of the turn.
        turn: i64,
    },
    /// Ends a turn. The session is then failed, or completed after exit code 0, or pending if another turn is queued. A
    /// terminated session stays terminated.
    FinishTurn {
        /// The number of the turn.
        turn: i64,
        /// The exit code. 0 completes the turn; any other code, or no code, fails the turn.
        #[serde(default)]
        exit_code: Option<i64>,
    },
    /// Writes an output row.
    Output {
        /// The stream of the output.
        stream: Source,
        /// The chunk of output.
        data: String,
        /// The number of the turn that the row belongs to; `None` for a row without a turn.
        #[serde(default)]
        turn: Option<i64>,
        /// The ID of the row. Default: the next free ID.
        #[serde(default)]
        id: Option<i64>,
    },
    /// Writes a stage row.
    Stage {
        /// The name of the stage.
        stage: String,
        /// The state of the stage.
        state: StageState,
        /// The duration in milliseconds, in the states `Done` and `Failed`.
        #[serde(default)]
        duration_ms: i64,
        /// The message of a failure.
        #[serde(default)]
        message: String,
        /// The ID of the row. Default: the next free ID.
        #[serde(default)]
        id: Option<i64>,
    },
    /// Removes the sandbox. Prompts are then refused.
    LoseSandbox {},
    /// Sets the status in the session's row. Turns and log do not change.
    SetStatus {
        /// The status of the session.
        status: Status,
        /// The exit code of the session.
        #[serde(default)]
        exit_code: Option<i64>,
    },
}

/// The state in a stage row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StageState {
    /// The stage started.
    Started,
    /// The stage succeeded.
    Done,
    /// The stage failed.
    Failed,
}
