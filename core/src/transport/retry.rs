//! The decision whether and when to retry a failed attempt.

use std::time::Duration;

use http::Method;

use super::settings::RetryPolicy;
use crate::error::{Error, ErrorKind};

/// Returns the delay before the next attempt; `None` if the failure ends the call.
pub(crate) fn wait(policy: &RetryPolicy, method: &Method, error: &Error) -> Option<Duration> {
    if error.attempts() > policy.max_retries || !may_repeat(method, error) {
        return None;
    }
    match error.retry_after() {
        Some(delay) => (delay <= policy.max_retry_after).then_some(delay),
        None => Some(jittered(policy, error.attempts())),
    }
}

fn may_repeat(method: &Method, error: &Error) -> bool {
    if error.kind() == ErrorKind::RateLimit {
        // A request refused with 429 had no effect, so a write may be repeated too, if the server sent `Retry-After`.
        return error.retry_after().is_some();
    }
    error.is_retryable() && (method == Method::GET || error.is_unsent())
}

/// Returns a delay with full jitter: uniformly random between zero and the doubled base.
fn jittered(policy: &RetryPolicy, attempts: u32) -> Duration {
    let doubled = policy
        .base_delay
        .saturating_mul(2u32.saturating_pow(attempts.saturating_sub(1)));
    doubled.min(policy.max_delay).mul_f64(fastrand::f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(kind: ErrorKind) -> Error {
        Error::new(kind, "").with_attempts(1)
    }

    fn repeats(method: &Method, error: &Error) -> bool {
        wait(&RetryPolicy::default(), method, error).is_some()
    }

    #[test]
    fn a_get_is_retried_after_a_transient_failure() {
        for kind in [ErrorKind::Connection, ErrorKind::Timeout, ErrorKind::Server] {
            assert!(repeats(&Method::GET, &failure(kind)), "{kind:?}");
        }
        assert!(repeats(
            &Method::GET,
            &failure(ErrorKind::Status).with_status(408)
        ));
    }

    #[test]
    fn a_get_is_not_retried_after_a_permanent_failure() {
        for kind in [
            ErrorKind::NotFound,
            ErrorKind::Auth,
            ErrorKind::Decode,
            ErrorKind::Protocol,
        ] {
            assert!(!repeats(&Method::GET, &failure(kind)), "{kind:?}");
        }
        assert!(!repeats(
            &Method::GET,
            &failure(ErrorKind::Connection).retryable(false)
        ));
    }

    #[test]
    fn a_write_is_retried_only_if_no_byte_was_sent() {
        let error = failure(ErrorKind::Connection);
        assert!(!repeats(&Method::POST, &error));
        assert!(repeats(&Method::POST, &error.unsent()));
        assert!(!repeats(&Method::DELETE, &failure(ErrorKind::Server)));
    }

    #[test]
    fn a_quota_error_is_retried_only_with_retry_after() {
        let error = failure(ErrorKind::RateLimit);
        assert!(!repeats(&Method::POST, &error));
        let error = error.with_retry_after(Some(Duration::from_secs(7)));
        assert_eq!(
            wait(&RetryPolicy::default(), &Method::POST, &error),
            Some(Duration::from_secs(7))
        );
    }

    #[test]
    fn a_retry_after_beyond_the_limit_ends_the_call() {
        let error = failure(ErrorKind::Server).with_retry_after(Some(Duration::from_secs(121)));
        assert!(!repeats(&Method::GET, &error));
    }

    #[test]
    fn stops_after_the_maximum_number_of_retries() {
        let error = failure(ErrorKind::Server).with_attempts(3);
        assert!(!repeats(&Method::GET, &error));
    }

    #[test]
    fn the_delay_doubles_up_to_its_maximum() {
        let policy = RetryPolicy {
            max_delay: Duration::from_secs(3),
            ..RetryPolicy::default()
        };
        for (attempts, cap) in [
            (1, 500),
            (2, 1000),
            (3, 2000),
            (4, 3000),
            (4_000_000_000, 3000),
        ] {
            for _ in 0..100 {
                assert!(jittered(&policy, attempts) <= Duration::from_millis(cap));
            }
        }
    }
}
