use aod::Options;

#[tokio::main]
async fn main() -> aod::Result<()> {
    // region log
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::DEBUG)
        .init();
    let client = aod::Client::from_env()?;
    // endregion

    // region responses
    let observed = client.with_options(Options::new().on_response(|response| {
        println!(
            "{} {} {}",
            response.method,
            response.url.path(),
            response.status.as_u16()
        );
    }));
    observed.agents().list().await?;
    // endregion
    Ok(())
}
