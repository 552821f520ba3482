//! Plays the scripts of a session, one per turn. It stands for the worker of the real server.

use std::{sync::Arc, time::Duration};

use tokio::sync::watch;
use uuid::Uuid;

use super::{
    Counts, Played, Provisioning, Script, Source, Step,
    cli::{Run, Tokens},
    worker,
};
use crate::{
    clock::Time,
    generation::Generation,
    server::Shared,
    store::{Sandbox, Status},
};

/// Why the script of a turn is stopped.
enum Stop {
    /// The session was deleted, or changed by the control interface.
    Abandoned,
    Terminated,
    Interrupted,
}

/// How a turn ended.
enum Ending {
    Exit(i64),
    Crash,
}

/// The next action for the session.
enum Job {
    Play {
        turn: i64,
        /// `None` for the built-in one.
        script: Option<Arc<Script>>,
        provisioned: bool,
    },
    /// An interrupt of a turn that the control interface drives, or that has not started in a ready sandbox.
    Interrupt {
        turn: i64,
    },
    Wait,
    End,
}

/// Plays until the session is deleted or accepts no further turn.
pub(crate) async fn run(shared: Arc<Shared>, id: Uuid, mut changes: watch::Receiver<()>) {
    let mut tokens = Tokens::default();
    let mut counts = Counts::default();
    loop {
        changes.borrow_and_update();
        match next_job(&shared, id) {
            Job::Play {
                turn,
                script,
                provisioned,
            } => {
                let mut stops = changes.clone();
                tokio::select! {
                    biased;
                    stop = stopped(&shared, id, turn, &mut stops) => act_on(&shared, id, turn, &stop),
                    played = play(&shared, id, turn, script.as_ref(), provisioned, tokens, &mut counts) => tokens = played,
                }
            }
            Job::Interrupt { turn } => {
                let now = shared.clock.now();
                worker::interrupt_turn(&mut shared.store(), id, turn, now);
            }
            Job::Wait => {
                if changes.changed().await.is_err() {
                    return;
                }
            }
            Job::End => return,
        }
    }
}

fn next_job(shared: &Shared, id: Uuid) -> Job {
    let mut store = shared.store();
    let Some(session) = store.any_session(id) else {
        return Job::End;
    };
    if !session.status.is_active() && session.status != Status::Completed {
        return Job::End;
    }
    let active = session.turns.iter().find(|turn| turn.status.is_active());
    let Some(turn) = active else {
        return Job::Wait;
    };
    let script = session.script.clone();
    let script = script.or_else(|| shared.scripts().choose(&turn.prompt));
    let is_manual = script.as_ref().is_some_and(|script| script.manual);
    let driven_by_control = is_manual || turn.status == Status::Running;
    if session.interrupt_requested && (driven_by_control || session.sandbox == Sandbox::Ready) {
        return Job::Interrupt { turn: turn.number };
    }
    if driven_by_control {
        return Job::Wait;
    }
    Job::Play {
        turn: turn.number,
        script,
        provisioned: session.sandbox == Sandbox::Ready,
    }
}

/// Returns when the script of the turn must stop.
async fn stopped(shared: &Shared, id: Uuid, turn: i64, changes: &mut watch::Receiver<()>) -> Stop {
    loop {
        {
            let mut store = shared.store();
            let Some(session) = store.any_session(id) else {
                return Stop::Abandoned;
            };
            if session.status == Status::Terminated {
                return Stop::Terminated;
            }
            let status = session.turn(turn).map(|turn| turn.status);
            if session.interrupt_requested && status == Some(Status::Running) {
                return Stop::Interrupted;
            }
            if !status.is_some_and(Status::is_active) {
                return Stop::Abandoned;
            }
        }
        if changes.changed().await.is_err() {
            return Stop::Abandoned;
        }
    }
}

fn act_on(shared: &Shared, id: Uuid, turn: i64, stop: &Stop) {
    let now = shared.clock.now();
    let mut store = shared.store();
    match stop {
        Stop::Abandoned => {}
        // Without its sandbox, a running turn fails and a queued one stays pending.
        Stop::Terminated => {
            let row = store.any_session(id).and_then(|session| session.turn(turn));
            match row.map(|row| row.status) {
                Some(Status::Running) => worker::end_turn(&mut store, id, turn, None, now),
                Some(Status::Pending) if shared.generation > Generation::April21 => {
                    let text = "turn aborted: session terminated before execution started\n";
                    worker::output(&mut store, id, Some(turn), Source::Stderr, text, now);
                }
                _ => {}
            }
        }
        Stop::Interrupted => worker::interrupt_turn(&mut store, id, turn, now),
    }
}

/// Plays a turn, and returns the tokens of the session after it.
async fn play(
    shared: &Shared,
    id: Uuid,
    turn: i64,
    script: Option<&Arc<Script>>,
    provisioned: bool,
    earlier: Tokens,
    counts: &mut Counts,
) -> Tokens {
    let immediate = Provisioning::default();
    let provisioning = script.map_or(&immediate, |script| &script.provisioning);
    let Some(mut at) = changed_at(shared, id) else {
        return earlier;
    };
    if !provisioned {
        match provision(shared, id, provisioning, at).await {
            Some(provisioned_at) => at = provisioned_at,
            None => return earlier,
        }
    }
    let played = {
        let now = shared.clock.now();
        let mut store = shared.store();
        let interrupted = store
            .any_session(id)
            .is_some_and(|session| session.interrupt_requested);
        if interrupted {
            worker::interrupt_turn(&mut store, id, turn, now);
            return earlier;
        }
        worker::start_turn(&mut store, id, turn, now);
        if let Some(provider) = store.missing_credentials(id, shared.generation) {
            let text = format!("No API key configured for provider: {provider}\n");
            worker::output(&mut store, id, Some(turn), Source::Stderr, &text, now);
            worker::end_turn(&mut store, id, turn, Some(1), now);
            return earlier;
        }
        let Some(session) = store.any_session(id) else {
            return earlier;
        };
        let prompt = session.turn(turn).map(|turn| turn.prompt.clone());
        Played::of(
            script.map(|script| (&**script, counts.add(script))),
            &Run {
                engine: &session.engine,
                model: &session.model,
                prompt: prompt.as_deref().unwrap_or_default(),
                turn,
                earlier,
            },
        )
    };
    let ending = play_steps(shared, id, turn, at, &played.steps).await;
    let code = match ending {
        Ending::Exit(code) => Some(code),
        Ending::Crash => None,
    };
    let now = shared.clock.now();
    worker::end_turn(&mut shared.store(), id, turn, code, now);
    played.tokens
}

/// Returns the time of the last change of a session that clients can see.
fn changed_at(shared: &Shared, id: Uuid) -> Option<Time> {
    let mut store = shared.store();
    store.any_session(id).map(|session| session.changed_at())
}

/// Provisions the sandbox, and returns the time from which the delays after it count, or `None` if it fails. `at` is the
/// time of the last change that clients can see.
async fn provision(
    shared: &Shared,
    id: Uuid,
    provisioning: &Provisioning,
    mut at: Time,
) -> Option<Time> {
    if let Some(name) = &provisioning.hold {
        at = passed(shared, name, at).await;
    }
    if provisioning.stage_delay_ms == 0 {
        let now = shared.clock.now();
        let failure = provisioning.fail.as_ref();
        let ready = worker::provision(&mut shared.store(), id, shared.generation, failure, now);
        return ready.then_some(at);
    }
    let plan = shared.store().any_session(id)?.stages;
    let stages = worker::stages(shared.generation, plan);
    let failure = provisioning.fail.as_ref();
    let failing = failure.map(|failure| worker::failing_stage(&stages, failure));
    let delay = Duration::from_millis(provisioning.stage_delay_ms);
    let duration_ms = i64::try_from(provisioning.stage_delay_ms).unwrap_or(i64::MAX);
    for (name, _) in stages {
        worker::start_stage(&mut shared.store(), id, name, shared.clock.now());
        shared.clock.sleep_until(at.plus(delay)).await;
        let now = shared.clock.now();
        at = now;
        if let Some(failure) = failure
            && failing == Some(name)
        {
            worker::fail_stage(&mut shared.store(), id, name, &failure.message, now);
            return None;
        }
        worker::end_stage(&mut shared.store(), id, name, duration_ms, now);
    }
    worker::finish_provisioning(&mut shared.store(), id);
    Some(at)
}

/// Waits until a hold is released, and returns the later of this time and that of the release.
async fn passed(shared: &Shared, name: &str, at: Time) -> Time {
    let released = shared.gates.pass(name).await;
    released.map_or(at, |released| at.max(released))
}

/// Plays the steps of a turn. `at` is the time of the last change that clients can see.
async fn play_steps(shared: &Shared, id: Uuid, turn: i64, mut at: Time, steps: &[Step]) -> Ending {
    for step in steps {
        let (stream, data) = match step {
            Step::Stdout(data) => (Source::Stdout, data),
            Step::Stderr(data) => (Source::Stderr, data),
            Step::DelayMs(delay) => {
                at = at.plus(Duration::from_millis(*delay));
                shared.clock.sleep_until(at).await;
                continue;
            }
            Step::Hold(name) => {
                at = passed(shared, name, at).await;
                continue;
            }
            Step::Exit(code) => return Ending::Exit(*code),
            Step::Crash => return Ending::Crash,
            Step::Hang => std::future::pending().await,
        };
        at = shared.clock.now();
        worker::output(&mut shared.store(), id, Some(turn), stream, data, at);
    }
    Ending::Exit(0)
}
