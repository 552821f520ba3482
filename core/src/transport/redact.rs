//! Redaction of the secrets of a request in error responses, because a server or a proxy may echo them.

mod views;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::header::{ACCEPT_LANGUAGE, AUTHORIZATION, CONTENT_TYPE, PROXY_AUTHORIZATION, USER_AGENT};
use http::{HeaderMap, HeaderName};
use memchr::memmem;
use percent_encoding::percent_decode_str;
use serde_json::Value;
use url::Url;

use crate::error::{Detail, LocationPart};

/// The minimum length, in bytes, of a redacted text other than a token: a shorter one may occur in ordinary words.
const MIN_LENGTH: usize = 6;
/// The minimum length, in bytes, of a path segment of a URL that counts as a secret.
const MIN_SEGMENT_LENGTH: usize = 16;

const REDACTED: &str = "[REDACTED]";

/// The names of the fields with secret values, at any depth of a request body.
const SECRET_FIELDS: [&str; 7] = [
    "args",
    "authorization_token",
    "env",
    "env_vars",
    "headers",
    "secret_env_vars",
    "token",
];

/// The texts to redact in a response.
#[derive(Default)]
pub(super) struct Secrets {
    texts: Vec<Vec<u8>>,
    /// Whether the request has a body that cannot be parsed, so that any text of the response may be one of its secrets.
    are_unknown: bool,
}

impl Secrets {
    /// Adds a secret.
    pub(super) fn with(mut self, secret: &str) -> Self {
        self.add(secret);
        self
    }

    /// Adds the values of the caller's headers, and the parts of each value, because a secret may follow a scheme, a
    /// parameter name or a cookie name. `Accept-Language`, `Content-Type` and `User-Agent` are not secret.
    pub(super) fn with_headers(mut self, headers: &HeaderMap) -> Self {
        for (name, value) in headers {
            if [ACCEPT_LANGUAGE, CONTENT_TYPE, USER_AGENT].contains(name) {
                continue;
            }
            let value = String::from_utf8_lossy(value.as_bytes());
            if authorizes(name) {
                let credentials = value
                    .split_once(' ')
                    .map_or(&*value, |(_scheme, rest)| rest);
                self.add(credentials.trim());
            }
            self.add_parts(&value);
        }
        self
    }

    /// Adds the secret values of a JSON request body. If it cannot be parsed, every text is redacted.
    pub(super) fn with_body(mut self, body: Option<&[u8]>) -> Self {
        if let Some(body) = body.filter(|body| !body.is_empty()) {
            match serde_json::from_slice(body) {
                Ok(json) => self.add_fields(&json),
                Err(_) => self.are_unknown = true,
            }
        }
        self
    }

    /// Adds the parts of the URL of a request that may be secret.
    pub(super) fn with_url(mut self, url: &Url) -> Self {
        self.add_url(url);
        self
    }

    /// Adds the credentials in the URL of a proxy, also in the form of the `Proxy-Authorization` header.
    pub(super) fn with_proxy(mut self, url: Option<&str>) -> Self {
        let Some(Ok(url)) = url.map(Url::parse) else {
            return self;
        };
        let user = percent_decode_str(url.username()).decode_utf8_lossy();
        let password = percent_decode_str(url.password().unwrap_or_default()).decode_utf8_lossy();
        self.add_parts(&user);
        self.add_parts(&password);
        if !user.is_empty() || !password.is_empty() {
            self.add(&BASE64_STANDARD.encode(format!("{user}:{password}")));
        }
        self
    }

    /// Redacts the secrets in a text, also where they are escaped or percent-encoded, or cut at the end of the text.
    pub(super) fn redact(&self, text: &str) -> String {
        if self.are_unknown && !text.is_empty() {
            return REDACTED.to_owned();
        }
        let mut ranges = Vec::new();
        views::visit(text, &mut |view| {
            for secret in &self.texts {
                let length = secret.len();
                let starts = memmem::find_iter(view.bytes(), secret);
                ranges.extend(starts.map(|start| view.range(start, start + length)));
                ranges.extend(
                    cut_at_end(secret, view.bytes())
                        .map(|start| view.range(start, view.bytes().len())),
                );
            }
        });
        ranges.sort_by_key(|range| (range.start, range.end));
        let mut redacted = String::new();
        let mut end = 0;
        for range in ranges {
            // Only the first of several that overlap leaves a mark.
            if range.start >= end {
                redacted += &text[end..range.start];
                redacted += REDACTED;
            }
            end = end.max(range.end);
        }
        redacted + &text[end..]
    }

    /// Redacts the secrets in a detail, except in the `input` of a field, which is never displayed.
    pub(super) fn redact_detail(&self, detail: Detail) -> Detail {
        match detail {
            Detail::Text(text) => Detail::Text(self.redact(&text)),
            Detail::Fields(mut fields) => {
                for field in &mut fields {
                    field.kind = self.redact(&field.kind);
                    field.description = self.redact(&field.description);
                    for part in &mut field.location {
                        if let LocationPart::Key(key) = part {
                            *key = self.redact(key);
                        }
                    }
                }
                Detail::Fields(fields)
            }
            Detail::Json(json) => Detail::Json(self.redact_json(json)),
            Detail::Body(body) => Detail::Body(self.redact(&body)),
        }
    }

    fn redact_json(&self, json: Value) -> Value {
        match json {
            Value::String(text) => Value::String(self.redact(&text)),
            Value::Array(values) => values
                .into_iter()
                .map(|value| self.redact_json(value))
                .collect(),
            Value::Object(fields) => fields
                .into_iter()
                .map(|(name, value)| (self.redact(&name), self.redact_json(value)))
                .collect(),
            other => other,
        }
    }

    /// Adds a secret, also as it looks if its bytes are taken for Latin-1 or sent in it.
    fn add(&mut self, secret: &str) {
        if secret.is_empty() {
            return;
        }
        if !secret.is_ascii() {
            let misread: String = secret.bytes().map(char::from).collect();
            self.texts.push(misread.into_bytes());
            self.texts.extend(
                secret
                    .chars()
                    .map(|char| u8::try_from(char).ok())
                    .collect::<Option<_>>(),
            );
        }
        self.texts.push(secret.as_bytes().to_vec());
    }

    fn add_parts(&mut self, value: &str) {
        for part in value.split(is_separator) {
            if part.len() >= MIN_LENGTH && part.len() < value.len() && !is_scheme(part) {
                self.add(part);
            }
        }
        if value.len() >= MIN_LENGTH {
            self.add(value);
        }
    }

    /// Adds the values of the secret fields in a JSON value.
    fn add_fields(&mut self, json: &Value) {
        match json {
            Value::Array(values) => values.iter().for_each(|value| self.add_fields(value)),
            Value::Object(fields) => {
                for (name, value) in fields {
                    if SECRET_FIELDS.contains(&name.as_str()) {
                        self.add_values(value);
                    } else if name == "url" {
                        if let Some(Ok(url)) = value.as_str().map(Url::parse) {
                            self.add_url(&url);
                        }
                    } else {
                        self.add_fields(value);
                    }
                }
            }
            _ => {}
        }
    }

    /// Adds every string in a JSON value.
    fn add_values(&mut self, json: &Value) {
        match json {
            Value::String(text) => self.add_parts(text),
            Value::Array(values) => values.iter().for_each(|value| self.add_values(value)),
            Value::Object(fields) => fields.values().for_each(|value| self.add_values(value)),
            _ => {}
        }
    }

    /// Adds the parts of a URL that may be secret: user information, the query and long path segments.
    fn add_url(&mut self, url: &Url) {
        let mut parts: Vec<String> = url
            .query_pairs()
            .map(|(_name, value)| value.into_owned())
            .chain(url.query().map(str::to_owned))
            .chain([url.username().to_owned()])
            .chain(url.password().map(str::to_owned))
            .collect();
        parts.retain(|part| part.len() >= MIN_LENGTH);
        let segments = url.path_segments().into_iter().flatten();
        parts.extend(
            segments
                .filter(|segment| segment.len() >= MIN_SEGMENT_LENGTH)
                .map(str::to_owned),
        );
        for part in parts {
            self.add(&part);
        }
    }
}

/// Returns whether a character separates a secret from the text around it, or may be escaped when it is echoed.
fn is_separator(character: char) -> bool {
    character.is_whitespace() || character.is_control() || ",;='\"\\".contains(character)
}

fn authorizes(name: &HeaderName) -> bool {
    [AUTHORIZATION, PROXY_AUTHORIZATION].contains(name)
}

/// Returns where the start of a secret begins that a text ends with, because the text was cut there.
fn cut_at_end(secret: &[u8], text: &[u8]) -> Option<usize> {
    let longest = secret.len().min(text.len() + 1);
    let length = (MIN_LENGTH..longest).rev();
    let mut lengths = length.filter(|length| text.ends_with(&secret[..*length]));
    lengths.next().map(|length| text.len() - length)
}

fn is_scheme(part: &str) -> bool {
    ["bearer", "digest"]
        .iter()
        .any(|scheme| part.eq_ignore_ascii_case(scheme))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use http::header::COOKIE;
    use serde_json::json;

    use super::*;

    #[test]
    fn takes_out_every_value_of_a_header_and_its_parts() {
        let headers = HeaderMap::from_iter(
            [
                (AUTHORIZATION, "Bearer t0k"),
                (COOKIE, "first=hunter2a; second=hunter2b; third=hunter2c=="),
                (HeaderName::from_static("x-api-key"), "hunter2d"),
                (HeaderName::from_static("x-signature"), "v1, hunter2e"),
                (HeaderName::from_static("x-key"), "hünter2f"),
                (CONTENT_TYPE, "application/json"),
            ]
            .map(|(name, value)| (name, HeaderValue::from_bytes(value.as_bytes()).unwrap())),
        );
        let secrets = Secrets::default()
            .with_headers(&headers)
            .with("hunter2d-token");
        let echo =
            "Bearer t0k, hunter2a hunter2b hunter2c hunter2d hunter2e hünter2f hunter2d-token";
        let redacted = secrets.redact(echo);
        assert!(
            !redacted.contains("nter2") && !redacted.contains("t0k"),
            "{redacted}"
        );
        assert!(!redacted.contains("-token"), "{redacted}");
        let plain = "expected Bearer and application/json";
        assert_eq!(secrets.redact(plain), plain);
    }

    #[test]
    fn takes_out_a_secret_in_any_form_that_is_cut_off_too() {
        let secrets = Secrets::default().with("hunter2<ü\"\\%41>2retnuh");
        let json = json!({"echo": "hunter2<ü\"\\%41>2retnuh"}).to_string();
        for echo in [
            "hunter2<ü\"\\%41>2retnuh.",
            "hunter2<Ã¼\"\\%41>2retnuh.",
            r#"hunter2<\u00fc\"\\%41>2retnuh."#,
            &json,
            &Value::from(&*json).to_string(),
            "{\"echo\": \"hunter2<\\u00fc\\\"\\\\%41\\u003e2retnuh\"}",
            "b'hunter2<\\xc3\\xbc\"\\\\%41>2retnuh'",
            "&quot;hunter2&lt;&#252;&#x22;\\%41&gt;2retnuh&quot;",
            "hunter2&lt;ü\\&quot;\\\\%41&gt;2retnuh",
            "a=hunter2%3C%C3%BC%22%5C%2541%3E2retnuh&b",
            "hunter2&lt;ü",
            "{\"echo\": \"hunter2",
            "hunter",
        ] {
            let redacted = secrets.redact(echo);
            assert!(redacted.contains(REDACTED), "{echo}");
            for part in ["hunter", "2retnuh"] {
                assert!(!redacted.contains(part), "{echo}: {redacted}");
            }
        }
        for plain in [
            "hunte", "hunter3", "hunter2 ", "\\", "100%", "&", "\\u00", "é\\x",
        ] {
            assert_eq!(secrets.redact(plain), plain);
        }
    }

    #[test]
    fn overlapping_secrets_are_taken_out_whole() {
        let secrets = Secrets::default()
            .with("abcdefgh")
            .with("efghijkl")
            .with("ghij");
        assert_eq!(secrets.redact("-abcdefghijkl-"), "-[REDACTED]-");
        assert_eq!(secrets.redact("ghijghij"), "[REDACTED][REDACTED]");
    }

    #[test]
    fn takes_out_the_credentials_of_a_proxy() {
        let secrets = Secrets::default().with_proxy(Some("http://hunter2user:hunter2%40pass@h"));
        let echo = "Basic aHVudGVyMnVzZXI6aHVudGVyMkBwYXNz hunter2user hunter2@pass hunter2%40pass";
        assert_eq!(
            secrets.redact(echo),
            "Basic [REDACTED] [REDACTED] [REDACTED] [REDACTED]"
        );
    }

    #[test]
    fn takes_out_every_secret_of_a_body_in_any_form_of_detail() {
        let body = json!({
            "name": "reviewer",
            "env_vars": {"A": "hunter2a", "B": "hunter2\"b\n"},
            "secret_env_vars": {"C": "hunter2c"},
            "mcp_servers": [
                {"name": "issues", "type": "url", "headers": {"X": "Basic hunter2d"},
                 "url": "https://ann:hunter2e@mcp.example.com/hunter2f-0123456789/mcp?key=hunter2g"},
                {"name": "files", "type": "stdio", "command": "mcp", "args": ["--key=hunter2h"], "env": {"K": "hunter2i"}},
            ],
            "resources": [{"type": "github_repository", "authorization_token": "hunter2j"}],
        });
        let bytes = body.to_string().into_bytes();
        let secrets = Secrets::default().with_body(Some(&bytes));
        let python = format!("{body}").replace('"', "'");
        for detail in [
            Detail::Text(body.to_string()),
            Detail::Body(format!("<pre>{body:#}</pre>")),
            Detail::Body(python),
            Detail::Json(body.clone()),
        ] {
            let redacted = match secrets.redact_detail(detail) {
                Detail::Text(text) | Detail::Body(text) => text,
                Detail::Json(json) => json.to_string(),
                Detail::Fields(_) => unreachable!("there was none"),
            };
            assert!(!redacted.contains("hunter2"), "{redacted}");
            assert!(redacted.contains("reviewer"), "{redacted}");
        }
    }
}
