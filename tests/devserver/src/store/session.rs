//! Sessions: their turns, resources and log, and the state of their worker.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::watch;
use uuid::Uuid;

use super::AccountId;
use crate::{
    clock::Time,
    generation::Generation,
    script::{Script, Source},
};

/// The status of a session or of a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Provisioning, or queued.
    Pending,
    /// The turn is running.
    Running,
    /// Ended with exit code 0.
    Completed,
    /// Ended with another exit code, or without an exit code.
    Failed,
    /// Stopped permanently by `terminate`. Sessions only.
    Terminated,
    /// Stopped by `interrupt`. Turns only, since 2026-06-25.
    Interrupted,
}

impl Status {
    pub(crate) fn is_active(self) -> bool {
        matches!(self, Self::Pending | Self::Running)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Terminated => "terminated",
            Self::Interrupted => "interrupted",
        })
    }
}

/// A repository of a session, as in responses: normalised and without its token.
#[derive(Clone, Serialize)]
pub(crate) struct Resource {
    pub(crate) r#type: &'static str,
    pub(crate) url: String,
    pub(crate) mount_path: String,
}

/// A turn of a session.
pub(crate) struct Turn {
    pub(crate) number: i64,
    pub(crate) prompt: String,
    pub(crate) status: Status,
    pub(crate) exit_code: Option<i64>,
    pub(crate) created_at: Time,
    pub(crate) started_at: Option<Time>,
    pub(crate) ended_at: Option<Time>,
}

impl Turn {
    fn new(number: i64, prompt: String, now: Time) -> Self {
        Self {
            number,
            prompt,
            status: Status::Pending,
            exit_code: None,
            created_at: now,
            started_at: None,
            ended_at: None,
        }
    }

    fn to_json(&self) -> Value {
        json!({
            "turn_number": self.number,
            "prompt": self.prompt,
            "status": self.status,
            "exit_code": self.exit_code,
            "created_at": self.created_at.to_string(),
            "started_at": self.started_at.map(|at| at.to_string()),
            "ended_at": self.ended_at.map(|at| at.to_string()),
        })
    }
}

/// The state of a provisioning stage.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum StageOutcome {
    Started,
    Done { duration_ms: i64 },
    Failed { duration_ms: i64, message: String },
}

/// The content of a log row.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Content {
    Stage {
        name: String,
        outcome: StageOutcome,
    },
    Output {
        stream: Source,
        data: String,
        turn: Option<i64>,
    },
}

/// A row of the log that streams replay.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) id: i64,
    pub(crate) content: Content,
}

/// The state of the session's sandbox.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sandbox {
    Unprovisioned,
    Ready,
    Lost,
}

/// The optional provisioning stages of a session.
#[derive(Clone, Copy, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is an independent fact")]
pub(crate) struct StagePlan {
    pub(crate) limited_network: bool,
    pub(crate) repository_token: bool,
    pub(crate) mcp_servers: bool,
    pub(crate) skills: bool,
}

/// A session row with its turns and log.
pub(crate) struct Session {
    pub(crate) id: Uuid,
    pub(crate) owner: AccountId,
    pub(crate) agent_id: Uuid,
    pub(crate) environment_id: Option<Uuid>,
    pub(crate) engine: String,
    pub(crate) model: String,
    pub(crate) status: Status,
    pub(crate) exit_code: Option<i64>,
    pub(crate) created_at: Time,
    pub(crate) updated_at: Time,
    pub(crate) resources: Vec<Resource>,
    pub(crate) turns: Vec<Turn>,
    pub(crate) log: Vec<Row>,
    pub(crate) last_row_at: Time,
    pub(crate) sandbox: Sandbox,
    pub(crate) sandbox_name: String,
    pub(crate) stages: StagePlan,
    /// The script of this session, from the next turn on.
    pub(crate) script: Option<Arc<Script>>,
    /// Whether an interrupt was requested that the worker has not processed yet.
    pub(crate) interrupt_requested: bool,
    /// Notified of every change; closed when the session is deleted.
    changed: watch::Sender<()>,
}

/// The fields of a new session.
pub(crate) struct NewSession {
    pub(crate) owner: AccountId,
    pub(crate) agent_id: Uuid,
    pub(crate) environment_id: Option<Uuid>,
    pub(crate) engine: String,
    pub(crate) model: String,
    pub(crate) prompt: String,
    pub(crate) resources: Vec<Resource>,
    pub(crate) stages: StagePlan,
}

impl Session {
    pub(crate) fn new(new: NewSession, now: Time) -> Self {
        Self {
            id: Uuid::new_v4(),
            owner: new.owner,
            agent_id: new.agent_id,
            environment_id: new.environment_id,
            engine: new.engine,
            model: new.model,
            status: Status::Pending,
            exit_code: None,
            created_at: now,
            updated_at: now,
            resources: new.resources,
            turns: vec![Turn::new(1, new.prompt, now)],
            log: Vec::new(),
            last_row_at: now,
            sandbox: Sandbox::Unprovisioned,
            sandbox_name: format!("aod-{:012x}", fastrand::u64(..1 << 48)),
            stages: new.stages,
            script: None,
            interrupt_requested: false,
            changed: watch::Sender::new(()),
        }
    }

    /// Notifies streams and the player of a change.
    pub(crate) fn announce(&self) {
        self.changed.send_replace(());
    }

    pub(crate) fn changes(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }

    pub(crate) fn current_turn(&self) -> Option<i64> {
        self.turns.last().map(|turn| turn.number)
    }

    pub(crate) fn turn(&mut self, number: i64) -> Option<&mut Turn> {
        self.turns.iter_mut().find(|turn| turn.number == number)
    }

    /// Returns the rows after the cursor, or from it on.
    pub(crate) fn rows_after(&self, cursor: i64, inclusive: bool) -> &[Row] {
        let from = self
            .log
            .partition_point(|row| row.id < cursor || (row.id == cursor && !inclusive));
        &self.log[from..]
    }

    /// Queues a further turn and returns its number.
    pub(crate) fn prompt(&mut self, prompt: String, now: Time) -> i64 {
        let number = self.current_turn().unwrap_or(0) + 1;
        self.turns.push(Turn::new(number, prompt, now));
        self.status = Status::Pending;
        self.exit_code = None;
        self.touch(now);
        number
    }

    pub(crate) fn terminate(&mut self, now: Time) {
        self.status = Status::Terminated;
        self.touch(now);
    }

    pub(crate) fn start_turn(&mut self, number: i64, now: Time) {
        if let Some(turn) = self.turn(number) {
            turn.status = Status::Running;
            turn.started_at = Some(now);
        }
        self.set_status(Status::Running, None, now);
    }

    /// Ends a turn, and with it the session unless it was terminated or another turn is queued. A requested interrupt was
    /// for this turn.
    pub(crate) fn end_turn(
        &mut self,
        number: i64,
        status: Status,
        exit_code: Option<i64>,
        now: Time,
    ) {
        if let Some(turn) = self.turn(number) {
            turn.status = status;
            turn.exit_code = exit_code;
            turn.ended_at = Some(now);
        }
        self.interrupt_requested = false;
        let waiting = self.turns.iter().any(|turn| turn.status == Status::Pending);
        match status {
            Status::Failed => self.set_status(Status::Failed, exit_code, now),
            _ if waiting => self.set_status(Status::Pending, None, now),
            _ => self.set_status(Status::Completed, exit_code, now),
        }
    }

    /// Sets the status unless the session is terminated, which is final.
    fn set_status(&mut self, status: Status, exit_code: Option<i64>, now: Time) {
        if self.status != Status::Terminated {
            self.status = status;
            self.exit_code = exit_code;
            self.touch(now);
        }
        self.announce();
    }

    /// Returns the time of the last change that clients can see.
    pub(crate) fn changed_at(&self) -> Time {
        self.updated_at.max(self.last_row_at)
    }

    pub(crate) fn touch(&mut self, now: Time) {
        self.updated_at = now;
        self.announce();
    }

    pub(crate) fn to_json(&self, generation: Generation) -> Value {
        json!({
            "id": self.id,
            "agent_id": self.agent_id,
            "environment_id": self.environment_id,
            generation.engine_field(): self.engine,
            "status": self.status,
            "exit_code": self.exit_code,
            "created_at": self.created_at.to_string(),
            "updated_at": self.updated_at.to_string(),
            "resources": self.resources,
            "turn_count": self.turns.len(),
            "current_turn": self.current_turn(),
        })
    }

    pub(crate) fn turns_json(&self) -> impl Iterator<Item = Value> {
        self.turns.iter().map(Turn::to_json)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;

    #[test]
    fn an_interrupt_is_not_for_the_turn_after_the_one_that_has_ended() {
        let now = Clock::new().now();
        let new = NewSession {
            owner: AccountId(0),
            agent_id: Uuid::nil(),
            environment_id: None,
            engine: "anthropic".to_owned(),
            model: "claude-sonnet-4-6".to_owned(),
            prompt: "one".to_owned(),
            resources: Vec::new(),
            stages: StagePlan::default(),
        };
        let mut session = Session::new(new, now);
        session.start_turn(1, now);
        session.interrupt_requested = true;
        session.end_turn(1, Status::Completed, Some(0), now);
        session.prompt("two".to_owned(), now);
        assert!(!session.interrupt_requested);
    }
}
