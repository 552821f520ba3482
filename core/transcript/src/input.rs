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
    /// A turn starts; its output comes from another process.
    TurnStarted,
    /// A chunk of the agent's standard output, split at any character.
    Stdout(&'a str),
    /// Anything else; formatters ignore it.
    Other,
}
