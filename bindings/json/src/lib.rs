//! The SDK for Python, exported with UniFFI. Requests and responses are JSON text.

#![allow(
    clippy::missing_errors_doc,
    reason = "not published: every error is a `CallError` with its details"
)]

mod batch;
mod calls;
mod client;
mod config;
mod ensure;
mod error;
mod head;
mod log;
mod pretty;
mod process;
mod started;
mod stream;
mod tables;
mod token;
mod transcript;
mod wake;

uniffi::setup_scaffolding!("aod_ffi_json");
