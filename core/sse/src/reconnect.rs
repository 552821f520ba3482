//! The reconnection policy of a source.

use std::time::Duration;

/// The reconnection policy of a source: the delays between attempts, and when the source gives up.
///
/// A connection is healthy once it has delivered a new event, or has stayed open for 10 s without becoming idle. The
/// delay before the first attempt after a healthy connection is uniformly random between zero and the base delay (full
/// jitter). For each further attempt, the bound doubles, up to the maximum delay, and the delay is uniformly random
/// between half of the bound and the bound (equal jitter).
///
/// A `retry` field from the server, clamped to between 100 ms and 10 min, replaces the base delay and is also the
/// minimum of every delay. A `Retry-After` header is a minimum too.
///
/// By default, the source gives up after 10 min without a healthy connection: the next failure ends it with its error.
/// Delays that the server requests do not count. The number of attempts is not limited.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use aod_sse::Reconnect;
///
/// let policy = Reconnect::new().give_up_after(Duration::from_secs(3600)).max_delay(Duration::from_secs(5));
/// # let _ = policy;
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reconnect {
    pub(super) max_attempts: Option<u32>,
    pub(super) give_up_after: Option<Duration>,
    pub(super) base_delay: Duration,
    pub(super) max_delay: Duration,
    pub(super) max_retry_after: Duration,
}

/// The limits of a delay that the server sets with `retry`.
const SERVER_DELAY: std::ops::RangeInclusive<Duration> =
    Duration::from_millis(100)..=Duration::from_secs(600);

impl Reconnect {
    /// Creates a policy with the defaults: up to 10 min without a healthy connection, no limit of attempts, a base
    /// delay of 250 ms, delays of at most 30 s, and a `Retry-After` of at most 120 s.
    pub fn new() -> Self {
        Self {
            max_attempts: None,
            give_up_after: Some(Duration::from_secs(600)),
            base_delay: Duration::from_millis(250),
            max_delay: Duration::from_secs(30),
            max_retry_after: Duration::from_secs(120),
        }
    }

    /// Sets how many consecutive attempts may fail to establish a healthy connection before the source ends with the
    /// last error; 0 disables reconnection. Default: no limit.
    #[must_use]
    pub fn max_attempts(mut self, attempts: u32) -> Self {
        self.max_attempts = Some(attempts);
        self
    }

    /// Sets how long the source may be without a healthy connection before it ends with the last error. Delays that the
    /// server requests (`retry`, `Retry-After`) do not count. Default 10 min.
    #[must_use]
    pub fn give_up_after(mut self, limit: Duration) -> Self {
        self.give_up_after = Some(limit);
        self
    }

    /// Removes the time limit of [`give_up_after`](Self::give_up_after).
    #[must_use]
    pub fn never_give_up(mut self) -> Self {
        self.give_up_after = None;
        self
    }

    /// Sets the upper bound of the delay before the first attempt; it doubles with each further attempt.
    /// Default 250 ms.
    #[must_use]
    pub fn base_delay(mut self, delay: Duration) -> Self {
        self.base_delay = delay;
        self
    }

    /// Sets the maximum to which the upper bound of the delay doubles. Default 30 s.
    #[must_use]
    pub fn max_delay(mut self, delay: Duration) -> Self {
        self.max_delay = delay;
        self
    }

    /// Sets the longest `Retry-After` that is honored; a longer one ends the source with the error that carries it.
    /// Default 120 s.
    #[must_use]
    pub fn max_retry_after(mut self, delay: Duration) -> Self {
        self.max_retry_after = delay;
        self
    }

    /// Returns the delay before an attempt; `attempt` is the 1-based count since the last healthy connection.
    pub(super) fn delay(
        &self,
        attempt: u32,
        server: Option<Duration>,
        retry_after: Option<Duration>,
    ) -> Duration {
        let server = server.map(|delay| delay.clamp(*SERVER_DELAY.start(), *SERVER_DELAY.end()));
        let base = server.unwrap_or(self.base_delay);
        let doubled = base.saturating_mul(2u32.saturating_pow(attempt.saturating_sub(1)));
        let longest = doubled.min(self.max_delay.max(base));
        let random = fastrand::f64();
        let jittered = if attempt <= 1 {
            longest.mul_f64(random)
        } else {
            longest.mul_f64(0.5 + random / 2.0)
        };
        jittered.max(ordered_delay(server, retry_after))
    }
}

/// Returns the delay that the server requests: the longer one of `retry` and `Retry-After`.
pub(super) fn ordered_delay(retry: Option<Duration>, retry_after: Option<Duration>) -> Duration {
    let retry = retry.map(|delay| delay.clamp(*SERVER_DELAY.start(), *SERVER_DELAY.end()));
    retry
        .unwrap_or_default()
        .max(retry_after.unwrap_or_default())
}

impl Default for Reconnect {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: fn(u64) -> Duration = Duration::from_millis;

    /// The smallest and largest of many random delays.
    fn range(
        attempt: u32,
        server: Option<Duration>,
        retry_after: Option<Duration>,
    ) -> (Duration, Duration) {
        let delays: Vec<_> = (0..2000)
            .map(|_| Reconnect::new().delay(attempt, server, retry_after))
            .collect();
        (*delays.iter().min().unwrap(), *delays.iter().max().unwrap())
    }

    #[test]
    fn the_first_attempt_starts_within_250_ms() {
        let (min, max) = range(1, None, None);
        assert!(
            min < MS(25) && max <= MS(250) && max > MS(200),
            "{min:?} {max:?}"
        );
    }

    #[test]
    fn the_delay_doubles_up_to_its_maximum() {
        for (attempt, cap) in [(2, 500), (4, 2000), (8, 30_000), (u32::MAX, 30_000)] {
            let (min, max) = range(attempt, None, None);
            assert!(
                max <= MS(cap) && max > MS(cap / 10 * 9),
                "{attempt}: {max:?}"
            );
            assert!(
                min >= MS(cap / 2) && min < MS(cap / 10 * 6),
                "{attempt}: {min:?}"
            );
        }
    }

    #[test]
    fn a_delay_set_by_the_server_is_clamped() {
        assert_eq!(range(1, Some(MS(0)), None), (MS(100), MS(100)));
        assert_eq!(
            range(1, Some(MS(3_600_000)), None),
            (MS(600_000), MS(600_000))
        );
        let (min, max) = range(3, Some(MS(1000)), None);
        assert!(
            min >= MS(2000) && max > MS(3500) && max <= MS(4000),
            "{min:?} {max:?}"
        );
    }

    #[test]
    fn retry_after_is_the_minimum_delay() {
        assert_eq!(range(1, None, Some(MS(2000))), (MS(2000), MS(2000)));
    }
}
