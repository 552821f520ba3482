//! The input of transcripts, and of formatters for whole sessions.

/// One event of a session, as [`Transcript::apply`](crate::Transcript::apply) and a
/// [`SessionFormatter`](crate::pretty::SessionFormatter) take it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Input<'a> {
    /// The session starts; its output follows.
    Start {
        /// The name of the runtime or of the model provider; empty if unknown.
        runtime: &'a str,
    },
    /// A step of provisioning the sandbox, or of starting the agent, failed.
    StageFailed {
        /// The name of the step.
        stage: &'a str,
        /// Why it failed; empty if unknown.
        message: &'a str,
    },
    /// A turn starts. Its output comes from a new process of the agent. A resumed stream repeats the start of the turn
    /// in which it resumes.
    TurnStarted {
        /// The number of the turn, from 1, if known.
        turn: Option<i64>,
    },
    /// A chunk of the agent's standard output, split at any character.
    Stdout(&'a str),
    /// A chunk of the agent's standard error, split at any character. Formatters ignore it.
    Stderr(&'a str),
    /// The session ends.
    Ended {
        /// How it ends.
        end: End,
        /// The exit code of the agent. [`End::Exit`] without an exit code means that the last turn was interrupted
        /// before the agent started: it has no output and no [`TurnStarted`](Self::TurnStarted).
        exit_code: Option<i64>,
    },
    /// Any other event, which is ignored except for its position.
    Other,
}

/// How a session ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum End {
    /// The agent has exited, successfully or not, or was interrupted.
    Exit,
    /// The agent has exited, with an exit code that cannot be read.
    Unknown,
    /// The session failed without an exit code.
    Failed,
    /// The session was terminated by a caller.
    Terminated,
}

/// An input with its position in the session's log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Event<'a> {
    /// The input.
    pub input: Input<'a>,
    /// The position after the event; `None` for an event without a position. The positions of output and of stages
    /// ascend. A [`TurnStarted`](Input::TurnStarted) has a position before the output that follows, and an
    /// [`Ended`](Input::Ended) that of the last event.
    pub cursor: Option<i64>,
}

impl<'a> From<Input<'a>> for Event<'a> {
    fn from(input: Input<'a>) -> Self {
        Self {
            input,
            cursor: None,
        }
    }
}
