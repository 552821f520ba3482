//! The resources of the API, with one method for each endpoint.

mod agents;
mod environments;
mod follow;
mod observers;
mod run_all;
mod sessions;
mod spans;
mod update;
mod watch;

pub use agents::Agents;
pub use environments::Environments;
pub use follow::{AskRequest, FollowRequest, OnAbandon, RunRequest, RunResult};
pub use run_all::RunAllRequest;
pub use sessions::Sessions;
pub use watch::{SessionEvent, WatchStream};
