//! Client for the Agent on Demand (AoD) HTTP API, which runs AI coding agents in cloud sandboxes.
//!
//! A [`Client`] has the endpoints of [`agents`](Client::agents), [`environments`](Client::environments) and
//! [`sessions`](Client::sessions), one method each. They take and return the [`models`]; what a session does comes
//! as an [`EventStream`]; [`pretty`] formats an agent's output for people to read. Every call returns one
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
mod error;
pub mod models;
mod resources;
mod stream;
mod transport;

/// Server-Sent Events from any server: the crate `aod-sse`, and a connector over this crate's HTTP stack.
pub mod sse {
    pub use crate::transport::HttpConnect;
    pub use aod_sse::*;
}

/// Formatters of agents' output: the part of the crate `aod-transcript` that renders lines.
pub mod pretty {
    pub use crate::stream::PrettyStream;
    pub use aod_transcript::pretty::*;
}

pub use ::http::{HeaderName, HeaderValue, Method, StatusCode};
pub use aod_transcript as transcript;
pub use client::{Client, ClientBuilder, Options};
pub use error::{
    ConflictReason, Detail, Error, ErrorKind, FieldError, LocationPart, Quota, Result,
};
pub use resources::{Agents, Environments, RunResult, Sessions};
pub use stream::{ConnectionState, EventStream, JsonEvent, StreamRequest};
pub use transport::{Operation, RetryPolicy};
