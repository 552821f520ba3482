//! The core's records and enums, exported.
//!
//! Each type is declared again, field by field. `uniffi::remote` derives the converters for the core's type from the
//! declaration, so a field that is added, removed or changed in the core is a compile error here.

mod agent;
mod environment;
mod event;
mod json;
mod session;
mod transcript;
mod values;

pub(crate) use json::to_json;
