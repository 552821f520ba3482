//! Whether a failed attempt is followed by another, and after how long.

use std::time::Duration;

use http::Method;

use super::settings::RetryPolicy;
use crate::error::{Error, ErrorKind};

/// How long to wait before the next attempt; `None` when this failure ends the call.
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
        // A 429 was refused before anything happened, so a write may be repeated too, when the server says when.
        return error.retry_after().is_some();
    }
    error.is_retryable() && (method == Method::GET || error.is_unsent())
}

/// Full jitter: uniformly random between nothing and the doubled base.
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
    fn a_get_is_repeated_after_a_failure_that_may_pass() {
        for kind in [ErrorKind::Connection, ErrorKind::Timeout, ErrorKind::Server] {
            assert!(repeats(&Method::GET, &failure(kind)), "{kind:?}");
        }
        assert!(repeats(
            &Method::GET,
            &failure(ErrorKind::Status).with_status(408)
        ));
    }

    #[test]
    fn a_get_is_not_repeated_after_a_failure_that_will_not_pass() {
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
    fn a_write_is_repeated_only_when_no_byte_left() {
        let error = failure(ErrorKind::Connection);
        assert!(!repeats(&Method::POST, &error));
        assert!(repeats(&Method::POST, &error.unsent()));
        assert!(!repeats(&Method::DELETE, &failure(ErrorKind::Server)));
    }

    #[test]
    fn a_quota_is_waited_out_only_when_the_server_says_how_long() {
        let error = failure(ErrorKind::RateLimit);
        assert!(!repeats(&Method::POST, &error));
        let error = error.with_retry_after(Some(Duration::from_secs(7)));
        assert_eq!(
            wait(&RetryPolicy::default(), &Method::POST, &error),
            Some(Duration::from_secs(7))
        );
    }

    #[test]
    fn a_longer_wait_than_allowed_ends_the_call() {
        let error = failure(ErrorKind::Server).with_retry_after(Some(Duration::from_secs(121)));
        assert!(!repeats(&Method::GET, &error));
    }

    #[test]
    fn gives_up_after_the_allowed_retries() {
        let error = failure(ErrorKind::Server).with_attempts(3);
        assert!(!repeats(&Method::GET, &error));
    }

    #[test]
    fn the_wait_doubles_up_to_its_cap() {
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
