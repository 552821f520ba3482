//! The records and enums of the API, one file a resource.
//!
//! Every enum that a server drives has an `Unknown` form that keeps the word as it came, and every record keeps
//! the fields it does not know in `extra`, so a newer server breaks neither a list nor a stream. Whole numbers
//! are `i64` throughout.

mod agent;
mod environment;
pub mod event;
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

/// Fields of a record that this version does not know, kept as the server sent them.
pub type Extra = serde_json::Map<String, serde_json::Value>;
