//! Calls that create or update a record if necessary.

use aod::{Client, ErrorKind, Operation};
use aod_bridge::error::{ErrorInfo, ErrorKind as AnyErrorKind, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A call that creates or updates a record if necessary, and returns it. Its request is the one that creates the
/// record.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Ensure {
    EnsureAgent,
    EnsureEnvironment,
}

impl Ensure {
    pub(crate) const ALL: &[Self] = &[Self::EnsureAgent, Self::EnsureEnvironment];

    /// Returns the endpoint that an error of the call names.
    pub(crate) fn endpoint(self) -> Operation {
        match self {
            Self::EnsureAgent => Operation::CreateAgent,
            Self::EnsureEnvironment => Operation::CreateEnvironment,
        }
    }

    pub(crate) async fn call(self, client: &Client, body: &str) -> Result<String> {
        match self {
            Self::EnsureAgent => to_json(&client.agents().ensure(from_json(body)?).await?),
            Self::EnsureEnvironment => {
                to_json(&client.environments().ensure(from_json(body)?).await?)
            }
        }
    }
}

/// Parses a request. The error names the location in the request, never a value, which may be secret.
fn from_json<T: DeserializeOwned>(body: &str) -> Result<T> {
    let mut deserializer = serde_json::Deserializer::from_str(body);
    serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let text = format!("`{}` has an invalid value", error.path());
        ErrorInfo::new(AnyErrorKind::Core(ErrorKind::InvalidRequest), text)
    })
}

fn to_json(record: &impl Serialize) -> Result<String> {
    serde_json::to_string(record).map_err(|_| {
        let kind = AnyErrorKind::Core(ErrorKind::Decode);
        ErrorInfo::new(kind, "the record cannot be represented as JSON")
    })
}
