//! The core's records and enums as they cross.
//!
//! Each is declared again, field by field, and `uniffi::remote` makes converters of the declaration for the core's own
//! type: a field that is added, lost or changed there does not compile here.

mod agent;
mod environment;
mod event;
mod json;
mod session;
mod values;
