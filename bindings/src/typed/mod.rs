//! The surface of records, enums and objects, for Kotlin and Swift.

mod agents;
mod ahead;
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
