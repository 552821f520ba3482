//! The input of a session formatter.

/// Something that happened in a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Input<'a> {
    /// The session's output follows.
    Start {
        /// The name of the runtime, or of the provider whose models it uses; empty if unknown.
        runtime: &'a str,
    },
    /// Another turn's output follows: that of another process.
    TurnStarted,
    /// The agent printed this on its standard output. It may be cut anywhere.
    Stdout(&'a str),
    /// Anything else; formatters ignore it.
    Other,
}
