//! The data types of the API: requests, responses and events.
//!
//! The types accept responses of newer servers: every enum of the API has an `Unknown` variant that keeps the value
//! verbatim, and every response keeps unknown fields in `extra`. Integers are `i64`, and times are `jiff::Timestamp`s.
//!
//! Some fields depend on the version of the server, which the documentation names by date: "servers since 2026-06-25".

mod agent;
mod environment;
pub mod event;
mod extra;
mod health;
mod lenient;
mod mcp_server;
mod networking;
mod open_enum;
mod patch;
mod runtime;
mod secret;
mod session;
mod skill;
mod validate;

pub use agent::{Agent, AgentVersion, CreateAgent, UpdateAgent};
pub use environment::{
    CreateEnvironment, Environment, EnvironmentVersion, PackageManager, Packages, UpdateEnvironment,
};
pub use extra::Extra;
pub use health::Health;
pub(crate) use lenient::repair;
pub use mcp_server::{McpServer, StdioMcpServer, UrlMcpServer};
pub use networking::{Networking, NetworkingType};
pub use patch::Patch;
pub use runtime::{Provider, Runtime};
pub use secret::{Secret, SecretMap};
pub use session::{
    CreateSession, GithubRepository, Prompt, ResourceType, Session, SessionAck, SessionResource,
    SessionStatus, SessionTurn, TurnStatus,
};
pub use skill::{GithubSkill, InlineSkill, Skill};
pub(crate) use validate::{Validate, check};
