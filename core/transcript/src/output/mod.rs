//! Reading of what an agent prints: lines, JSON in place, the reasons of errors, and what the transcript and the
//! formatter of a runtime have in common.

pub(crate) mod codex;
pub(crate) mod gemini;
pub(crate) mod json;
pub(crate) mod lines;
pub(crate) mod noise;
pub(crate) mod reason;
pub(crate) mod shell;
pub(crate) mod text;
