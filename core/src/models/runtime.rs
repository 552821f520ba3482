//! Which agent program a session runs, and whose models it uses.

use super::open_enum::open_enum;

open_enum! {
    /// The agent program in the sandbox (S0 and S1 servers).
    pub enum Runtime {
        /// Claude Code.
        Claude = "claude",
        /// Codex.
        Codex = "codex",
        /// Gemini CLI.
        Gemini = "gemini",
        /// opencode (S1 servers).
        Opencode = "opencode",
        /// Claude Code signed in by OAuth (S0 servers; folded into `claude` later).
        ClaudeOauth = "claude-oauth",
    }
}

open_enum! {
    /// Whose models an agent uses (S2 servers, where it takes the place of [`Runtime`]).
    pub enum Provider {
        /// Anthropic, run by Claude Code.
        Anthropic = "anthropic",
        /// OpenAI, run by Codex.
        OpenAi = "openai",
    }
}
