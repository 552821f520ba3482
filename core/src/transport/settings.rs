//! The settings of calls and their defaults.

use std::time::Duration;

use http::HeaderMap;

use super::observe::ResponseObserver;
use crate::error::{Error, ErrorKind, Result};

/// The longest time that is distinguished from an unlimited one: 100 years. Longer ones do not fit into the types of all
/// languages, and overflow when they are added to an instant.
pub(crate) const LONGEST_TIME: Duration = Duration::from_secs(100 * 365 * 24 * 3600);

/// When and how often a failed request is retried.
///
/// A GET is retried after a broken connection, a response that is not valid HTTP, a timeout of an attempt, 408 and 5xx;
/// any other request is retried only if no byte of it was sent. A failed TLS handshake is not retried. A 429 reports
/// that a quota is exceeded, not a request rate: it is retried, for any method, only if the server sends `Retry-After`.
/// A 429 in response to opening a stream is retried even without `Retry-After`. The delay before a retry is that of
/// `Retry-After`, or else random.
///
/// See [What the SDK retries](https://ravi-hq.github.io/agent-on-demand/latest/guide/errors/#what-the-sdk-retries).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetryPolicy {
    /// How many times a request is retried after the first attempt. Default 2.
    pub max_retries: u32,
    /// The upper bound of the delay before the first retry. It doubles with each further retry; the actual delay is
    /// uniformly random between zero and the bound. Default 500 ms.
    pub base_delay: Duration,
    /// The maximum to which the bound doubles. Default 8 s.
    pub max_delay: Duration,
    /// The longest `Retry-After` that is honored; a longer one ends the call. Default 120 s.
    pub max_retry_after: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            max_retries: 2,
            base_delay: Duration::from_millis(500),
            max_delay: Duration::from_secs(8),
            max_retry_after: Duration::from_secs(120),
        }
    }
}

impl RetryPolicy {
    /// Returns a policy that never retries.
    ///
    /// # Examples
    ///
    /// ```
    /// use aod::RetryPolicy;
    ///
    /// let policy = RetryPolicy { max_retries: 5, ..RetryPolicy::default() };
    /// assert_eq!(RetryPolicy::none().max_retries, 0);
    /// # let _ = policy;
    /// ```
    pub fn none() -> Self {
        Self {
            max_retries: 0,
            ..Self::default()
        }
    }
}

/// The settings that can differ between clients that share a connection pool.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) timeout: Duration,
    pub(crate) attempt_timeout: Option<Duration>,
    pub(crate) stream_idle_timeout: Duration,
    pub(crate) retry: RetryPolicy,
    pub(crate) headers: HeaderMap,
    pub(crate) validate: bool,
    pub(crate) max_response_bytes: usize,
    pub(crate) on_response: Option<ResponseObserver>,
}

impl Settings {
    /// Returns an error if a time limit is zero, because nothing can succeed within it.
    pub(crate) fn check(&self) -> Result<()> {
        let attempt_timeout = self.attempt_timeout.unwrap_or(self.timeout);
        require_time(self.timeout, "timeout of a call")?;
        require_time(attempt_timeout, "timeout of an attempt")?;
        require_time(self.stream_idle_timeout, "stream idle timeout")
    }
}

/// Returns an error if a time limit is zero.
pub(crate) fn require_time(limit: Duration, name: &str) -> Result<()> {
    if limit.is_zero() {
        let summary = format!("the {name} is zero");
        return Err(Error::new(ErrorKind::Configuration, summary));
    }
    Ok(())
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(30),
            attempt_timeout: None,
            stream_idle_timeout: Duration::from_secs(45),
            retry: RetryPolicy::default(),
            headers: HeaderMap::new(),
            validate: true,
            max_response_bytes: 64 << 20,
            on_response: None,
        }
    }
}
