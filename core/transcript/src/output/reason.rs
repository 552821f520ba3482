//! The reasons of errors and the texts of answers, in whichever form a runtime prints them.

use std::borrow::Cow;

use super::json::{self, Json, Kind};

/// The maximum depth at which a reason is searched. A deeper value is shown as JSON.
const MAX_DEPTH: usize = 8;

/// Returns the first nonempty reason among the fields of an error event.
///
/// A reason is a string, an object with a reason in one of its fields, or a list of these. A string that is a JSON
/// object counts as the object.
pub(crate) fn reason<const N: usize>(fields: [Option<Json<'_>>; N]) -> String {
    fields
        .into_iter()
        .flatten()
        .map(|value| reason_within(value, MAX_DEPTH))
        .find(|reason| !reason.is_empty())
        .unwrap_or_default()
}

fn reason_within(value: Json<'_>, depth: usize) -> String {
    match value.kind() {
        Kind::Null | Kind::Bool => String::new(),
        Kind::Number => value.source().to_owned(),
        Kind::String => {
            let text = value.string().unwrap_or_default();
            reason_in_text(&text, depth).unwrap_or_else(|| text.into_owned())
        }
        Kind::Array | Kind::Object if depth == 0 => value.source().to_owned(),
        Kind::Array => {
            let mut reasons = Vec::new();
            value.for_each_item(|item| reasons.push(reason_within(item, depth - 1)));
            reasons.retain(|reason| !reason.is_empty());
            reasons.join("; ")
        }
        Kind::Object => reason_in_object(value, depth).unwrap_or_else(|| {
            if value.is_truthy() {
                value.source().to_owned()
            } else {
                String::new()
            }
        }),
    }
}

/// Returns the reason in a text that is a JSON object.
fn reason_in_text(text: &str, depth: usize) -> Option<String> {
    let text = text.trim();
    if depth == 0 || !text.starts_with('{') || json::object(text, []).is_none() {
        return None;
    }
    reason_in_object(Json::of(text), depth).filter(|reason| !reason.is_empty())
}

/// Returns the reason in the fields of an object; empty if the fields have no reason; `None` if the object has no such
/// fields.
fn reason_in_object(object: Json<'_>, depth: usize) -> Option<String> {
    let causes = object.fields(["error", "errors", "data"]);
    let messages = [
        "message",
        "msg",
        "reason",
        "detail",
        "details",
        "description",
        "text",
    ];
    let messages = object.fields(messages);
    let names = object.fields(["name", "type", "code", "status"]);
    // A nested error is more specific than the message beside it, and a text beside it is less.
    let is_nested = |cause: &Json<'_>| matches!(cause.kind(), Kind::Object | Kind::Array);
    let nested = causes.map(|cause| cause.filter(is_nested));
    let other = causes.map(|cause| cause.filter(|cause| !is_nested(cause)));
    let mut fields = nested
        .into_iter()
        .chain(messages)
        .chain(other)
        .chain(names)
        .flatten()
        .peekable();
    fields.peek()?;
    let reason = fields
        .map(|field| reason_within(field, depth - 1))
        .find(|reason| !reason.is_empty());
    Some(reason.unwrap_or_default())
}

/// Returns the text of an answer: a string, the texts of its blocks, joined by newlines, or any other value as JSON.
pub(crate) fn answer(field: Option<Json<'_>>) -> Cow<'_, str> {
    let Some(field) = field else {
        return Cow::default();
    };
    if field.kind() != Kind::Array {
        return block_text(field);
    }
    let mut texts = Vec::new();
    field.for_each_item(|block| texts.push(block_text(block)));
    texts.retain(|text| !text.is_empty());
    Cow::Owned(texts.join("\n"))
}

fn block_text(block: Json<'_>) -> Cow<'_, str> {
    match block.kind() {
        Kind::Null => Cow::default(),
        Kind::String => json::text(Some(block)),
        Kind::Object => {
            let [text] = block.fields(["text"]);
            text.and_then(Json::string)
                .unwrap_or(Cow::Borrowed(block.source()))
        }
        _ => Cow::Borrowed(block.source()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(json: &str) -> String {
        reason([Some(Json::of(json))])
    }

    #[test]
    fn prefers_a_nested_error_to_the_message_beside_it_and_the_message_to_a_text() {
        assert_eq!(
            of(r#"{"message":"outer","error":{"message":"inner"}}"#),
            "inner"
        );
        assert_eq!(
            of(r#"{"message":"Too large.","error":"Bad Request"}"#),
            "Too large."
        );
        assert_eq!(of(r#"{"message":"","error":"Bad Request"}"#), "Bad Request");
        assert_eq!(of(r#"{"message":"m","error":{}}"#), "m");
    }

    #[test]
    fn reads_the_json_of_a_provider() {
        let nested =
            r#""{\"type\":\"error\",\"status\":400,\"error\":{\"message\":\"No such model.\"}}""#;
        assert_eq!(of(nested), "No such model.");
        for text in ["plain", "{}", "{\"error\":null}", "{\"error\":", ""] {
            assert_eq!(of(&serde_json::Value::from(text).to_string()), text);
        }
    }

    #[test]
    fn searches_to_a_limited_depth() {
        let nested = format!("{}1{}", "[".repeat(1000), "]".repeat(1000));
        assert!(of(&nested).starts_with("[["));
        let mut text = "deep".to_owned();
        for _ in 0..12 {
            text = serde_json::json!({ "message": text }).to_string();
        }
        assert!(of(&text).contains("deep"));
    }
}
