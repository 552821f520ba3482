//! What the language bindings have in common. Knows nothing of UniFFI.

pub mod runtime;
