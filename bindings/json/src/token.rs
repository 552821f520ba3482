//! Tokens that Python provides. A caller that waits for the library runs the provider: a thread of the library would have
//! to wait for the interpreter.

use std::collections::HashMap;
use std::error::Error as _;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use aod::models::Secret;
use aod_bridge::block;
use futures::channel::oneshot;
use serde_json::json;
use tokio::sync::Notify;

/// The request of a client for a token; there is one at a time.
#[derive(Default)]
pub(crate) struct TokenRequests {
    state: Mutex<State>,
    /// Notifies the threads that wait.
    asked: Notify,
}

#[derive(Default)]
struct State {
    /// A request that no caller has taken.
    open: Option<Request>,
    /// The request that a caller has taken, with its ticket.
    taken: Option<(u64, Request)>,
    answer: Option<oneshot::Sender<Result<Secret, ProviderFailure>>>,
    /// Those to wake once, by the ID of their wait.
    wakers: HashMap<u64, Waker>,
}

struct Request {
    rejected: Option<Secret>,
}

/// What a token provider raised.
#[derive(Debug, thiserror::Error)]
#[error("{reason}")]
pub(crate) struct ProviderFailure {
    /// The number under which Python keeps the exception.
    number: Option<u64>,
    reason: String,
}

impl TokenRequests {
    /// Returns the provider of the core, which asks a caller that waits.
    pub(crate) fn provider(self: &Arc<Self>) -> impl aod::TokenProvider + use<> {
        let requests = Arc::clone(self);
        move |rejected| {
            let requests = Arc::clone(&requests);
            async move {
                let answer = requests.ask(rejected);
                answer.await.map_err(|_| ProviderFailure {
                    number: None,
                    reason: "it was not called".to_owned(),
                })?
            }
        }
    }

    fn ask(&self, rejected: Option<Secret>) -> oneshot::Receiver<Result<Secret, ProviderFailure>> {
        let (answer, answered) = oneshot::channel();
        let mut state = self.lock();
        state.taken = None;
        state.answer = Some(answer);
        self.open(state, Request { rejected });
        answered
    }

    /// Lets a caller take the request.
    fn open(&self, mut state: MutexGuard<'_, State>, request: Request) {
        state.open = Some(request);
        let wakers = std::mem::take(&mut state.wakers);
        drop(state);
        wakers.into_values().for_each(Waker::wake);
        self.asked.notify_waiters();
    }

    /// Takes the request as a JSON object with the rejected token, if there is one. The ticket is that of the caller.
    pub(crate) fn take(&self, ticket: u64) -> Option<String> {
        let mut state = self.lock();
        let request = state.open.take()?;
        let rejected = request.rejected.as_ref().map(Secret::expose);
        let text = json!({"rejected": rejected}).to_string();
        state.taken = Some((ticket, request));
        Some(text)
    }

    /// Answers the request that was taken with this ticket.
    pub(crate) fn answer(&self, ticket: u64, token: String) {
        self.finish(ticket, Ok(token.into()));
    }

    /// Answers the request that was taken with this ticket with a failure.
    pub(crate) fn fail(&self, ticket: u64, number: u64, reason: String) {
        let number = Some(number);
        self.finish(ticket, Err(ProviderFailure { number, reason }));
    }

    fn finish(&self, ticket: u64, answer: Result<Secret, ProviderFailure>) {
        let mut state = self.lock();
        if state.taken.take_if(|(taken, _)| *taken == ticket).is_some()
            && let Some(waiting) = state.answer.take()
        {
            // The call may have been cancelled.
            let _ = waiting.send(answer);
        }
    }

    /// Lets another caller take the request that was taken with this ticket, unless it has been answered.
    pub(crate) fn give_back(&self, ticket: u64) {
        let mut state = self.lock();
        if let Some((_, request)) = state.taken.take_if(|(taken, _)| *taken == ticket) {
            self.open(state, request);
        }
    }

    /// Wakes a waker once there is a request; immediately if there already is.
    pub(crate) fn wake(&self, id: u64, waker: Waker) {
        let mut state = self.lock();
        if state.open.is_none() {
            state.wakers.insert(id, waker);
        } else {
            drop(state);
            waker.wake();
        }
    }

    /// Removes the waker of a wait that has ended.
    pub(crate) fn forget(&self, id: u64) {
        self.lock().wakers.remove(&id);
    }

    /// Blocks until a poll is ready, there is a request, or the time limit is reached.
    pub(crate) fn wait_unless_asked<T>(
        &self,
        limit: Duration,
        mut poll: impl FnMut(&mut Context<'_>) -> Poll<T>,
    ) -> Poll<T> {
        let mut asked = pin!(self.asked.notified());
        let waited = block::wait(limit, |context| {
            if let Poll::Ready(value) = poll(context) {
                return Poll::Ready(Some(value));
            }
            let is_asked = asked.as_mut().poll(context).is_ready() || self.lock().open.is_some();
            if is_asked {
                Poll::Ready(None)
            } else {
                Poll::Pending
            }
        });
        match waited {
            Poll::Ready(Some(value)) => Poll::Ready(value),
            Poll::Ready(None) | Poll::Pending => Poll::Pending,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns the number of the failure of a token provider that caused an error.
pub(crate) fn failure_of(error: &aod::Error) -> Option<u64> {
    error.source()?.downcast_ref::<ProviderFailure>()?.number
}
