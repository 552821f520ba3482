//! Handles errors by their kind, conflict reason and retry delay.
//!
//! ```sh
//! cargo run --example errors                             # with an in-memory development server
//! AOD_API_URL=… AOD_API_TOKEN=… cargo run --example errors
//! ```

#![allow(clippy::print_stdout)]

mod support;

use std::error::Error;
use std::time::Duration;

use aod::models::{CreateSession, Prompt, UpdateAgent};
use aod::{ConflictReason, Detail, ErrorKind};
use uuid::Uuid;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let server = support::Server::start().await?;
    let client = server.client()?;
    let agent = support::create_agent(&client, None).await?;
    let outdated = UpdateAgent::new(agent.version + 1).name("renamed");
    let too_short = Prompt::new("Hello").timeout(Duration::from_secs(1));

    report(client.agents().get(Uuid::nil()).await);
    report(client.agents().update(agent.id, outdated).await);
    report(client.sessions().prompt(Uuid::nil(), too_short).await);
    client.agents().archive(agent.id).await?;
    report(client.agents().archive(agent.id).await);
    let request = CreateSession::new(agent.id, "Hello");
    report(client.sessions().create(request).await);
    Ok(())
}

/// Prints an error and what to do about it.
fn report<T>(result: aod::Result<T>) {
    let Err(error) = result else { return };
    println!("{error}");
    let advice = match (error.kind(), error.conflict(), error.detail()) {
        (_, Some(ConflictReason::VersionMismatch { expected, .. }), _) => {
            format!("update version {expected} instead")
        }
        (_, Some(ConflictReason::AlreadyArchived), _) => "nothing to do".to_owned(),
        (_, Some(reason), _) => format!("conflict: {}", reason.as_str()),
        (ErrorKind::InvalidRequest | ErrorKind::Validation, _, Some(Detail::Fields(fields))) => {
            let paths: Vec<_> = fields.iter().map(aod::FieldError::path).collect();
            format!("correct the fields {}", paths.join(", "))
        }
        (ErrorKind::RateLimit, ..) => format!("wait for a session to end: {:?}", error.quota()),
        _ if error.is_retryable() => format!("retry after {:?}", error.retry_after()),
        (kind, ..) => format!("not retryable: {}", kind.as_str()),
    };
    println!("  {advice}\n");
}
