//! Replays the recorded traffic of real servers against the development server, whose responses must be the same.

mod matching;

use std::collections::{BTreeMap, BTreeSet};

use aod_devserver::{
    Action, AgentChange, DevServer, Generation, NewAccount, NewKey, Script, Source,
};
use aod_test_support::raw::{self, Request};
use aod_test_support::recorded_exchanges;
use matching::Names;
use serde_json::Value;

/// Intended differences of the development server: the exchange and the reason.
const DEVIATIONS: [(Generation, &str, &str); 2] = [
    (
        Generation::April21,
        "agent-create-cases-a/metadata-nan",
        "NaN is not JSON: 400 `Invalid JSON` instead of the real server's 500",
    ),
    (
        Generation::April21,
        "environment-cases-a/duplicate-name",
        "a name in use is a 409 instead of the real server's 500",
    ),
];

#[tokio::test]
async fn responds_like_the_server_of_2026_04_21() {
    replay("http-s0.jsonl", Generation::April21).await;
}

#[tokio::test]
async fn responds_like_the_server_of_2026_04_30() {
    replay("http-s1.jsonl", Generation::April30).await;
}

async fn replay(file: &str, generation: Generation) {
    let recorded = recorded_exchanges(file);
    let count = recorded.len();
    let mut scenarios: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for exchange in recorded {
        let scenario = exchange["scenario"]
            .as_str()
            .expect("a scenario")
            .to_owned();
        scenarios.entry(scenario).or_default().push(exchange);
    }

    let mut found = BTreeMap::new();
    let mut replayed = 0;
    for exchanges in scenarios.values_mut() {
        exchanges.sort_by_key(|exchange| exchange["seq"].as_i64());
        replayed += exchanges.len();
        let mut scenario = Scenario::start(generation).await;
        for exchange in exchanges.iter() {
            if let Err(difference) = scenario.replay(exchange).await {
                found.insert(exchange["name"].as_str().expect("a name"), difference);
            }
        }
        scenario.server.stop().await;
    }
    assert_eq!(replayed, count);

    let listed: BTreeSet<&str> = DEVIATIONS
        .iter()
        .filter(|(of, _, _)| *of == generation)
        .map(|(_, name, _)| *name)
        .collect();
    let unlisted: Vec<_> = found
        .iter()
        .filter(|(name, _)| !listed.contains(**name))
        .map(|(name, difference)| format!("{name}: {difference}"))
        .collect();
    let outdated: Vec<_> = listed
        .iter()
        .filter(|name| !found.contains_key(**name))
        .collect();
    assert!(
        unlisted.is_empty(),
        "answered otherwise:\n{}",
        unlisted.join("\n")
    );
    assert!(
        outdated.is_empty(),
        "listed as different, but equal to the recording: {outdated:?}"
    );
}

/// A scenario in progress, with its own server.
struct Scenario {
    server: DevServer,
    names: Names,
    /// The turns that the worker has started, by recorded session ID.
    started: BTreeSet<(String, i64)>,
}

impl Scenario {
    async fn start(generation: Generation) -> Self {
        let server = DevServer::builder()
            .generation(generation)
            .token("aod_TEST")
            .start()
            .await
            .expect("loopback has a free port");
        let control = server.control();
        control.set_script(Script::manual());
        let account = |name: &str| NewAccount::named(name);
        let accounts = [
            account("other"),
            NewAccount {
                model_key: false,
                sandbox_key: false,
                ..account("nokey")
            },
            NewAccount {
                sandbox_key: false,
                ..account("nosandbox")
            },
            NewAccount {
                session_limit: Some(2),
                ..account("quota2")
            },
            NewAccount {
                session_limit: Some(0),
                ..account("quota0")
            },
        ];
        for account in accounts {
            control.add_account(account).expect("a new name");
        }
        let key = |suffix: &str| NewKey::new(format!("aod_TEST_{suffix}"));
        let keys = [
            key("SECOND_KEY"),
            NewKey {
                active: false,
                ..key("INACTIVE")
            },
            NewKey {
                expired: true,
                ..key("EXPIRED")
            },
            NewKey {
                active: false,
                expired: true,
                ..key("INACTIVE_EXPIRED")
            },
            key("OTHER").account("other"),
            key("NOKEY").account("nokey"),
            key("NOSANDBOX").account("nosandbox"),
            key("QUOTA2").account("quota2"),
            key("QUOTA0").account("quota0"),
        ];
        for key in keys {
            control.add_key(key).expect("a known account");
        }
        Self {
            server,
            names: Names::default(),
            started: BTreeSet::new(),
        }
    }

    async fn replay(&mut self, recorded: &Value) -> Result<(), String> {
        for step in recorded["before"].as_array().into_iter().flatten() {
            self.perform(step);
        }
        let path = self
            .names
            .translate(recorded["path"].as_str().expect("a path"));
        let headers = recorded["headers"].as_object().expect("headers");
        let request = Request {
            method: recorded["method"].as_str().expect("a method"),
            path: &path,
            headers: headers
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str().expect("a header value")))
                .collect(),
            body: self.body(recorded),
        };
        let reply = raw::send(self.server.url(), request).await;
        let status = recorded["status"].as_u64().expect("a status");
        if u64::from(reply.status) != status {
            let live = reply.status;
            let (body, _) = reply.read().await;
            let body = String::from_utf8_lossy(&body).into_owned();
            return Err(format!("status {status} became {live}: {body}"));
        }
        for name in [
            "content-type",
            "allow",
            "cache-control",
            "x-accel-buffering",
        ] {
            let expected = recorded["response_headers"][name].as_str();
            if reply.header(name) != expected {
                return Err(format!(
                    "{name} {expected:?} became {:?}",
                    reply.header(name)
                ));
            }
        }
        let content_type = reply.header("content-type").unwrap_or_default().to_owned();
        let (body, complete) = reply.read().await;
        let body = String::from_utf8(body).map_err(|_| "a body that is not text".to_owned())?;
        if !complete {
            return Err("the body was truncated".to_owned());
        }
        self.compare_body(&recorded["response"], &body, &content_type)
    }

    fn compare_body(
        &mut self,
        recorded: &Value,
        live: &str,
        content_type: &str,
    ) -> Result<(), String> {
        match recorded {
            Value::String(text) if content_type == "text/event-stream" => {
                self.names.compare_streams(text, live)
            }
            // The content of the web framework's pages is not compared, only whether there is one.
            Value::String(text) if text.is_empty() == live.is_empty() => Ok(()),
            Value::String(_) => Err(format!("another body: {live:?}")),
            json => {
                let live = serde_json::from_str(live).map_err(|error| error.to_string())?;
                self.names.compare(json, &live)
            }
        }
    }

    fn body(&self, recorded: &Value) -> Vec<u8> {
        if let Some(text) = recorded["raw_body"].as_str() {
            return self.names.translate(text).into_bytes();
        }
        if let Some(text) = recorded["raw_body_base64"].as_str() {
            return base64(text);
        }
        match &recorded["body"] {
            Value::Null => Vec::new(),
            json => self.names.translate(&json.to_string()).into_bytes(),
        }
    }

    /// Performs what the worker did, or what was changed manually, between two requests.
    fn perform(&mut self, step: &Value) {
        let control = self.server.control();
        let text = |name: &str| step[name].as_str().map(str::to_owned);
        let action = step["action"].as_str().expect("an action");
        if let "agent_row_changed" | "agent_model_retired" = action {
            let agent = self
                .names
                .live_id(step["agent"].as_str().expect("an agent"));
            let change = AgentChange {
                runtime: text("runtime"),
                model: text("model"),
            };
            return control.change_agent(agent, change).expect("a known agent");
        }
        let recorded = step["session"].as_str().expect("a session");
        let session = self.names.live_id(recorded);
        let act = |action| control.act(session, action).expect("a known session");
        let turn = step["turn"].as_i64().unwrap_or_default();
        match action {
            "provisioned" => act(Action::Provision {}),
            "provision_failed" => act(Action::FailProvisioning {
                message: text("message").expect("a message"),
            }),
            "sandbox_lost" => act(Action::LoseSandbox {}),
            "turn_started" => {
                self.started.insert((recorded.to_owned(), turn));
                act(Action::StartTurn { turn });
            }
            "turn_finished" => {
                if self.started.insert((recorded.to_owned(), turn)) {
                    act(Action::StartTurn { turn });
                }
                for chunk in step["output"].as_array().into_iter().flatten() {
                    act(Action::Output {
                        stream: if chunk[0] == "stderr" {
                            Source::Stderr
                        } else {
                            Source::Stdout
                        },
                        data: chunk[1].as_str().expect("a chunk").to_owned(),
                        turn: Some(turn),
                        id: None,
                    });
                }
                act(Action::FinishTurn {
                    turn,
                    exit_code: step["exit_code"].as_i64(),
                });
            }
            other => panic!("a recording names an unknown action {other:?}"),
        }
    }
}

fn base64(text: &str) -> Vec<u8> {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut bytes = Vec::new();
    let (mut bits, mut held) = (0u32, 0);
    for letter in text.bytes().filter(|letter| *letter != b'=') {
        let value = ALPHABET
            .iter()
            .position(|known| *known == letter)
            .expect("base64");
        bits = bits << 6 | u32::try_from(value).expect("six bits");
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push(u8::try_from(bits >> held & 0xff).expect("eight bits"));
        }
    }
    bytes
}
