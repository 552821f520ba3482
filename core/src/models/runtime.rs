//! The runtime and the model provider of an agent.

use super::open_enum::open_enum;

open_enum! {
    /// The agent runtime: the program that runs in the sandbox (servers before 2026-06-25).
    pub enum Runtime {
        /// Claude Code.
        Claude = "claude",
        /// Codex.
        Codex = "codex",
        /// Gemini CLI.
        Gemini = "gemini",
        /// opencode (servers from 2026-04-30 until 2026-06-25).
        Opencode = "opencode",
        /// Claude Code with OAuth (servers before 2026-04-30; later part of `claude`).
        ClaudeOauth = "claude-oauth",
    }
}

open_enum! {
    /// The model provider of an agent (servers since 2026-06-25, where it replaces [`Runtime`]).
    pub enum Provider {
        /// Anthropic; runs Claude Code.
        Anthropic = "anthropic",
        /// OpenAI; runs Codex.
        OpenAi = "openai",
    }
}
