//! The format of a scenario.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Map, Value};

use crate::Problem;

/// A scenario.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Scenario {
    /// The behaviour that the scenario states, for readers.
    #[serde(rename = "about")]
    pub(crate) _about: String,
    /// The generation of the server.
    pub(crate) generation: String,
    /// The texts that must not appear anywhere.
    #[serde(default)]
    pub(crate) secrets: Vec<String>,
    pub(crate) steps: Vec<Value>,
    /// Read as text, by [`recorded`](crate::transcript::recorded).
    #[serde(default, rename = "transcript")]
    _transcript: IgnoredAny,
}

/// A step with resolved references.
pub(crate) enum Step {
    Control(Control),
    Call(Call),
    Open(Open),
    Read(Read),
    Cancel(Cancel),
    Listen(Listen),
    Pretty(Pretty),
    Transcript(Transcript),
    Requests(Requests),
    Network(Network),
}

impl Step {
    /// Parses a step. Its kind is determined by its key.
    pub(crate) fn parse(step: &Value) -> Result<Self, Problem> {
        let kind = |kind: &str| step.get(kind).is_some();
        let problem = |error: serde_json::Error| format!("{step}: {error}");
        macro_rules! kinds {
            ($($key:literal => $kind:ident,)+) => {
                $(if kind($key) {
                    return $kind::deserialize(step).map(Self::$kind).map_err(problem);
                })+
            };
        }
        kinds! {
            "control" => Control,
            "call" => Call,
            "open" => Open,
            "read" => Read,
            "cancel" => Cancel,
            "listen" => Listen,
            "pretty" => Pretty,
            "transcript" => Transcript,
            "requests" => Requests,
            "network" => Network,
        }
        Err(format!("no kind of step is in {step}"))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Control {
    #[serde(rename = "control")]
    pub(crate) call: Vec<Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Call {
    #[serde(rename = "call")]
    pub(crate) operation: String,
    #[serde(default)]
    pub(crate) with: Map<String, Value>,
    #[serde(default)]
    pub(crate) options: Options,
    pub(crate) save: Option<String>,
    #[serde(default)]
    pub(crate) meanwhile: Vec<Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Open {
    #[serde(rename = "open")]
    pub(crate) name: String,
    pub(crate) id: uuid::Uuid,
    pub(crate) since: Option<i64>,
    #[serde(default = "on")]
    pub(crate) reconnect: bool,
    pub(crate) max_attempts: Option<u32>,
    pub(crate) deadline_ms: Option<u64>,
    #[serde(default)]
    pub(crate) resume_stale: bool,
    #[serde(default)]
    pub(crate) options: Options,
}

fn on() -> bool {
    true
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Read {
    #[serde(rename = "read")]
    pub(crate) name: String,
    pub(crate) until: Option<Until>,
    pub(crate) pretty: Option<String>,
    #[serde(default)]
    pub(crate) transcript: bool,
    pub(crate) save: Option<String>,
    #[serde(default)]
    pub(crate) meanwhile: Vec<Value>,
}

/// The end of a read.
#[derive(Deserialize)]
#[serde(untagged)]
pub(crate) enum Until {
    Count(usize),
    Type(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Network {
    #[serde(rename = "network")]
    pub(crate) report: Report,
}

/// A report about the network.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Report {
    Offline,
    Online,
    Changed,
    Suspend,
    Resume,
}

impl Report {
    pub(crate) fn make(&self, client: &aod::Client) {
        match self {
            Self::Offline => client.network().offline(),
            Self::Online => client.network().online(),
            Self::Changed => client.network().changed(),
            Self::Suspend => client.suspend(),
            Self::Resume => client.resume(),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Cancel {
    #[serde(rename = "cancel")]
    pub(crate) name: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Listen {
    #[serde(rename = "listen")]
    pub(crate) session: uuid::Uuid,
    pub(crate) since: Option<i64>,
    pub(crate) cancel_after: Option<usize>,
    #[serde(default)]
    pub(crate) options: Options,
    #[serde(default)]
    pub(crate) meanwhile: Vec<Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Pretty {
    #[serde(rename = "pretty")]
    pub(crate) runtime: String,
    pub(crate) feed: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Transcript {
    #[serde(rename = "transcript")]
    pub(crate) runtime: String,
    pub(crate) feed: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Requests {
    #[serde(rename = "requests")]
    pub(crate) headers: Vec<String>,
}

/// The options of a client.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Options {
    pub(crate) token: Option<String>,
    pub(crate) max_retries: Option<u32>,
    pub(crate) timeout_ms: Option<u64>,
    pub(crate) stream_idle_timeout_ms: Option<u64>,
    #[serde(default)]
    pub(crate) headers: BTreeMap<String, String>,
}

/// The values that earlier steps saved, by name.
#[derive(Default)]
pub(crate) struct Saved(BTreeMap<String, Value>);

impl Saved {
    pub(crate) fn keep(&mut self, name: Option<String>, value: Value) {
        if let Some(name) = name {
            self.0.insert(name, value);
        }
    }

    /// Replaces every `$name.key.0` by the saved value.
    pub(crate) fn resolve(&self, value: &Value) -> Result<Value, Problem> {
        Ok(match value {
            Value::String(text) => match text.strip_prefix('$') {
                Some(path) => self
                    .find(path)
                    .ok_or_else(|| format!("nothing is saved at {text}"))?,
                None => value.clone(),
            },
            Value::Array(items) => items
                .iter()
                .map(|item| self.resolve(item))
                .collect::<Result<_, _>>()?,
            Value::Object(fields) => fields
                .iter()
                .map(|(key, item)| Ok((key.clone(), self.resolve(item)?)))
                .collect::<Result<Map<_, _>, Problem>>()?
                .into(),
            other => other.clone(),
        })
    }

    fn find(&self, path: &str) -> Option<Value> {
        let mut keys = path.split('.');
        let mut value = self.0.get(keys.next()?)?;
        for key in keys {
            value = match value {
                Value::Array(items) => items.get(key.parse::<usize>().ok()?)?,
                other => other.get(key)?,
            };
        }
        Some(value.clone())
    }
}
