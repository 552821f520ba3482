//! Retries of calls that read a record and then update it, after a conflict with another caller.

use crate::error::{ConflictReason, Error, ErrorKind, Result};

/// How often a call reads and updates a record before it returns the conflict.
const ATTEMPTS: usize = 10;

/// Counts the attempts of a call.
#[derive(Debug, Default)]
pub(super) struct Attempts(usize);

impl Attempts {
    /// Returns whether to start again after an attempt with this outcome.
    pub(super) fn repeat_after<T>(&mut self, outcome: &Result<T>) -> bool {
        self.0 += 1;
        let outdated = outcome.as_ref().is_err_and(is_outdated);
        if outdated {
            tracing::debug!(attempt = self.0, "another caller updated the record");
        }
        outdated && self.0 < ATTEMPTS
    }
}

fn is_outdated(error: &Error) -> bool {
    let conflict = error.conflict();
    matches!(conflict, Some(ConflictReason::VersionMismatch { .. }))
}

/// Returns whether an environment may not have been created because its name is taken, for which servers before
/// 2026-04-30 respond with 500.
pub(super) fn may_be_name_taken(error: &Error) -> bool {
    error.conflict() == Some(ConflictReason::NameTaken) || error.kind() == ErrorKind::Server
}
