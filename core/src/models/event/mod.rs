//! Typed events of a session stream.
