//! Runs several sessions at the same time, with a limit that respects the quota of the server.
//!
//! ```sh
//! cargo run --example concurrent                         # with an in-memory development server
//! AOD_API_URL=… AOD_API_TOKEN=… cargo run --example concurrent
//! ```

#![allow(clippy::print_stdout)]

mod support;

use std::error::Error;

use aod::models::CreateSession;
use futures::{StreamExt, TryStreamExt, stream};

const PROMPTS: [&str; 4] = [
    "Count the tests",
    "List the dependencies",
    "Find the longest function",
    "Summarize the README",
];
const MAX_SESSIONS: usize = 2;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let server = support::Server::start().await?;
    let client = server.client()?;
    let agent = support::create_agent(&client, None).await?;

    let sessions = client.sessions();
    let mut runs = stream::iter(PROMPTS)
        .map(|prompt| async move {
            let run = sessions.run(CreateSession::new(agent.id, prompt)).await?;
            Ok::<_, aod::Error>((prompt, run))
        })
        .buffer_unordered(MAX_SESSIONS);
    while let Some((prompt, run)) = runs.try_next().await? {
        let (status, exit_code) = (&run.session.status, run.session.exit_code);
        println!(
            "{prompt}: {status}, exit code {exit_code:?}, {} bytes of output",
            run.stdout.len()
        );
        sessions.delete(run.session.id).await?;
    }

    client.agents().archive(agent.id).await?;
    Ok(())
}
