//! The SDK for Kotlin and Swift, over UniFFI: records, enums and objects.

#![allow(
    clippy::missing_errors_doc,
    reason = "documented by the packages: every error is a `CallError` with its details"
)]

mod agents;
mod batch;
mod call;
mod client;
mod config;
mod environments;
mod error;
mod follow;
mod listener;
mod log;
mod models;
mod network;
mod observe;
mod pretty;
mod sessions;
mod stream;
mod token;
mod transcript;

uniffi::setup_scaffolding!("aod_ffi");
