//! The SDK for Python, over UniFFI: requests and answers are JSON text.

mod call;
mod client;
mod error;
mod pretty;
mod stream;
mod wakeups;

uniffi::setup_scaffolding!("aod_ffi_json");
