//! When and how often a source reconnects.

use std::time::Duration;

/// The reconnection policy of a source.
///
/// A connection is healthy once it has delivered something new, or has stayed open for 10 s without going idle. After a
/// healthy one the first attempt follows within 250 ms. The delay before each further one doubles; half of it is fixed
/// and half is uniformly random. A `retry` from the server (clamped to 100 ms to 10 min) replaces the base delay and is
/// also the minimum of every delay; so is a `Retry-After`.
///
/// The source gives up after 10 min without a healthy connection, however many attempts that was. Time that the server
/// asked to wait does not count.
///
/// ```
/// use std::time::Duration;
/// use aod_sse::Reconnect;
///
/// let patient = Reconnect::new().give_up_after(Duration::from_secs(3600)).max_delay(Duration::from_secs(5));
/// # let _ = patient;
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reconnect {
    pub(super) max_attempts: Option<u32>,
    pub(super) give_up_after: Option<Duration>,
    pub(super) base_delay: Duration,
    pub(super) max_delay: Duration,
    pub(super) max_retry_after: Duration,
}

/// The bounds of a delay that the server sets.
const SERVER_DELAY: std::ops::RangeInclusive<Duration> =
    Duration::from_millis(100)..=Duration::from_secs(600);

impl Reconnect {
    /// Creates a policy with the defaults: up to 10 min without a healthy connection, delays from 250 ms to 30 s,
    /// `Retry-After` up to 120 s.
    pub fn new() -> Self {
        Self {
            max_attempts: None,
            give_up_after: Some(Duration::from_secs(600)),
            base_delay: Duration::from_millis(250),
            max_delay: Duration::from_secs(30),
            max_retry_after: Duration::from_secs(120),
        }
    }

    /// Sets how many consecutive attempts may fail to give a healthy connection before the source fails; 0 never
    /// reconnects. Default: no limit.
    #[must_use]
    pub fn max_attempts(mut self, attempts: u32) -> Self {
        self.max_attempts = Some(attempts);
        self
    }

    /// Sets how long the source may be without a healthy connection before it fails. Waits that the server orders
    /// (`retry`, `Retry-After`) do not count. Default 10 min.
    #[must_use]
    pub fn give_up_after(mut self, limit: Duration) -> Self {
        self.give_up_after = Some(limit);
        self
    }

    /// Never gives up because of time.
    #[must_use]
    pub fn never_give_up(mut self) -> Self {
        self.give_up_after = None;
        self
    }

    /// Sets the longest delay before the first attempt; it doubles with each further one. Default 250 ms.
    #[must_use]
    pub fn base_delay(mut self, delay: Duration) -> Self {
        self.base_delay = delay;
        self
    }

    /// Sets the upper bound of that doubling. Default 30 s.
    #[must_use]
    pub fn max_delay(mut self, delay: Duration) -> Self {
        self.max_delay = delay;
        self
    }

    /// Sets the longest `Retry-After` that is honored; a longer one ends the source with that error. Default 120 s.
    #[must_use]
    pub fn max_retry_after(mut self, delay: Duration) -> Self {
        self.max_retry_after = delay;
        self
    }

    /// Returns the delay before an attempt, counted from 1 since the last healthy connection.
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

/// The delay that the server asks for.
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

    /// The extremes of many draws.
    fn range(
        attempt: u32,
        server: Option<Duration>,
        retry_after: Option<Duration>,
    ) -> (Duration, Duration) {
        let draws: Vec<_> = (0..2000)
            .map(|_| Reconnect::new().delay(attempt, server, retry_after))
            .collect();
        (*draws.iter().min().unwrap(), *draws.iter().max().unwrap())
    }

    #[test]
    fn the_first_attempt_comes_within_a_quarter_second() {
        let (least, most) = range(1, None, None);
        assert!(
            least < MS(25) && most <= MS(250) && most > MS(200),
            "{least:?} {most:?}"
        );
    }

    #[test]
    fn the_delay_grows_to_its_cap() {
        for (attempt, cap) in [(2, 500), (4, 2000), (8, 30_000), (u32::MAX, 30_000)] {
            let (least, most) = range(attempt, None, None);
            assert!(
                most <= MS(cap) && most > MS(cap / 10 * 9),
                "{attempt}: {most:?}"
            );
            assert!(
                least >= MS(cap / 2) && least < MS(cap / 10 * 6),
                "{attempt}: {least:?}"
            );
        }
    }

    #[test]
    fn a_delay_of_the_servers_is_kept_within_bounds() {
        assert_eq!(range(1, Some(MS(0)), None), (MS(100), MS(100)));
        assert_eq!(
            range(1, Some(MS(3_600_000)), None),
            (MS(600_000), MS(600_000))
        );
        let (least, most) = range(3, Some(MS(1000)), None);
        assert!(
            least >= MS(2000) && most > MS(3500) && most <= MS(4000),
            "{least:?} {most:?}"
        );
    }

    #[test]
    fn retry_after_is_the_least() {
        assert_eq!(range(1, None, Some(MS(2000))), (MS(2000), MS(2000)));
    }
}
