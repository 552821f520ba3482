//! What the control interface takes.

use std::{error::Error, fmt};

use serde::{Deserialize, Serialize};

use crate::{script::Source, store::Status};

/// A control call that could not be carried out.
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
    /// Its name, for the control interface only.
    pub name: String,
    /// Whether credentials for the model providers are stored.
    #[serde(default = "yes")]
    pub model_key: bool,
    /// Whether credentials for the sandbox are stored.
    #[serde(default = "yes")]
    pub sandbox_key: bool,
    /// The cap of concurrent sessions; the default of 100 when absent.
    #[serde(default)]
    pub session_limit: Option<i64>,
}

impl NewAccount {
    /// An account with every credential and the default cap.
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

/// An API key.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewKey {
    /// The token, as it comes after `Bearer `.
    pub token: String,
    /// The account it belongs to.
    #[serde(default = "main_account")]
    pub account: String,
    /// Whether it is active.
    #[serde(default = "yes")]
    pub active: bool,
    /// Whether it has expired.
    #[serde(default)]
    pub expired: bool,
}

impl NewKey {
    /// A working key of the main account.
    #[must_use]
    pub fn new(token: impl Into<String>) -> Self {
        Self {
            token: token.into(),
            account: main_account(),
            active: true,
            expired: false,
        }
    }

    /// The same key for another account.
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

/// A change of an agent's stored row.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AgentChange {
    /// The runtime; in S2 the provider.
    #[serde(alias = "provider")]
    pub runtime: Option<String>,
    /// The model.
    pub model: Option<String>,
}

/// One of the worker's moves on a session.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Action {
    /// All provisioning stages run through; the sandbox is there. The session stays pending.
    Provision {},
    /// Provisioning fails in the stage that the message's head belongs to; the session fails.
    FailProvisioning {
        /// For instance `Failed to create Sprite: no capacity`.
        message: String,
    },
    /// A turn starts, and the session runs.
    StartTurn {
        /// The turn's number.
        turn: i64,
    },
    /// A turn ends, and with it the session unless another turn waits or it is terminated.
    FinishTurn {
        /// The turn's number.
        turn: i64,
        /// 0 completes it; any other, or none, fails it.
        #[serde(default)]
        exit_code: Option<i64>,
    },
    /// An output row is written.
    Output {
        /// Where it was written to.
        stream: Source,
        /// The chunk.
        data: String,
        /// The turn it belongs to, if any.
        #[serde(default)]
        turn: Option<i64>,
        /// The row's id, when it is not to be the next.
        #[serde(default)]
        id: Option<i64>,
    },
    /// A stage row is written.
    Stage {
        /// The stage's name.
        stage: String,
        /// Its state.
        state: StageState,
        /// Its duration, for states that have one.
        #[serde(default)]
        duration_ms: i64,
        /// The message of a failure.
        #[serde(default)]
        message: String,
        /// The row's id, when it is not to be the next.
        #[serde(default)]
        id: Option<i64>,
    },
    /// The sandbox is gone, and prompts are refused.
    LoseSandbox {},
    /// The session's row is set by hand; turns and log stay.
    SetStatus {
        /// The session's status.
        status: Status,
        /// Its exit code.
        #[serde(default)]
        exit_code: Option<i64>,
    },
}

/// The state that a stage row reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StageState {
    /// It began.
    Started,
    /// It ended well.
    Done,
    /// It failed.
    Failed,
}
