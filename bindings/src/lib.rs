//! The Agent on Demand SDK for other languages, over UniFFI.
//!
//! Thin on purpose: a function here converts, calls the core, and converts back.

#[cfg(feature = "json")]
mod json;
mod runtime;
#[cfg(feature = "typed")]
mod typed;

#[cfg(all(feature = "json", feature = "typed"))]
compile_error!(
    "the features `json` and `typed` are alternatives: build `typed` with --no-default-features"
);
#[cfg(not(any(feature = "json", feature = "typed")))]
compile_error!("choose a surface: the feature `json` or `typed`");

uniffi::setup_scaffolding!("aod_ffi");
