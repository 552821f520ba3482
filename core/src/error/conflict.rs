//! What a 409 means, read from its text.

/// Why the server refused a request with 409. The API tells its conflicts apart by text alone.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConflictReason {
    /// The `version` of an update is not the current one: read the record again, then retry.
    VersionMismatch {
        /// The server's current version.
        expected: i64,
        /// The version that was sent.
        got: i64,
    },
    /// The agent or environment is archived and cannot be changed or used.
    Archived,
    /// A second archive: the record already is as asked for.
    AlreadyArchived,
    /// The session is running a turn: wait for it, or interrupt it.
    Running,
    /// The session has a turn queued (from S1 on): wait for it.
    Pending,
    /// The session failed and takes no further prompt: start a new one.
    Failed,
    /// The session was terminated and takes no further prompt: start a new one.
    Terminated,
    /// A second terminate: the session already is as asked for.
    AlreadyTerminated,
    /// The session's sandbox is gone: start a new session.
    BackendGone,
    /// There is no turn to interrupt (S2).
    NoActiveTurn,
    /// Another active environment has the name (from S1 on).
    NameTaken,
    /// The environment still has sessions and cannot be deleted.
    InUse,
    /// A text this version does not know; see [`Error::detail`](crate::Error::detail).
    Other,
}

/// Heads of the server's texts and what each stands for; the first match counts.
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
    /// The stable name of the reason, for logs and for other languages.
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
        let known = TEXTS.iter().find(|(head, _)| text.starts_with(head));
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
    fn tells_the_texts_apart() {
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
