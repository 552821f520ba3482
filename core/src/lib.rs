//! Client for the Agent on Demand (AoD) HTTP API.

mod error;
pub mod models;
pub mod pretty;
pub mod sse;
mod stream;

pub use error::{
    ConflictReason, Detail, Error, ErrorKind, FieldError, LocationPart, Quota, Result,
};
pub use stream::EventStream;
