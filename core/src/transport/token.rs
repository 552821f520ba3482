//! API tokens, which may expire.

use std::collections::VecDeque;
use std::error::Error as StdError;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::FutureExt as _;
use futures::future::{BoxFuture, Shared};
use http::HeaderValue;

use crate::error::{Error, ErrorKind, Result};
use crate::models::Secret;

/// The error of a [`TokenProvider`].
type ProviderError = Box<dyn StdError + Send + Sync>;

/// Provides the API token of a client, for tokens that expire.
///
/// It is called before the first request, and again when the server rejects a token with 401: the request is then sent
/// again, with the new token. Requests that need a token at the same time wait for the same one. An open stream
/// continues where it was. The time that the provider takes counts towards the time limits of the call.
///
/// A failure of the provider ends a call, and a stream that is being opened, with an error of the kind
/// [`Auth`](ErrorKind::Auth), whose [source](StdError::source) is the error of the provider. An open stream reconnects
/// later, as after a connection that could not be established. A failure that may have happened while no request waited
/// for the token is ignored: the next request calls the provider again.
///
/// A request is sent again at most once per attempt: if the server rejects the new token too, the call fails, and the
/// next call calls the provider again. A token that is empty, or contains whitespace, a control character or a
/// non-ASCII character, is an error of the kind [`Configuration`](ErrorKind::Configuration), which also ends an open
/// stream.
///
/// The provider must not make calls with the same client: they would wait for the token that it has not returned yet.
///
/// Closures that take the rejected token and return a future implement this trait.
///
/// See [Tokens that expire](https://ravi-hq.github.io/agent-on-demand/latest/guide/configuration/#tokens-that-expire).
///
/// # Examples
///
/// ```
/// # fn main() -> aod::Result<()> {
/// # async fn sign_in() -> std::io::Result<String> { Ok("aod_fresh".to_owned()) }
/// use aod::models::Secret;
///
/// let client = aod::Client::builder()
///     .token_provider(|_rejected: Option<Secret>| async { sign_in().await.map(Secret::from) })
///     .build()?;
/// # let _ = client;
/// # Ok(()) }
/// ```
pub trait TokenProvider: Send + Sync + 'static {
    /// Returns a token. `rejected` is the token that the server rejected; `None` before the first request.
    ///
    /// # Errors
    ///
    /// Fails if the provider cannot return a token; see [above](Self).
    fn token(
        &self,
        rejected: Option<Secret>,
    ) -> BoxFuture<'static, std::result::Result<Secret, ProviderError>>;
}

impl<P, F, E> TokenProvider for P
where
    P: Fn(Option<Secret>) -> F + Send + Sync + 'static,
    F: Future<Output = std::result::Result<Secret, E>> + Send + 'static,
    E: Into<ProviderError>,
{
    fn token(
        &self,
        rejected: Option<Secret>,
    ) -> BoxFuture<'static, std::result::Result<Secret, ProviderError>> {
        self(rejected)
            .map(|token| token.map_err(Into::into))
            .boxed()
    }
}

/// How many replaced tokens are kept to be redacted.
const KEPT: usize = 4;

/// A token, as it is sent.
#[derive(Clone)]
pub(crate) struct Authorization {
    pub(super) header: HeaderValue,
    token: Secret,
    /// Each token of a provider has another number.
    number: u64,
}

impl Authorization {
    /// Validates a token, and returns what is wrong with it.
    fn new(token: Secret) -> std::result::Result<Self, &'static str> {
        if token.expose().is_empty() {
            return Err("no API token: pass one to the builder, or set AOD_API_TOKEN");
        }
        if !token.expose().bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(
                "the API token contains whitespace, a control character or a non-ASCII character",
            );
        }
        let header = HeaderValue::try_from(format!("Bearer {}", token.expose()));
        let mut header = header.map_err(|_| "the API token is not a valid header value")?;
        header.set_sensitive(true);
        Ok(Self {
            header,
            token,
            number: 0,
        })
    }
}

/// The token of a client, and where a new one comes from.
pub(crate) struct Tokens {
    provider: Option<Arc<dyn TokenProvider>>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    current: Option<Authorization>,
    /// The latest tokens before the current one: a server may still repeat them.
    previous: VecDeque<Secret>,
    /// The request for a new token, which is kept while no caller waits for it: its token may be the only one.
    refresh: Option<Refresh>,
}

#[derive(Clone)]
struct Refresh {
    /// Polled by the callers that wait for it, which have a clone each.
    token: Shared<BoxFuture<'static, Refreshed>>,
    /// Whether at some time no caller has waited for it, so that its failure may be older than the call that waits now.
    was_abandoned: bool,
}

type Refreshed = std::result::Result<Authorization, Failure>;

#[derive(Clone)]
enum Failure {
    Provider(Arc<dyn StdError + Send + Sync>),
    Invalid(&'static str),
    Panicked,
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Invalid(summary) => Self::new(ErrorKind::Configuration, summary),
            Failure::Panicked => Self::new(ErrorKind::Auth, "the token provider panicked"),
            Failure::Provider(source) => {
                Self::new(ErrorKind::Auth, "the token provider failed").with_hidden_source(source)
            }
        }
    }
}

impl Tokens {
    /// Uses one token.
    pub(crate) fn fixed(token: Secret) -> Result<Self> {
        let current = Authorization::new(token).map_err(Failure::Invalid)?;
        Ok(Self {
            provider: None,
            state: Mutex::new(State {
                current: Some(current),
                ..State::default()
            }),
        })
    }

    /// Uses the tokens of a provider.
    pub(crate) fn provided(provider: Arc<dyn TokenProvider>) -> Self {
        Self {
            provider: Some(provider),
            state: Mutex::default(),
        }
    }

    /// Returns the current token, or asks for the first one.
    pub(super) async fn current(&self) -> Result<Authorization> {
        let (current, is_rejected) = {
            let state = self.lock();
            (state.current.clone(), state.refresh.is_some())
        };
        match current {
            Some(current) if !is_rejected => Ok(current),
            current => self.refreshed(current.as_ref()).await,
        }
    }

    /// Returns a token to use instead of one that the server rejected; `None` if there is only one.
    pub(super) async fn renewed(&self, rejected: &Authorization) -> Result<Option<Authorization>> {
        if self.provider.is_none() {
            return Ok(None);
        }
        self.refreshed(Some(rejected)).await.map(Some)
    }

    /// Returns the tokens that a server may repeat.
    pub(super) fn known(&self) -> Vec<Secret> {
        let state = self.lock();
        let current = state.current.as_ref().map(|current| &current.token);
        current
            .into_iter()
            .chain(&state.previous)
            .cloned()
            .collect()
    }

    async fn refreshed(&self, rejected: Option<&Authorization>) -> Result<Authorization> {
        loop {
            let Some(refresh) = self.refresh(rejected) else {
                // Another request has replaced the token in the meantime.
                let current = self.lock().current.clone();
                return current.ok_or_else(|| Failure::Invalid("there is no API token").into());
            };
            let refreshed = refresh.token.clone().await;
            let mut state = self.lock();
            let waited = &refresh.token;
            if state
                .refresh
                .take_if(|current| current.token.ptr_eq(waited))
                .is_some()
                && let Ok(renewed) = &refreshed
            {
                let number = state.current.as_ref().map_or(0, |current| current.number) + 1;
                let renewed = Authorization {
                    number,
                    ..renewed.clone()
                };
                let replaced = state.current.replace(renewed);
                state
                    .previous
                    .extend(replaced.map(|replaced| replaced.token));
                if state.previous.len() > KEPT {
                    state.previous.pop_front();
                }
            }
            match refreshed {
                Ok(renewed) => return Ok(state.current.clone().unwrap_or(renewed)),
                Err(_) if refresh.was_abandoned => {}
                Err(failure) => {
                    let error = Error::from(failure);
                    // Before the first request, nothing was sent.
                    return Err(if rejected.is_none() {
                        error.unsent()
                    } else {
                        error
                    });
                }
            }
        }
    }

    /// Returns the request for a token to replace this one; `None` if it has been replaced.
    fn refresh(&self, rejected: Option<&Authorization>) -> Option<Refresh> {
        let mut state = self.lock();
        let number = |authorization: &Authorization| authorization.number;
        if state.current.as_ref().map(number) != rejected.map(number) {
            return None;
        }
        let provider = Arc::clone(self.provider.as_ref()?);
        if let Some(refresh) = &mut state.refresh {
            refresh.was_abandoned |= refresh.token.strong_count() == Some(1);
            return Some(refresh.clone());
        }
        let rejected = rejected.map(|rejected| rejected.token.clone());
        // The provider is called when the future is polled, without the lock.
        let token = async move {
            tracing::debug!(rejected = rejected.is_some(), "asking for a token");
            let token = provider.token(rejected).await;
            let token = token.map_err(|error| Failure::Provider(error.into()))?;
            if token.expose().is_empty() {
                return Err(Failure::Invalid(
                    "the token provider returned an empty token",
                ));
            }
            Authorization::new(token).map_err(Failure::Invalid)
        };
        // A panic would be that of every later request too.
        let token = AssertUnwindSafe(token).catch_unwind();
        let token = token.map(|refreshed| refreshed.unwrap_or(Err(Failure::Panicked)));
        let refresh = Refresh {
            token: token.boxed().shared(),
            was_abandoned: false,
        };
        state.refresh = Some(refresh.clone());
        Some(refresh)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
