//! The input of formatters for whole sessions.

/// One event of a session, as a [`SessionFormatter`](crate::pretty::SessionFormatter) takes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Input<'a> {
    /// The session starts; its output follows.
    Start {
        /// The name of the runtime or of the model provider; empty if unknown.
        runtime: &'a str,
    },
    /// A turn starts; its output comes from another process. A resumed stream repeats the start of its turn.
    TurnStarted {
        /// The number of the turn, from 1, if known.
        turn: Option<i64>,
    },
    /// A chunk of the agent's standard output, split at any character.
    Stdout(&'a str),
    /// The session ends.
    Ended {
        /// How it ends.
        end: End,
        /// The exit code of the agent. An [`End::Exit`] without one is an interruption before the agent started.
        exit_code: Option<i64>,
    },
    /// Anything else; formatters ignore it.
    Other,
}

/// How a session ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum End {
    /// The agent has exited, successfully or not, or was interrupted.
    Exit,
    /// The session failed without an exit code.
    Failed,
    /// The session was terminated by a caller.
    Terminated,
}
