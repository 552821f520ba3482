//! Calls under way, each by a number that its caller chose, so that waiting for one takes no object of its own.

use std::collections::HashMap;
use std::future::Future;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::task::AbortHandle;

use super::client::{RUNTIME, unusable};
use super::error::CallError;
use super::wakeups::Wakeups;

/// The calls of one client that have not been answered to the caller yet.
#[derive(Default)]
pub(super) struct Calls {
    pending: Mutex<HashMap<u64, Pending>>,
    /// Bodies of calls that have not begun.
    bodies: Mutex<HashMap<u64, Vec<u8>>>,
}

/// A call on our runtime. Dropping it gives it up and closes its connection.
struct Pending {
    outcome: Receiver<Result<Vec<u8>, CallError>>,
    task: AbortHandle,
}

/// Where the answer of a call goes. Dropping it tells, with an answer or without: a runtime that is shut down drops it.
struct Answer {
    sender: Option<SyncSender<Result<Vec<u8>, CallError>>>,
    wakeups: Option<Arc<Wakeups>>,
    number: u64,
}

impl Drop for Answer {
    fn drop(&mut self) {
        // First, so that whoever is told finds that nothing comes any more.
        self.sender = None;
        if let Some(wakeups) = &self.wakeups {
            wakeups.tell(self.number);
        }
    }
}

impl Calls {
    pub(super) fn set_body(&self, number: u64, body: Vec<u8>) {
        lock(&self.bodies).insert(number, body);
    }

    pub(super) fn body_of(&self, number: u64) -> Option<Vec<u8>> {
        lock(&self.bodies).remove(&number)
    }

    /// Starts a call, and has `wakeups` tell its number once it is answered.
    pub(super) fn begin<F>(
        &self,
        number: u64,
        wakeups: Option<Arc<Wakeups>>,
        work: F,
    ) -> Result<(), CallError>
    where
        F: Future<Output = Result<Vec<u8>, CallError>> + Send + 'static,
    {
        let (sender, outcome) = sync_channel(1);
        let mut answer = Answer {
            sender: Some(sender),
            wakeups,
            number,
        };
        // Nothing is answered before the call is in the table.
        let mut calls = lock(&self.pending);
        let task = RUNTIME.handle().map_err(unusable)?.spawn(async move {
            let outcome = work.await;
            if let Some(sender) = answer.sender.take() {
                // Nobody waits any more when this fails.
                let _ = sender.send(outcome);
            }
        });
        calls.insert(
            number,
            Pending {
                outcome,
                task: task.abort_handle(),
            },
        );
        Ok(())
    }

    /// Waits this long at most for an answer, which is given once.
    pub(super) fn wait(
        &self,
        number: u64,
        milliseconds: u32,
    ) -> Result<Option<Vec<u8>>, CallError> {
        // Out of the table meanwhile: others have calls of their own.
        let Some(call) = lock(&self.pending).remove(&number) else {
            return Err(given_up());
        };
        let limit = Duration::from_millis(milliseconds.into());
        match call.outcome.recv_timeout(limit) {
            Ok(outcome) => outcome.map(Some),
            Err(RecvTimeoutError::Timeout) => {
                lock(&self.pending).insert(number, call);
                Ok(None)
            }
            Err(RecvTimeoutError::Disconnected) => Err(given_up()),
        }
    }

    /// Gives a call up; one that was answered already is no matter.
    pub(super) fn give_up(&self, number: u64) {
        lock(&self.bodies).remove(&number);
        let call = lock(&self.pending).remove(&number);
        drop(call);
    }
}

fn lock<T>(table: &Mutex<T>) -> MutexGuard<'_, T> {
    table.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Drop for Pending {
    fn drop(&mut self) {
        self.task.abort();
    }
}

pub(super) fn given_up() -> CallError {
    CallError::of_kind("connection", "the call was given up")
}
