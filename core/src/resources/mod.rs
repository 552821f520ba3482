//! The resources of the API, with one method for each endpoint.

mod agents;
mod environments;
mod sessions;

pub use agents::Agents;
pub use environments::Environments;
pub use sessions::{RunResult, Sessions};

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::error::Result;
use crate::transport::{Request, Transport};

/// Calls a list endpoint and unwraps the `{"data": [...]}` envelope.
async fn list<T: DeserializeOwned>(transport: &Transport, request: Request) -> Result<Vec<T>> {
    #[derive(Deserialize)]
    struct List<T> {
        data: Vec<T>,
    }
    let list: List<T> = transport.call(request).await?;
    Ok(list.data)
}
