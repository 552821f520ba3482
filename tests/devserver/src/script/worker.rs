//! The actions of the worker on a session: its log rows and changes of the status.

use uuid::Uuid;

use super::{Source, StageFailure};
use crate::{
    clock::Time,
    generation::Generation,
    store::{Content, Sandbox, StageOutcome, StagePlan, Status, Store},
};

/// Returns the provisioning stages of a session in order, each with the duration that it reports.
pub(crate) fn stages(generation: Generation, plan: StagePlan) -> Vec<(&'static str, i64)> {
    let newer = generation > Generation::April21;
    let all = [
        (true, ("create_sprite", 120)),
        (newer, ("install_runtime", 150)),
        (plan.limited_network, ("network_policy", 40)),
        (true, ("env_file", 30)),
        (plan.repository_token, ("git_credentials", 30)),
        (true, ("provision_setup", 180)),
        (!newer && plan.mcp_servers, ("mcp_config", 31)),
        (
            newer,
            ("runtime_config", if plan.mcp_servers { 30 } else { 0 }),
        ),
        (plan.skills, ("skills", 30)),
    ];
    all.into_iter()
        .filter_map(|(applies, stage)| applies.then_some(stage))
        .collect()
}

/// Returns the stage of a provisioning failure with this message.
pub(crate) fn stage_of_failure(message: &str) -> &'static str {
    const HEADS: [(&str, &str); 6] = [
        ("Failed to install runtime: ", "install_runtime"),
        ("Failed to prepare Sprite: ", "env_file"),
        ("Provisioning script failed: ", "provision_setup"),
        ("Failed to write MCP config: ", "mcp_config"),
        ("Failed to write runtime config: ", "runtime_config"),
        ("Failed to write skills: ", "skills"),
    ];
    HEADS
        .iter()
        .find(|(head, _)| message.starts_with(head))
        .map_or("create_sprite", |(_, stage)| stage)
}

fn stage_row(store: &mut Store, id: Uuid, name: &str, outcome: StageOutcome, now: Time) {
    let name = name.to_owned();
    store.append(id, None, Content::Stage { name, outcome }, now);
}

pub(crate) fn start_stage(store: &mut Store, id: Uuid, name: &str, now: Time) {
    stage_row(store, id, name, StageOutcome::Started, now);
}

pub(crate) fn end_stage(store: &mut Store, id: Uuid, name: &str, duration_ms: i64, now: Time) {
    stage_row(store, id, name, StageOutcome::Done { duration_ms }, now);
}

/// Marks the sandbox as ready. The first turn can start.
pub(crate) fn finish_provisioning(store: &mut Store, id: Uuid) {
    if let Some(session) = store.any_session(id) {
        session.sandbox = Sandbox::Ready;
        session.announce();
    }
}

/// Runs the stages up to the one that fails, if any, and returns whether the sandbox is ready.
pub(crate) fn provision(
    store: &mut Store,
    id: Uuid,
    generation: Generation,
    failure: Option<&StageFailure>,
    now: Time,
) -> bool {
    let Some(session) = store.any_session(id) else {
        return false;
    };
    let stages = stages(generation, session.stages);
    let failing = failure.map(|failure| failing_stage(&stages, failure));
    for (name, duration) in stages {
        start_stage(store, id, name, now);
        if let Some(failure) = failure
            && failing == Some(name)
        {
            fail_stage(store, id, name, &failure.message, now);
            return false;
        }
        end_stage(store, id, name, duration, now);
    }
    finish_provisioning(store, id);
    true
}

/// Returns the failing stage, or the first one if the session does not have that stage.
pub(crate) fn failing_stage(
    stages: &[(&'static str, i64)],
    failure: &StageFailure,
) -> &'static str {
    stages
        .iter()
        .find(|(name, _)| *name == failure.stage)
        .or(stages.first())
        .map_or("create_sprite", |(name, _)| name)
}

/// Fails a started stage, the first turn and the session.
pub(crate) fn fail_stage(store: &mut Store, id: Uuid, name: &str, message: &str, now: Time) {
    let outcome = StageOutcome::Failed {
        duration_ms: 120,
        message: message.to_owned(),
    };
    stage_row(store, id, name, outcome, now);
    let text = format!("provision failed: {message}\n");
    output(store, id, Some(1), Source::Stderr, &text, now);
    end_turn(store, id, 1, None, now);
}

/// Starts a turn. Its log row has no turn number.
pub(crate) fn start_turn(store: &mut Store, id: Uuid, turn: i64, now: Time) {
    if let Some(session) = store.any_session(id) {
        session.start_turn(turn, now);
    }
    start_stage(store, id, "runtime_start", now);
}

pub(crate) fn output(
    store: &mut Store,
    id: Uuid,
    turn: Option<i64>,
    stream: Source,
    data: &str,
    now: Time,
) {
    let data = data.to_owned();
    store.append(id, None, Content::Output { stream, data, turn }, now);
}

/// Ends a turn: completed with exit code 0, failed with another one or none.
pub(crate) fn end_turn(store: &mut Store, id: Uuid, turn: i64, exit_code: Option<i64>, now: Time) {
    let status = match exit_code {
        Some(0) => Status::Completed,
        _ => Status::Failed,
    };
    if let Some(session) = store.any_session(id) {
        session.end_turn(turn, status, exit_code, now);
    }
}

/// The exit code of an agent that is interrupted: that of a process that SIGTERM ended.
const KILLED: i64 = 143;

/// Ends the turn as interrupted and the session as completed. There is an exit code only if the agent has started.
pub(crate) fn interrupt_turn(store: &mut Store, id: Uuid, turn: i64, now: Time) {
    let Some(session) = store.any_session(id) else {
        return;
    };
    let Some(row) = session.turn(turn) else {
        return;
    };
    let exit_code = (row.status == Status::Running).then_some(KILLED);
    row.started_at.get_or_insert(now);
    session.end_turn(turn, Status::Interrupted, exit_code, now);
}
