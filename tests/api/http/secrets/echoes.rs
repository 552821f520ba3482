//! A server that echoes the whole request in every form: the secrets in it are neither shown nor logged.

use std::error::Error as _;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use aod::models::{
    CreateAgent, CreateEnvironment, CreateSession, GithubRepository, McpServer, UpdateAgent,
    UpdateEnvironment,
};
use aod::sse::{EventSource, HttpConnect};
use aod::{
    Client, ClientBuilder, Detail, Error, HeaderName, HeaderValue, Operation, Options, RetryPolicy,
};
use aod_devserver::{DevServer, EchoForm, Effect, Fault, Generation};
use futures::StreamExt;
use uuid::Uuid;

use super::Log;

/// Occurs at both ends of each secret, with characters between them that are escaped in some form.
const MARK: &str = "hunter2";
/// The user and the password of the proxy, in Base64.
const PROXY_CREDENTIALS: &str = "aHVudGVyMnVzZXI6aHVudGVyMkBwYXNz";

fn secret(name: &str) -> String {
    format!("{MARK}-{name}\"<&>'ü\\u\n/%41+{MARK}")
}

/// Collects the records of crates that log without `tracing`.
struct LogRecords(Mutex<String>);

impl log::Log for LogRecords {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        let line = format!("{} {}\n", record.target(), record.args());
        self.0.lock().unwrap().push_str(&line);
    }

    fn flush(&self) {}
}

fn log_records() -> &'static LogRecords {
    static RECORDS: OnceLock<LogRecords> = OnceLock::new();
    let records = RECORDS.get_or_init(|| LogRecords(Mutex::default()));
    // Another test may have set it.
    if log::set_logger(records).is_ok() {
        log::set_max_level(log::LevelFilter::Trace);
    }
    records
}

fn header(name: &'static str) -> (HeaderName, HeaderValue) {
    let value = HeaderValue::from_bytes(secret(name).replace('\n', " ").as_bytes());
    (HeaderName::from_static(name), value.unwrap())
}

fn builder(base_url: &str, proxy: &str) -> ClientBuilder {
    let (name, value) = header("x-client");
    Client::builder()
        .base_url(base_url)
        .token(format!("aod_{MARK}<&>\"'\\/%41+{MARK}"))
        .header(name, value)
        .header(
            HeaderName::from_static("cookie"),
            HeaderValue::from_static("a=hunter2cookie; b=hunter2other"),
        )
        .proxy(proxy)
        .retry(RetryPolicy::none())
        .validate_requests(false)
        .attempt_timeout(Duration::from_secs(10))
}

fn options() -> Options {
    let (name, value) = header("x-call");
    Options::new().header(name, value)
}

fn mcp_servers() -> [McpServer; 2] {
    let url = format!("https://ann:{MARK}pw@mcp.example.com/{MARK}-0123456789/?key={MARK}%26key");
    [
        McpServer::url("issues", url)
            .header("Authorization", format!("Bearer {}", secret("mcp-header")))
            .into(),
        McpServer::stdio("files", "mcp")
            .arg(format!("--key={}", secret("mcp-arg")))
            .env("KEY", secret("mcp-env"))
            .into(),
    ]
}

fn agent() -> CreateAgent {
    let mut agent = CreateAgent::new("a", "m").runtime("claude");
    agent.mcp_servers = mcp_servers().into();
    agent
}

fn agent_update() -> UpdateAgent {
    let mut update = UpdateAgent::new(1);
    update.mcp_servers = Some(mcp_servers().into());
    update
}

fn environment() -> CreateEnvironment {
    CreateEnvironment::new("e").env_var("KEY", secret("env"))
}

fn environment_update() -> UpdateEnvironment {
    let mut update = UpdateEnvironment::new(1);
    update.env_vars = Some([("KEY", secret("env"))].into());
    update
}

fn session() -> CreateSession {
    let repository = GithubRepository::new(format!("https://x:{MARK}pw@github.com/acme/app"))
        .authorization_token(secret("repository"));
    CreateSession::new(Uuid::nil(), "p")
        .secret_env_var("KEY", secret("secret-env"))
        .repository(repository)
}

/// Returns the body of a request that is nested too deep to be parsed.
fn deep_environment() -> String {
    let mut body =
        serde_json::json!({"name": "e", "env_vars": {"KEY": secret("deep")}}).to_string();
    body.truncate(body.len() - 1);
    format!("{body},\"x\":{}{}}}", "[".repeat(200), "]".repeat(200))
}

/// Returns the errors of calls, of opening a stream, and of a stream that has opened.
async fn failures(client: &Client, states: &Arc<Mutex<String>>) -> Vec<Error> {
    let (agents, environments, sessions) =
        (client.agents(), client.environments(), client.sessions());
    let mut failures = [
        agents.list().await.err(),
        agents.create(agent()).await.err(),
        agents.update(Uuid::nil(), agent_update()).await.err(),
        environments.create(environment()).await.err(),
        environments
            .update(Uuid::nil(), environment_update())
            .await
            .err(),
        client
            .call_json(
                Operation::CreateEnvironment,
                None,
                Some(deep_environment().into()),
            )
            .await
            .err(),
        sessions.create(session()).await.err(),
        sessions.run(session()).await.err(),
        client.health().await.err(),
    ]
    .into_iter()
    .flatten()
    .collect::<Vec<_>>();
    let seen = Arc::clone(states);
    let stream = sessions
        .stream(Uuid::nil())
        .reconnect(aod::sse::Reconnect::new().max_attempts(1))
        .on_state(move |state| *seen.lock().unwrap() += &format!("{state:?}"));
    match stream.await {
        Ok(mut events) => {
            while let Some(event) = events.next().await {
                failures.extend(event.err());
            }
            *states.lock().unwrap() += &format!("{events:?}");
        }
        Err(error) => failures.push(error),
    }
    failures
}

/// Returns all that a program may print of an error.
fn shown(error: Error) -> String {
    let mut shown = format!("{error} {error:?} {error:#?} {:?}", error.request_id());
    shown += &match error.detail() {
        Some(Detail::Text(text) | Detail::Body(text)) => text.clone(),
        Some(Detail::Json(json)) => format!("{json} {json:?}"),
        Some(Detail::Fields(fields)) => {
            let locations = fields.iter().map(|field| &field.location);
            format!("{fields:?} {:?}", locations.collect::<Vec<_>>())
        }
        None => String::new(),
    };
    let mut cause = error.source();
    while let Some(source) = cause {
        shown += &format!("{source} {source:?}");
        cause = source.source();
    }
    let outcome = Err::<(), _>(error).map(drop);
    let panic = std::panic::catch_unwind(AssertUnwindSafe(|| outcome.unwrap())).unwrap_err();
    shown + panic.downcast_ref::<String>().unwrap()
}

#[track_caller]
fn assert_no_secret(text: &str, what: &str) {
    for secret in [MARK, PROXY_CREDENTIALS] {
        let line = text.lines().find(|line| line.contains(secret));
        assert_eq!(line, None, "{what}");
    }
}

/// Uses one thread, so that the subscriber of the test receives the logs of the tasks of the connections too.
#[tokio::test(flavor = "current_thread")]
async fn no_echo_of_a_request_shows_its_secrets() {
    let log = Log::default();
    let _guard = log.listen();
    let records = log_records();
    let server = DevServer::builder()
        .generation(Generation::April21)
        .start()
        .await
        .unwrap();
    let host = server.url().strip_prefix("http://").unwrap().to_owned();
    let proxy = format!("http://{MARK}user:{MARK}%40pass@{host}");
    let states = Arc::default();

    for scheme in ["http", "https"] {
        let client = builder(&format!("{scheme}://aod.example.com/api"), &proxy)
            .build()
            .unwrap()
            .with_options(options());
        for status in [401, 404, 407, 409, 422, 429, 500, 200] {
            for form in EchoForm::ALL {
                let fault = Fault {
                    method: None,
                    ..Fault::on("", "*", Effect::Echo { status, form }).always()
                };
                server.control().clear_faults();
                server.control().plan_fault(fault).unwrap();
                let errors = failures(&client, &states).await;
                assert!(!errors.is_empty());
                for error in errors {
                    if scheme == "http" && status != 200 {
                        assert_eq!(error.status(), Some(status), "{error}");
                    }
                    assert_no_secret(&shown(error), &format!("{status} {form:?}"));
                }
            }
            if scheme == "https" {
                // The form does not matter for a tunnel that the proxy refuses.
                break;
            }
        }
    }
    assert_no_secret(&states.lock().unwrap(), "states");

    let log = log.text();
    assert!(
        log.contains("aod.call") && log.contains("hyper"),
        "the log is not at TRACE:\n{log}"
    );
    assert_no_secret(&log, "tracing");
    let records = records.0.lock().unwrap();
    assert!(records.contains("reqwest"), "nothing is logged:\n{records}");
    assert_no_secret(&records, "log");
}

#[tokio::test(flavor = "current_thread")]
async fn no_echo_to_an_event_source_shows_its_secrets() {
    let server = DevServer::builder()
        .generation(Generation::April21)
        .start()
        .await
        .unwrap();
    let url = format!("{}/feed?key={MARK}%26key#{MARK}", server.url());
    let states = Arc::new(Mutex::new(String::new()));
    for status in [401, 404, 500, 200] {
        for form in EchoForm::ALL {
            let fault = Fault::on("POST", "*", Effect::Echo { status, form });
            server.control().plan_fault(fault).unwrap();
            let (name, value) = header("x-feed");
            let connect = HttpConnect::new(&url).unwrap();
            let connect = connect.method(aod::Method::POST).header(name, value);
            assert_no_secret(&format!("{connect:?}"), "connector");
            let seen = Arc::clone(&states);
            let mut events = EventSource::new(connect.retryable_statuses(|_| true))
                .reconnect(aod::sse::Reconnect::new().max_attempts(1))
                .on_state(move |state| *seen.lock().unwrap() += &format!("{state:?} {state:#?}"));
            if let Some(Err(error)) = events.next().await {
                assert_no_secret(&shown(error), &format!("{status} {form:?}"));
            }
            assert_no_secret(&format!("{events:?}"), "source");
            server.control().clear_faults();
        }
    }
    assert_no_secret(&states.lock().unwrap(), "states");
}

#[tokio::test(flavor = "current_thread")]
async fn a_proxy_that_does_not_work_is_reported_without_its_password() {
    let log = Log::default();
    let _guard = log.listen();
    let records = log_records();
    let server = DevServer::builder()
        .generation(Generation::April21)
        .start()
        .await
        .unwrap();
    let host = server.url().strip_prefix("http://").unwrap();
    for scheme in ["http", "https", "socks5", "socks5h", "socks4"] {
        for host in ["127.0.0.1:1", host] {
            for base_url in ["http://aod.example.com", "https://aod.example.com"] {
                let proxy = format!("{scheme}://{MARK}user:{MARK}%40pass@{host}");
                let builder = builder(base_url, &proxy);
                assert_no_secret(&format!("{builder:?}"), "builder");
                let client = builder.build().unwrap();
                assert_no_secret(&format!("{client:?} {client:#?}"), "client");
                let error = client.agents().list().await.unwrap_err();
                assert_no_secret(&shown(error), &proxy);
            }
        }
    }
    assert_no_secret(&log.text(), "tracing");
    assert_no_secret(&records.0.lock().unwrap(), "log");
}

#[test]
fn requests_and_options_show_no_secret() {
    let shown = format!(
        "{:?} {:#?} {:?} {:?} {:?} {:?} {:?} {:?}",
        agent(),
        agent_update(),
        environment(),
        environment_update(),
        session(),
        mcp_servers(),
        options(),
        builder("http://h", "http://p"),
    );
    assert_no_secret(&shown, "Debug");
    for base_url in ["http://ann:hunter2@h", "http://hunter2@h", "hunter2://h"] {
        let builder = builder(base_url, "http://p");
        assert_no_secret(&format!("{builder:?}"), "builder");
        assert_no_secret(&self::shown(builder.build().unwrap_err()), base_url);
    }
}
