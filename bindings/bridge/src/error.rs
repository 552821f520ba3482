//! Errors, as the language bindings report them.

use std::error::Error as _;
use std::fmt;
use std::sync::Arc;

/// The result type of this crate.
pub type Result<T> = std::result::Result<T, ErrorInfo>;

/// A failed call.
#[derive(Clone)]
pub struct ErrorInfo {
    /// The kind of failure.
    pub kind: ErrorKind,
    /// One line: the request, the status, the server's text and the causes. Secrets of the request are redacted.
    pub text: String,
    /// The core's error, which has the other details. `None` if the error was created by the bindings.
    pub source: Option<Arc<aod::Error>>,
}

/// The kind of a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// An error of the core.
    Core(aod::ErrorKind),
    /// The client was closed before or during the call.
    Closed,
    /// The call was cancelled.
    Cancelled,
    /// A listener returned an error.
    Listener,
    /// An internal error, or a resource of the process that is exhausted.
    Other,
}

impl ErrorKind {
    /// Returns every kind.
    pub fn all() -> impl Iterator<Item = Self> {
        let own = [Self::Closed, Self::Cancelled, Self::Listener, Self::Other];
        aod::ErrorKind::ALL
            .iter()
            .copied()
            .map(Self::Core)
            .chain(own)
    }

    /// Returns the name of the kind, which is the same in every language.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Core(kind) => kind.as_str(),
            Self::Closed => "closed",
            Self::Cancelled => "cancelled",
            Self::Listener => "listener",
            Self::Other => "other",
        }
    }
}

impl ErrorInfo {
    /// Creates an error without a source.
    pub fn new(kind: ErrorKind, text: impl Into<String>) -> Self {
        Self {
            kind,
            text: text.into(),
            source: None,
        }
    }

    /// Creates the error for a malformed setting.
    pub fn configuration(text: impl Into<String>) -> Self {
        Self::new(ErrorKind::Core(aod::ErrorKind::Configuration), text)
    }

    /// Creates the error for a resource of the process that is exhausted, such as threads or file descriptors.
    pub fn exhausted(text: impl Into<String>) -> Self {
        Self::new(ErrorKind::Other, text)
    }

    /// Creates the error for a listener that failed.
    pub fn listener(reason: impl fmt::Display) -> Self {
        Self::new(
            ErrorKind::Listener,
            format!("the listener failed: {reason}"),
        )
    }

    pub(crate) fn closed() -> Self {
        Self::new(ErrorKind::Closed, "the client was closed")
    }

    /// Creates the error for a cancelled call.
    pub fn cancelled() -> Self {
        Self::new(ErrorKind::Cancelled, "the call was cancelled")
    }

    /// Creates the error for a panic. The panic's message is left out, because it may contain secrets.
    pub(crate) fn panicked() -> Self {
        Self::new(ErrorKind::Other, "internal error: the library panicked")
    }
}

impl From<Arc<aod::Error>> for ErrorInfo {
    fn from(error: Arc<aod::Error>) -> Self {
        let mut text = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            text = format!("{text}: {cause}");
            source = cause.source();
        }
        Self {
            kind: ErrorKind::Core(error.kind()),
            text,
            source: Some(error),
        }
    }
}

impl From<aod::Error> for ErrorInfo {
    fn from(error: aod::Error) -> Self {
        Arc::new(error).into()
    }
}

/// Omits the source: its response body may contain secrets.
impl fmt::Debug for ErrorInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ErrorInfo")
            .field("kind", &self.kind)
            .field("text", &self.text)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for ErrorInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for ErrorInfo {}

#[cfg(test)]
mod tests;
