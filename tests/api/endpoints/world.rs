//! The world a test runs in: a server of one generation, and a client of it.

use std::time::Duration;

use aod::models::{Agent, CreateAgent, CreateEnvironment, CreateSession, Environment, SessionAck};
use aod::{Client, ClientBuilder, RetryPolicy};
use aod_devserver::{
    Action, Control, DevServer, Effect, Fault, Generation, NewAccount, NewKey, Script, Source,
};
use serde_json::Value;
use uuid::Uuid;

/// An id that no record has.
pub(crate) const UNKNOWN_ID: Uuid = Uuid::from_u128(0x1234_5678_9abc_4def_8123_4567_89ab_cdef);

/// A development server and a client of it. The server stops when the world is dropped.
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
                .expect("the client is set up"),
            control: server.control(),
            server,
        }
    }

    pub(crate) fn url(&self) -> &str {
        self.server.url()
    }

    /// A client with another token.
    pub(crate) fn client_with_token(&self, token: &str) -> Client {
        builder(self.url(), token)
            .build()
            .expect("the client is set up")
    }

    /// A client that leaves every check to the server.
    pub(crate) fn unchecked(&self) -> Client {
        builder(self.url(), self.server.token())
            .validate_requests(false)
            .build()
            .expect("the client is set up")
    }

    /// The server alone; the client is dropped.
    pub(crate) fn without_client(self) -> DevServer {
        self.server
    }

    /// A client of another user.
    pub(crate) fn stranger(&self) -> Client {
        self.client_of(NewAccount::named("stranger"))
    }

    /// A client of a new user.
    pub(crate) fn client_of(&self, account: NewAccount) -> Client {
        let key = NewKey::new(format!("aod_{}", account.name)).account(&account.name);
        let client = self.client_with_token(&key.token);
        self.control
            .add_account(account)
            .expect("the account is new");
        self.control.add_key(key).expect("the account exists");
        client
    }

    /// A model that the server knows.
    pub(crate) fn model(&self) -> &'static str {
        match self.generation {
            Generation::April30 => "anthropic/claude-sonnet-4-6",
            Generation::April21 | Generation::June25 => "claude-sonnet-4-6",
        }
    }

    /// What `POST /agents` needs in this generation, for a Claude agent.
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

    /// A session of a new agent whose first turn, and each later one, follows the script.
    pub(crate) async fn session(&self, script: Script) -> SessionAck {
        self.control.set_script(script);
        let agent = self.agent("worker").await;
        let request = CreateSession::new(agent.id, "Do it");
        let ack = self.client.sessions().create(request).await;
        ack.expect("a session is created")
    }

    /// A session that has ended its first turn as the script says.
    pub(crate) async fn ended_session(&self, script: Script) -> SessionAck {
        let ack = self.session(script).await;
        let session = self.client.sessions().wait_for_completion(ack.id).await;
        session.expect("the session comes to an end");
        ack
    }

    /// A session with a sandbox and no turn started, which only [`World::act`] moves.
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

    /// Makes this happen to the next request of that method and path.
    pub(crate) fn fault(&self, method: &str, path: &str, effect: Effect) {
        self.plan(Fault::on(method, path, effect));
    }

    pub(crate) fn plan(&self, fault: Fault) {
        self.control.plan_fault(fault).expect("the fault is sound");
    }

    /// The body of the last request, as JSON.
    pub(crate) fn last_body(&self) -> Value {
        let requests = self.control.requests();
        let last = requests.last().expect("there was a request");
        serde_json::from_str(last.body.as_str()).expect("its body is JSON")
    }
}

/// The agent prints a text on stdout.
pub(crate) fn print(text: &str, turn: i64) -> Action {
    Action::Output {
        stream: Source::Stdout,
        data: text.to_owned(),
        turn: Some(turn),
        id: None,
    }
}

/// A turn ends with exit code 0.
pub(crate) fn finish(turn: i64) -> Action {
    Action::FinishTurn {
        turn,
        exit_code: Some(0),
    }
}

/// An answer of JSON in place of the server's own.
pub(crate) fn answer(status: u16, body: &Value) -> Effect {
    Effect::Status {
        status,
        headers: [("content-type".to_owned(), "application/json".to_owned())].into(),
        body: body.to_string(),
    }
}

/// A builder for a client that waits little between attempts.
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

/// Makes tests of functions that take a [`World`]: one for each of the generations named, as `function::generation`.
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
