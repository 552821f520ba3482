//! The output of Codex.

/// Returns whether a message reports a retry: `Reconnecting... 2/5 (…)`, `…; retrying 1/5 in 200ms…`.
pub(crate) fn is_retry(message: &str) -> bool {
    let rest = message
        .strip_prefix("Reconnecting... ")
        .or_else(|| message.split_once("retrying ").map(|(_, rest)| rest));
    rest.and_then(|rest| rest.split_once('/'))
        .is_some_and(|(attempt, of)| {
            !attempt.is_empty()
                && attempt.bytes().all(|digit| digit.is_ascii_digit())
                && of.starts_with(|digit: char| digit.is_ascii_digit())
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distinguishes_retries_from_errors() {
        for message in [
            "Reconnecting... 2/5 (unexpected status 401)",
            "stream error: stream disconnected; retrying 1/5 in 200ms…",
        ] {
            assert!(is_retry(message), "{message}");
        }
        for message in [
            "",
            "Reconnecting... ",
            "Reconnecting... x/5",
            "gave up retrying",
            "stopped retrying after 5 attempts",
            "retrying /5",
        ] {
            assert!(!is_retry(message), "{message}");
        }
    }
}
