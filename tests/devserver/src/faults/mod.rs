//! Faults on request: what goes wrong with which requests.

mod apply;

pub(crate) use apply::{Tampering, cut_error, instead, tamper};

use std::collections::BTreeMap;

use axum::http::{HeaderName, HeaderValue, Method};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// One fault: which requests it is for, and what happens to them.
///
/// In JSON: `{"method": "GET", "path": "/sessions/*/stream", "skip": 0, "times": 1, "effect": {"cut": {"after_bytes":
/// 100}}}`.
///
/// ```
/// use aod_devserver::{CutHow, Effect, Fault};
///
/// let fault = Fault::on("GET", "/sessions/*/stream", Effect::Cut { after_bytes: 100, how: CutHow::Reset }).skip(1);
/// assert_eq!(fault.times, Some(1));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// The method it is for; every method when absent.
    #[serde(default)]
    pub method: Option<String>,
    /// The path it is for, without query; `*` stands for any text, slashes included.
    pub path: String,
    /// How many matching requests go unharmed first.
    #[serde(default)]
    pub skip: u32,
    /// How many requests are hit then: 1 unless said otherwise, all of them when null.
    #[serde(default = "once")]
    pub times: Option<u32>,
    /// What happens.
    pub effect: Effect,
}

#[expect(clippy::unnecessary_wraps, reason = "the default of an optional field")]
fn once() -> Option<u32> {
    Some(1)
}

impl Fault {
    /// A fault for the next request with this method and path pattern.
    #[must_use]
    pub fn on(method: &str, path: &str, effect: Effect) -> Self {
        Self {
            method: Some(method.to_owned()),
            path: path.to_owned(),
            skip: 0,
            times: once(),
            effect,
        }
    }

    /// Lets this many matching requests go unharmed first.
    #[must_use]
    pub fn skip(mut self, requests: u32) -> Self {
        self.skip = requests;
        self
    }

    /// Hits this many requests.
    #[must_use]
    pub fn times(mut self, requests: u32) -> Self {
        self.times = Some(requests);
        self
    }

    /// Hits every matching request.
    #[must_use]
    pub fn always(mut self) -> Self {
        self.times = None;
        self
    }

    fn matches(&self, method: &Method, path: &str) -> bool {
        self.method
            .as_deref()
            .is_none_or(|wanted| wanted == method.as_str())
            && matches_pattern(&self.path, path)
    }
}

/// What happens to a request or to its response.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Effect {
    /// Another answer altogether; the request has no effect.
    Status {
        /// The status code.
        status: u16,
        /// Its headers.
        #[serde(default)]
        headers: BTreeMap<String, String>,
        /// Its body.
        #[serde(default)]
        body: String,
    },
    /// A redirect; the request has no effect.
    Redirect {
        /// The status code, 307 unless said otherwise.
        #[serde(default = "temporary")]
        status: u16,
        /// The `Location` header.
        location: String,
    },
    /// The connection closes without an answer; the request has no effect.
    Drop {
        /// With a reset rather than an orderly end.
        #[serde(default)]
        reset: bool,
    },
    /// The request is served, the connection then closes without an answer.
    DropAfterServing {
        /// With a reset rather than an orderly end.
        #[serde(default)]
        reset: bool,
    },
    /// The answer begins this much later, on the server's clock.
    Delay {
        /// Milliseconds.
        ms: u64,
    },
    /// Silence for ever: instead of an answer, or after so many bytes of the body.
    Stall {
        /// Body bytes that still come; without it not even the head does.
        #[serde(default)]
        after_bytes: Option<usize>,
    },
    /// The body ends early.
    Cut {
        /// Body bytes that still come.
        after_bytes: usize,
        /// How it ends.
        #[serde(default)]
        how: CutHow,
    },
    /// A stream ends early.
    CutAfterEvents {
        /// Events that still come, `start` included.
        events: usize,
        /// How it ends.
        #[serde(default)]
        how: CutHow,
    },
    /// The body comes in small writes.
    Drip {
        /// Bytes a write.
        bytes: usize,
        /// Milliseconds between writes, in real time.
        #[serde(default)]
        every_ms: u64,
    },
    /// Another content type.
    ContentType {
        /// The header's value.
        value: String,
    },
    /// The body is compressed, whether the client asked for that or not.
    Gzip {},
    /// JSON that ends in its middle.
    MalformedJson {
        /// The event of a stream it happens to, counted from 0 for `start`; ordinary answers do not look at it.
        #[serde(default)]
        event: usize,
    },
    /// These fields are set in the JSON: in the resource, in each resource of a list, or in each event of a stream.
    Merge {
        /// The fields and their values.
        fields: Map<String, Value>,
        /// Only events of this type.
        #[serde(default)]
        event_type: Option<String>,
    },
    /// Raw text in a stream before one of its events.
    Insert {
        /// The event, counted from 0 for `start`.
        before_event: usize,
        /// The text, written as it is.
        text: String,
    },
    /// Every event of a stream comes twice.
    Duplicate {},
    /// A stream ignores the cursor.
    ReplayAll {},
    /// A stream repeats the row at the cursor.
    RepeatAtCursor {},
    /// A stream's lines end with CRLF.
    Crlf {},
}

impl Effect {
    /// Whether its status code and headers can be written as HTTP.
    pub(crate) fn is_sendable(&self) -> bool {
        let header = |name: &str, value: &str| {
            name.parse::<HeaderName>().is_ok() && HeaderValue::from_str(value).is_ok()
        };
        match self {
            Self::Status {
                status, headers, ..
            } => {
                (200..600).contains(status)
                    && headers.iter().all(|(name, value)| header(name, value))
            }
            Self::Redirect { status, location } => {
                (300..400).contains(status) && header("location", location)
            }
            Self::ContentType { value } => header("content-type", value),
            _ => true,
        }
    }
}

fn temporary() -> u16 {
    307
}

/// How a body that is cut ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CutHow {
    /// The connection closes in mid-body, without a final chunk.
    #[default]
    Close,
    /// The connection is reset.
    Reset,
    /// The response ends properly, as if it were complete.
    End,
}

/// The faults that are still to come.
#[derive(Default)]
pub(crate) struct FaultPlan {
    faults: Vec<Fault>,
}

impl FaultPlan {
    pub(crate) fn add(&mut self, fault: Fault) {
        self.faults.push(fault);
    }

    pub(crate) fn clear(&mut self) {
        self.faults.clear();
    }

    /// The effects on this request, which count down what is planned.
    pub(crate) fn take(&mut self, method: &Method, path: &str) -> Vec<Effect> {
        let mut effects = Vec::new();
        for fault in &mut self.faults {
            if !fault.matches(method, path) {
                continue;
            }
            if fault.skip > 0 {
                fault.skip -= 1;
                continue;
            }
            match &mut fault.times {
                Some(0) => continue,
                Some(times) => *times -= 1,
                None => {}
            }
            effects.push(fault.effect.clone());
        }
        self.faults.retain(|fault| fault.times != Some(0));
        effects
    }
}

/// `*` matches any text.
fn matches_pattern(pattern: &str, path: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == path,
        Some((head, rest)) => path.strip_prefix(head).is_some_and(|tail| {
            tail.char_indices()
                .map(|(index, _)| index)
                .chain([tail.len()])
                .any(|index| matches_pattern(rest, &tail[index..]))
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_match_any_text() {
        assert!(matches_pattern(
            "/sessions/*/stream",
            "/sessions/abc/stream"
        ));
        assert!(matches_pattern("*", "/agents"));
        assert!(!matches_pattern(
            "/sessions/*/stream",
            "/sessions/abc/turns"
        ));
        assert!(!matches_pattern("/agents", "/agents/x"));
    }

    #[test]
    fn skips_first_then_hits_as_often_as_planned() {
        let mut plan = FaultPlan::default();
        plan.add(
            Fault::on("GET", "/health", Effect::Gzip {})
                .skip(1)
                .times(2),
        );
        let hits: Vec<usize> = (0..4)
            .map(|_| plan.take(&Method::GET, "/health").len())
            .collect();
        assert_eq!(hits, [0, 1, 1, 0]);
    }
}
