//! The runtimes whose output is known.

/// A runtime whose output is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Runtime {
    Claude,
    Codex,
    Gemini,
    Opencode,
    /// Any other program.
    Generic,
}

impl Runtime {
    /// Returns the runtime of a name, or of the name of a model provider. Both are case-insensitive.
    pub(crate) fn of(runtime_or_provider: &str) -> Self {
        let name = runtime_or_provider.to_ascii_lowercase();
        let is = |runtime: &str, provider: &str| name.contains(runtime) || name == provider;
        if is("claude", "anthropic") {
            Self::Claude
        } else if is("codex", "openai") {
            Self::Codex
        } else if is("gemini", "google") {
            Self::Gemini
        } else if name.contains("opencode") {
            Self::Opencode
        } else {
            Self::Generic
        }
    }
}
