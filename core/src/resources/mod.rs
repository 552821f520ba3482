//! The resources of the API, with one method for each endpoint.

mod agents;
mod environments;
mod sessions;

pub use agents::Agents;
pub use environments::Environments;
pub use sessions::{RunResult, Sessions};
