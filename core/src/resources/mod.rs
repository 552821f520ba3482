//! The resources of the API, with one method for each endpoint.

mod agents;
mod environments;
mod follow;
mod sessions;

pub use agents::Agents;
pub use environments::Environments;
pub use follow::{AskRequest, FollowRequest, OnAbandon, RunRequest, RunResult};
pub use sessions::Sessions;
