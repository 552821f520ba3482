//! The server and the agent of the examples.

#![allow(dead_code, reason = "each example uses a part of this module")]

use std::error::Error;

use aod::models::{Agent, CreateAgent, Runtime};
use aod::{Client, ErrorKind};
use aod_devserver::{DevServer, Generation};
use uuid::Uuid;

/// The server of an example. An in-memory development server stops when this is dropped.
pub(crate) struct Server {
    pub(crate) url: String,
    pub(crate) token: String,
    development: Option<DevServer>,
}

impl Server {
    /// Returns the server of `AOD_API_URL` and `AOD_API_TOKEN`, or starts an in-memory development server if `AOD_API_URL`
    /// is not set.
    pub(crate) async fn start() -> Result<Self, Box<dyn Error>> {
        Self::start_as(Generation::April21).await
    }

    /// Does the same with a development server of a generation.
    pub(crate) async fn start_as(generation: Generation) -> Result<Self, Box<dyn Error>> {
        if let Ok(url) = std::env::var("AOD_API_URL") {
            return Ok(Self {
                url,
                token: std::env::var("AOD_API_TOKEN").unwrap_or_default(),
                development: None,
            });
        }
        let server = DevServer::builder().generation(generation).start().await?;
        eprintln!(
            "AOD_API_URL is not set: started a development server at {}",
            server.url()
        );
        Ok(Self {
            url: server.url().to_owned(),
            token: server.token().to_owned(),
            development: Some(server),
        })
    }

    /// Returns the development server, if one was started.
    pub(crate) fn development(&self) -> Option<&DevServer> {
        self.development.as_ref()
    }

    /// Returns a client of the server.
    pub(crate) fn client(&self) -> aod::Result<Client> {
        Client::builder()
            .base_url(&self.url)
            .token(self.token.as_str())
            .build()
    }
}

/// Creates an agent. Servers before 2026-06-25 require a runtime and later ones a provider; each rejects the other with
/// 422.
pub(crate) async fn create_agent(client: &Client, environment: Option<Uuid>) -> aod::Result<Agent> {
    let request = |model: &str| {
        let mut request = CreateAgent::new(unique("example"), model);
        request.environment_id = environment;
        request
    };
    let attempts = [
        request("claude-sonnet-4-6").runtime(Runtime::Claude),
        request("anthropic/claude-sonnet-4-6").runtime(Runtime::Claude),
        request("claude-sonnet-4-6").provider("anthropic"),
    ];
    let mut rejection = None;
    for attempt in attempts {
        match client.agents().create(attempt).await {
            Err(error) if error.kind() == ErrorKind::Validation => rejection = Some(error),
            outcome => return outcome,
        }
    }
    Err(rejection.expect("there was an attempt"))
}

/// Returns a unique name.
pub(crate) fn unique(name: &str) -> String {
    let id = Uuid::new_v4().simple().to_string();
    format!("{name}-{}", &id[..8])
}
