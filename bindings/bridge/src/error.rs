//! Errors as every language shows them.

use std::error::Error as _;
use std::fmt;
use std::sync::Arc;

/// What the functions of this crate return.
pub type Result<T> = std::result::Result<T, ErrorInfo>;

/// A failed call.
#[derive(Clone)]
pub struct ErrorInfo {
    /// What sort of failure this is.
    pub kind: ErrorKind,
    /// One line without secrets: the request, the status, the server's own words, and the causes.
    pub text: String,
    /// The core's error, which has the other facts; none if the failure is the bindings' own.
    pub source: Option<Arc<aod::Error>>,
}

/// What sort of failure an [`ErrorInfo`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// An error of the core.
    Core(aod::ErrorKind),
    /// The client was closed during the call, or before.
    Closed,
    /// The call was cancelled.
    Cancelled,
    /// A listener failed on what it was given.
    Listener,
    /// An internal error.
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

    /// Returns the name that all languages share.
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
    /// Creates an error of the bindings' own.
    pub fn new(kind: ErrorKind, text: impl Into<String>) -> Self {
        Self {
            kind,
            text: text.into(),
            source: None,
        }
    }

    /// Creates the error of a malformed setting, or of a resource that this process cannot get.
    pub fn configuration(text: impl Into<String>) -> Self {
        Self::new(ErrorKind::Core(aod::ErrorKind::Configuration), text)
    }

    pub(crate) fn closed() -> Self {
        Self::new(ErrorKind::Closed, "the client was closed")
    }

    pub(crate) fn cancelled() -> Self {
        Self::new(ErrorKind::Cancelled, "the call was cancelled")
    }

    /// A panic's own text may hold anything, and is not passed on.
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

/// Leaves the facts of the source out: its body may hold secrets.
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
