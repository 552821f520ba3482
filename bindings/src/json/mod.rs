//! The surface whose records are JSON text.

mod call;
mod client;
mod error;
mod pretty;
mod stream;
mod wakeups;
