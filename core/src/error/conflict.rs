//! The reason of a 409 response, parsed from its text.

/// The reason of a 409 response. The API distinguishes conflicts by their text only.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConflictReason {
    /// The `version` of an update is not the current one: retrieve the resource again, then retry.
    VersionMismatch {
        /// The server's current version.
        expected: i64,
        /// The version that was sent.
        got: i64,
    },
    /// The agent or environment is archived and cannot be changed or used.
    Archived,
    /// The agent or environment is already archived: nothing to do.
    AlreadyArchived,
    /// A turn of the session is running or, if the request is to delete the session, queued: wait for the end of the
    /// turn, or interrupt it.
    Running,
    /// A turn of the session is queued (servers since 2026-04-30): wait for the end of the turn.
    Pending,
    /// The session failed and accepts no further prompt: create a new one.
    Failed,
    /// The session was terminated and accepts no further prompt: create a new one.
    Terminated,
    /// The session is already terminated: nothing to do.
    AlreadyTerminated,
    /// The sandbox of the session no longer exists: create a new session.
    BackendGone,
    /// The session has no active turn to interrupt (servers since 2026-06-25).
    NoActiveTurn,
    /// Another active environment has the same name (servers since 2026-04-30).
    NameTaken,
    /// Sessions reference the environment, so it cannot be deleted.
    InUse,
    /// A text unknown to this version of the crate; see [`Error::detail_text`](crate::Error::detail_text).
    Other,
}

/// The prefixes of the server's texts and their reasons; the first match applies.
const TEXTS: &[(&str, ConflictReason)] = &[
    ("Cannot update an archived ", ConflictReason::Archived),
    (
        "Cannot create session with archived ",
        ConflictReason::Archived,
    ),
    ("Cannot assign an archived ", ConflictReason::Archived),
    ("Agent is already archived", ConflictReason::AlreadyArchived),
    (
        "Environment is already archived",
        ConflictReason::AlreadyArchived,
    ),
    ("Session is already running", ConflictReason::Running),
    ("Cannot delete a running session", ConflictReason::Running),
    ("Cannot delete an active session", ConflictReason::Running),
    (
        "Session already has a pending turn",
        ConflictReason::Pending,
    ),
    ("Session has failed", ConflictReason::Failed),
    ("Session has been terminated", ConflictReason::Terminated),
    (
        "Session is already terminated",
        ConflictReason::AlreadyTerminated,
    ),
    (
        "Session backend is no longer available",
        ConflictReason::BackendGone,
    ),
    ("Session has no active turn", ConflictReason::NoActiveTurn),
    ("An active environment named ", ConflictReason::NameTaken),
    (
        "Cannot delete environment with existing sessions",
        ConflictReason::InUse,
    ),
];

impl ConflictReason {
    /// Returns the stable name of the reason, for logs and for other languages.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(aod::ConflictReason::NameTaken.as_str(), "name_taken");
    /// ```
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::VersionMismatch { .. } => "version_mismatch",
            Self::Archived => "archived",
            Self::AlreadyArchived => "already_archived",
            Self::Running => "running",
            Self::Pending => "pending",
            Self::Failed => "failed",
            Self::Terminated => "terminated",
            Self::AlreadyTerminated => "already_terminated",
            Self::BackendGone => "backend_gone",
            Self::NoActiveTurn => "no_active_turn",
            Self::NameTaken => "name_taken",
            Self::InUse => "in_use",
            Self::Other => "other",
        }
    }

    pub(crate) fn parse(text: &str) -> Self {
        if let Some(mismatch) = version_mismatch(text) {
            return mismatch;
        }
        let known = TEXTS.iter().find(|(prefix, _)| text.starts_with(prefix));
        known.map_or(Self::Other, |(_, reason)| reason.clone())
    }
}

fn version_mismatch(text: &str) -> Option<ConflictReason> {
    let numbers = text.strip_prefix("Version mismatch: expected ")?;
    let (expected, got) = numbers.split_once(", got ")?;
    Some(ConflictReason::VersionMismatch {
        expected: expected.parse().ok()?,
        got: got.parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_both_numbers_of_a_version_mismatch() {
        assert_eq!(
            ConflictReason::parse("Version mismatch: expected 12, got 3"),
            ConflictReason::VersionMismatch {
                expected: 12,
                got: 3
            }
        );
    }

    #[test]
    fn recognizes_the_texts_of_the_server() {
        for (text, reason) in [
            (
                "Cannot update an archived environment",
                ConflictReason::Archived,
            ),
            ("Agent is already archived", ConflictReason::AlreadyArchived),
            (
                "Session has failed and cannot be resumed. Start a new session.",
                ConflictReason::Failed,
            ),
            (
                "An active environment named 'ci' already exists",
                ConflictReason::NameTaken,
            ),
            (
                "Session backend is no longer available; start a new session.",
                ConflictReason::BackendGone,
            ),
            (
                "Version mismatch: expected many, got few",
                ConflictReason::Other,
            ),
            ("I'm a teapot", ConflictReason::Other),
        ] {
            assert_eq!(ConflictReason::parse(text), reason, "{text}");
        }
    }
}
