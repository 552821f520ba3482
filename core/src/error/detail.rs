//! The content of an error response.

use std::fmt;

use serde::Deserialize;
use serde_json::Value;

/// The body of an error response.
///
/// A server may repeat the request in it, including secrets. `Debug` therefore shows only the messages of the server,
/// and [`FieldError::input`] returns the repeated value of a field.
#[derive(Clone, PartialEq)]
pub enum Detail {
    /// `{"detail": "<text>"}`: the server's message.
    Text(String),
    /// `{"detail": [...]}` of a 422 response: one entry for each invalid field.
    Fields(Vec<FieldError>),
    /// Any other JSON: the value of `detail` if present, otherwise the whole body.
    Json(Value),
    /// A body that is not JSON, such as an HTML page: its first 64 KiB, or 1 MiB if its content type is JSON.
    Body(String),
}

/// One invalid field: an entry of the server's 422 response, or of the validation before sending.
#[derive(Clone, PartialEq)]
pub struct FieldError {
    /// The kind of failure, for example `missing` or `string_too_long`.
    pub kind: String,
    /// The location of the field in the body, outermost part first.
    pub location: Vec<LocationPart>,
    /// The description, for example `Field required`.
    pub description: String,
    input: Option<Value>,
}

/// One part of the location of a field.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum LocationPart {
    /// An index in a list, from 0.
    Index(i64),
    /// A key of an object.
    Key(String),
}

impl Detail {
    /// Returns whether the response is a page for a browser, such as that of a proxy, instead of a message.
    pub fn is_page(&self) -> bool {
        match self {
            Self::Body(text) => text.trim_start().starts_with('<') || is_page(text),
            Self::Text(text) => is_page(text),
            Self::Fields(_) | Self::Json(_) => false,
        }
    }

    /// Returns the detail of a response body, given its JSON regardless of its content type, or else its text; `None` if
    /// it is empty.
    pub(crate) fn parse(body: &[u8], json: Option<Value>) -> Option<Self> {
        if body.is_empty() {
            return None;
        }
        let Some(mut json) = json else {
            return Some(Self::Body(String::from_utf8_lossy(body).into_owned()));
        };
        let detail = json.get_mut("detail").map(Value::take).unwrap_or(json);
        Some(match detail {
            Value::String(text) => Self::Text(text),
            Value::Array(entries) if !entries.is_empty() => FieldError::parse_all(&entries)
                .map_or(Self::Json(Value::Array(entries)), Self::Fields),
            other => Self::Json(other),
        })
    }
}

/// Returns whether a text is a page for a browser, which no message shows.
pub(super) fn is_page(text: &str) -> bool {
    let start = text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    let tag = |tag: &str| {
        let mut places = start.as_bytes().windows(tag.len());
        places.any(|place| place.eq_ignore_ascii_case(tag.as_bytes()))
    };
    start.starts_with("<?xml") || tag("<!doctype") || tag("<html") || tag("<body") || tag("<head")
}

impl From<&str> for LocationPart {
    fn from(key: &str) -> Self {
        Self::Key(key.to_owned())
    }
}

impl From<usize> for LocationPart {
    fn from(index: usize) -> Self {
        Self::Index(i64::try_from(index).unwrap_or(i64::MAX))
    }
}

impl FieldError {
    pub(crate) fn new(kind: &str, location: Vec<LocationPart>, description: &str) -> Self {
        Self {
            kind: kind.to_owned(),
            location,
            description: description.to_owned(),
            input: None,
        }
    }

    fn parse_all(entries: &[Value]) -> Option<Vec<Self>> {
        entries.iter().map(Self::parse).collect()
    }

    fn parse(entry: &Value) -> Option<Self> {
        Some(Self {
            kind: entry.get("type")?.as_str()?.to_owned(),
            location: Deserialize::deserialize(entry.get("loc")?).ok()?,
            description: entry.get("msg")?.as_str()?.to_owned(),
            input: entry.get("input").cloned(),
        })
    }

    /// Returns the location as a path, for example `packages.apt[0]`; empty for the whole body.
    pub fn path(&self) -> String {
        use fmt::Write;
        let mut path = String::new();
        for part in &self.location {
            // Writing to a String cannot fail.
            let _ = match part {
                LocationPart::Index(index) => write!(path, "[{index}]"),
                LocationPart::Key(key) if path.is_empty() => write!(path, "{key}"),
                LocationPart::Key(key) => write!(path, ".{key}"),
            };
        }
        path
    }

    /// Returns the value that the server received for the field. **May contain secrets**: for a missing field, it is
    /// the whole enclosing object, including `env_vars` and tokens.
    pub fn input(&self) -> Option<&Value> {
        self.input.as_ref()
    }
}

impl fmt::Debug for Detail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.debug_tuple("Text").field(text).finish(),
            Self::Fields(fields) => f.debug_tuple("Fields").field(fields).finish(),
            Self::Json(_) => f.write_str("Json(..)"),
            Self::Body(body) => write!(f, "Body({} bytes)", body.len()),
        }
    }
}

impl fmt::Debug for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FieldError")
            .field("kind", &self.kind)
            .field("path", &self.path())
            .field("description", &self.description)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(body: &[u8]) -> Option<Detail> {
        Detail::parse(body, serde_json::from_slice(body).ok())
    }

    #[test]
    fn debug_shows_the_path_and_hides_the_input() {
        let body = br#"{"detail":[{"type":"string_type","loc":["packages","apt",0],"msg":"Input should be a valid string","input":"hunter2"}]}"#;
        let Some(Detail::Fields(fields)) = parse(body) else {
            panic!("not a list of fields")
        };
        assert_eq!(fields[0].path(), "packages.apt[0]");
        assert_eq!(fields[0].input(), Some(&Value::from("hunter2")));
        assert!(!format!("{fields:?}").contains("hunter2"));
    }

    #[test]
    fn recognizes_pages() {
        for page in [
            "<!DOCTYPE html>x",
            "\u{feff} \n<html>",
            "<?xml version='1.0'?><x/>",
            "Oops\n<HTML lang=en>",
        ] {
            assert!(Detail::Text(page.into()).is_page(), "{page}");
            assert!(Detail::Body(page.into()).is_page(), "{page}");
        }
        assert!(Detail::Body("<h1>Not Found</h1>".into()).is_page());
        for text in ["<name> is not allowed", "Session not found", "a < b", ""] {
            assert!(!Detail::Text(text.into()).is_page(), "{text}");
        }
    }

    #[test]
    fn parses_every_form_of_body() {
        assert_eq!(parse(b""), None);
        assert_eq!(
            parse(br#"{"detail":"gone"}"#),
            Some(Detail::Text("gone".into()))
        );
        assert_eq!(
            parse(br#"{"detail":[1]}"#),
            Some(Detail::Json(serde_json::json!([1])))
        );
        assert_eq!(
            parse(br#"{"detail":[]}"#),
            Some(Detail::Json(serde_json::json!([])))
        );
        assert_eq!(
            parse(br#"{"status":"degraded"}"#),
            Some(Detail::Json(serde_json::json!({"status": "degraded"})))
        );
        assert_eq!(parse(b"<html>"), Some(Detail::Body("<html>".into())));
    }
}
