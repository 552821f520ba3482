use std::env;
use std::time::Duration;

use aod::{Client, Options, RetryPolicy};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (url, token) = (env::var("AOD_API_URL")?, env::var("AOD_API_TOKEN")?);
    // region client
    let client = Client::builder()
        .base_url(url.as_str())
        .token(token.as_str())
        .timeout(Duration::from_secs(60))
        .user_agent_suffix("my-app/1.0")
        .build()?;
    // endregion

    // region call
    let impatient = client.with_options(
        Options::new()
            .timeout(Duration::from_secs(5))
            .max_retries(0),
    );
    println!("{} agents", impatient.agents().list().await?.len());

    let policy = RetryPolicy {
        max_retries: 5,
        ..RetryPolicy::default()
    };
    let patient = client.with_options(Options::new().retry(policy));
    println!("{} sessions", patient.sessions().list().await?.len());
    // endregion

    // region token
    let sign_in = move |_rejected| {
        let token = token.clone(); // here, a request to the service that issues tokens
        async move { Ok::<_, std::io::Error>(token.into()) }
    };
    let client = Client::builder()
        .base_url(url)
        .token_provider(sign_in)
        .build()?;
    // endregion
    println!("{} environments", client.environments().list().await?.len());
    Ok(())
}
