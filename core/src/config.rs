//! Everything a client can be told, and its defaults.

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};

/// When and how often a failed request is tried again.
///
/// A GET is tried again after a broken connection, an attempt that ran out of time, 408 and 5xx. A write is tried
/// again only when no byte of it left. A 429 is a quota, not a rate, so it is tried again only when the server
/// says when (`Retry-After`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetryPolicy {
    /// How many times a request is tried again after the first attempt. Default 2.
    pub max_retries: u32,
    /// The longest wait before the first further attempt; it doubles with each one, and the real wait is drawn
    /// evenly from zero up to it. Default 500 ms.
    pub base_delay: Duration,
    /// The cap of that doubling. Default 8 s.
    pub max_delay: Duration,
    /// The longest `Retry-After` that is waited out; a longer one ends the call. Default 120 s.
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
    /// Never tries again.
    pub fn none() -> Self {
        Self {
            max_retries: 0,
            ..Self::default()
        }
    }
}

/// What [`Client::with_options`](crate::Client::with_options) overrides; what is left alone stays as it was.
///
/// ```
/// use std::time::Duration;
/// use aod::{HeaderName, HeaderValue, Options};
///
/// let patient = Options::new()
///     .timeout(Duration::from_secs(120))
///     .max_retries(5)
///     .header(HeaderName::from_static("x-trace"), HeaderValue::from_static("7f3a"));
/// # let _ = patient;
/// ```
#[derive(Debug, Clone, Default)]
pub struct Options {
    timeout: Option<Duration>,
    attempt_timeout: Option<Duration>,
    stream_idle_timeout: Option<Duration>,
    retry: Option<RetryPolicy>,
    max_retries: Option<u32>,
    headers: HeaderMap,
}

impl Options {
    /// Overrides nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The time for a whole call, all attempts and waits included.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// The time for one attempt.
    #[must_use]
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.attempt_timeout = Some(timeout);
        self
    }

    /// How long a stream may be silent.
    #[must_use]
    pub fn stream_idle_timeout(mut self, timeout: Duration) -> Self {
        self.stream_idle_timeout = Some(timeout);
        self
    }

    /// When and how often a failed request is tried again.
    #[must_use]
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = Some(policy);
        self
    }

    /// How many times a failed request is tried again.
    #[must_use]
    pub fn max_retries(mut self, count: u32) -> Self {
        self.max_retries = Some(count);
        self
    }

    /// A header to send, in place of an earlier one of that name. The client's own `Authorization`, `Accept`,
    /// `Accept-Encoding` and `Content-Type` win over it.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }
}

/// What may differ between clients that share a connection pool.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) timeout: Duration,
    pub(crate) attempt_timeout: Option<Duration>,
    pub(crate) stream_idle_timeout: Duration,
    pub(crate) retry: RetryPolicy,
    pub(crate) headers: HeaderMap,
    pub(crate) validate: bool,
    pub(crate) max_response_bytes: usize,
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
        }
    }
}

impl Settings {
    pub(crate) fn overridden(&self, options: Options) -> Self {
        let mut settings = self.clone();
        settings.timeout = options.timeout.unwrap_or(settings.timeout);
        settings.attempt_timeout = options.attempt_timeout.or(settings.attempt_timeout);
        settings.stream_idle_timeout = options
            .stream_idle_timeout
            .unwrap_or(settings.stream_idle_timeout);
        settings.retry = options.retry.unwrap_or(settings.retry);
        settings.retry.max_retries = options.max_retries.unwrap_or(settings.retry.max_retries);
        settings.headers.extend(options.headers);
        settings
    }
}
