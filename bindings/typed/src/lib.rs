//! The SDK for Kotlin and Swift, over UniFFI: records, enums and objects.

mod agents;
mod call;
mod client;
mod config;
mod environments;
mod error;
mod listener;
mod models;
mod pretty;
mod sessions;
mod stream;

uniffi::setup_scaffolding!("aod_ffi");
