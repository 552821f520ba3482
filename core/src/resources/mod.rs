//! The endpoints, one method each.

mod agents;
mod environments;
mod sessions;

pub use agents::Agents;
pub use environments::Environments;
pub use sessions::{RunResult, Sessions};
