//! The three server generations and the words each of them knows.

use std::{fmt, str::FromStr};

/// Which generation of the AoD server is spoken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Generation {
    /// The server that the published SDK 0.1.0 was made for (April 2026).
    #[default]
    S0,
    /// Its `main` nine days later: models by provider, rows locked, more checks.
    S1,
    /// The provider-based server with `secret_env_vars` and `interrupt`.
    S2,
}

impl Generation {
    /// The field of agents, sessions and the `start` event that names what runs: `runtime`, from S2 on `provider`.
    pub(crate) fn engine_field(self) -> &'static str {
        if self == Self::S2 {
            "provider"
        } else {
            "runtime"
        }
    }

    /// The known runtimes (S0, S1) or providers (S2), in the order error texts list them.
    pub(crate) fn engines(self) -> &'static [&'static str] {
        match self {
            Self::S0 => &["claude", "codex", "gemini", "claude-oauth"],
            Self::S1 => &["claude", "codex", "gemini", "opencode"],
            Self::S2 => &["anthropic", "openai"],
        }
    }

    /// The known models, sorted; empty where `model` is free-form (S2).
    pub(crate) fn models(self) -> &'static [&'static str] {
        match self {
            Self::S0 => &[
                "claude-3-5-haiku-20241022",
                "claude-haiku-4-5",
                "claude-opus-4-0-20250514",
                "claude-opus-4-6",
                "claude-sonnet-4-0-20250514",
                "claude-sonnet-4-5-20250514",
                "claude-sonnet-4-6",
                "gemini-2.5-flash",
                "gemini-2.5-pro",
                "gpt-4.1",
                "o3",
                "o4-mini",
            ],
            Self::S1 => &[
                "anthropic/claude-3-5-haiku-20241022",
                "anthropic/claude-haiku-4-5",
                "anthropic/claude-opus-4-0-20250514",
                "anthropic/claude-opus-4-6",
                "anthropic/claude-sonnet-4-0-20250514",
                "anthropic/claude-sonnet-4-5-20250514",
                "anthropic/claude-sonnet-4-6",
                "google/gemini-2.5-flash",
                "google/gemini-2.5-pro",
                "openai/gpt-4.1",
                "openai/o3",
                "openai/o4-mini",
            ],
            Self::S2 => &[],
        }
    }

    /// The model providers that an S1 runtime can serve.
    pub(crate) fn providers_of(runtime: &str) -> &'static [&'static str] {
        match runtime {
            "claude" => &["anthropic"],
            "codex" => &["openai"],
            "gemini" => &["google"],
            "opencode" => &["anthropic", "google", "openai"],
            _ => &[],
        }
    }
}

impl fmt::Display for Generation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::S0 => "s0",
            Self::S1 => "s1",
            Self::S2 => "s2",
        })
    }
}

impl FromStr for Generation {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "s0" => Ok(Self::S0),
            "s1" => Ok(Self::S1),
            "s2" => Ok(Self::S2),
            _ => Err(format!("unknown generation {text:?}: one of s0, s1, s2")),
        }
    }
}
