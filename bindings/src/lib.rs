//! The Agent on Demand SDK for other languages, over UniFFI.
//!
//! Thin on purpose: a function here converts, calls the core, and converts back.

#[cfg(feature = "json")]
mod json;
mod runtime;

uniffi::setup_scaffolding!("aod_ffi");
