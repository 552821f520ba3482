//! Options that can differ from call to call.

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};

use crate::transport::{ResponseInfo, ResponseObserver, RetryPolicy, Settings};

/// The options of [`Client::with_options`](crate::Client::with_options). Options that are not set keep the value of the
/// client. With a time limit of zero, each call and stream fails with an error of the kind
/// [`Configuration`](crate::ErrorKind::Configuration).
///
/// See [Options](https://ravi-hq.github.io/agent-on-demand/latest/options/#some-calls).
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use aod::{HeaderName, HeaderValue, Options};
///
/// let options = Options::new()
///     .timeout(Duration::from_secs(120))
///     .max_retries(5)
///     .header(HeaderName::from_static("x-trace"), HeaderValue::from_static("7f3a"));
/// # let _ = options;
/// ```
#[derive(Debug, Clone, Default)]
pub struct Options {
    timeout: Option<Duration>,
    attempt_timeout: Option<Duration>,
    stream_idle_timeout: Option<Duration>,
    retry: Option<RetryPolicy>,
    max_retries: Option<u32>,
    headers: HeaderMap,
    on_response: Option<ResponseObserver>,
}

impl Options {
    /// Creates options that override nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the time limit of a whole call, including all attempts and the delays between them.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Sets the time limit of one attempt; see
    /// [`ClientBuilder::attempt_timeout`](crate::ClientBuilder::attempt_timeout).
    #[must_use]
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.attempt_timeout = Some(timeout);
        self
    }

    /// Sets how long a stream may receive no byte before it reconnects, and how long the head of its response may take.
    #[must_use]
    pub fn stream_idle_timeout(mut self, timeout: Duration) -> Self {
        self.stream_idle_timeout = Some(timeout);
        self
    }

    /// Sets the retry policy of failed requests.
    #[must_use]
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = Some(policy);
        self
    }

    /// Sets how many times a failed request is retried after the first attempt; 0 disables retries. It overrides
    /// [`RetryPolicy::max_retries`] of [`retry`](Self::retry) and of the client.
    #[must_use]
    pub fn max_retries(mut self, count: u32) -> Self {
        self.max_retries = Some(count);
        self
    }

    /// Sets a header to send with every request, replacing an earlier one of the same name. Its value is kept out of
    /// logs.
    ///
    /// The client's own `Authorization`, `Accept`, `Accept-Encoding` and `Content-Type` take precedence.
    #[must_use]
    pub fn header(mut self, name: HeaderName, mut value: HeaderValue) -> Self {
        value.set_sensitive(true);
        self.headers.insert(name, value);
        self
    }

    /// Calls `observe` with the status and headers of each response to a call, in the task of the call and before the
    /// call returns. `observe` must not block. Default: no observer.
    ///
    /// Responses that are retried or become an error are included; redirects that are followed or refused, and the
    /// responses that open event streams, are not. A stream may send `GET /sessions/{id}` to find out whether the
    /// session has ended; the response is included.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn demo(client: aod::Client) -> aod::Result<()> {
    /// let options = aod::Options::new().on_response(|response| {
    ///     eprintln!("{} {:?}", response.status, response.request_id());
    /// });
    /// client.with_options(options).agents().list().await?;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn on_response(mut self, observe: impl Fn(&ResponseInfo) + Send + Sync + 'static) -> Self {
        self.on_response = Some(ResponseObserver::new(observe));
        self
    }

    /// Returns the settings with these options applied.
    pub(super) fn apply_to(self, settings: &Settings) -> Settings {
        let mut settings = settings.clone();
        settings.timeout = self.timeout.unwrap_or(settings.timeout);
        settings.attempt_timeout = self.attempt_timeout.or(settings.attempt_timeout);
        settings.stream_idle_timeout = self
            .stream_idle_timeout
            .unwrap_or(settings.stream_idle_timeout);
        settings.retry = self.retry.unwrap_or(settings.retry);
        settings.retry.max_retries = self.max_retries.unwrap_or(settings.retry.max_retries);
        settings.headers.extend(self.headers);
        settings.on_response = self.on_response.or(settings.on_response);
        settings
    }
}
