//! Client for the Agent on Demand (AoD) HTTP API, which runs AI coding agents in cloud sandboxes.
//!
//! A [`Client`] gives access to [`agents`](Client::agents), [`environments`](Client::environments) and
//! [`sessions`](Client::sessions), with one method for each endpoint. Requests and responses are [`models`]. The events
//! of a session are an [`EventStream`], which reconnects automatically; [`transcript`] converts the agent's output into
//! data, and [`pretty`] into human-readable lines. The error type of all calls is [`Error`].
//!
//! The crate is asynchronous and runs on tokio. It needs no feature flags. With the feature `opentelemetry`, requests
//! have the headers of the active trace context, `traceparent` and `tracestate`.
//!
//! See [Concepts](https://ravi-hq.github.io/agent-on-demand/latest/guide/concepts/).
//!
//! # Examples
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

/// Server-Sent Events from any server: the crate `aod-sse`, and [`HttpConnect`](sse::HttpConnect), a connector that
/// uses the HTTP client of this crate.
///
/// See [Stream rules](https://ravi-hq.github.io/agent-on-demand/latest/stream-rules/).
pub mod sse {
    pub use crate::transport::HttpConnect;
    pub use aod_sse::*;
}

/// Transcripts of sessions from the crate `aod-transcript`: the agent's messages, tool calls and plans as data.
///
/// See [Transcripts and user interfaces](https://ravi-hq.github.io/agent-on-demand/latest/guide/transcripts/).
pub mod transcript {
    pub use crate::stream::TranscriptStream;
    pub use aod_transcript::*;
}

/// Formatters that render the output of agents as human-readable lines, from the crate `aod-transcript`.
///
/// See [Transcripts](https://ravi-hq.github.io/agent-on-demand/latest/guide/transcripts/#lines-for-a-terminal).
pub mod pretty {
    pub use crate::stream::PrettyStream;
    pub use aod_transcript::pretty::*;
}

pub use ::http::{HeaderName, HeaderValue, Method, StatusCode};
pub use client::{Client, ClientBuilder, Network, Options};
pub use error::{
    ConflictReason, Detail, Error, ErrorKind, FieldError, LocationPart, Quota, Result,
};
pub use models::event::StreamEvent;
pub use resources::{
    Agents, AskRequest, Environments, FollowRequest, OnAbandon, RunAllRequest, RunRequest,
    RunResult, SessionEvent, Sessions, WatchStream,
};
pub use stream::{ConnectionState, EventStream, LazyEvent, StreamRequest};
pub use transport::{Operation, RecordId, ResponseInfo, RetryPolicy, TokenProvider};
