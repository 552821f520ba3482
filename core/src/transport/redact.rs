//! Redaction of the secrets of a request in error responses, because a server or a proxy may echo them.

use std::borrow::Cow;

use http::header::{ACCEPT_LANGUAGE, AUTHORIZATION, CONTENT_TYPE, PROXY_AUTHORIZATION, USER_AGENT};
use http::{HeaderMap, HeaderName};
use serde_json::Value;

use crate::error::{Detail, LocationPart};

/// The minimum length, in bytes, of a redacted text other than a token: a shorter one may occur in ordinary words.
const MIN_LENGTH: usize = 6;
/// The minimum length, in bytes, of a path segment of a URL that counts as a secret.
const MIN_SEGMENT_LENGTH: usize = 16;

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
pub(super) struct Secrets<'a>(Vec<Cow<'a, str>>);

impl<'a> Secrets<'a> {
    /// Adds a secret, also in its JSON-escaped form.
    pub(super) fn with(mut self, secret: &'a str) -> Self {
        self.add(Cow::Borrowed(secret));
        self
    }

    /// Adds the values of the caller's headers, and the parts of each value, because a secret may follow a scheme, a
    /// parameter name or a cookie name. `Accept-Language`, `Content-Type` and `User-Agent` are not secret.
    pub(super) fn with_headers(mut self, headers: &'a HeaderMap) -> Self {
        for (name, value) in headers {
            if [ACCEPT_LANGUAGE, CONTENT_TYPE, USER_AGENT].contains(name) {
                continue;
            }
            let value = String::from_utf8_lossy(value.as_bytes());
            if authorizes(name) {
                let credentials = value
                    .split_once(' ')
                    .map_or(&*value, |(_scheme, rest)| rest);
                self.add(Cow::Owned(credentials.trim().to_owned()));
            }
            self.add_parts(value);
        }
        self
    }

    /// Adds the secret values of a JSON request body.
    pub(super) fn with_body(mut self, body: Option<&[u8]>) -> Self {
        if let Some(json) = body.and_then(|body| serde_json::from_slice(body).ok()) {
            self.add_fields(&json);
        }
        self
    }

    /// Redacts the secrets in a text.
    pub(super) fn redact(&self, text: &str) -> String {
        let mut present: Vec<&str> = self
            .0
            .iter()
            .map(|secret| &**secret)
            .filter(|secret| text.contains(secret))
            .collect();
        // Longest first: a secret may contain another one.
        present.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        let mut text = text.to_owned();
        for secret in present {
            text = text.replace(secret, "[REDACTED]");
        }
        text
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

    fn add(&mut self, secret: Cow<'a, str>) {
        if secret.is_empty() {
            return;
        }
        let json = Value::from(&*secret).to_string();
        let escaped = &json[1..json.len() - 1];
        if escaped != secret {
            self.0.push(Cow::Owned(escaped.to_owned()));
        }
        self.0.push(secret);
    }

    fn add_parts(&mut self, value: Cow<'a, str>) {
        for part in value.split(is_separator) {
            if part.len() >= MIN_LENGTH && part.len() < value.len() && !is_scheme(part) {
                self.add(Cow::Owned(part.to_owned()));
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
                        self.add_url(value);
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
            Value::String(text) => self.add_parts(Cow::Owned(text.clone())),
            Value::Array(values) => values.iter().for_each(|value| self.add_values(value)),
            Value::Object(fields) => fields.values().for_each(|value| self.add_values(value)),
            _ => {}
        }
    }

    /// Adds the parts of a URL that may be secret: user information, the query and long path segments.
    fn add_url(&mut self, json: &Value) {
        let Some(Ok(url)) = json.as_str().map(url::Url::parse) else {
            return;
        };
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
            self.add(Cow::Owned(part));
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
