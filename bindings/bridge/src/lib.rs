//! Shared code of the language bindings. Independent of UniFFI.
//!
//! Each bindings crate owns one [`SharedRuntime`](runtime::SharedRuntime) and converts arguments and results. This
//! crate runs and cancels calls, prefetches streams, drives listeners, forwards the log, and describes errors.

#![allow(
    clippy::missing_errors_doc,
    reason = "not published: every error is an `ErrorInfo` with its own description"
)]
#![forbid(unsafe_code)]

pub mod block;
pub mod call;
pub mod cancel;
pub mod error;
pub mod listener;
pub mod log;
pub mod prefetch;
mod process;
pub mod runtime;
pub mod updates;

#[cfg(test)]
mod testing;
