//! The three server generations, and the runtimes, providers and models of each.

use std::{fmt, str::FromStr};

/// A generation of the AoD server, named by the date of its API. The default is the one that has all four runtimes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Generation {
    /// `2026-04-21`: the server that `aod-sdk` 0.1.0 was published for.
    April21,
    /// `2026-04-30`: models with a provider prefix, more validation, new conflicts.
    #[default]
    April30,
    /// `2026-06-25`: agents with a `provider` instead of a `runtime`, `secret_env_vars`, and `interrupt`.
    June25,
}

impl Generation {
    /// Returns the name of the field for the runtime or provider of agents, sessions and the `start` event.
    pub(crate) fn engine_field(self) -> &'static str {
        if self == Self::June25 {
            "provider"
        } else {
            "runtime"
        }
    }

    /// Returns the known runtimes, or providers since 2026-06-25, in the order in which error texts list them.
    pub(crate) fn engines(self) -> &'static [&'static str] {
        match self {
            Self::April21 => &["claude", "codex", "gemini", "claude-oauth"],
            Self::April30 => &["claude", "codex", "gemini", "opencode"],
            Self::June25 => &["anthropic", "openai"],
        }
    }

    /// Returns the known models, sorted; empty since 2026-06-25, where any model is accepted.
    pub(crate) fn models(self) -> &'static [&'static str] {
        match self {
            Self::April21 => &[
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
            Self::April30 => &[
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
            Self::June25 => &[],
        }
    }

    /// Returns the model providers that a runtime of 2026-04-30 supports.
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
            Self::April21 => "2026-04-21",
            Self::April30 => "2026-04-30",
            Self::June25 => "2026-06-25",
        })
    }
}

/// Parses a date, or its alias: `s0`, `s1`, `s2` from oldest to newest.
impl FromStr for Generation {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "2026-04-21" | "s0" => Ok(Self::April21),
            "2026-04-30" | "s1" => Ok(Self::April30),
            "2026-06-25" | "s2" => Ok(Self::June25),
            _ => Err(format!(
                "unknown generation {text:?}: one of 2026-04-21, 2026-04-30, 2026-06-25"
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Generation;

    #[test]
    fn the_default_accepts_every_runtime() {
        let engines = Generation::default().engines();
        for runtime in ["claude", "codex", "gemini", "opencode"] {
            assert!(engines.contains(&runtime), "{runtime}");
        }
    }

    #[test]
    fn parses_dates_and_aliases() {
        for (generation, alias) in [
            (Generation::April21, "s0"),
            (Generation::April30, "s1"),
            (Generation::June25, "s2"),
        ] {
            assert_eq!(generation.to_string().parse::<Generation>(), Ok(generation));
            assert_eq!(alias.parse::<Generation>(), Ok(generation));
        }
        assert!("2026-05-01".parse::<Generation>().is_err());
    }
}
