//! Reading of what an agent prints: lines, JSON in place, and the reasons of errors.

pub(crate) mod json;
pub(crate) mod lines;
pub(crate) mod noise;
pub(crate) mod reason;
pub(crate) mod shell;
pub(crate) mod text;
