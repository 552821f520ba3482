//! Parsing and validation of request bodies. Validation errors are a 422.

mod agent;
mod environment;
mod fields;
mod session;
mod skills;

pub(crate) use agent::{AgentCreate, AgentUpdate, check_engine, check_model, normalized};
pub(crate) use environment::{EnvironmentCreate, EnvironmentUpdate};
pub(crate) use session::{PromptCreate, SessionCreate};

use serde_json::{Map, Value};

use crate::{generation::Generation, http::Refusal};

/// The maximum size of a body in bytes, checked before it is parsed.
pub(crate) const MAX_BODY: usize = 2_621_440;

/// The depth of nesting at which the real server's parser fails.
const MAX_DEPTH: usize = 960;

/// Parses a body as a JSON object, regardless of its content type.
pub(crate) fn parse_body(
    bytes: &[u8],
    generation: Generation,
) -> Result<Map<String, Value>, Refusal> {
    if bytes.len() > MAX_BODY {
        return Err(Refusal::Html(400));
    }
    let text = decode_text(bytes).ok_or_else(Refusal::invalid_json)?;
    match serde_json::from_str(&text) {
        Ok(Value::Object(map)) => Ok(map),
        // Servers of 2026-04-21 fail on JSON that is not an object.
        Ok(_) if generation == Generation::April21 => Err(Refusal::Html(500)),
        Err(error) if is_too_deep(&error) && depth(&text) >= MAX_DEPTH => Err(Refusal::Html(500)),
        _ => Err(Refusal::invalid_json()),
    }
}

/// Returns whether the parser stopped at its own limit of nesting, and not at an error before.
fn is_too_deep(error: &serde_json::Error) -> bool {
    error.to_string().starts_with("recursion limit exceeded")
}

/// Returns the depth of nesting of JSON, complete or not.
fn depth(json: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    let (mut in_string, mut escaped) = (false, false);
    for byte in json.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'[' | b'{' if !in_string => depth += 1,
            b']' | b'}' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

/// Detects UTF-8, UTF-16 or UTF-32 by the byte order mark or the positions of zero bytes, like Python's `json`.
fn decode_text(bytes: &[u8]) -> Option<String> {
    let units16 = |little: bool, bytes: &[u8]| {
        let units = bytes.chunks_exact(2).map(|pair| {
            let pair = [pair[0], pair[1]];
            if little {
                u16::from_le_bytes(pair)
            } else {
                u16::from_be_bytes(pair)
            }
        });
        bytes
            .len()
            .is_multiple_of(2)
            .then(|| {
                char::decode_utf16(units)
                    .collect::<Result<String, _>>()
                    .ok()
            })
            .flatten()
    };
    let units32 = |little: bool, bytes: &[u8]| {
        let units = bytes.chunks_exact(4).map(|quad| {
            let quad = [quad[0], quad[1], quad[2], quad[3]];
            if little {
                u32::from_le_bytes(quad)
            } else {
                u32::from_be_bytes(quad)
            }
        });
        bytes
            .len()
            .is_multiple_of(4)
            .then(|| units.map(char::from_u32).collect::<Option<String>>())
            .flatten()
    };
    match bytes {
        [0xff, 0xfe, 0, 0, rest @ ..] => units32(true, rest),
        [0, 0, 0xfe, 0xff, rest @ ..] => units32(false, rest),
        [0xff, 0xfe, rest @ ..] => units16(true, rest),
        [0xfe, 0xff, rest @ ..] => units16(false, rest),
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8(rest.to_vec()).ok(),
        [0, 0, ..] if bytes.len() >= 4 => units32(false, bytes),
        [0, ..] if bytes.len() >= 2 => units16(false, bytes),
        [_, 0, 0, 0, ..] => units32(true, bytes),
        [_, 0, ..] => units16(true, bytes),
        _ => String::from_utf8(bytes.to_vec()).ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_json_in_every_unicode_encoding() {
        let text = r#"{"a":"é🚀"}"#;
        let utf16: Vec<u16> = text.encode_utf16().collect();
        let utf32: Vec<u32> = text.chars().map(u32::from).collect();
        let encodings: [Vec<u8>; 7] = [
            text.bytes().collect(),
            [&[0xef, 0xbb, 0xbf], text.as_bytes()].concat(),
            utf16.iter().flat_map(|unit| unit.to_le_bytes()).collect(),
            utf16.iter().flat_map(|unit| unit.to_be_bytes()).collect(),
            [0xfeff]
                .iter()
                .chain(&utf16)
                .flat_map(|unit| unit.to_le_bytes())
                .collect(),
            utf32.iter().flat_map(|unit| unit.to_le_bytes()).collect(),
            utf32.iter().flat_map(|unit| unit.to_be_bytes()).collect(),
        ];
        for bytes in encodings {
            assert_eq!(decode_text(&bytes).as_deref(), Some(text), "{bytes:?}");
        }
    }
}
