//! Tokens from the program, which may expire.

use std::error::Error as _;
use std::sync::{Arc, Mutex, PoisonError};

use aod::models::Secret;
use aod_bridge::runtime::blocking;
use futures::channel::oneshot;

use super::listener::ListenerError;

/// Provides the tokens of a client.
#[uniffi::export(foreign)]
pub trait TokenSource: Send + Sync {
    /// Asks for a token, on a thread of the library. It returns at once; the token, or the failure, is passed to
    /// `reply` later. `rejected` is the token that the server rejected; absent before the first request.
    fn request(
        &self,
        rejected: Option<Secret>,
        reply: Arc<TokenReply>,
    ) -> Result<(), ListenerError>;
}

/// Receives one token or one failure. Later tokens and failures are ignored. Dropping the reply is a failure.
#[derive(uniffi::Object)]
pub struct TokenReply(Mutex<Option<oneshot::Sender<Result<Secret, ProviderFailure>>>>);

#[uniffi::export]
impl TokenReply {
    /// Passes the token.
    pub fn token(&self, token: Secret) {
        self.answer(Ok(token));
    }

    /// Passes a failure: the number by which the caller finds it again, and what it is, without secrets.
    pub fn failure(&self, number: u64, reason: String) {
        self.answer(Err(ProviderFailure {
            number: Some(number),
            reason,
        }));
    }
}

impl TokenReply {
    fn answer(&self, answer: Result<Secret, ProviderFailure>) {
        let waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(waiting) = waiting {
            // The client may have been closed.
            let _ = waiting.send(answer);
        }
    }
}

/// What a token provider threw.
#[derive(Debug, thiserror::Error)]
#[error("{reason}")]
struct ProviderFailure {
    number: Option<u64>,
    reason: String,
}

/// Returns the number of the failure of a token provider that caused an error.
pub(super) fn failure_of(error: &aod::Error) -> Option<u64> {
    error.source()?.downcast_ref::<ProviderFailure>()?.number
}

/// Returns the provider of the core that calls a source.
pub(super) fn provider(source: Arc<dyn TokenSource>) -> impl aod::TokenProvider {
    move |rejected| {
        let source = Arc::clone(&source);
        async move {
            let (sender, answer) = oneshot::channel();
            let reply = Arc::new(TokenReply(Mutex::new(Some(sender))));
            let failure = |reason: &str| ProviderFailure {
                number: None,
                reason: reason.to_owned(),
            };
            blocking(|| source.request(rejected, reply))
                .map_err(|_| failure("it cannot be called"))?;
            answer.await.map_err(|_| failure("it did not answer"))?
        }
    }
}
