//! The environment of a test: a server of one generation and a client for it.

use std::time::Duration;

use aod::models::{Agent, CreateAgent, CreateEnvironment, CreateSession, Environment, SessionAck};
use aod::{Client, ClientBuilder, RetryPolicy};
use aod_devserver::{
    Action, Control, DevServer, Effect, Fault, Generation, NewAccount, NewKey, Script, Source,
};
use serde_json::Value;
use uuid::Uuid;

/// An ID that no record has.
pub(crate) const UNKNOWN_ID: Uuid = Uuid::from_u128(0x1234_5678_9abc_4def_8123_4567_89ab_cdef);

/// A development server and a client for it. Dropping it stops the server.
pub(crate) struct World {
    pub(crate) generation: Generation,
    pub(crate) client: Client,
    pub(crate) control: Control,
    server: DevServer,
}

impl World {
    pub(crate) async fn april21() -> Self {
        Self::of(Generation::April21).await
    }

    pub(crate) async fn april30() -> Self {
        Self::of(Generation::April30).await
    }

    pub(crate) async fn june25() -> Self {
        Self::of(Generation::June25).await
    }

    async fn of(generation: Generation) -> Self {
        let server = DevServer::builder()
            .generation(generation)
            .start()
            .await
            .expect("loopback has a free port");
        Self {
            generation,
            client: builder(server.url(), server.token())
                .build()
                .expect("the client is configured"),
            control: server.control(),
            server,
        }
    }

    pub(crate) fn url(&self) -> &str {
        self.server.url()
    }

    /// Returns a client with another token.
    pub(crate) fn client_with_token(&self, token: &str) -> Client {
        builder(self.url(), token)
            .build()
            .expect("the client is configured")
    }

    /// Returns a client without validation of requests.
    pub(crate) fn unchecked(&self) -> Client {
        builder(self.url(), self.server.token())
            .validate_requests(false)
            .build()
            .expect("the client is configured")
    }

    /// Drops the client and returns the server.
    pub(crate) fn without_client(self) -> DevServer {
        self.server
    }

    /// Returns a client of another user.
    pub(crate) fn stranger(&self) -> Client {
        self.client_of(NewAccount::named("stranger"))
    }

    /// Returns a client of a new user.
    pub(crate) fn client_of(&self, account: NewAccount) -> Client {
        let key = NewKey::new(format!("aod_{}", account.name)).account(&account.name);
        let client = self.client_with_token(&key.token);
        self.control
            .add_account(account)
            .expect("the account is new");
        self.control.add_key(key).expect("the account exists");
        client
    }

    /// Returns a model that the server supports.
    pub(crate) fn model(&self) -> &'static str {
        match self.generation {
            Generation::April30 => "anthropic/claude-sonnet-4-6",
            Generation::April21 | Generation::June25 => "claude-sonnet-4-6",
        }
    }

    /// Returns a request for a Claude agent in this generation.
    pub(crate) fn new_agent(&self, name: &str) -> CreateAgent {
        let agent = CreateAgent::new(name, self.model());
        match self.generation {
            Generation::April21 | Generation::April30 => agent.runtime("claude"),
            Generation::June25 => agent.provider("anthropic"),
        }
    }

    pub(crate) async fn agent(&self, name: &str) -> Agent {
        let agent = self.client.agents().create(self.new_agent(name)).await;
        agent.expect("an agent is created")
    }

    pub(crate) async fn environment(&self, name: &str) -> Environment {
        let request = CreateEnvironment::new(name);
        let environment = self.client.environments().create(request).await;
        environment.expect("an environment is created")
    }

    /// Creates a session of a new agent whose turns follow a script.
    pub(crate) async fn session(&self, script: Script) -> SessionAck {
        self.control.set_script(script);
        let agent = self.agent("worker").await;
        let request = CreateSession::new(agent.id, "Do it");
        let ack = self.client.sessions().create(request).await;
        ack.expect("a session is created")
    }

    /// Creates a session and waits until its first turn, which follows a script, has ended.
    pub(crate) async fn ended_session(&self, script: Script) -> SessionAck {
        let ack = self.session(script).await;
        let session = self.client.sessions().wait_for_completion(ack.id).await;
        session.expect("the session ends");
        ack
    }

    /// Creates a session with a sandbox and no started turn, which changes only by [`World::act`].
    pub(crate) async fn manual_session(&self) -> SessionAck {
        let ack = self.session(Script::manual()).await;
        self.act(ack.id, Action::Provision {});
        ack
    }

    pub(crate) fn act(&self, session: Uuid, action: Action) {
        self.control
            .act(session, action)
            .expect("the session exists");
    }

    /// Adds a fault for the next request with a method and path.
    pub(crate) fn fault(&self, method: &str, path: &str, effect: Effect) {
        self.plan(Fault::on(method, path, effect));
    }

    pub(crate) fn plan(&self, fault: Fault) {
        self.control.plan_fault(fault).expect("the fault is valid");
    }

    /// Returns the body of the last request as JSON.
    pub(crate) fn last_body(&self) -> Value {
        let requests = self.control.requests();
        let last = requests.last().expect("there was a request");
        serde_json::from_str(last.body.as_str()).expect("its body is JSON")
    }
}

/// An action: the agent prints a text on stdout.
pub(crate) fn print(text: &str, turn: i64) -> Action {
    Action::Output {
        stream: Source::Stdout,
        data: text.to_owned(),
        turn: Some(turn),
        id: None,
    }
}

/// An action: a turn ends with exit code 0.
pub(crate) fn finish(turn: i64) -> Action {
    Action::FinishTurn {
        turn,
        exit_code: Some(0),
    }
}

/// A fault that replaces the response by JSON.
pub(crate) fn answer(status: u16, body: &Value) -> Effect {
    Effect::Status {
        status,
        headers: [("content-type".to_owned(), "application/json".to_owned())].into(),
        body: body.to_string(),
    }
}

/// Returns a builder for a client with short delays between attempts.
fn builder(url: &str, token: &str) -> ClientBuilder {
    let fast_retry = RetryPolicy {
        base_delay: Duration::from_millis(1),
        ..RetryPolicy::default()
    };
    Client::builder()
        .base_url(url)
        .token(token)
        .retry(fast_retry)
        .no_proxy()
}

/// Generates tests from functions that take a [`World`]: one per given generation, named `function::generation`.
macro_rules! tests {
    (@one $test:ident [$($generation:ident)+]) => {
        mod $test {
            $(#[tokio::test]
            async fn $generation() {
                let world = $crate::endpoints::world::World::$generation().await;
                super::$test(world).await;
            })+
        }
    };
    (in $generations:tt: $($test:ident),+ $(,)?) => {
        $($crate::endpoints::world::tests! { @one $test $generations })+
    };
}

pub(crate) use tests;
