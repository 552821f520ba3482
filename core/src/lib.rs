//! Client for the Agent on Demand (AoD) HTTP API.

#![warn(clippy::unwrap_used)]

mod client;
mod config;
mod error;
mod http;
pub mod models;
pub mod pretty;
mod resources;
pub mod sse;
mod stream;
mod tls;
mod validation;

pub use ::http::{HeaderName, HeaderValue};
pub use client::{Client, ClientBuilder};
pub use config::{Options, RetryPolicy};
pub use error::{
    ConflictReason, Detail, Error, ErrorKind, FieldError, LocationPart, Quota, Result,
};
pub use resources::{Agents, Environments, RunResult, Sessions, StreamRequest};
pub use stream::EventStream;
