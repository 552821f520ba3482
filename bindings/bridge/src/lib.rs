//! What the language bindings have in common. Knows nothing of UniFFI.
//!
//! Each language surface owns one [`SharedRuntime`](runtime::SharedRuntime) and converts what crosses the border; what
//! happens in between is here: calls, their cancellation, streams that are read ahead, listeners, and errors as facts.

#![forbid(unsafe_code)]

mod block;
pub mod call;
pub mod cancel;
pub mod error;
pub mod listener;
pub mod log;
pub mod prefetch;
pub mod runtime;

#[cfg(test)]
mod testing;
