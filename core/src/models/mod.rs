//! The records and enums of the API, one file a resource.
//!
//! Every enum that a server drives has an `Unknown` form that keeps the word as it came, and every record keeps
//! the fields it does not know in `extra`, so a newer server breaks neither a list nor a stream. Whole numbers
//! are `i64` throughout.

pub mod event;
mod open_enum;
mod runtime;

pub use runtime::{Provider, Runtime};

/// Fields of a record that this version does not know, kept as the server sent them.
pub type Extra = serde_json::Map<String, serde_json::Value>;
