//! Faults that are injected into requests.

mod apply;
mod echo;

pub(crate) use apply::{StreamFaults, cut_error, instead, tamper};
pub(crate) use echo::echo;

use std::{collections::BTreeMap, time::Duration};

use axum::http::{HeaderName, HeaderValue, Method};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// A fault that the server injects: the requests that it applies to, and its effect on them.
///
/// In JSON: `{"method": "GET", "path": "/sessions/*/stream", "skip": 0, "times": 1, "effect": {"cut": {"after_bytes":
/// 100}}}`.
///
/// ```
/// use aod_devserver::{CutHow, Effect, Fault};
///
/// let unavailable = Fault::status(503).matching("POST", "/sessions").times(2);
/// assert_eq!(unavailable.times, Some(2));
/// let fault = Fault::on("GET", "/sessions/*/stream", Effect::Cut { after_bytes: 100, how: CutHow::Reset }).skip(1);
/// assert_eq!(fault.times, Some(1));
/// ```
///
/// See [Faults](https://ravi-hq.github.io/agent-on-demand/latest/testing/#faults).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// The method of the requests. Default: any method.
    #[serde(default)]
    pub method: Option<String>,
    /// The pattern of the path, without the query. `*` matches any text, including slashes. At most 1024 bytes.
    pub path: String,
    /// The number of matching requests to skip first. Default 0.
    #[serde(default)]
    pub skip: u32,
    /// The number of requests to apply to after that. Default 1; null means all.
    #[serde(default = "once")]
    pub times: Option<u32>,
    /// The effect.
    pub effect: Effect,
}

/// The path pattern of event streams.
const STREAMS: &str = "/sessions/*/stream";

fn json_content() -> (String, String) {
    ("content-type".to_owned(), "application/json".to_owned())
}

#[expect(clippy::unnecessary_wraps, reason = "the default of an optional field")]
fn once() -> Option<u32> {
    Some(1)
}

impl Fault {
    /// Creates a fault for the next request with this method and path pattern.
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

    /// Creates a fault that cuts the connection of the next event stream after this many events, including `start`.
    #[must_use]
    pub fn cut(after_events: usize) -> Self {
        let how = CutHow::default();
        let events = after_events;
        Self::on("GET", STREAMS, Effect::CutAfterEvents { events, how })
    }

    /// Creates a fault that stalls the next event stream: after this many bytes of its body, nothing is sent, and the
    /// connection stays open. With `None`, there is no response at all.
    #[must_use]
    pub fn stall(after_bytes: Option<usize>) -> Self {
        Self::on("GET", STREAMS, Effect::Stall { after_bytes })
    }

    /// Creates a fault that delays the response to the next request by a time on the server's clock.
    #[must_use]
    pub fn slow(delay: Duration) -> Self {
        let ms = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX);
        Self::any(Effect::Delay { ms })
    }

    /// Creates a fault that responds to the next request with a status, such as 503.
    #[must_use]
    pub fn status(status: u16) -> Self {
        Self::any(Effect::Status {
            status,
            headers: BTreeMap::from([json_content()]),
            body: json!({"detail": "A fault of the development server"}).to_string(),
        })
    }

    /// Creates a fault that responds to the next request with a 429, and with a `Retry-After` header if a time is
    /// given, in whole seconds.
    #[must_use]
    pub fn too_many_requests(retry_after: Option<Duration>) -> Self {
        let mut fault = Self::status(429);
        if let (Some(time), Effect::Status { headers, .. }) = (retry_after, &mut fault.effect) {
            let seconds = time.as_secs().to_string();
            headers.insert("retry-after".to_owned(), seconds);
        }
        fault
    }

    fn any(effect: Effect) -> Self {
        Self {
            method: None,
            ..Self::on("", "*", effect)
        }
    }

    /// Limits the fault to requests with this method and [path pattern](Self::path).
    #[must_use]
    pub fn matching(mut self, method: &str, path: &str) -> Self {
        self.method = Some(method.to_owned());
        path.clone_into(&mut self.path);
        self
    }

    /// Skips this many matching requests first.
    #[must_use]
    pub fn skip(mut self, requests: u32) -> Self {
        self.skip = requests;
        self
    }

    /// Applies to this many requests.
    #[must_use]
    pub fn times(mut self, requests: u32) -> Self {
        self.times = Some(requests);
        self
    }

    /// Applies to every matching request.
    #[must_use]
    pub fn always(mut self) -> Self {
        self.times = None;
        self
    }

    /// Returns why the fault cannot be applied, if it cannot.
    pub(crate) fn problem(&self) -> Option<&'static str> {
        if self.path.len() > 1024 {
            Some("the path pattern must have at most 1024 bytes")
        } else if self.effect.frames_its_body() {
            Some("the server itself sets content-length and transfer-encoding")
        } else if !self.effect.is_sendable() {
            Some("the status code or a header is invalid")
        } else {
            None
        }
    }

    fn matches(&self, method: &Method, path: &str) -> bool {
        self.method
            .as_deref()
            .is_none_or(|wanted| wanted == method.as_str())
            && matches_pattern(&self.path, path)
    }
}

/// The effect of a fault on a request or its response.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Effect {
    /// Returns another response. The request is not processed.
    Status {
        /// The status code.
        status: u16,
        /// The headers.
        #[serde(default)]
        headers: BTreeMap<String, String>,
        /// The body.
        #[serde(default)]
        body: String,
    },
    /// Returns the whole request in a response: the request line, the headers and the body. `X-Request-Id` repeats the
    /// headers too. The request is not processed.
    Echo {
        /// The status code.
        status: u16,
        /// The form of the body.
        #[serde(default)]
        form: EchoForm,
    },
    /// Returns a redirect. The request is not processed.
    Redirect {
        /// The status code. Default 307.
        #[serde(default = "temporary")]
        status: u16,
        /// The `Location` header.
        location: String,
    },
    /// Closes the connection without a response. The request is not processed.
    Drop {
        /// Whether the connection is reset instead of closed.
        #[serde(default)]
        reset: bool,
    },
    /// Processes the request, then closes the connection without a response.
    DropAfterServing {
        /// Whether the connection is reset instead of closed.
        #[serde(default)]
        reset: bool,
    },
    /// Delays the response by a time on the server's clock.
    Delay {
        /// Milliseconds.
        ms: u64,
    },
    /// Stops sending without closing the connection, before the response or after a number of body bytes.
    Stall {
        /// The number of body bytes to send. If absent, not even the head is sent.
        #[serde(default)]
        after_bytes: Option<usize>,
    },
    /// Ends the body early.
    Cut {
        /// The number of body bytes to send.
        after_bytes: usize,
        /// How the body ends.
        #[serde(default)]
        how: CutHow,
    },
    /// Ends a stream early.
    CutAfterEvents {
        /// The number of events to send, including `start`.
        events: usize,
        /// How the body ends.
        #[serde(default)]
        how: CutHow,
    },
    /// Sends the body in small writes.
    Drip {
        /// The number of bytes per write.
        bytes: usize,
        /// The delay between writes in milliseconds of real time.
        #[serde(default)]
        every_ms: u64,
    },
    /// Sends another content type.
    ContentType {
        /// The value of the header.
        value: String,
    },
    /// Compresses the body, even if the client does not accept it.
    Gzip {},
    /// Sends truncated JSON.
    MalformedJson {
        /// The index of the affected event of a stream; `start` is 0. Ignored for other responses.
        #[serde(default)]
        event: usize,
    },
    /// Sets fields in the JSON: in the resource, in each resource of a list, or in each event of a stream.
    Merge {
        /// The fields and their values.
        fields: Map<String, Value>,
        /// Limits the effect to events of this type.
        #[serde(default)]
        event_type: Option<String>,
    },
    /// Inserts raw text before an event of a stream.
    Insert {
        /// The index of the event; `start` is 0.
        before_event: usize,
        /// The text, sent verbatim.
        text: String,
    },
    /// Sends every event of a stream twice.
    Duplicate {},
    /// Ignores the cursor of a stream.
    ReplayAll {},
    /// Repeats the row at the cursor of a stream.
    RepeatAtCursor {},
    /// Ends the lines of a stream with CRLF.
    Crlf {},
}

impl Effect {
    /// Returns whether the headers frame the body, which only the server can do right.
    fn frames_its_body(&self) -> bool {
        let Self::Status { headers, .. } = self else {
            return false;
        };
        headers.keys().any(|name| {
            ["content-length", "transfer-encoding"]
                .iter()
                .any(|framing| name.eq_ignore_ascii_case(framing))
        })
    }

    /// Returns whether the status code and headers are valid HTTP.
    fn is_sendable(&self) -> bool {
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
            Self::Echo { status, .. } => (200..600).contains(status),
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

/// The form in which a request is echoed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EchoForm {
    /// `{"detail": "<request>"}`.
    #[default]
    Detail,
    /// A JSON object that has the request as a key and as a value.
    Object,
    /// The list of errors of a 422, with the request in each part.
    Fields,
    /// The same list after a byte order mark.
    Marked,
    /// A JSON string.
    String,
    /// A JSON object as a JSON string in the detail: escaped twice.
    Nested,
    /// JSON that ends inside the request.
    Truncated,
    /// Plain text.
    Text,
    /// Plain text, percent-encoded.
    Encoded,
    /// An HTML page.
    Html,
    /// An event stream whose `start` event repeats the request in each field.
    Start,
}

impl EchoForm {
    /// Every form.
    pub const ALL: [Self; 11] = [
        Self::Detail,
        Self::Object,
        Self::Fields,
        Self::Marked,
        Self::String,
        Self::Nested,
        Self::Truncated,
        Self::Text,
        Self::Encoded,
        Self::Html,
        Self::Start,
    ];
}

/// The end of a body that is cut.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CutHow {
    /// The connection is closed without a final chunk.
    #[default]
    Close,
    /// The connection is reset.
    Reset,
    /// The response ends properly, as if it was complete.
    End,
}

/// The pending faults.
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

    /// Returns the effects on a request, and counts down the pending faults.
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

/// `*` matches any text. Each part between two stars is looked for once, after the part before it.
fn matches_pattern(pattern: &str, path: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else {
        return pattern == path;
    };
    let (middle, tail) = rest.rsplit_once('*').unwrap_or(("", rest));
    let between = path
        .strip_prefix(head)
        .and_then(|path| path.strip_suffix(tail));
    between.is_some_and(|mut path| {
        middle.split('*').all(|part| match path.find(part) {
            Some(at) => {
                path = &path[at + part.len()..];
                true
            }
            None => false,
        })
    })
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
    fn matching_takes_time_in_proportion_to_the_pattern_and_the_path() {
        let path = "/a".repeat(10_000);
        assert!(!matches_pattern(&"*a".repeat(500), &format!("{path}/")));
        assert!(matches_pattern(&"*a".repeat(500), &path));
        assert!(matches_pattern(&"*".repeat(1000), &path));
        for (pattern, path, matches) in [
            ("*ab", "aab", true),
            ("a*b*c", "abbc", true),
            ("a*b*c", "acb", false),
            ("ab*bc", "abc", false),
            ("*é*", "/é", true),
            ("", "", true),
            ("", "/", false),
            ("**", "", true),
        ] {
            assert_eq!(
                matches_pattern(pattern, path),
                matches,
                "{pattern:?} {path:?}"
            );
        }
    }

    #[test]
    fn skips_requests_and_then_affects_as_many_as_planned() {
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
