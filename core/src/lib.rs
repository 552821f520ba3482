//! Client for the Agent on Demand (AoD) HTTP API, which runs AI coding agents in cloud sandboxes.
//!
//! A [`Client`] has the endpoints of [`agents`](Client::agents), [`environments`](Client::environments) and
//! [`sessions`](Client::sessions), one method each. They take and return the [`models`]; what a session does comes
//! as an [`EventStream`]; [`pretty`] turns an agent's output into lines for people. Every call returns one
//! [`Error`].
//!
//! ```no_run
//! # async fn demo() -> aod::Result<()> {
//! use aod::models::CreateSession;
//!
//! let client = aod::Client::from_env()?;
//! let agent = &client.agents().list().await?[0];
//! let run = client.sessions().run(CreateSession::new(agent.id, "Fix the failing test")).await?;
//! println!("{}: {}", run.session.status, run.stdout);
//! # Ok(())
//! # }
//! ```

#![warn(clippy::unwrap_used)]

mod client;
mod config;
mod error;
mod http;
pub mod models;
mod operation;
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
pub use operation::Operation;
pub use resources::{Agents, Environments, RunResult, Sessions};
pub use stream::{EventStream, StreamRequest};

/// The README's example compiles.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
